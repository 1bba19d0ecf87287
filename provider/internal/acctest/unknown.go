package acctest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// EachUnknown returns one configuration for each value of a configuration, by path, in which that
// value is unknown. containers are those in which the value is an object or a list.
func EachUnknown(t *testing.T, config string) (all, containers map[string]string) {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(config), &root); err != nil {
		t.Fatal(err)
	}
	all, containers = map[string]string{}, map[string]string{}
	var visit func(at string, value any, replace func(any))
	visit = func(at string, value any, replace func(any)) {
		if at != "" {
			replace(Unknown)
			text, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			all[at] = string(text)
			replace(value)
		}
		switch value := value.(type) {
		case map[string]any:
			containers[at] = all[at]
			for _, key := range slices.Sorted(maps.Keys(value)) {
				visit(strings.TrimPrefix(at+"."+key, "."), value[key], func(next any) { value[key] = next })
			}
		case []any:
			for i := range value {
				visit(fmt.Sprintf("%s[%d]", at, i), value[i], func(next any) { value[i] = next })
			}
		}
	}
	visit("", root, nil)
	delete(containers, "")
	return all, containers
}
