// Package syntax defines the syntax that Port requires of identifiers and keys, of values with a
// format, and of regular expressions.
//
// The provider checks configurations with it at plan time, and the emulator checks requests. Its
// tests use examples of Port's documentation, so that provider and emulator do not share a mistake.
package syntax
