// Package name validates the names of destinations, rules and templates, for the configuration and
// the admin API.
package name

import "regexp"

// Valid reports whether a text is a name: up to 63 lower-case letters, digits, dashes and
// underscores, starting with a letter or a digit. Such a name needs no escaping in the store, in
// labels of metrics and in commands.
func Valid(text string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`).MatchString(text)
}
