// Package changelog models Port's change events: it parses events, identifies duplicates,
// serialises them as JavaScript does, and signs and verifies deliveries.
//
// The emulator uses it to serialise and sign events, the listener to verify, parse and identify
// them. It imports neither Terraform nor Slack and has no logger.
package changelog
