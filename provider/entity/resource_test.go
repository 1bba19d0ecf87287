package entity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const (
	address    = "port_entity.this"
	identifier = "notification-service-prod"
)

func variables(blueprint string) config.Variables {
	return config.Variables{"blueprint": config.StringVariable(blueprint)}
}

func patch(t *testing.T, env *acctest.Environment, blueprint string, change *port.EntityPatch) func() {
	t.Helper()
	return func() {
		if _, err := env.Client.Entities.Patch(t.Context(), blueprint, identifier, change, port.UpdateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEntity_notificationService(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("deployment")

	env.Run(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			_, err := env.Client.Entities.Get(t.Context(), blueprint, identifier, port.GetEntityOptions{})
			if !errors.Is(err, port.ErrNotFound) {
				return fmt.Errorf("the entity is still there: %w", err)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact(blueprint+":"+identifier)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("create_missing_related_entities"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("created_at"), knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT.*Z$`))),
				},
			},
			{ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint), ConfigPlanChecks: acctest.NoChanges()},
			{
				ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint),
				ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID,
			},
		},
	})
}

func TestEntity_everyType(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("types")

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{
			ConfigDirectory: acctest.Directory("every_type"), ConfigVariables: variables(blueprint),
			Check: func(*terraform.State) error { return sentExactly(t, env, blueprint) },
		},
		{ConfigDirectory: acctest.Directory("every_type"), ConfigVariables: variables(blueprint), ConfigPlanChecks: acctest.NoChanges()},
	}})
}

// sentExactly checks that Port has what the fixture every_type declares.
func sentExactly(t *testing.T, env *acctest.Environment, blueprint string) error {
	t.Helper()
	entity, err := env.Client.Entities.Get(t.Context(), blueprint, "a:b/c=d@e", port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		return err
	}
	properties, err := json.Marshal(entity.Properties)
	if err != nil {
		return err
	}
	const want = `{"text": "<a> & b", "unset": null, "whole": 9007199254740993, "fraction": 0.1, "flag": true, "labels": {"tier": "<gold>", "weight": 1.0},
		"texts": ["b", "a"], "nothing": [], "numbers": [9007199254740993, 0.1], "flags": [true, false], "objects": [{"a": 1}], "anything": [1, "a", [true]]}`
	if !jsonvalue.EqualText(string(properties), want) {
		return fmt.Errorf("Port has %s", properties)
	}
	return nil
}

// TestEntity_drift checks with the CLI what [TestEntity_everyDriftShows] checks in process.
func TestEntity_drift(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("drift")
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint)},
		{
			PreConfig:       patch(t, env, blueprint, &port.EntityPatch{Properties: map[string]any{"cpuUtil": json.Number("91.5")}}),
			ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint),
			ConfigPlanChecks: acctest.Changes(address, "properties.number_props.cpuUtil"),
		},
	}})
}

func TestEntity_everyDriftShows(t *testing.T) {
	t.Parallel()
	const attributes = `"title": "E", "icon": "Lock", "teams": ["us"], "relations": {"single_relations": {"one": "a"}, "many_relations": {"many": ["a"]}},
		"properties": {"string_props": {"text": "x"}, "number_props": {"number": 1}, "boolean_props": {"flag": true}}`
	tests := map[string]struct {
		change *port.EntityPatch
		shows  string
	}{
		"a title changed":            {&port.EntityPatch{Title: port.Set("Theirs")}, "title"},
		"a title removed":            {&port.EntityPatch{Title: port.Unset[string]()}, "title"},
		"an icon changed":            {&port.EntityPatch{Icon: port.Set("Microservice")}, "icon"},
		"an icon removed":            {&port.EntityPatch{Icon: port.Unset[string]()}, "icon"},
		"a team added":               {&port.EntityPatch{Team: port.Set([]string{"us", "them"})}, "teams"},
		"teams removed":              {&port.EntityPatch{Team: port.Set([]string{})}, "teams"},
		"a text changed":             {property("text", "y"), "properties.string_props.text"},
		"a text removed":             {property("text", nil), "properties.string_props.text"},
		"a number changed":           {property("number", json.Number("1.5")), "properties.number_props.number"},
		"a boolean changed":          {property("flag", false), "properties.boolean_props.flag"},
		"an object added":            {property("object", map[string]any{"a": true}), "properties.object_props.object"},
		"a list added":               {property("texts", []any{"x"}), "properties.array_props.string_items.texts"},
		"a nested list added":        {property("any", []any{[]any{}}), "properties_json"},
		"a relation changed":         {relation("one", "b"), "relations.single_relations.one"},
		"a relation removed":         {relation("one", nil), "relations.single_relations.one"},
		"a target added":             {relation("many", []string{"a", "b"}), "relations.many_relations.many"},
		"all targets of one removed": {relation("many", []string{}), "relations.many_relations.many"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(attributes))
			change(t, env, test.change)
			if changed := session.Changes(declare(attributes)); !slices.Equal(changed, []string{test.shows}) {
				t.Errorf("the plan changes %v, want %s", changed, test.shows)
			}
			session.Apply(declare(attributes))
			if changed := session.Changes(declare(attributes)); len(changed) > 0 {
				t.Errorf("after the next apply the plan changes %v", changed)
			}
		})
	}
}

func TestEntity_disappears(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("disappears")
	remove := func() {
		if err := env.Client.Entities.Delete(t.Context(), blueprint, identifier, port.DeleteEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint)},
		{
			PreConfig:       remove,
			ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
			}},
		},
	}})
}

func TestEntity_renameInPlace(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("rename")
	renamed := variables(blueprint)
	renamed["identifier"] = config.StringVariable("renamed")

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint)},
		{
			ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: renamed,
			ConfigPlanChecks: acctest.Changes(address, "id", "identifier"),
			Check: func(*terraform.State) error {
				_, err := env.Client.Entities.Get(t.Context(), blueprint, identifier, port.GetEntityOptions{})
				if !errors.Is(err, port.ErrNotFound) {
					return fmt.Errorf("the old name is still there: %w", err)
				}
				return nil
			},
		},
		{ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: renamed, ConfigPlanChecks: acctest.NoChanges()},
	}})
}

func TestEntity_generatedIdentifier(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	generated := `
resource "port_blueprint" "this" {
  identifier = "` + env.Name("generated") + `"
  title      = "Generated"
}
resource "port_entity" "this" {
  blueprint = port_blueprint.this.identifier
  title     = "Generated"
}`
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: generated,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("identifier"), knownvalue.StringRegexp(regexp.MustCompile(`.+`))),
			},
		},
		{Config: generated, ConfigPlanChecks: acctest.NoChanges()},
	}})
}

const another = `
resource "port_blueprint" "a" {
  identifier = %[1]q
  title      = "A"
}
resource "port_blueprint" "b" {
  identifier = "%[1]s:b"
  title      = "B"
}
resource "port_entity" "this" {
  blueprint  = %[2]s.identifier
  identifier = %[3]q
  title      = "Entity"
}`

func TestEntity_anotherBlueprintReplaces(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("replace")

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: fmt.Sprintf(another, blueprint, "port_blueprint.a", "e")},
		{
			Config: fmt.Sprintf(another, blueprint, "port_blueprint.b", "e"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
			}},
		},
	}})
}

func TestEntity_importIDs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// id has %[1]s for the blueprint.
		id      string
		theirs  bool
		problem string
	}{
		"blueprint and identifier":        {id: "%[1]s:b:c"},
		"exact":                           {id: `{"blueprint":"%[1]s","identifier":"b:c"}`, theirs: true},
		"ambiguous":                       {id: "%[1]s:b:c", theirs: true, problem: `(?s)Ambiguous Import ID.*\{"blueprint":"tf-acc-import.*"identifier":"b:c"\}.*"identifier":"c"`},
		"no colon":                        {id: "entity", problem: `(?s)Invalid Import ID.*<blueprint>:<identifier>`},
		"nothing there":                   {id: "%[1]s:x:y:z", problem: `none of the 3 ways`},
		"not an object of the right form": {id: `{"blueprint":"%[1]s"}`, problem: `lacks\s+the\s+blueprint\s+or\s+the\s+identifier`},
		"something after the object":      {id: `{"blueprint":"%[1]s","identifier":"b:c"} x`, problem: `has\s+text\s+after\s+the\s+JSON\s+object`},
		"unknown key":                     {id: `{"blueprint":"%[1]s","entity":"b"}`, problem: `(?s)not\s+the\s+expected\s+JSON`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			blueprint := env.Name("import")
			addTheirs := func() {
				if !test.theirs {
					return
				}
				_, err := env.Client.Entities.Create(t.Context(), blueprint+":b", &port.Entity{Identifier: "c", Title: new("Theirs")}, port.CreateEntityOptions{})
				if err != nil {
					t.Fatal(err)
				}
			}
			removeTheirs := func() {
				if test.theirs {
					_ = env.Client.Entities.Delete(t.Context(), blueprint+":b", "c", port.DeleteEntityOptions{})
				}
			}
			imported := resource.TestStep{
				PreConfig: addTheirs, Config: fmt.Sprintf(another, blueprint, "port_blueprint.a", "b:c"),
				ResourceName: address, ImportState: true, ImportStateId: test.id,
			}
			if regexp.MustCompile(`%\[1\]s`).MatchString(test.id) {
				imported.ImportStateId = fmt.Sprintf(test.id, blueprint)
			}
			if test.problem == "" {
				imported.ImportStateKind = resource.ImportBlockWithID
			} else {
				imported.ExpectError = regexp.MustCompile(test.problem)
			}
			env.Run(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: fmt.Sprintf(another, blueprint, "port_blueprint.a", "b:c")},
				imported,
				{PreConfig: removeTheirs, Config: fmt.Sprintf(another, blueprint, "port_blueprint.a", "b:c")},
			}})
		})
	}
}

func TestEntity_alreadyExists(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("exists")
	without := fmt.Sprintf("resource \"port_blueprint\" \"deployment_config\" {\n  identifier = %q\n  title = \"D\"\n  properties = { string_props = { healthStatus = {} } }\n}", blueprint)
	theirs := func() {
		_, err := env.Client.Entities.Create(t.Context(), blueprint, &port.Entity{Identifier: identifier, Title: new("Theirs")}, port.CreateEntityOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	remove := func() {
		entity, err := env.Client.Entities.Get(t.Context(), blueprint, identifier, port.GetEntityOptions{})
		if err != nil || entity.Title == nil || *entity.Title != "Theirs" {
			t.Errorf("the entity of somebody else was touched: %+v, %v", entity, err)
		}
		if err := env.Client.Entities.Delete(t.Context(), blueprint, identifier, port.DeleteEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: without},
		{
			PreConfig: theirs, ConfigDirectory: acctest.Directory("notification_service"), ConfigVariables: variables(blueprint),
			ExpectError: regexp.MustCompile(`(?s)Unable to Create Entity.*terraform\s+import\s+port_entity\.<name>\s+"` + blueprint + `:` + identifier),
		},
		{PreConfig: remove, Config: without},
	}})
}

func TestEntity_invalidJSONIsRefused(t *testing.T) {
	t.Parallel()
	acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: `
resource "port_entity" "this" {
  blueprint  = "service"
  title      = "Broken"
  properties = { object_props = { labels = "{tier: gold}" } }
}`,
		ExpectError: regexp.MustCompile(`(?s)Invalid JSON.*jsonencode`),
	}}})
}

func TestEntity_localArgumentsSendNothing(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	blueprint := env.Name("local")
	const withRun = `
resource "port_blueprint" "this" {
  identifier = %q
  title      = "Local"
}
resource "port_entity" "this" {
  blueprint                       = port_blueprint.this.identifier
  identifier                      = "e"
  title                           = "Entity"
  create_missing_related_entities = %t
}`
	same := statecheck.CompareValue(compare.ValuesSame())

	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            fmt.Sprintf(withRun, blueprint, false),
			ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(address, tfjsonpath.New("updated_at"))},
		},
		{
			Config:            fmt.Sprintf(withRun, blueprint, true),
			ConfigPlanChecks:  acctest.Changes(address, "create_missing_related_entities"),
			ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(address, tfjsonpath.New("updated_at"))},
		},
	}})
}

func TestEntity_identifierWithAnApostrophe(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "target", &port.Entity{Identifier: "o'brien"})
	config := strings.Replace(declare(`"relations": {"single_relations": {"one": "o'brien"}}`), `"e"`, `"d'arcy"`, 1)
	session := env.NewSession(t, "port_entity")
	session.Apply(config)
	if changed := session.Changes(config); len(changed) > 0 {
		t.Errorf("a plan after the apply changes %v", changed)
	}
	imported := env.NewSession(t, "port_entity")
	imported.Import("thing:d'arcy")
	if changed := imported.Changes(config); len(changed) > 0 {
		t.Errorf("a plan after an import changes %v", changed)
	}
}
