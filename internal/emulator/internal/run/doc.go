// Package run holds the runs of actions and automations, with their logs and
// approvals, as the emulator stores them for the operations under
// /v1/actions/runs.
package run
