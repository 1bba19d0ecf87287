package entity_test

import (
	"os"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestEntity_officialState refreshes states of the official provider, which have only its
// attributes, times in Go's text form and no private state. The plan is then empty.
func TestEntity_officialState(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"bare":  `"title": "E"`,
		"empty": `"title": "E", "icon": "", "teams": [], "properties": {}, "relations": {}`,
		"every_type": `"title": "E", "icon": "Lock", "teams": ["a", "b"],
			"properties": {
				"string_props": {"text": "<x>"}, "number_props": {"number": 0.1}, "boolean_props": {"flag": true, "locked": false},
				"object_props": {"object": "{\"b\": 1, \"a\": \"<x>\"}"},
				"array_props": {
					"string_items": {"texts": ["b", "a"], "any": ["x"]}, "number_items": {"numbers": [1, 2.5]},
					"boolean_items": {"flags": [true]}, "object_items": {"objects": ["{\"a\":1}"]}
				}
			},
			"relations": {"single_relations": {"one": "a"}, "many_relations": {"many": ["b", "a"]}}`,
		"nulls": `"title": "E", "properties": {"string_props": {"text": null}, "number_props": {"number": null}},
			"relations": {"single_relations": {"one": null}, "many_relations": {"many": []}}`,
		"run": `"title": "E", "run_id": "r_0123456789", "create_missing_related_entities": true, "properties": {"string_props": {"text": "x"}}`,
		"deployment": `"title": "Notification Service Production",
			"properties": {"string_props": {"healthStatus": "Healthy"}, "number_props": {"cpuUtil": 25}, "boolean_props": {"locked": false}}`,
	}
	for name, attributes := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			config := declare(attributes)
			if name == "deployment" {
				config = `{"blueprint": "deploymentConfig", "identifier": "notification-service-prod", ` + attributes + `}`
				blueprint := &port.Blueprint{Identifier: "deploymentConfig", Title: "Deployment Config"}
				blueprint.Schema.Properties = map[string]port.Property{"healthStatus": {Type: "string"}, "cpuUtil": {Type: "number"}, "locked": {Type: "boolean"}}
				if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			env.NewSession(t, "port_entity").Apply(config)
			state, err := os.ReadFile("testdata/official/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			session := env.NewSession(t, "port_entity")
			session.Resume(string(state))
			if changed := session.Changes(config); len(changed) > 0 {
				t.Errorf("after the official provider the plan changes %v", changed)
			}
			for _, stamp := range []string{"created_at", "updated_at"} {
				if text := session.Text(stamp); !strings.Contains(text, "T") || strings.Contains(text, "UTC") {
					t.Errorf("%s is %q", stamp, text)
				}
			}
		})
	}
}

// TestEntity_officialStateKeepsDefaults checks that a value that Port filled in under the official
// provider survives the first update with this one.
func TestEntity_officialStateKeepsDefaults(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.NewSession(t, "port_entity").Apply(declare(`"title": "E"`))
	state, err := os.ReadFile("testdata/official/bare.json")
	if err != nil {
		t.Fatal(err)
	}
	session := env.NewSession(t, "port_entity")
	session.Resume(string(state))
	session.Refresh()
	session.Apply(declare(`"title": "F"`))
	expectProperties(t, env, map[string]any{"locked": false})
}
