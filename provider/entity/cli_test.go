package entity_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
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

const many = `
resource "port_entity" "this" {
  count      = 60
  blueprint  = "thing"
  identifier = "e${count.index}"
  title      = "Entity ${count.index}"
  properties = { string_props = { text = "x" } }
}`

// TestEntity_manyWithTheCLI creates and deletes entities in bulk.
func TestEntity_manyWithTheCLI(t *testing.T) {
	t.Parallel()
	env := newThings(t, func(options *emulator.Options) { options.Latency = 20 * time.Millisecond })
	atMost := func(most int) error {
		writes := env.Writes(t)
		total := 0
		for _, count := range writes {
			total += count
		}
		if total > most {
			return fmt.Errorf("60 entities took %d writes, want at most %d: %v", total, most, writes)
		}
		return nil
	}
	env.Requests(t)
	env.Run(t, resource.TestCase{
		Steps:        []resource.TestStep{{Config: many, Check: func(*terraform.State) error { return atMost(30) }}, {Config: many, ConfigPlanChecks: acctest.NoChanges()}},
		CheckDestroy: func(*terraform.State) error { return atMost(30) },
	})
}

// TestEntity_oneOfManyExistsWithTheCLI checks that one entity that cannot be created fails on its
// own resource, and the others that share its request are created.
func TestEntity_oneOfManyExistsWithTheCLI(t *testing.T) {
	t.Parallel()
	env := newThings(t, func(options *emulator.Options) { options.Latency = 20 * time.Millisecond })
	create(t, env, "thing", &port.Entity{Identifier: "e37", Title: new("Theirs")})
	env.Run(t, resource.TestCase{
		Steps: []resource.TestStep{{Config: many, ExpectError: regexp.MustCompile(`(?s)port_entity\.this\[37\].*already exists`)}},
		CheckDestroy: func(*terraform.State) error {
			remaining := []string{}
			for entity, err := range env.Client.Entities.SearchBlueprint(t.Context(), "thing", nil, port.SearchBlueprintOptions{}) {
				if err != nil {
					return err
				}
				remaining = append(remaining, entity.Identifier)
			}
			if !slices.Equal(remaining, []string{"e37"}) {
				return fmt.Errorf("after the destroy these exist: %v", remaining)
			}
			return nil
		},
	})
}
