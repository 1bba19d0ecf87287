package rule

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// longestNumber is the maximum number of digits with which conditions compute exactly. The library
// would take minutes for a number of millions of digits.
const longestNumber = 400

// computable returns the document unchanged or, if a number in it has too many digits, a copy with
// such numbers rounded to float64.
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
		// Out of range, it is infinite.
		nearest, _ := strconv.ParseFloat(value.String(), 64)
		return nearest
	}
	return value
}

// rooted returns a document that also contains the event under "event". In Port, conditions are
// rooted at the event and templates above it, and Port's guides write conditions both ways.
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
