package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestMigration_withTheOfficialProvider moves a blueprint and one of two entities from one provider
// to another by changing only the local names, as in the migration guide. A second instance of our
// provider stands in for the official one, which has the same schema and IDs.
func TestMigration_withTheOfficialProvider(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	factories := map[string]func() (tfprotov6.ProviderServer, error){
		"port": env.Factories()["port"], "official": env.Factories()["port"],
	}
	config := func(moving string) string {
		return `
resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"
  properties = { string_props = { language = {} } }` + moving + `
}
resource "port_entity" "moving" {
  blueprint  = port_blueprint.service.identifier
  identifier = "a"
  title      = "A"
  properties = { string_props = { language = "Go" } }` + moving + `
}
resource "port_entity" "staying" {
  provider   = official
  blueprint  = port_blueprint.service.identifier
  identifier = "b"
  title      = "B"
}`
	}
	acctest.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: config("\n  provider = official")},
			{Config: config(""), ConfigPlanChecks: acctest.NoChanges()},
		},
	})
}
