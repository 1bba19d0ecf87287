// Package nearword finds the word that somebody probably meant. The listener and the
// provider say with its help what is wrong with a configuration or a template.
package nearword

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the word that differs from another one in the fewest characters,
// capitals aside, if that is few enough for a slip.
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

// sameLetters reports whether two words differ in the order of their letters
// alone, as is usual when somebody types fast.
func sameLetters(a, b string) bool {
	return sorted(a) == sorted(b)
}

func sorted(word string) string {
	letters := strings.Split(strings.ToLower(word), "")
	slices.Sort(letters)
	return strings.Join(letters, "")
}
