package action_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// This file tests what users of the official provider rely on, and its known bugs.

// TestAction_officialState refreshes states of the official provider to an empty plan.
func TestAction_officialState(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/official/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no states: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var official struct {
				// Port is the action that the official provider wrote.
				Port port.Action
				// Config and State are the configuration and the state in Terraform.
				Config, State json.RawMessage
			}
			if err := json.Unmarshal(text, &official); err != nil {
				t.Fatal(err)
			}
			env := newPort(t)
			create(t, env, official.Port)
			session := env.NewSession(t, "port_action")
			session.Resume(string(official.State))
			expectEmptyPlan(t, session, "after the official provider", string(official.Config))
		})
	}
}

func create(t *testing.T, env *acctest.Environment, action port.Action) {
	t.Helper()
	if _, err := env.Client.Actions.Create(t.Context(), action); err != nil {
		t.Fatal(err)
	}
}

// input returns an input of the form in Port.
func input(t *testing.T, env *acctest.Environment, key string) map[string]any {
	t.Helper()
	value := any(map[string]any(get(t, env, "tell")))
	for _, step := range []string{"trigger", "userInputs", "properties", key} {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	object, _ := value.(map[string]any)
	return object
}

func TestAction_booleanItemsAreReadable(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	config := inputs(`"array_props": {"a": {"boolean_items": {"default": [true]}}}`)
	session.Apply(config)
	if diagnostics := session.TryRefresh(); len(diagnostics) > 0 {
		t.Errorf("the refresh reports %q", diagnostics)
	}
	expectEmptyPlan(t, session, "after the refresh", config)
}

func TestAction_defaultsOfArraysAreWhereTheFormReadsThem(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(inputs(`"array_props": {"n": {"number_items": {"default": [1]}}, "b": {"boolean_items": {"default": [true]}}, "s": {"string_items": {"default": ["x"]}}, "o": {"object_items": {"default": [{"a": "b"}]}}}`))
	for key, want := range map[string]string{"n": "[1]", "b": "[true]", "s": `["x"]`, "o": `[{"a":"b"}]`} {
		got, err := json.Marshal(input(t, env, key)["default"])
		if err != nil || string(got) != want {
			t.Errorf("%s has the default %s, want %s (%v)", key, got, want, err)
		}
		if items, _ := input(t, env, key)["items"].(map[string]any); len(items) != 1 {
			t.Errorf("the items of %s are %v", key, items)
		}
	}
}

// TestAction_constantOfADatasetStays imports a rule with a constant that was created in the UI, and
// changes another attribute.
func TestAction_constantOfADatasetStays(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	action := port.Action{
		"identifier": "tell", "publish": true,
		"invocationMethod": map[string]any{"type": "KAFKA"},
		"trigger": map[string]any{"type": "self-service", "operation": "CREATE", "userInputs": map[string]any{"properties": map[string]any{"s": map[string]any{
			"type": "string", "format": "entity", "blueprint": "service",
			"dataset": map[string]any{"combinator": "and", "rules": []any{map[string]any{"property": "$identifier", "operator": "=", "value": "cart", "novel": true}}},
		}}}},
	}
	create(t, env, action)
	const form = `{"identifier": "tell", %"kafka_method": {}, "self_service_trigger": {"operation": "CREATE", "user_properties": {"string_props": {"s": {"format": "entity", "blueprint": "service",
		"dataset": {"combinator": "and", "rules": [{"property": "$identifier", "operator": "=", "value_json": "\"cart\""}]}}}}}}`
	session := env.NewSession(t, "port_action")
	session.Import("tell")
	expectEmptyPlan(t, session, "after the import", strings.Replace(form, "%", "", 1))
	session.Apply(strings.Replace(form, "%", `"title": "changed", `, 1))
	dataset, _ := input(t, env, "s")["dataset"].(map[string]any)
	rules, _ := dataset["rules"].([]any)
	if got, _ := json.Marshal(rules); string(got) != `[{"novel":true,"operator":"=","property":"$identifier","value":"cart"}]` {
		t.Errorf("the rules are %s", got)
	}
}

func TestAction_upsertWithoutAMappingKeepsItsTitle(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(upsert(`"title": "T"`))
	invocation, _ := get(t, env, "tell")["invocationMethod"].(map[string]any)
	mapping, _ := invocation["mapping"].(map[string]any)
	if len(mapping) != 1 || mapping["title"] != "T" {
		t.Errorf("Port has %v", invocation)
	}
	expectEmptyPlan(t, session, "after the apply", upsert(`"title": "T"`))
}

func TestAction_inputsThatAreNoObjectAreRefused(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"workflow inputs":    method(`"github_method": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "\"{{ .inputs }}\""}`),
		"pipeline variables": method(`"gitlab_method": {"project_name": "p", "group_name": "g", "pipeline_variables": "[1]"}`),
	} {
		if diagnostics := acctest.Validate(t, "port_action", config); len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Not a JSON Object") {
			t.Errorf("%s: got %q", name, diagnostics)
		}
	}
}

func TestAction_keyInTwoMapsIsRefused(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_action", inputs(`"string_props": {"size": {}}, "array_props": {"size": {}}`))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Duplicate Key") {
		t.Errorf("got %q", diagnostics)
	}
}

func TestAction_emptyMapsAndListsAreQuiet(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		webhook(`"headers": {}`), condition(`{"expressions": []}`), upsert(`"mapping": {}`),
		selfService(`"user_properties": {}, "order_properties": [], "steps": [], "titles": {}`),
		inputs(`"string_props": {}, "number_props": {}, "boolean_props": {}, "object_props": {}, "array_props": {}`),
		inputs(`"string_props": {"a": {"depends_on": [], "enum_colors": {}}}, "number_props": {"n": {"enum_colors": {}}}`),
	} {
		session := newPort(t).NewSession(t, "port_action")
		session.Apply(config)
		expectEmptyPlan(t, session, "after the apply of "+config, config)
	}
}

func TestAction_idIsKnownWhenItDoesNotChange(t *testing.T) {
	t.Parallel()
	session := newPort(t).NewSession(t, "port_action")
	session.Apply(automation())
	if unknown := session.Unknown(automation(`"title": "T", "publish": false`)); len(unknown) > 0 {
		t.Errorf("the plan has the unknown attributes %v", unknown)
	}
}

func TestAction_destroyingWhatIsGoneSucceeds(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	if err := env.Client.Actions.Delete(t.Context(), "tell"); err != nil {
		t.Fatal(err)
	}
	if _, applied := session.Destroy(); len(applied) > 0 {
		t.Errorf("the destroy reports %q", applied)
	}
}

func TestAction_orderOfTeamsIsNoChange(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(upsert(`"mapping": {"teams": ["a", "b"]}`))
	put(t, env, changed(t, withoutStamps(get(t, env, "tell")), drift{path: "invocationMethod.mapping.team", value: `["b", "a"]`}))
	expectEmptyPlan(t, session, "in another order", upsert(`"mapping": {"teams": ["a", "b"]}`))
}

// TestAction_templatesFailThePlan checks that templates that Port cannot render are errors at plan
// time.
func TestAction_templatesFailThePlan(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"https://example.com/{{ .run.id }", "https://example.com/{{ .run. }}"} {
		if diagnostics := acctest.Validate(t, "port_action", webhookTo(url)); len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR") {
			t.Errorf("%s: got %q", url, diagnostics)
		}
	}
}
