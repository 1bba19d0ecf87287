package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestActionDataSourceExample reads an action that Terraform does not manage.
func TestActionDataSourceExample(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	restart := port.Action{
		"identifier":       "restart",
		"trigger":          map[string]any{"type": "self-service", "operation": "CREATE", "userInputs": map[string]any{"properties": map[string]any{}}},
		"invocationMethod": map[string]any{"type": "WEBHOOK", "url": "https://example.com/restart"},
	}
	if _, err := env.Client.Actions.Create(t.Context(), restart); err != nil {
		t.Fatal(err)
	}
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		ConfigDirectory: config.StaticDirectory("../examples/data-sources/port_action"),
		Check:           resource.TestCheckOutput("url", "https://example.com/restart"),
	}}})
}

// TestHealthAlertsModule runs the module's tests with terraform test.
func TestHealthAlertsModule(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	for _, identifier := range []string{"service", "domain/database"} {
		blueprint := &port.Blueprint{Identifier: identifier, Title: identifier}
		blueprint.Schema.Properties = map[string]port.Property{"healthStatus": {Type: "string"}, "cpu-util": {Type: "number"}}
		if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	cli := env.NewCLI(t, "../examples/modules/health-alerts")
	cli.Needs("1.6.0") // It introduced terraform test.
	cli.Run("init", "-no-color", "-input=false")
	if output := cli.Run("test", "-no-color"); strings.Contains(output, "Warning") {
		t.Error(output)
	}
	left, err := env.Client.Actions.List(t.Context(), port.ListActionsOptions{})
	if err != nil || len(left) > 0 {
		t.Errorf("the tests leave behind %v (%v)", left, err)
	}
}
