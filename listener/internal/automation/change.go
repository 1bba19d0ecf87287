package automation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Merge returns an existing automation with the desired values. Everything else is kept, such as a
// description, further headers, or the use of an agent.
func Merge(existing, desired port.Action) port.Action {
	merged := maps.Clone(existing)
	for _, key := range []string{"trigger", "publish"} {
		merged[key] = desired[key]
	}
	method, _ := maps.Clone(desired)["invocationMethod"].(map[string]any)
	method = maps.Clone(method)
	if present, ok := existing["invocationMethod"].(map[string]any); ok && present["type"] == method["type"] {
		headers, _ := present["headers"].(map[string]any)
		headers = maps.Clone(headers)
		if headers == nil {
			headers = make(map[string]any)
		}
		own, _ := method["headers"].(map[string]any)
		maps.Copy(headers, own)
		whole := maps.Clone(present)
		maps.Copy(whole, method)
		whole["headers"] = headers
		method = whole
	}
	merged["invocationMethod"] = method
	return merged
}

// Difference is a value that differs between two automations.
type Difference struct {
	// Path is the path of the value: keys joined by dots, and positions in brackets.
	Path string
	// Before and After are the values: a string unchanged if that is unambiguous, anything else as
	// JSON, and "" if absent.
	Before, After string
}

// Differences returns the differences between two automations, sorted by path. before is nil if the
// automation does not exist.
func Differences(before, after port.Action) []Difference {
	old, current := make(map[string]any), make(map[string]any)
	flatten(old, "", map[string]any(before))
	flatten(current, "", map[string]any(after))
	paths := maps.Clone(old)
	maps.Copy(paths, current)
	var differences []Difference
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		was, had := old[path]
		is, has := current[path]
		if had == has && jsonvalue.Equal(was, is) {
			continue
		}
		differences = append(differences, Difference{Path: path, Before: written(was, had), After: written(is, has)})
	}
	return differences
}

// flatten adds all scalar values to a map, keyed by path.
func flatten(into map[string]any, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			flatten(into, strings.TrimPrefix(path+"."+key, "."), child)
		}
		if len(value) > 0 || path == "" {
			return
		}
	case []any:
		for i, child := range value {
			flatten(into, fmt.Sprintf("%s[%d]", path, i), child)
		}
		if len(value) > 0 {
			return
		}
	}
	into[path] = value
}

func written(value any, there bool) string {
	if !there {
		return ""
	}
	if plain, isText := value.(string); isText && plain != "" && plain == strings.Join(strings.Fields(plain), " ") && !json.Valid([]byte(plain)) {
		return plain
	}
	text, err := changelog.Stringify(value)
	if err != nil {
		// Values that were decoded from JSON can be encoded.
		text, _ = json.Marshal(fmt.Sprint(value))
	}
	return string(text)
}
