package entity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const renaming = `
resource "port_blueprint" "this" {
  identifier = %[1]q
  title      = "Renamed"
  properties = { string_props = { %[3]s = {} } }
}
resource "port_entity" "this" {
  blueprint  = port_blueprint.this.identifier
  identifier = %[2]q
  title      = "Entity"
  properties = { string_props = { %[3]s = "x" } }
}`

// TestEntity_blueprintRenamedInTheSameRun renames the blueprint of an entity, alone and together
// with the entity. The entity stays.
func TestEntity_blueprintRenamedInTheSameRun(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("before")
	created := statecheck.CompareValue(compare.ValuesSame())
	same := func() statecheck.StateCheck { return created.AddStateValue(address, tfjsonpath.New("created_at")) }
	inPlace := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction("port_blueprint.this", plancheck.ResourceActionUpdate),
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
	}}

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: fmt.Sprintf(renaming, blueprint, "e", "text"), ConfigStateChecks: []statecheck.StateCheck{same()}},
		{Config: fmt.Sprintf(renaming, blueprint+"-after", "e", "text"), ConfigPlanChecks: inPlace, ConfigStateChecks: []statecheck.StateCheck{same()}},
		{Config: fmt.Sprintf(renaming, blueprint+"-after", "e", "text"), ConfigPlanChecks: acctest.NoChanges()},
		{
			Config: fmt.Sprintf(renaming, blueprint+"-last", "f", "text"), ConfigPlanChecks: inPlace,
			ConfigStateChecks: []statecheck.StateCheck{
				same(), statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(blueprint+"-last:f")),
			},
		},
		{Config: fmt.Sprintf(renaming, blueprint+"-last", "f", "text"), ConfigPlanChecks: acctest.NoChanges()},
	}})
}

// TestEntity_propertyOfThePlannedBlueprint adds a property to the blueprint and to the entity in
// one run, which passes only a check against the planned blueprint.
func TestEntity_propertyOfThePlannedBlueprint(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("planned")
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: fmt.Sprintf(renaming, blueprint, "e", "before")},
		{Config: fmt.Sprintf(renaming, blueprint, "e", "after")},
		{Config: fmt.Sprintf(renaming, blueprint, "e", "after"), ConfigPlanChecks: acctest.NoChanges()},
	}})
}

const coOwned = `
resource "port_entity" "this" {
  blueprint   = "thing"
  identifier  = "e"
  management  = "declared"
  on_existing = "adopt"
  properties  = { string_props = { text = "ours" } }
}`

// TestEntity_coOwnedWithTheCLI adopts an entity, ignores the changes of others, and leaves the
// entity to them.
func TestEntity_coOwnedWithTheCLI(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", theirs())
	env.Run(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			entity, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{})
			if err != nil {
				return err
			}
			if entity.Properties["text"] != nil || entity.Properties["flag"] != true || *entity.Title != "Theirs" {
				return fmt.Errorf("the destroy left %+v", entity)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{Config: coOwned},
			{PreConfig: func() { change(t, env, &port.EntityPatch{Icon: port.Set("Lock"), Team: port.Set([]string{"x"})}) }, Config: coOwned, ConfigPlanChecks: acctest.NoChanges()},
			{Config: strings.Replace(coOwned, `"ours"`, "null", 1), ConfigPlanChecks: acctest.Changes(address, "properties.string_props.text")},
		},
	})
}
