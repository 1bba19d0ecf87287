package changelog

import (
	"encoding/json"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Equal reports whether two decoded JSON values mean the same: numbers are
// compared as numbers, exactly (25, 25.0 and 2.5e1 are equal), and a key that is
// null is as good as one that is absent.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && jsonvalue.EqualNumbers(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalObjects(a, b)
	}
	switch b.(type) {
	case json.Number, []any, map[string]any:
		return false
	}
	return a == b
}

func equalObjects(a, b map[string]any) bool {
	for key, value := range a {
		if !Equal(value, b[key]) {
			return false
		}
	}
	for key, value := range b {
		if _, compared := a[key]; !compared && value != nil {
			return false
		}
	}
	return true
}
