package document

import (
	"encoding/json"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Equal reports whether two values are the same document: numbers by value, objects regardless of
// the order of their keys.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && jsonvalue.EqualNumbers(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && equalArrays(a, b)
	case *Object:
		b, ok := b.(*Object)
		return ok && equalObjects(a, b)
	case nil, bool, string:
		return a == b
	default:
		return false
	}
}

func equalArrays(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalObjects(a, b *Object) bool {
	if a.Len() != b.Len() {
		return false
	}
	for key, value := range a.All() {
		other, ok := b.Get(key)
		if !ok || !Equal(value, other) {
			return false
		}
	}
	return true
}

// MapNumbers returns value with every number in it replaced; parts without numbers are shared.
func MapNumbers(value any, number func(json.Number) json.Number) any {
	switch value := value.(type) {
	case json.Number:
		return number(value)
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = MapNumbers(item, number)
		}
		return list
	case *Object:
		object := &Object{members: make([]member, len(value.members))}
		for i, m := range value.members {
			object.members[i] = member{key: m.key, value: MapNumbers(m.value, number)}
		}
		if len(object.members) >= indexFrom {
			object.reindex()
		}
		return object
	default:
		return value
	}
}

// Key returns a text for use as a map key: two values have the same key if and only if they are
// Equal.
func Key(value any) string { return string(appendKey(nil, value)) }

func appendKey(to []byte, value any) []byte {
	switch value := value.(type) {
	case json.Number:
		return append(to, jsonvalue.CanonicalNumber(value)...)
	case []any:
		to = append(to, '[')
		for _, item := range value {
			to = append(appendKey(to, item), ',')
		}
		return append(to, ']')
	case *Object:
		keys := make([]string, 0, value.Len())
		for key := range value.All() {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		to = append(to, '{')
		for _, key := range keys {
			to = append(appendString(to, key), ':')
			to = append(appendKey(to, value.Value(key)), ',')
		}
		return append(to, '}')
	default:
		return Append(to, value)
	}
}
