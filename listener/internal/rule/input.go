package rule

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// longestNumber is how many digits a number has that conditions compute with exactly. The library
// would take minutes for one of millions.
const longestNumber = 400

// computable returns a document as it is, or if a number in it has too many digits, a copy in which
// such numbers are the nearest float64.
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

// rooted returns a document whose event is also found under "event": Port's conditions are rooted
// at the event, its templates above it, and its guides write conditions in either way.
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
