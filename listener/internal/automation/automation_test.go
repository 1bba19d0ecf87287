package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jq"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/automation"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const address = "https://listener.example.com/api/slack"

// catalog returns a blueprint of every relevant kind.
func catalog() []port.Blueprint {
	health := func(more map[string]port.Property) port.Schema {
		properties := map[string]port.Property{"healthStatus": {Type: "string"}}
		maps.Copy(properties, more)
		return port.Schema{Properties: properties}
	}
	return []port.Blueprint{
		{Identifier: "deploymentConfig", Schema: health(nil)},
		{Identifier: "database", Schema: health(map[string]port.Property{"ttl": {Type: "string", Format: new("timer")}, "lease": {Type: "string", Format: new("timer")}})},
		{Identifier: "mirror", MirrorProperties: map[string]port.MirrorProperty{"healthStatus": {Path: "of.healthStatus"}}},
		{Identifier: "plain"},
		{Identifier: `a/b\c`},
	}
}

func derive(t *testing.T, rules []rule.Rule, selected ...string) automation.Needed {
	t.Helper()
	needed, err := automation.Derive(rules, selected, catalog())
	if err != nil {
		t.Fatal(err)
	}
	return needed
}

const healthCondition = `.diff.after != null and .diff.before.properties["healthStatus"] != .diff.after.properties["healthStatus"] and ` +
	`(.diff.before != null or .diff.after.properties["healthStatus"] != "Healthy")`

func TestDerive(t *testing.T) {
	t.Parallel()
	entity := func(r rule.Rule) []rule.Rule { r.Name = "r"; return []rule.Rule{r} }
	one := func(event, blueprint, title string, expressions ...string) automation.Automation {
		return automation.Automation{Identifier: "report_" + strings.NewReplacer("/", "_", `\`, "_").Replace(blueprint), Title: title, Event: event, Blueprint: blueprint, Expressions: expressions}
	}
	timer := func(name string) automation.Automation {
		return automation.Automation{Identifier: "report_database:" + name, Title: "Report the timer " + name + " of database", Event: "TIMER_PROPERTY_EXPIRED", Blueprint: "database", Timer: name}
	}
	for name, test := range map[string]struct {
		rules    []rule.Rule
		selected []string
		want     automation.Needed
	}{
		"the classic rule is about every blueprint with the property": {
			[]rule.Rule{rule.DefaultHealth()},
			nil,
			automation.Needed{
				Automations: []automation.Automation{
					one("ANY_ENTITY_CHANGE", "database", "Report changes of healthStatus of database", healthCondition),
					one("ANY_ENTITY_CHANGE", "deploymentConfig", "Report changes of healthStatus of deploymentConfig", healthCondition),
					one("ANY_ENTITY_CHANGE", "mirror", "Report changes of healthStatus of mirror", healthCondition),
				},
				Remarks: []string{"Rule health watches healthStatus of mirror, whose value comes from other entities: automations do not run when it changes there."},
			},
		},
		"a selected blueprint": {
			[]rule.Rule{rule.DefaultHealth()},
			[]string{"deploymentConfig"},
			automation.Needed{Automations: []automation.Automation{one("ANY_ENTITY_CHANGE", "deploymentConfig", "Report changes of healthStatus of deploymentConfig", healthCondition)}},
		},
		"one without the property": {
			[]rule.Rule{rule.DefaultHealth()},
			[]string{"plain"},
			automation.Needed{
				Automations: []automation.Automation{one("ANY_ENTITY_CHANGE", "plain", "Report changes of healthStatus of plain", healthCondition)},
				Remarks:     []string{"Rule health watches healthStatus, which plain does not have."},
			},
		},
		"one action": {
			entity(rule.Rule{Blueprints: []string{`a/b\c`}, Actions: []string{"DELETE"}}), nil,
			automation.Needed{Automations: []automation.Automation{one("ENTITY_DELETED", `a/b\c`, `Report changes of a/b\c`)}},
		},
		"two rules": {
			[]rule.Rule{
				{Name: "a", Blueprints: []string{"plain"}, Actions: []string{"DELETE"}},
				{Name: "b", Blueprints: []string{"plain"}, Actions: []string{"UPDATE"}, Property: "x", To: []any{json.Number("1"), nil}},
				{Name: "c", Blueprints: []string{"plain"}, Actions: []string{"DELETE"}, When: nil},
			},
			nil,
			automation.Needed{
				Automations: []automation.Automation{one("ANY_ENTITY_CHANGE", "plain", "Report changes of plain", ".diff.after == null",
					`.diff.before != null and .diff.after != null and .diff.before.properties["x"] != .diff.after.properties["x"] and (.diff.after.properties["x"] == 1 or .diff.after.properties["x"] == null)`)},
				Remarks: []string{"Rule b watches x, which plain does not have."},
			},
		},
		"everything makes every other condition needless": {
			[]rule.Rule{rule.DefaultHealth(), {Name: "all", Blueprints: []string{"database"}}},
			[]string{"database"},
			automation.Needed{Automations: []automation.Automation{one("ANY_ENTITY_CHANGE", "database", "Report changes of database"), timer("lease"), timer("ttl")}},
		},
		"timers alone": {
			entity(rule.Rule{Blueprints: []string{"database", "plain"}, Actions: []string{"TIMER_EXPIRED"}}), nil,
			automation.Needed{
				Automations: []automation.Automation{timer("lease"), timer("ttl")},
				Remarks:     []string{"Rule r waits for timers, but plain has no property with the format timer."},
			},
		},
		"what automations cannot report": {
			[]rule.Rule{{Name: "runs", ResourceTypes: []string{"run"}}, {Name: "types", ResourceTypes: []string{"blueprint"}}, {Name: "all"}, {Name: "lost", Property: "nowhere"}, {Name: "gone", Blueprints: []string{"gone"}}},
			nil,
			automation.Needed{Remarks: []string{
				"Rule runs covers runs: they need an automation per action with the event ANY_RUN_CHANGE, which setup does not create.",
				"Rule types covers blueprints: Port's automations do not report changes of a blueprint itself.",
				"Rule all covers every blueprint: name the ones to report with -blueprint.",
				"Rule lost watches nowhere, which no blueprint has.",
				"Rule gone names the blueprint gone, which Port does not have.",
			}},
		},
		"a blueprint that no rule is about": {
			entity(rule.Rule{Blueprints: []string{"database"}, Property: "healthStatus"}),
			[]string{"plain"},
			automation.Needed{Remarks: []string{"No rule matches changes of plain."}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := derive(t, test.rules, test.selected...); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, test.want)
			}
		})
	}
}

func TestDeriveRefuses(t *testing.T) {
	t.Parallel()
	for selected, want := range map[string]string{
		"databse": `Port has no blueprint "databse"; did you mean database?`,
		"zzzzzzz": `Port has no blueprint "zzzzzzz"; create it first`,
	} {
		if _, err := automation.Derive([]rule.Rule{rule.DefaultHealth()}, []string{selected}, catalog()); err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	twins := []port.Blueprint{{Identifier: "a/b"}, {Identifier: "a_b"}}
	_, err := automation.Derive([]rule.Rule{rule.DefaultHealth()}, []string{"a/b", "a_b"}, twins)
	if err == nil || err.Error() != "the automations of a/b and a_b would have the same identifier report_a_b; set one of them up manually" {
		t.Errorf("%v", err)
	}
}

// TestConditionsAgreeWithRules evaluates rules and their derived conditions for the same events, in
// the form that automations see.
func TestConditionsAgreeWithRules(t *testing.T) {
	t.Parallel()
	values := []any{nil, "Healthy", "Crashed", `a"\(1)b`, json.Number("1"), json.Number("1.0"), true, []any{"x"}}
	var events []*changelog.Event
	for _, before := range values {
		for _, after := range values {
			for action, keep := range map[string][2]bool{"CREATE": {false, true}, "UPDATE": {true, true}, "DELETE": {true, false}} {
				events = append(events, event(t, action, keep, before, after))
			}
		}
	}
	lists := [][]any{nil, {"Healthy"}, {nil, "Crashed"}, {json.Number("1.00"), true}, {`a"\(1)b`}}
	agreed := 0
	for _, actions := range [][]string{nil, {"CREATE"}, {"UPDATE"}, {"DELETE"}, {"CREATE", "DELETE"}, {"UPDATE", "DELETE"}, {"CREATE", "UPDATE", "DELETE"}} {
		for _, from := range lists {
			for _, to := range lists {
				for _, healthy := range lists {
					for _, property := range []string{"healthStatus", ""} {
						r := rule.Rule{Name: "r", Blueprints: []string{"plain"}, Actions: actions, Property: property, From: from, To: to, HealthyValues: healthy}
						if property == "" {
							r.From, r.To, r.HealthyValues = nil, nil, nil
						}
						agreed += agree(t, r, events)
					}
				}
			}
		}
	}
	if agreed < 100_000 {
		t.Errorf("only %d verdicts were compared", agreed)
	}
}

// agree compares the verdicts of a rule with the condition of its automation.
func agree(t *testing.T, r rule.Rule, events []*changelog.Event) int {
	t.Helper()
	derived := derive(t, []rule.Rule{r}).Automations[0]
	var programs []*jq.Program
	for _, expression := range derived.Expressions {
		program, err := jq.Compile(expression)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		programs = append(programs, program)
	}
	for _, one := range events {
		fires := slices.Contains(actionsOf(derived.Event), one.Action)
		if len(programs) > 0 {
			fires = fires && slices.ContainsFunc(programs, func(program *jq.Program) bool { return holds(program, one.Document()) })
		}
		if wants := r.Match(one).Matches; fires != wants {
			t.Fatalf("the rule %+v says %t and %+v %t for %v", r, wants, derived, fires, one.Document())
		}
	}
	return len(events)
}

func actionsOf(event string) []string {
	return map[string][]string{
		"ENTITY_CREATED": {"CREATE"}, "ENTITY_UPDATED": {"UPDATE"}, "ENTITY_DELETED": {"DELETE"}, "ANY_ENTITY_CHANGE": {"CREATE", "UPDATE", "DELETE"},
	}[event]
}

func holds(program *jq.Program, document any) bool {
	for output, err := range program.Outputs(context.Background(), document) {
		return err == nil && output == true
	}
	return false
}

func event(t *testing.T, action string, keep [2]bool, values ...any) *changelog.Event {
	t.Helper()
	diff := map[string]any{"before": nil, "after": nil}
	for i, side := range []string{"before", "after"} {
		if keep[i] {
			diff[side] = map[string]any{"identifier": "e", "properties": map[string]any{"healthStatus": values[i]}}
		}
	}
	written, err := changelog.Stringify(map[string]any{
		"action": action, "resourceType": "entity", "trigger": map[string]any{}, "context": map[string]any{"blueprintIdentifier": "plain", "entityIdentifier": "e"}, "diff": diff,
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := changelog.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func decoded(t *testing.T, text string) port.Action {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	object, _ := value.(map[string]any)
	return port.Action(object)
}

// TestMergeKeepsWhatOthersAdded checks that only the values of setup change.
func TestMergeKeepsWhatOthersAdded(t *testing.T) {
	t.Parallel()
	desired := derive(t, []rule.Rule{rule.DefaultHealth()}, "plain").Automations[0].Action(address)
	existing := decoded(t, `{"identifier":"report_plain","title":"Mine","icon":"Star","description":"D","createdAt":"x","publish":false,
		"trigger":{"type":"automation","event":{"type":"ENTITY_CREATED","blueprintIdentifier":"plain"},"condition":{"type":"JQ","expressions":["true","false"],"combinator":"or"}},
		"invocationMethod":{"type":"WEBHOOK","url":"https://old.example/x","agent":true,"method":"POST","headers":{"X-Own":"1","RUN_ID":"2"},"body":{"old":{}}}}`)
	merged := automation.Merge(existing, desired)
	var shown []string
	for _, difference := range automation.Differences(existing, merged) {
		shown = append(shown, fmt.Sprintf("%s: %s -> %s", difference.Path, difference.Before, difference.After))
	}
	want := []string{
		`invocationMethod.body.old: {} -> `,
		`invocationMethod.body.run.id:  -> {{ .run.id }}`,
		`invocationMethod.body.{{ spreadValue() }}:  -> {{ .event }}`,
		`invocationMethod.headers.RUN_ID: "2" -> {{ .run.id }}`,
		`invocationMethod.synchronized:  -> true`,
		`invocationMethod.url: https://old.example/x -> ` + address,
		`publish: false -> true`,
		`trigger.condition.combinator: or -> and`,
	}
	want = append(want, `trigger.condition.expressions[0]: "true" -> `+healthCondition, `trigger.condition.expressions[1]: "false" -> `, `trigger.event.type: ENTITY_CREATED -> ANY_ENTITY_CHANGE`)
	if !slices.Equal(shown, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(shown, "\n"), strings.Join(want, "\n"))
	}
	if again := automation.Differences(merged, automation.Merge(merged, desired)); again != nil {
		t.Errorf("merging twice differs: %+v", again)
	}
	other := decoded(t, `{"identifier":"report_plain","trigger":{},"invocationMethod":{"type":"KAFKA","payload":{"a":1}}}`)
	if method, _ := automation.Merge(other, desired)["invocationMethod"].(map[string]any); method["payload"] != nil || method["type"] != "WEBHOOK" {
		t.Errorf("another method is kept: %v", method)
	}
}

func TestPostings(t *testing.T) {
	t.Parallel()
	needed := derive(t, []rule.Rule{{Name: "r", Blueprints: []string{"plain"}, Actions: []string{"DELETE"}}}).Automations
	post := func(identifier, event, blueprint, url, more string) port.Action {
		return decoded(t, `{"identifier":"`+identifier+`","trigger":{"type":"automation","event":{"type":"`+event+`","blueprintIdentifier":"`+blueprint+`"}},"invocationMethod":{"type":"WEBHOOK","url":"`+url+`"}`+more+`}`)
	}
	existing := []port.Action{
		post("own", "ANY_ENTITY_CHANGE", "plain", "HTTPS://Listener.example.com/api/slack", ""),
		post("exact", "ENTITY_DELETED", "plain", address, `,"publish":true`),
		post("asleep", "ANY_ENTITY_CHANGE", "plain", address, `,"publish":false`),
		post("elsewhere", "ANY_ENTITY_CHANGE", "plain", address+"2", ""),
		post("other", "ANY_ENTITY_CHANGE", "database", address, ""),
		post("created", "ENTITY_CREATED", "plain", address, ""),
		post("report_plain", "ANY_ENTITY_CHANGE", "plain", address, ""),
		post("report_old", "ANY_ENTITY_CHANGE", "old", address, ""),
		post("broken", "ANY_ENTITY_CHANGE", "plain", "{{ .secrets.url }}", ""),
		{"identifier": "form", "trigger": map[string]any{"type": "self-service"}, "invocationMethod": nil},
	}
	if got := automation.Others(needed[0], address, existing); !slices.Equal(got, []string{"exact", "own"}) {
		t.Errorf("others: %v", got)
	}
	if got := automation.Superfluous(needed, address, existing); !slices.Equal(got, []string{"report_old"}) {
		t.Errorf("superfluous: %v", got)
	}
}
