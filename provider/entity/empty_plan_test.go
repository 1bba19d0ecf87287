package entity_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// emptyPlanCase is a configuration that leaves an empty plan, and a change outside Terraform that
// the plan must show.
type emptyPlanCase struct {
	attributes string
	drift      *port.EntityPatch
	// shows are the attributes that the plan changes after the drift.
	shows []string
}

// importedInOtherMap are cases whose drift shows in a different attribute after an import, because
// the import does not know where the configuration sets a value.
func importedInOtherMap() map[string][]string {
	return map[string][]string{
		"a null property in properties_json": {"properties.string_props.text"},
		"properties_json in another form":    {"properties.string_props.text", "properties_json"},
	}
}

// explicitEmpty are configurations that set empty or null values that are null in the state after
// an import. Terraform shows them as changes, which send nothing. The same is true for a list that
// the configuration has in a different map.
func explicitEmpty() map[string][]string {
	return map[string][]string{
		"a null array":                        {"properties.array_props.number_items"},
		"a null property":                     {"properties.string_props.text"},
		"a null property with a default":      {"properties.boolean_props"},
		"a null relation":                     {"relations.single_relations"},
		"an empty array without items":        {"properties.array_props.object_items.any", "properties.array_props.string_items.any"},
		"an array of anything as JSON texts":  {"properties.array_props.object_items", "properties_json"},
		"an empty relation with many targets": {"relations.many_relations"},
		"an object written as JSON null":      {"properties.object_props.object"},
		"properties with empty maps":          {"properties.array_props.number_items", "properties.string_props"},
		"teams = []":                          {"teams"},
	}
}

// importWithoutWrites imports the entity "e" into a new state. It checks that the plan changes only
// explicitNulls, that applying it sends nothing, and that the next plan is empty.
func importWithoutWrites(t *testing.T, env *acctest.Environment, config string, explicitNulls []string) *acctest.Session {
	t.Helper()
	session := env.NewSession(t, "port_entity")
	session.Import("thing:e")
	changed := session.Changes(config)
	if !slices.Equal(changed, explicitNulls) {
		t.Errorf("after an import the plan changes %v, want %v", changed, explicitNulls)
	}
	if len(changed) == 0 {
		return session
	}
	env.Writes(t)
	session.Apply(config)
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("setting empty values sent %v", writes)
	}
	if changed := session.Changes(config); len(changed) > 0 {
		t.Errorf("after an import and an apply the plan changes %v", changed)
	}
	return session
}

func emptyPlanCases() map[string]emptyPlanCase {
	number := json.Number("2")
	return map[string]emptyPlanCase{
		"a property omitted": {
			`"title": "E"`, property("text", "x"),
			[]string{"properties.string_props.text"},
		},
		"a property omitted next to another": {
			`"properties": {"string_props": {"text": "x"}}`, property("number", number),
			[]string{"properties.number_props.number"},
		},
		"a relation omitted": {
			`"title": "E"`, relation("one", "a"),
			[]string{"relations.single_relations.one"},
		},
		"a relation with many targets omitted": {
			`"relations": {"single_relations": {"one": "a"}}`, relation("many", []string{"b"}),
			[]string{"relations.many_relations.many"},
		},
		"a default of the blueprint": {
			`"properties": {"string_props": {"text": "x"}}`, property("locked", true),
			[]string{"properties.boolean_props.locked"},
		},
		"teams = []":      {`"teams": []`, &port.EntityPatch{Team: port.Set([]string{"x"})}, []string{"teams"}},
		"teams omitted":   {`"icon": "Lock"`, &port.EntityPatch{Team: port.Set([]string{"x"})}, []string{"teams"}},
		"icon = ''":       {`"icon": ""`, &port.EntityPatch{Icon: port.Set("Lock")}, []string{"icon"}},
		"icon omitted":    {`"title": "E"`, &port.EntityPatch{Icon: port.Set("Lock")}, []string{"icon"}},
		"title omitted":   {`"icon": "Lock"`, &port.EntityPatch{Title: port.Set("T")}, []string{"title"}},
		"properties = {}": {`"properties": {}`, property("text", "x"), []string{"properties.string_props.text"}},
		"properties with empty maps": {
			`"properties": {"string_props": {}, "array_props": {"number_items": {}}}`, property("text", "x"),
			[]string{"properties.string_props.text"},
		},
		"properties_json of an empty object": {
			`"properties_json": "{ }"`, property("any", []any{number, "x"}), []string{"properties_json"},
		},
		"a null relation": {
			`"relations": {"single_relations": {"one": null}}`, relation("one", "a"), []string{"relations.single_relations.one"},
		},
		"an empty relation with many targets": {
			`"relations": {"many_relations": {"many": []}}`, relation("many", []string{"b"}), []string{"relations.many_relations.many"},
		},
		"a null inside a list": {
			`"properties": {"array_props": {"string_items": {"any": ["x", null]}}}`, property("any", []any{"x", nil, "y"}),
			[]string{"properties.array_props.string_items.any"},
		},
		"nulls alone in a list": {
			`"properties": {"array_props": {"string_items": {"any": [null, null]}}}`, property("any", []any{nil}),
			[]string{"properties.array_props.string_items.any"},
		},
		"a null inside JSON": {
			`"properties": {"object_props": {"object": "{\"a\": null, \"b\": [null]}"}}`,
			property("object", map[string]any{"b": []any{nil}}),
			[]string{"properties.object_props.object"},
		},
		"JSON in another key order": {
			`"properties": {"object_props": {"object": "{\"b\": 1, \"a\": {\"d\": 1, \"c\": 2}}"}}`,
			property("object", map[string]any{"b": json.Number("1")}),
			[]string{"properties.object_props.object"},
		},
		"JSON with other spacing": {
			`"properties": {"array_props": {"object_items": {"objects": ["{ \"a\" :\n1 }"]}}}`,
			property("objects", []any{map[string]any{"a": number}}),
			[]string{"properties.array_props.object_items.objects"},
		},
		"JSON with other escaping": {
			`"properties": {"object_props": {"object": "{\"a\": \"\\u003c\\u003e\\u0026\"}"}}`,
			property("object", map[string]any{"a": "<"}),
			[]string{"properties.object_props.object"},
		},
		"properties_json in another form": {
			`"properties_json": "{ \"any\": [[1.0], \"\\u003c\"],\n \"text\": \"x\" }"`,
			property("any", []any{[]any{json.Number("1")}, ">"}),
			[]string{"properties_json"},
		},
		"a number as 1.0":   {`"properties": {"number_props": {"number": 1.0}}`, property("number", number), []string{"properties.number_props.number"}},
		"a number as 1e0":   {`"properties": {"number_props": {"number": 1e0}}`, property("number", number), []string{"properties.number_props.number"}},
		"numbers in a list": {`"properties": {"array_props": {"number_items": {"numbers": [1.0, 1e2]}}}`, property("numbers", []any{number}), []string{"properties.array_props.number_items.numbers"}},
		"numbers in JSON":   {`"properties": {"object_props": {"object": "{\"a\": 1.0, \"b\": [1e0]}"}}`, property("object", map[string]any{"a": number}), []string{"properties.object_props.object"}},
		"a large number":    {`"properties": {"number_props": {"number": 9007199254740993}}`, property("number", json.Number("9007199254740992")), []string{"properties.number_props.number"}},
		"teams in another order": {
			`"teams": ["b", "a"]`, &port.EntityPatch{Team: port.Set([]string{"a", "c"})}, []string{"teams"},
		},
		"an array of texts without items": {
			`"properties": {"array_props": {"string_items": {"any": ["x"]}}}`, property("any", []any{"y"}), []string{"properties.array_props.string_items.any"},
		},
		"an array of numbers without items": {
			`"properties": {"array_props": {"number_items": {"any": [1]}}}`, property("any", []any{number}), []string{"properties.array_props.number_items.any"},
		},
		"an array of objects without items": {
			`"properties": {"array_props": {"object_items": {"any": ["{\"a\":1}"]}}}`, property("any", []any{map[string]any{"a": number}}),
			[]string{"properties.array_props.object_items.any"},
		},
		"an array of anything as JSON texts": {
			`"properties": {"array_props": {"object_items": {"any": ["1", "\"x\"", "[true]"]}}}`, property("any", []any{number, "x"}),
			[]string{"properties.array_props.object_items.any"},
		},
		"an array of arrays": {
			`"properties_json": "{\"any\": [[1, [2]], []]}"`, property("any", []any{[]any{number}}), []string{"properties_json"},
		},
		"an empty array without items": {
			`"properties": {"array_props": {"object_items": {"any": []}}}`, property("any", []any{map[string]any{"a": number}}),
			[]string{"properties.array_props.object_items.any"},
		},
		"an empty array of numbers": {
			`"properties": {"array_props": {"number_items": {"numbers": []}}}`, property("numbers", []any{number}),
			[]string{"properties.array_props.number_items.numbers"},
		},
		"an empty array of booleans": {
			`"properties": {"array_props": {"boolean_items": {"flags": []}}}`, property("flags", []any{true}),
			[]string{"properties.array_props.boolean_items.flags"},
		},
		"an empty array of objects": {
			`"properties": {"array_props": {"object_items": {"objects": []}}}`, property("objects", []any{map[string]any{}}),
			[]string{"properties.array_props.object_items.objects"},
		},
		"a null property": {
			`"properties": {"string_props": {"text": null}}`, property("text", "x"), []string{"properties.string_props.text"},
		},
		"a null property with a default": {
			`"properties": {"boolean_props": {"locked": null}}`, property("locked", false), []string{"properties.boolean_props.locked"},
		},
		"a null property in properties_json": {
			`"properties_json": "{\"text\": null}"`, property("text", "x"), []string{"properties_json"},
		},
		"a null array": {
			`"properties": {"array_props": {"number_items": {"numbers": null}}}`, property("numbers", []any{number}),
			[]string{"properties.array_props.number_items.numbers"},
		},
		"an object written as JSON null": {
			`"properties": {"object_props": {"object": null}}`, property("object", map[string]any{}), []string{"properties.object_props.object"},
		},
	}
}

func TestEntity_emptyPlanAfterApply(t *testing.T) {
	t.Parallel()
	for name, test := range emptyPlanCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(test.attributes))
			if changed := session.Changes(declare(test.attributes)); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
			change(t, env, test.drift)
			if changed := session.Changes(declare(test.attributes)); !slices.Equal(changed, test.shows) {
				t.Errorf("after a change outside Terraform the plan changes %v, want %v", changed, test.shows)
			}
			session.Apply(declare(test.attributes))
			if changed := session.Changes(declare(test.attributes)); len(changed) > 0 {
				t.Errorf("after the next apply the plan changes %v", changed)
			}
		})
	}
}

func TestEntity_emptyPlanAfterImport(t *testing.T) {
	t.Parallel()
	for name, test := range emptyPlanCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			env.NewSession(t, "port_entity").Apply(declare(test.attributes))
			session := importWithoutWrites(t, env, declare(test.attributes), explicitEmpty()[name])
			change(t, env, test.drift)
			want := test.shows
			if elsewhere, differs := importedInOtherMap()[name]; differs {
				want = elsewhere
			}
			if changed := session.Changes(declare(test.attributes)); !slices.Equal(changed, want) {
				t.Errorf("after a change outside Terraform the plan changes %v, want %v", changed, want)
			}
			session.Apply(declare(test.attributes))
			if changed := session.Changes(declare(test.attributes)); len(changed) > 0 {
				t.Errorf("after the next apply the plan changes %v", changed)
			}
		})
	}
}
