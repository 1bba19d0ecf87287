// Package nearword finds the word that somebody probably meant. What is wrong with
// a configuration or a template is said with its help.
package nearword

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the word that differs from another one in the fewest characters,
// if that is few enough for a slip.
func Nearest(word string, possible []string) (string, bool) {
	const most = 3
	best, distance := "", max(1, min(most, len(word)/2))+1
	for _, candidate := range possible {
		d := levenshtein.Distance(word, candidate, nil)
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
	letters := strings.Split(word, "")
	slices.Sort(letters)
	return strings.Join(letters, "")
}
