// Package changelog holds what is known about Port's change events: the event model, the identity
// of an event, how JavaScript serialises one, and how a delivery is signed and verified.
//
// The emulator signs and serialises with it, the listener verifies, decodes and
// compares with it. It imports neither Terraform nor Slack and has no logger.
package changelog
