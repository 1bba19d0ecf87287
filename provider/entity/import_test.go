package entity_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

func TestImport_emptyID(t *testing.T) {
	t.Parallel()
	failed(t, newThings(t).NewSession(t, "port_entity").TryImport(""), "Invalid Import ID", "<blueprint>:<identifier>")
}

// TestImport_showsNothingWithoutValue: a configuration that Terraform generates
// from an import lists what the entity has, and null for the rest.
func TestImport_showsNothingWithoutValue(t *testing.T) {
	t.Parallel()
	const imported = `
resource "port_entity" "this" {
  blueprint  = "thing"
  identifier = "e"
  properties = { string_props = { text = "x" } }
}`
	env := newThings(t)
	env.NewSession(t, "port_entity").Apply(declare(moving))
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: imported, ResourceName: "port_entity.this", ImportState: true, ImportStateId: "thing:e",
		ImportStateCheck: func(states []*terraform.InstanceState) error {
			for name, value := range states[0].Attributes {
				isEmpty := value == "" || (value == "0" && (strings.HasSuffix(name, ".%") || strings.HasSuffix(name, ".#")))
				if isEmpty && name != "properties_json" {
					t.Errorf("the import shows %s = %q", name, value)
				}
			}
			return nil
		},
	}}})
}

// TestEntity_withoutIdentifier: what has no identifier yet is named by what it
// belongs to.
func TestEntity_withoutIdentifier(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	nameless := strings.Replace(declare(`"relations": {"single_relations": {"one": "nobody"}}`), `, "identifier": "e"`, "", 1)
	failed(t, session.TryApply(nameless), `Creating entity without an identifier in blueprint "thing": POST`)
	nameless = strings.Replace(declare(`"properties": {"string_props": {"none": "x"}}`), `, "identifier": "e"`, "", 1)
	failed(t, session.Plan(nameless), `This is about an entity of the blueprint "thing".`)
}
