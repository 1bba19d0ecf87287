package entity_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newDefaulted returns a Port with a blueprint that has a default of each type, and a session with
// an entity that sets none of them.
func newDefaulted(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	blueprint := &port.Blueprint{Identifier: "service", Title: "Service"}
	blueprint.Schema.Properties = map[string]port.Property{
		"name":   {Type: "string"},
		"tier":   {Type: "string", Default: json.RawMessage(`"gold"`)},
		"size":   {Type: "number", Default: json.RawMessage(`1.0`)},
		"locked": {Type: "boolean", Default: json.RawMessage(`false`)},
		"labels": {Type: "object", Default: json.RawMessage(`{"a": [1]}`)},
		"urls":   {Type: "array", Default: json.RawMessage(`["a"]`)},
	}
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	session := env.NewSession(t, "port_entity")
	session.Apply(named("first"))
	return env, session
}

func named(name string) string {
	return fmt.Sprintf(`{"blueprint": "service", "identifier": "e", "title": "E", "properties": {"string_props": {"name": %q}}}`, name)
}

func TestEntity_blueprintDefaultsAreNoChange(t *testing.T) {
	t.Parallel()
	env, session := newDefaulted(t)
	if changed := session.Changes(named("first")); len(changed) > 0 {
		t.Errorf("after the apply the plan changes %v", changed)
	}
	session.Apply(named("second"))
	if changed := session.Changes(named("second")); len(changed) > 0 {
		t.Errorf("after an update the plan changes %v", changed)
	}
	entity, err := env.Client.Entities.Get(t.Context(), "service", "e", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"tier", "size", "locked", "labels", "urls"} {
		if entity.Properties[key] == nil {
			t.Errorf("the update removed the default of %s", key)
		}
	}
}

func TestEntity_changedDefaultsShow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value any
		want  string
	}{
		"tier":   {"silver", "properties.string_props.tier"},
		"size":   {json.Number("2"), "properties.number_props.size"},
		"locked": {true, "properties.boolean_props.locked"},
		"labels": {map[string]any{"a": []any{json.Number("2")}}, "properties.object_props.labels"},
		"urls":   {[]any{"b"}, "properties.array_props.string_items.urls"},
	}
	for key, test := range tests {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			env, session := newDefaulted(t)
			change := &port.EntityPatch{Properties: map[string]any{key: test.value}}
			if _, err := env.Client.Entities.Patch(t.Context(), "service", "e", change, port.UpdateEntityOptions{}); err != nil {
				t.Fatal(err)
			}
			if changed := session.Changes(named("first")); !slices.Contains(changed, test.want) {
				t.Errorf("the plan changes %v, want %s among them", changed, test.want)
			}
		})
	}
}
