// Package action stores self-service actions and automations, with the permissions of each, for the
// emulator's operations under /v1/actions.
package action
