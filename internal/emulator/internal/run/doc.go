// Package run stores the runs of actions and automations, with their logs and approvals, for the
// emulator's operations under /v1/actions/runs.
package run
