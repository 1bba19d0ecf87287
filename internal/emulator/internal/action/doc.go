// Package action holds self-service actions and automations, with the
// permissions of each, as the emulator stores them for the operations under
// /v1/actions.
package action
