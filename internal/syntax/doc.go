// Package syntax has the forms that Port requires of texts: of identifiers and keys,
// of values with a format, and of regular expressions.
//
// The provider checks configurations with it when it plans, in words of its own, and
// the emulator checks requests with it. Its tests hold it to examples of Port's
// documentation, so that the two are not wrong together.
package syntax
