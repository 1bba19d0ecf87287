package provider_test

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// catalog holds the entities that exist before an example is applied, by blueprint.
type catalog map[string][]*port.Entity

// withCatalog returns an environment with these entities, whose blueprints have the properties of
// the examples.
func withCatalog(t *testing.T, entities catalog) *acctest.Environment {
	t.Helper()
	env := acctest.NewEmulated(t)
	for identifier, entities := range entities {
		blueprint := &port.Blueprint{Identifier: identifier, Title: identifier}
		blueprint.Schema.Properties = map[string]port.Property{"language": {Type: "string"}, "endpoints": {Type: "array"}}
		if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, entity := range entities {
			if _, err := env.Client.Entities.Create(t.Context(), identifier, entity, port.CreateEntityOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return env
}

// TestEntityExamples applies the examples of complete scenarios and expects an empty plan
// afterwards.
func TestEntityExamples(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before catalog
		checks []plancheck.PlanCheck
		needs  []tfversion.TerraformVersionCheck
	}{
		"from-yaml": {},
		"relations": {},
		"co-owned":  {},
		"adopted": {
			before: catalog{"domain": {
				{Identifier: "payments", Title: new("Payments")},
				{Identifier: "logistics", Title: new("Logistics")},
				{Identifier: "registry:shop:v2", Title: new("Shop")},
			}},
			checks: []plancheck.PlanCheck{plancheck.ExpectResourceAction("port_entity.image", plancheck.ResourceActionNoop)},
			// Import blocks with for_each.
			needs: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_7_0)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := config.StaticDirectory(filepath.Join("../examples/entities", name))
			withCatalog(t, test.before).Run(t, resource.TestCase{TerraformVersionChecks: test.needs, Steps: []resource.TestStep{
				{ConfigDirectory: directory, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: test.checks}},
				{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges()},
				// The test library cannot destroy instances of for_each; an empty configuration
				// can.
				{Config: "locals {}"},
			}})
		})
	}
}

// TestDataSourceExamples applies every example of the entity data sources.
func TestDataSourceExamples(t *testing.T) {
	t.Parallel()
	checkout := catalog{"service": {{Identifier: "checkout", Team: []string{"payments"}, Properties: map[string]any{"language": "Go"}}}}
	tests := map[string]struct {
		typeName string
		want     resource.TestCheckFunc
	}{
		"one":    {"port_entity", resource.TestCheckOutput("language", "Go")},
		"some":   {"port_entities", resource.TestCheckResourceAttr("data.port_entities.go", "entities.0.identifier", "checkout")},
		"search": {"port_search", resource.TestCheckResourceAttr("data.port_search.owned_by_payments", "entities.0.identifier", "checkout")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withCatalog(t, checkout).Run(t, resource.TestCase{Steps: []resource.TestStep{{
				ConfigDirectory: config.StaticDirectory(filepath.Join("../examples/data-sources", test.typeName)),
				Check:           test.want,
			}}})
		})
	}
}
