package entity_test

import (
	"os"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestEntity_officialState refreshes a state of the official provider, which
// holds times in Go's text form, to an empty plan.
func TestEntity_officialState(t *testing.T) {
	t.Parallel()
	const config = `{
		"blueprint": "deploymentConfig", "identifier": "notification-service-prod", "title": "Notification Service Production",
		"properties": {"string_props": {"healthStatus": "Healthy"}, "number_props": {"cpuUtil": 25}, "boolean_props": {"locked": false}}
	}`
	env := acctest.NewEmulated(t)
	blueprint := &port.Blueprint{Identifier: "deploymentConfig", Title: "Deployment Config"}
	blueprint.Schema.Properties = map[string]port.Property{"healthStatus": {Type: "string"}, "cpuUtil": {Type: "number"}, "locked": {Type: "boolean"}}
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	env.NewSession(t, "port_entity").Apply(config)
	state, err := os.ReadFile("testdata/official-state.json")
	if err != nil {
		t.Fatal(err)
	}
	session := env.NewSession(t, "port_entity")
	session.Resume(string(state))
	if changed := session.Changes(config); len(changed) > 0 {
		t.Errorf("after the official provider the plan changes %v", changed)
	}
}
