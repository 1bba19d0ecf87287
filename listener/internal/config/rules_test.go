package config_test

import (
	"reflect"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// TestEventsOfAutomations uses event types of Port's automations as actions.
func TestEventsOfAutomations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		rule           string
		actions, types []string
	}{
		{"created", "actions: [ENTITY_CREATED]", []string{"CREATE"}, []string{"entity"}},
		{"updated", "actions: ENTITY_UPDATED", []string{"UPDATE"}, []string{"entity"}},
		{"any change", "actions: ANY_ENTITY_CHANGE", []string{"CREATE", "UPDATE", "DELETE"}, []string{"entity"}},
		{"with its type", "actions: [ENTITY_DELETED], resource_type: entity", []string{"DELETE"}, []string{"entity"}},
		{"with other names", "actions: [ENTITY_UPDATED, UPDATE, TIMER_PROPERTY_EXPIRED]", []string{"UPDATE", "TIMER_PROPERTY_EXPIRED"}, []string{"entity"}},
		{"of a run", "actions: RUN_UPDATED", []string{"UPDATE"}, []string{"run"}},
		{"any change of a run", "actions: ANY_RUN_CHANGE, resource_type: [run]", []string{"CREATE", "UPDATE"}, []string{"run"}},
		{"as they were", "actions: [CREATE, ARCHIVE], resource_type: [run, entity]", []string{"CREATE", "ARCHIVE"}, []string{"run", "entity"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			loaded := loadRule(t, test.rule)
			if !reflect.DeepEqual(loaded.Actions, test.actions) || !reflect.DeepEqual(loaded.ResourceTypes, test.types) {
				t.Errorf("the actions are %q, and the types %q", loaded.Actions, loaded.ResourceTypes)
			}
		})
	}
}

// TestConditionsWithoutExpressionsAreTrue reads a condition that many automations have.
func TestConditionsWithoutExpressionsAreTrue(t *testing.T) {
	t.Parallel()
	event, err := changelog.Parse([]byte(`{"action":"UPDATE","resourceType":"entity","diff":{"before":{},"after":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, condition := range []string{"{type: JQ, expressions: []}", "{type: JQ, expressions: [], combinator: or}", `".event.diff.after != null"`} {
		if verdict := loadRule(t, "when: "+condition).Match(event); !verdict.Matches {
			t.Errorf("%s: %s", condition, verdict.Reason)
		}
	}
}

// loadRule reads a rule from its keys without the name.
func loadRule(t *testing.T, keys string) config.Rule {
	t.Helper()
	loaded, err := config.Load(config.Source{
		File:      write(t, "listener.yaml", "rules: [{name: a, "+keys+"}]\n"),
		LookupEnv: environment(map[string]string{"PORT_CLIENT_SECRET": clientSecret, "SLACK_WEBHOOK_URL": webhookURL}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Rules[0]
}

// TestLoadRulesReadsOnlyRules makes every other section invalid.
func TestLoadRulesReadsOnlyRules(t *testing.T) {
	t.Parallel()
	const content = `
port: &a {client_secrets: ["${NOT_SET}"]}
webhook: *a
store:
future: !t x
destinations: {team: , all: {webhook_url: "${NOT_SET}", colour: red}}
rules: [{name: a, property: x, destination: all, template: short}]
templates: {short: {header: "{{ .Title }}"}}
`
	loaded, err := config.LoadRules(config.Source{File: write(t, "listener.yaml", content), LookupEnv: environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Rules[0]; got.Name != "a" || !reflect.DeepEqual(got.Destinations, []string{"all"}) || got.Template == nil || !loaded.HasDestination("team") {
		t.Errorf("it is read as %+v", loaded)
	}
}
