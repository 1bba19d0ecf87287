package rule

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// longestNumber is how many digits a number has that conditions compute with
// exactly. The library would take minutes for one of millions.
const longestNumber = 400

// smallEvent is up to which size no step of a program takes long, though it takes
// the square of the size.
const smallEvent = 8 << 10

// remaining returns what is left of a number of bytes once a document was written,
// roughly; it is below 0 as soon as nothing is left.
func remaining(size int, value any) int {
	const each = 4 // quotes, a colon, a comma
	size -= each
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			if size = remaining(size-len(key), child); size < 0 {
				return size
			}
		}
	case []any:
		for _, child := range value {
			if size = remaining(size, child); size < 0 {
				return size
			}
		}
	case string:
		size -= len(value)
	case json.Number:
		size -= len(value)
	}
	return size
}

// computable returns a document as it is, or if a number in it has too many
// digits, a copy in which such numbers are the nearest float64.
func computable(value any) any {
	if !hasLongNumber(value) {
		return value
	}
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, child := range value {
			object[key] = computable(child)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, child := range value {
			list[i] = computable(child)
		}
		return list
	case json.Number:
		// Beyond the range it is infinite.
		nearest, _ := strconv.ParseFloat(value.String(), 64)
		return nearest
	}
	return value
}

// rooted returns a document whose event is also found under "event": Port's
// conditions are rooted at the event, its templates above it, and its guides write
// conditions in either way.
func rooted(document any) any {
	event, ok := document.(map[string]any)
	if !ok {
		return document
	}
	both := maps.Clone(event)
	both["event"] = event
	return both
}

func hasLongNumber(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, child := range value {
			if hasLongNumber(child) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, hasLongNumber)
	case json.Number:
		return len(value) > longestNumber
	}
	return false
}
