package blueprint

import (
	"maps"
	"slices"
	"testing"
)

// TestExtend_keepsTheBaseStructure checks that an earlier addition that has become part of the base
// structure stays.
func TestExtend_keepsTheBaseStructure(t *testing.T) {
	t.Parallel()
	structure := decodeBlueprint(t, `{"identifier": "_team", "schema": {"properties": {"size": {"type": "number"}, "promoted": {"type": "string"}}, "required": ["size"]},
		"relations": {"lead": {"target": "_user"}}, "includeInGlobalSearch": false}`)
	current := decodeBlueprint(t, `{"identifier": "_team", "title": "Team", "schema": {"properties": {"size": {"type": "number"}, "promoted": {"type": "string"}, "own": {"type": "string"}, "theirs": {"type": "string"}},
		"required": ["size", "own", "theirs"]}, "relations": {"lead": {"target": "_user"}}, "includeInGlobalSearch": true}`)
	before := decodeBlueprint(t, `{"schema": {"properties": {"promoted": {"type": "string"}, "own": {"type": "string"}}, "required": ["own"]}, "includeInGlobalSearch": true}`)
	nothing := decodeBlueprint(t, `{}`)

	left, err := extend(current, structure, before, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(left.Schema.Properties)); !slices.Equal(keys, []string{"promoted", "size", "theirs"}) {
		t.Errorf("the properties %v stay", keys)
	}
	if !slices.Equal(left.Schema.Required, []string{"size", "theirs"}) || len(left.Relations) != 1 || *left.IncludeInGlobalSearch {
		t.Errorf("what stays is %+v", left)
	}
	if _, err := extend(current, structure, nothing, before); err == nil {
		t.Error("a key of the base structure can be declared")
	}
}
