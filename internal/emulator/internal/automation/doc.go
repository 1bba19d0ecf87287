// Package automation fires the automations that react to a change, and executes the invocation of
// every run.
package automation
