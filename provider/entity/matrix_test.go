package entity_test

import (
	"fmt"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// TestEntity_everyTypeEveryForm sets a property of every type in every form. It checks that each
// change reaches Port and that the next plan is empty, also after an import.
func TestEntity_everyTypeEveryForm(t *testing.T) {
	t.Parallel()
	types := []struct {
		name, key, listed, first, second string
		// explicitNulls are the attributes that the plan after an import changes if the
		// configuration sets null.
		explicitNulls []string
	}{
		{"string", "text", `"properties": {"string_props": {"text": %s}}`, `"x"`, `"<&>"`, []string{"properties.string_props.text"}},
		{"number", "number", `"properties": {"number_props": {"number": %s}}`, `9007199254740993`, `0.1`, []string{"properties.number_props.number"}},
		{"boolean", "flag", `"properties": {"boolean_props": {"flag": %s}}`, `true`, `false`, nil},
		{"object", "object", `"properties": {"object_props": {"object": %s}}`, `{"a": [1]}`, `{"a": null}`, []string{"properties.object_props.object"}},
		{"boolean with a default", "locked", `"properties": {"boolean_props": {"locked": %s}}`, `true`, `false`, []string{"properties.boolean_props"}},
		{"array of strings", "texts", `"properties": {"array_props": {"string_items": {"texts": %s}}}`, `["b", "a"]`, `[]`, []string{"properties.array_props.string_items"}},
		{"array of numbers", "numbers", `"properties": {"array_props": {"number_items": {"numbers": %s}}}`, `[1, 0.1]`, `[]`, []string{"properties.array_props.number_items"}},
		{"array of booleans", "flags", `"properties": {"array_props": {"boolean_items": {"flags": %s}}}`, `[true]`, `[]`, []string{"properties.array_props.boolean_items"}},
		{"array of objects", "objects", `"properties": {"array_props": {"object_items": {"objects": %s}}}`, `[{"a": 1}]`, `[]`, []string{"properties.array_props.object_items"}},
		{"array without items", "any", `"properties_json": {"any": %s}`, `[[1], "a", null]`, `[]`, nil},
		{"any type as JSON", "object", `"properties_json": {"object": %s}`, `{"a": 1}`, `{}`, nil},
	}
	for _, property := range types {
		t.Run(property.name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			attributes := func(value string) string {
				if value == "" {
					return ""
				}
				return asText(fmt.Sprintf(property.listed, value))
			}
			steps := []struct{ form, value, want string }{
				{"absent", "", `null`},
				{"null", `null`, `null`},
				{"value", property.first, property.first},
				{"changed", property.second, property.second},
				{"removed", "", `null`},
				{"value again", property.first, property.first},
				{"null again", `null`, `null`},
				{"removed again", "", `null`},
			}
			for _, step := range steps {
				session.Apply(declare(attributes(step.value)))
				if changed := session.Changes(declare(attributes(step.value))); len(changed) > 0 {
					t.Errorf("%s: the plan changes %v", step.form, changed)
				}
				var explicitNulls []string
				if step.value == `null` {
					explicitNulls = property.explicitNulls
				}
				importWithoutWrites(t, env, declare(attributes(step.value)), explicitNulls)
				value := get(t, env, "thing", "e").Properties[property.key]
				want, err := jsonvalue.Decode([]byte(step.want))
				if err != nil {
					t.Fatal(err)
				}
				if step.form == "absent" && property.key == "locked" {
					want = false
				}
				if !jsonvalue.Equal(value, want) {
					t.Errorf("%s: Port has %v, want %v", step.form, value, want)
				}
			}
		})
	}
}
