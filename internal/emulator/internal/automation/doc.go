// Package automation is what makes actions act: it fires the automations that
// react to a change, and carries out the invocation of every run.
package automation
