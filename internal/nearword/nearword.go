// Package nearword finds the word that a user probably meant. The listener and the provider use it
// for suggestions in error messages about configurations and templates.
package nearword

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the possible word with the fewest differences from a word, ignoring case, if
// there are few enough for a typing error.
func Nearest(word string, possible []string) (string, bool) {
	const most = 3
	best, distance := "", max(1, min(most, len(word)/2))+1
	for _, candidate := range possible {
		d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(candidate), nil)
		if sameLetters(word, candidate) {
			d = 0
		}
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// sameLetters reports whether two words differ only in the order of their letters, a common typing
// error.
func sameLetters(a, b string) bool {
	return sorted(a) == sorted(b)
}

func sorted(word string) string {
	letters := strings.Split(strings.ToLower(word), "")
	slices.Sort(letters)
	return strings.Join(letters, "")
}
