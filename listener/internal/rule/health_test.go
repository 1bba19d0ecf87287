package rule_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// snapshot is an entity whose healthStatus is the given JSON.
func snapshot(status string) string {
	return `{"identifier":"cart","properties":{"other":1,"healthStatus":` + status + `}}`
}

// update is an event of a changed entity.
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
			got, ok := rule.DefaultHealth().Match(parse(t, test.body))
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
			if got, ok := rule.DefaultHealth().Match(parse(t, test.body)); ok {
				t.Errorf("it matches: %+v", got)
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
