package entity_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newThings returns a Port with a blueprint that has a property of each type and both kinds of
// relations, and with entities to relate to.
func newThings(t *testing.T, settings ...func(*emulator.Options)) *acctest.Environment {
	t.Helper()
	env := acctest.NewEmulated(t, settings...)
	target := &port.Blueprint{Identifier: "target", Title: "Target"}
	if _, err := env.Client.Blueprints.Create(t.Context(), target, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, identifier := range []string{"a", "b"} {
		create(t, env, "target", &port.Entity{Identifier: identifier, Title: new(identifier)})
	}
	if _, err := env.Client.Blueprints.Create(t.Context(), thing(), port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	return env
}

// thing is the blueprint of [newThings].
func thing() *port.Blueprint {
	blueprint := &port.Blueprint{Identifier: "thing", Title: "Thing"}
	blueprint.Schema.Properties = map[string]port.Property{
		"text":    {Type: "string"},
		"number":  {Type: "number"},
		"flag":    {Type: "boolean"},
		"object":  {Type: "object"},
		"any":     {Type: "array"},
		"texts":   {Type: "array", Items: &port.Items{Type: "string"}},
		"numbers": {Type: "array", Items: &port.Items{Type: "number"}},
		"flags":   {Type: "array", Items: &port.Items{Type: "boolean"}},
		"objects": {Type: "array", Items: &port.Items{Type: "object"}},
		"locked":  {Type: "boolean", Default: json.RawMessage(`false`)},
	}
	blueprint.Relations = map[string]port.Relation{
		"one":  {Target: "target"},
		"many": {Target: "target", Many: true},
	}
	return blueprint
}

func create(t *testing.T, env *acctest.Environment, blueprint string, entity *port.Entity) {
	t.Helper()
	if _, err := env.Client.Entities.Create(t.Context(), blueprint, entity, port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, env *acctest.Environment, blueprint, identifier string) *port.Entity {
	t.Helper()
	entity, err := env.Client.Entities.Get(t.Context(), blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

// change patches the entity "e" outside Terraform.
func change(t *testing.T, env *acctest.Environment, patch *port.EntityPatch) {
	t.Helper()
	if _, err := env.Client.Entities.Patch(t.Context(), "thing", "e", patch, port.UpdateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
}

// declare returns the configuration of the entity "e" with these attributes.
func declare(attributes string) string {
	if attributes != "" {
		attributes = ", " + attributes
	}
	return fmt.Sprintf(`{"blueprint": "thing", "identifier": "e"%s}`, attributes)
}

// property and relation return patches of one key.
func property(key string, value any) *port.EntityPatch {
	return &port.EntityPatch{Properties: map[string]any{key: value}}
}

func relation(key string, value any) *port.EntityPatch {
	return &port.EntityPatch{Relations: map[string]any{key: value}}
}

// asText encodes objects as text where the schema has JSON text, so that configurations in tests
// are readable.
func asText(attributes string) string {
	decoded, err := jsonvalue.Decode([]byte("{" + attributes + "}"))
	if err != nil {
		panic(err)
	}
	all := decoded.(map[string]any)
	if untyped, ok := all["properties_json"]; ok {
		all["properties_json"] = encoded(untyped)
	}
	properties, _ := all["properties"].(map[string]any)
	objects, _ := properties["object_props"].(map[string]any)
	for key, value := range objects {
		objects[key] = encoded(value)
	}
	arrays, _ := properties["array_props"].(map[string]any)
	lists, _ := arrays["object_items"].(map[string]any)
	for _, list := range lists {
		elements, _ := list.([]any)
		for i, element := range elements {
			elements[i] = encoded(element)
		}
	}
	text := encoded(all).(string)
	return text[1 : len(text)-1]
}

// encoded returns a value as JSON text, null as null.
func encoded(value any) any {
	if value == nil {
		return nil
	}
	text, err := jsonvalue.Encode(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
