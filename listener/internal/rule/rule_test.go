package rule_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// snapshot returns an entity whose healthStatus is the given JSON.
func snapshot(status string) string {
	return `{"identifier":"cart","properties":{"other":1,"healthStatus":` + status + `}}`
}

// update returns an event of a changed entity.
func update(before, after string) string {
	return `{"action":"UPDATE","resourceType":"entity","status":"SUCCESS","diff":{"before":` + before + `,"after":` + after + `}}`
}

func TestHealthMatches(t *testing.T) {
	t.Parallel()
	created := func(after string) string {
		return `{"action":"CREATE","resourceType":"entity","diff":{"before":null,"after":` + after + `}}`
	}
	tests := []struct {
		name string
		body string
		want rule.Change
	}{
		{"from healthy to degraded", update(snapshot(`"Healthy"`), snapshot(`"Degraded"`)), rule.Change{Before: "Healthy", After: "Degraded"}},
		{"back to healthy", update(snapshot(`"Crashed"`), snapshot(`"Healthy"`)), rule.Change{Before: "Crashed", After: "Healthy"}},
		{"to a status nobody listed", update(snapshot(`"Healthy"`), snapshot(`"Progressing"`)), rule.Change{Before: "Healthy", After: "Progressing"}},
		{"from null", update(snapshot(`null`), snapshot(`"Healthy"`)), rule.Change{After: "Healthy"}},
		{"to null", update(snapshot(`"Healthy"`), snapshot(`null`)), rule.Change{Before: "Healthy"}},
		{"the property on one side only", update(`{"properties":{}}`, snapshot(`"Healthy"`)), rule.Change{After: "Healthy"}},
		{"properties missing before", update(`{}`, snapshot(`"Healthy"`)), rule.Change{After: "Healthy"}},
		{"properties not an object after", update(snapshot(`"Healthy"`), `{"properties":[]}`), rule.Change{Before: "Healthy"}},
		{"a number", update(snapshot(`1`), snapshot(`2`)), rule.Change{Before: json.Number("1"), After: json.Number("2")}},
		{"a boolean", update(snapshot(`true`), snapshot(`false`)), rule.Change{Before: true, After: false}},
		{"an array", update(snapshot(`["a"]`), snapshot(`["b"]`)), rule.Change{Before: []any{"a"}, After: []any{"b"}}},
		{"an automation event without a status", `{"action":"UPDATE","resourceType":"entity","diff":{"before":` + snapshot(`"a"`) + `,"after":` + snapshot(`"b"`) + `}}`, rule.Change{Before: "a", After: "b"}},
		{"created crashed", created(snapshot(`"Crashed"`)), rule.Change{After: "Crashed"}},
		{"created with another type of value", created(snapshot(`false`)), rule.Change{After: false}},
		{"updated without a before is created", update(`null`, snapshot(`"Crashed"`)), rule.Change{After: "Crashed"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			event, health := parse(t, test.body), rule.DefaultHealth()
			got, ok := health.Change(event), health.Match(event).Matches
			if !ok || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v (%t), want %+v", got, ok, test.want)
			}
		})
	}
}

func TestHealthDoesNotMatch(t *testing.T) {
	t.Parallel()
	both := `"diff":{"before":` + snapshot(`"Healthy"`) + `,"after":` + snapshot(`"Crashed"`) + `}`
	tests := []struct {
		name string
		body string
	}{
		{"identical before and after", update(snapshot(`"Crashed"`), snapshot(`"Crashed"`))},
		{"another property changed", update(`{"properties":{"healthStatus":"a","x":1}}`, `{"properties":{"healthStatus":"a","x":2}}`)},
		{"a number in another notation", update(snapshot(`25`), snapshot(`25.0`))},
		{"absent and null", update(`{"properties":{}}`, snapshot(`null`))},
		{"created healthy", `{"action":"CREATE","resourceType":"entity","diff":{"after":` + snapshot(`"Healthy"`) + `}}`},
		{"created without a value", `{"action":"CREATE","resourceType":"entity","diff":{"after":` + snapshot(`null`) + `}}`},
		{"deleted", `{"action":"DELETE","resourceType":"entity","diff":{"before":` + snapshot(`"Crashed"`) + `,"after":null}}`},
		{"an update to nothing", update(snapshot(`"Healthy"`), `null`)},
		{"a failure", `{"action":"UPDATE","resourceType":"entity","status":"FAILURE",` + both + `}`},
		{"a blueprint", `{"action":"UPDATE","resourceType":"blueprint",` + both + `}`},
		{"no resource type", `{"action":"UPDATE",` + both + `}`},
		{"a run", `{"action":"UPDATE","resourceType":"run",` + both + `}`},
		{"a timer of the changelog", `{"action":"TIMER_EXPIRED","resourceType":"entity"}`},
		{"a timer of an automation", `{"action":"TIMER_PROPERTY_EXPIRED","resourceType":"entity","diff":{"after":` + snapshot(`"Crashed"`) + `}}`},
		{"an unknown action", `{"action":"ARCHIVE","resourceType":"entity",` + both + `}`},
		{"an event that says nothing", `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := rule.DefaultHealth().Match(parse(t, test.body)); got.Matches || got.Reason == "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func parse(t *testing.T, body string) *changelog.Event {
	t.Helper()
	event, err := changelog.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// TestRules evaluates rules of every kind for events of every kind.
func TestRules(t *testing.T) {
	t.Parallel()
	cpu := func(before, after string) string {
		return `{"action":"UPDATE","resourceType":"entity","context":{"blueprint":"database"},"diff":{"before":{"properties":{"cpuUtil":` + before + `}},"after":{"properties":{"cpuUtil":` + after + `}}}}`
	}
	of := func(action, resource, diff string) string {
		return `{"action":"` + action + `","resourceType":"` + resource + `","context":{"blueprint":"database","entity":"cart"},"diff":` + diff + `}`
	}
	const (
		changed = `{"before":{"properties":{"a":1,"b":"x"}},"after":{"properties":{"a":2,"b":"x"}}}`
		added   = `{"before":null,"after":{"properties":{"a":2}}}`
		removed = `{"before":{"properties":{"a":1}},"after":null}`
	)
	crossed := rule.Rule{When: all(t, `.diff.after.properties.cpuUtil > 80 and (.diff.before.properties.cpuUtil // 0) <= 80`)}
	timer := rule.Rule{Actions: []string{"TIMER_PROPERTY_EXPIRED"}}
	a := rule.Rule{Property: "a"}
	from := func(values ...any) rule.Rule { return rule.Rule{Property: "a", From: values} }
	to := func(values ...any) rule.Rule { return rule.Rule{Property: "a", To: values} }
	tests := []struct {
		name  string
		rule  rule.Rule
		event string
		want  string // the reason, "" for a match
	}{
		{"crossed upwards", crossed, cpu(`79.5`, `80.5`), ""},
		{"crossed from absent", crossed, cpu(`null`, `1e2`), ""},
		{"crossed downwards", crossed, cpu(`90`, `70`), "its condition (when) is false"},
		{"above already", crossed, cpu(`81`, `90`), "its condition (when) is false"},
		{"exactly at the bound", crossed, cpu(`70`, `80.0`), "its condition (when) is false"},
		{"to absent", crossed, cpu(`90`, `null`), "its condition (when) is false"},
		{"a text is greater than every number in jq", crossed, cpu(`1`, `"9"`), ""},
		{"a large number loses no digit", rule.Rule{When: all(t, `.diff.after.properties.cpuUtil > 9007199254740992`)}, cpu(`1`, `9007199254740993`), ""},

		{"everything", rule.Rule{}, of("ARCHIVE", "entity", changed), ""},
		{"everything is about entities", rule.Rule{}, of("CREATE", "blueprint", changed), "the rule does not cover this resource type"},
		{"a type that is asked for", rule.Rule{ResourceTypes: []string{"run", "widget"}}, of("CREATE", "widget", changed), ""},
		{"the blueprint", rule.Rule{Blueprints: []string{"service", "database"}}, of("UPDATE", "entity", changed), ""},
		{"another blueprint", rule.Rule{Blueprints: []string{"service"}}, of("UPDATE", "entity", changed), "the rule does not cover this blueprint"},
		{"the action", rule.Rule{Actions: []string{"DELETE"}}, of("DELETE", "entity", removed), ""},
		{"another action", rule.Rule{Actions: []string{"DELETE"}}, of("UPDATE", "entity", changed), "the rule does not cover this action"},
		{"an update without an after is a deletion", rule.Rule{Actions: []string{"DELETE"}}, of("UPDATE", "entity", removed), ""},
		{"an update without a before is a creation", rule.Rule{Actions: []string{"CREATE"}}, of("UPDATE", "entity", added), ""},
		{"an update without a diff stays one", rule.Rule{Actions: []string{"UPDATE"}}, of("UPDATE", "entity", `null`), ""},
		{"a run that failed", rule.Rule{ResourceTypes: []string{"run"}}, `{"action":"UPDATE","resourceType":"run","status":"FAILURE"}`, ""},
		{"created healthy, if asked for", rule.Rule{Property: "a", HealthyValues: []any{json.Number("2")}, To: []any{json.Number("2")}}, of("CREATE", "entity", added), ""},
		{"created healthy", rule.Rule{Property: "a", HealthyValues: []any{json.Number("2")}}, of("CREATE", "entity", added), "the entity was created with a healthy value"},
		{"a failure", rule.Rule{}, `{"action":"UPDATE","resourceType":"entity","status":"FAILURE"}`, "the change failed, so nothing has changed"},

		{"a property", a, of("UPDATE", "entity", changed), ""},
		{"a property that did not change", rule.Rule{Property: "b"}, of("UPDATE", "entity", changed), "the property b did not change"},
		{"a property at creation", a, of("CREATE", "entity", added), ""},
		{"a property at deletion", a, of("DELETE", "entity", removed), "the rule does not cover this action"},
		{"a property at deletion, if asked for", rule.Rule{Property: "a", Actions: []string{"DELETE"}}, of("DELETE", "entity", removed), ""},
		{"a property and an unknown action", a, of("ARCHIVE", "entity", changed), "the rule does not cover this action"},
		{"a property and a timer", a, of("TIMER_EXPIRED", "entity", added), "the rule does not cover this action"},
		{"from the value", from("x", json.Number("1.0")), of("UPDATE", "entity", changed), ""},
		{"from another value", from(json.Number("2"), "1"), of("UPDATE", "entity", changed), "the property a had another value before"},
		{"from absent", from(nil), of("CREATE", "entity", added), ""},
		{"to the value", to(json.Number("2")), of("UPDATE", "entity", changed), ""},
		{"to another value", to("2", true), of("UPDATE", "entity", changed), "the property a has another value now"},
		{"to absent", rule.Rule{Property: "a", Actions: []string{"DELETE"}, To: []any{nil}}, of("DELETE", "entity", removed), ""},

		{"a timer of the changelog", timer, `{"action":"TIMER_EXPIRED","context":{"blueprint":"database","entity":"cart"}}`, ""},
		{"a timer of an automation", rule.Rule{Actions: []string{"TIMER_EXPIRED"}}, of("TIMER_PROPERTY_EXPIRED", "entity", added), ""},
		{"no timer", timer, of("UPDATE", "entity", changed), "the rule does not cover this action"},

		{"all expressions", rule.Rule{When: all(t, `.action`, `.action == "UPDATE"`)}, of("UPDATE", "entity", changed), ""},
		{"rooted above the event", rule.Rule{When: all(t, `.event.action == "UPDATE" and .action == .event.action`)}, of("UPDATE", "entity", changed), ""},
		{"all but one", rule.Rule{When: all(t, `.action`, `.nothing`)}, of("UPDATE", "entity", changed), "its condition (when) is false"},
		{"any expression", rule.Rule{When: either(t, `error`, `.diff | length`)}, of("UPDATE", "entity", changed), ""},
		{"any but none", rule.Rule{When: either(t, `.action == "x"`, `empty`)}, of("UPDATE", "entity", changed), "its condition (when) is false"},
		{"an expression that fails", rule.Rule{When: all(t, `.action + 1`)}, of("UPDATE", "entity", changed), "its condition (when) cannot be evaluated for this event"},
		{"the blueprint in the context", rule.Rule{When: all(t, `.context.blueprint == "database" and .context.blueprintIdentifier == "database"`)}, of("UPDATE", "entity", changed), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := match(test.rule, parse(t, test.event))
			if got.Matches != (test.want == "") || got.Reason != test.want {
				t.Errorf("got %+v, want %q", got, test.want)
			}
		})
	}
}

// TestConditionsAreStopped evaluates endless conditions.
func TestConditionsAreStopped(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]error{
		`last(repeat(1))`:   rule.ErrTime,
		`repeat(false)`:     rule.ErrOutputs,
		`[range(infinite)]`: rule.ErrTime,
		`def f: [f]; f`:     rule.ErrTime,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			got := match(rule.Rule{When: all(t, expression)}, parse(t, `{"resourceType":"entity"}`))
			if got.Matches || !errors.Is(got.Err, want) {
				t.Errorf("got %+v, want %v", got, want)
			}
		})
	}
}

// TestHostileValues evaluates conditions for malicious values: an event must not delay others or
// exhaust the memory.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	event := func(before, after string) string {
		return `{"action":"UPDATE","resourceType":"entity","diff":{"before":{"properties":{"x":` + before + `}},"after":{"properties":{"x":` + after + `}}}}`
	}
	digits := strings.Repeat("9", 1_000_000)
	tests := []struct {
		name, expression, event string
		matches                 bool
		err                     error
	}{
		{"a number of a million digits", `.diff.after.properties.x > 80 and (.diff.before.properties.x // 0) <= 80`, event(`1`, digits), true, nil},
		{"its product", `.diff.after.properties.x * 2 > 80`, event(`1`, digits), true, nil},
		{"a fraction of a million digits", `.diff.after.properties.x < 80`, event(`1`, "0."+digits), true, nil},
		{"a large exponent", `.diff.after.properties.x > 80`, event(`1`, `1e999999999`), true, nil},
		{"a list as long as a number says", `[range(.diff.after.properties.x)] | length > 5`, event(`1`, `1000000000`), false, rule.ErrTime},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, parsed := rule.Rule{When: all(t, test.expression)}, parse(t, test.event)
			began := time.Now()
			got := match(r, parsed)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if got.Matches != test.matches || !errors.Is(got.Err, test.err) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestInvalidConditions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`.a = 1`: "a condition cannot assign (=, |=, setpath), because an assignment is always true; compare with ==",
		`"x"`:    "a condition must depend on the event, such as .diff.after.properties.cpuUtil > 80; leave it out if it is always true",
		`.a ==`:  "reading the jq program: unexpected EOF after .a ==",
	} {
		if _, err := rule.All(expression); err == nil || err.Error() != want {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	health := rule.Rule{Property: "state", HealthyValues: []any{"Up", json.Number("1")}}
	for _, test := range []struct {
		change rule.Change
		want   bool
	}{
		{rule.Change{Before: "Down", After: "Up"}, true},
		{rule.Change{Before: "Down", After: json.Number("1.0")}, true},
		{rule.Change{Before: json.Number("1"), After: "Up"}, false},
		{rule.Change{Before: "Up", After: "Down"}, false},
		{rule.Change{After: "Up"}, false},
		{rule.Change{Before: "Up"}, false},
	} {
		if got := health.Recovers(test.change); got != test.want {
			t.Errorf("%+v: %t", test.change, got)
		}
	}
}

// match evaluates a rule, with its condition in this process.
func match(r rule.Rule, event *changelog.Event) rule.Verdict {
	verdict := r.Match(event)
	if !verdict.Matches || r.When == nil {
		return verdict
	}
	return r.When.Decide(event)
}

func all(t *testing.T, expressions ...string) *rule.Condition {
	t.Helper()
	condition, err := rule.All(expressions...)
	if err != nil {
		t.Fatal(err)
	}
	return condition
}

func either(t *testing.T, expressions ...string) *rule.Condition {
	t.Helper()
	condition, err := rule.Any(expressions...)
	if err != nil {
		t.Fatal(err)
	}
	return condition
}
