// Package name says what a destination, a rule or a template may be called. The configuration and
// the operator's address hold names to it.
package name

import "regexp"

// Valid reports whether a text is a name: up to 63 lower-case letters, digits, dashes and
// underscores, the first one a letter or a digit. Such a name can stand in the store's subjects, in
// labels of metrics and in commands as it is.
func Valid(text string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`).MatchString(text)
}
