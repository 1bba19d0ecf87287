package blueprint_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const address = "port_blueprint.this"

func variables(identifier string) config.Variables {
	return config.Variables{"identifier": config.StringVariable(identifier)}
}

// destroyed checks that the blueprint no longer exists in Port.
func destroyed(t *testing.T, env *acctest.Environment, identifier string) resource.TestCheckFunc {
	t.Helper()
	return func(*terraform.State) error {
		_, err := env.Client.Blueprints.Get(t.Context(), identifier)
		if !errors.Is(err, port.ErrNotFound) {
			return fmt.Errorf("blueprint %s is still there: %w", identifier, err)
		}
		return nil
	}
}

// patch changes a blueprint outside Terraform.
func patch(t *testing.T, env *acctest.Environment, identifier string, change port.BlueprintPatch) func() {
	t.Helper()
	return func() {
		if _, err := env.Client.Blueprints.Patch(t.Context(), identifier, change); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBlueprint_deploymentConfig(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("deployment")
	retitled := variables(identifier)
	retitled["title"] = config.StringVariable("Deployment")
	unchanged := statecheck.CompareValue(compare.ValuesSame())

	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, identifier),
		Steps: []resource.TestStep{
			{
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(identifier)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("created_at"), knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT.*Z$`))),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("properties").AtMapKey("boolean_props").AtMapKey("locked").AtMapKey("required"), knownvalue.Bool(false)),
					unchanged.AddStateValue(address, tfjsonpath.New("created_at")),
				},
			},
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier), ConfigPlanChecks: acctest.NoChanges()},
			{
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
				ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID,
			},
			{
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: retitled,
				ConfigPlanChecks:  acctest.Changes(address, "title"),
				ConfigStateChecks: []statecheck.StateCheck{unchanged.AddStateValue(address, tfjsonpath.New("created_at"))},
			},
		},
	})
}

func TestBlueprint_everythingSetAndUnset(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("everything")

	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, identifier),
		Steps: []resource.TestStep{
			{ConfigDirectory: acctest.Directory("everything"), ConfigVariables: variables(identifier)},
			{ConfigDirectory: acctest.Directory("everything"), ConfigVariables: variables(identifier), ConfigPlanChecks: acctest.NoChanges()},
			{
				ConfigDirectory: acctest.Directory("everything"), ConfigVariables: variables(identifier),
				ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID,
			},
			{ConfigDirectory: acctest.Directory("bare"), ConfigVariables: variables(identifier)},
			{
				ConfigDirectory: acctest.Directory("bare"), ConfigVariables: variables(identifier), ConfigPlanChecks: acctest.NoChanges(),
				Check: func(*terraform.State) error { return onlyIdentifierAndTitle(t, env, identifier) },
			},
		},
	})
}

func onlyIdentifierAndTitle(t *testing.T, env *acctest.Environment, identifier string) error {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), identifier)
	if err != nil {
		return err
	}
	left := len(blueprint.Schema.Properties) + len(blueprint.Relations) + len(blueprint.MirrorProperties) + len(blueprint.CalculationProperties)
	if left > 0 || blueprint.Description != nil || blueprint.Icon != nil || blueprint.Ownership != nil || blueprint.ChangelogDestination != nil ||
		blueprint.IncludeInGlobalSearch != nil {
		return fmt.Errorf("something is left: %+v", blueprint)
	}
	return nil
}

func TestBlueprint_drift(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("drift")
	steps := []resource.TestStep{{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier)}}
	drift := []struct {
		change     port.BlueprintPatch
		attributes []string
	}{
		{port.BlueprintPatch{"title": "Somebody else's"}, []string{"title"}},
		{port.BlueprintPatch{"description": "Somebody else's"}, []string{"description"}},
		{port.BlueprintPatch{"icon": "Lock"}, []string{"icon"}},
		{
			port.BlueprintPatch{"changelogDestination": map[string]any{"type": "WEBHOOK", "url": "http://127.0.0.1:9/other"}},
			[]string{"webhook_changelog_destination.url"},
		},
	}
	for _, d := range drift {
		steps = append(steps, resource.TestStep{
			PreConfig:       patch(t, env, identifier, d.change),
			ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
			ConfigPlanChecks: acctest.Changes(address, d.attributes...),
		})
	}
	env.Run(t, resource.TestCase{Steps: steps})
}

func TestBlueprint_disappears(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("disappears")

	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, identifier),
		Steps: []resource.TestStep{
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier)},
			{
				PreConfig: func() {
					if err := env.Client.Blueprints.Delete(t.Context(), identifier, port.DeleteBlueprintOptions{}); err != nil {
						t.Fatal(err)
					}
				},
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
				}},
			},
		},
	})
}

func TestBlueprint_alreadyExists(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("exists")
	create(t, env, &port.Blueprint{Identifier: identifier, Title: "Theirs"})

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
		ExpectError: regexp.MustCompile(`(?s)Unable to Create Blueprint.*terraform import\s+port_blueprint\.<name>\s+"` + identifier),
	}}})

	theirs, err := env.Client.Blueprints.Get(t.Context(), identifier)
	if err != nil || theirs.Title != "Theirs" {
		t.Errorf("the blueprint of somebody else was touched: %+v, %v", theirs, err)
	}
}

func create(t *testing.T, env *acctest.Environment, blueprint *port.Blueprint) {
	t.Helper()
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestBlueprint_renameInPlace(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	before, after := env.Name("before"), env.Name("after")

	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, after),
		Steps: []resource.TestStep{
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(before)},
			{
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(after),
				ConfigPlanChecks: acctest.Changes(address, "id", "identifier"),
				Check:            destroyed(t, env, before),
			},
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(after), ConfigPlanChecks: acctest.NoChanges()},
		},
	})
}

func TestBlueprint_unmanagedKeysSurvive(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("foreign")
	retitled := variables(identifier)
	retitled["title"] = config.StringVariable("Deployment")
	theirs := func() {
		blueprint, err := env.Client.Blueprints.Get(t.Context(), identifier)
		if err != nil {
			t.Fatal(err)
		}
		property := blueprint.Schema.Properties["cpuUtil"]
		property.Extra = map[string]json.RawMessage{"exclusiveMaximum": json.RawMessage("1000")}
		blueprint.Schema.Properties["cpuUtil"] = property
		if _, err := env.Client.Blueprints.Update(t.Context(), identifier, blueprint); err != nil {
			t.Fatal(err)
		}
	}

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier)},
		{PreConfig: theirs, ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier), ConfigPlanChecks: acctest.NoChanges()},
		{
			ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: retitled,
			Check: func(*terraform.State) error {
				blueprint, err := env.Client.Blueprints.Get(t.Context(), identifier)
				if err != nil {
					return err
				}
				if kept := string(blueprint.Schema.Properties["cpuUtil"].Extra["exclusiveMaximum"]); kept != "1000" {
					return fmt.Errorf("exclusiveMaximum is %q after the update", kept)
				}
				return nil
			},
		},
	}})
}

func typed(identifier string, properties config.Variable) config.Variables {
	return config.Variables{"identifier": config.StringVariable(identifier), "properties": properties}
}

func props(collection, key string) config.Variable {
	return config.ObjectVariable(map[string]config.Variable{
		collection: config.ObjectVariable(map[string]config.Variable{key: config.ObjectVariable(map[string]config.Variable{"title": config.StringVariable("T")})}),
	})
}

func TestBlueprint_typeChangeIsRefused(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("typed")

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: acctest.Directory("typed"), ConfigVariables: typed(identifier, props("string_props", "size"))},
		{
			ConfigDirectory: acctest.Directory("typed"), ConfigVariables: typed(identifier, props("number_props", "size")),
			ExpectError: regexp.MustCompile(`The type of property "size" changed from "string" to "number"`),
		},
	}})
}

func TestBlueprint_typeChangeWithoutProtection(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	identifier := env.Name("retyped")
	const unprotected = `
provider "port" {
  blueprint_property_type_change_protection = false
}
resource "port_blueprint" "this" {
  identifier = %q
  title      = "Typed"
  properties = { %s = { size = {} } }
}`
	withEntity := func() {
		entity := &port.Entity{Identifier: "e", Properties: map[string]any{"size": "large"}}
		if _, err := env.Client.Entities.Create(t.Context(), identifier, entity, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	withoutEntity := func() {
		if err := env.Client.Entities.Delete(t.Context(), identifier, "e", port.DeleteEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: fmt.Sprintf(unprotected, identifier, "string_props")},
		{PreConfig: withEntity, Config: fmt.Sprintf(unprotected, identifier, "number_props")},
		{PreConfig: withoutEntity, Config: fmt.Sprintf(unprotected, identifier, "number_props"), ConfigPlanChecks: acctest.NoChanges()},
	}})
}

func TestBlueprint_destroyWithEntities(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	identifier := env.Name("occupied")
	addEntity := func() {
		entity := &port.Entity{Identifier: "occupant", Title: new("Occupant")}
		if _, err := env.Client.Entities.Create(t.Context(), identifier, entity, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	const forced = `
resource "port_blueprint" "this" {
  identifier            = %q
  title                 = "Occupied"
  force_delete_entities = %t
}`

	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, identifier),
		Steps: []resource.TestStep{
			{Config: fmt.Sprintf(forced, identifier, false)},
			{
				PreConfig: addEntity, Config: fmt.Sprintf(forced, identifier, false), Destroy: true,
				ExpectError: regexp.MustCompile(`(?s)The\s+blueprint\s+has\s+entities.*force_delete_entities`),
			},
			{Config: fmt.Sprintf(forced, identifier, true), ConfigPlanChecks: acctest.Changes(address, "force_delete_entities")},
		},
	})
}

func TestBlueprint_unknownValuesArePlanned(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	late := fmt.Sprintf(`
resource "terraform_data" "late" {
  input = { key = "size", title = "Size", url = "http://127.0.0.1:9/api/slack" }
}
resource "port_blueprint" "this" {
  identifier = %q
  title      = terraform_data.late.output.title
  properties = {
    string_props = { (terraform_data.late.output.key) = { title = terraform_data.late.output.title } }
    number_props = { for key in [terraform_data.late.output.key] : "${key}Count" => {} }
    object_props = { labels = { default = jsonencode({ size = terraform_data.late.output.title }) } }
  }
  webhook_changelog_destination = { url = terraform_data.late.output.url }
}`, env.Name("late"))

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: late,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("properties").AtMapKey("string_props").AtMapKey("size").AtMapKey("title"), knownvalue.StringExact("Size")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("properties").AtMapKey("number_props").AtMapKey("sizeCount").AtMapKey("required"), knownvalue.Bool(false)),
			},
		},
		{Config: late, ConfigPlanChecks: acctest.NoChanges()},
	}})
}

func TestBlueprint_errorsNameTheCause(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault string
		want  string
	}{
		"wrong credentials": {
			fault: `{"method":"POST","route":"/v1/auth/access_token","status":401,"body":{"ok":false,"error":"unauthorized","message":"Bad credentials"}}`,
			want:  `(?s)Unable to Create Blueprint.*Bad\s+credentials.*PORT_CLIENT_ID`,
		},
		"a refused body": {
			fault: `{"method":"POST","route":"/v1/blueprints","status":422,"headers":{"x-trace-id":"trace-42"},"body":{"ok":false,"error":"invalid_request","message":"icon is unknown"}}`,
			want:  `(?s)Creating\s+blueprint\s+"tf-acc-fault.*icon\s+is\s+unknown.*trace-42`,
		},
		"a broken gateway": {
			fault: `{"method":"POST","route":"/v1/blueprints","status":500,"body":{"ok":false,"error":"internal_error","message":"Oops"}}`,
			want:  `(?s)Unable to Create Blueprint.*Oops`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			env.Control(t, http.MethodPost, "/_emulator/faults", test.fault)
			env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
				ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(env.Name("fault")),
				ExpectError: regexp.MustCompile(test.want),
			}}})
		})
	}
}

// TestBlueprint_foreign404KeepsTheState makes a proxy respond instead of Port once.
func TestBlueprint_foreign404KeepsTheState(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	identifier := env.Name("proxied")
	proxied := func() {
		env.Control(t, http.MethodPost, "/_emulator/faults",
			`{"method":"GET","route":"/v1/blueprints/{identifier}","status":404,"headers":{"Content-Type":"text/html"},"body":"<html>Not Found</html>","times":1}`)
	}
	env.Run(t, resource.TestCase{
		CheckDestroy: destroyed(t, env, identifier),
		Steps: []resource.TestStep{
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier)},
			{
				PreConfig: proxied, ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier),
				ExpectError: regexp.MustCompile(`(?s)Unable to Read Blueprint.*check\s+the\s+base\s+URL`),
			},
			{ConfigDirectory: acctest.Directory("deployment_config"), ConfigVariables: variables(identifier), ConfigPlanChecks: acctest.NoChanges()},
		},
	})
}
