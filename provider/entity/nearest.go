package entity

import (
	"strings"
)

// nearestTo finds the name that differs least from a mistyped one: by at most a
// third of its letters, capitals aside.
func nearestTo(name string, names []string) (nearest string, found bool) {
	const tolerance = 3
	best := max(1, len(name)/tolerance) + 1
	for _, candidate := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < best {
			best, nearest, found = d, candidate, true
		}
	}
	return nearest, found
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to turn one text into the other (optimal string alignment).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			replaced := rows[i-1][j-1]
			if from[i-1] != to[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}
