package rule_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// TestNever evaluates rules of every kind for events of every kind: Never must return a reason
// exactly for rules that match none of them.
func TestNever(t *testing.T) {
	t.Parallel()
	var events []*changelog.Event
	for _, body := range everyEvent() {
		events = append(events, parse(t, body))
	}
	evaluated, refused := 0, 0
	for _, r := range everyRule() {
		matches := false
		for _, event := range events {
			matches = matches || r.Match(event).Matches
		}
		reason := r.Never()
		if matches == (reason != "") {
			t.Errorf("%+v matches: %t; Never returns %q", r, matches, reason)
		}
		if evaluated++; reason != "" {
			refused++
		}
	}
	if evaluated < 1000 || refused < 200 {
		t.Errorf("%d rules were evaluated, and %d refused", evaluated, refused)
	}
}

// everyEvent returns events as Port sends them: blueprints have no property values, timers no diff.
func everyEvent() []string {
	const form = `{"action":%q,"resourceType":%q,"diff":{"before":%s,"after":%s}}`
	var bodies []string
	for _, resource := range []string{"entity", "run", "blueprint"} {
		for _, action := range []string{"CREATE", "UPDATE", "DELETE", "ARCHIVE"} {
			for _, before := range []string{"null", "1", "2", "3"} {
				for _, after := range []string{"null", "1", "2", "3"} {
					if resource == "blueprint" {
						bodies = append(bodies, fmt.Sprintf(form, action, resource, `{"schema":{"properties":{}}}`, `{"schema":{}}`))
						continue
					}
					bodies = append(bodies, fmt.Sprintf(form, action, resource, holding(before), holding(after)))
				}
			}
		}
	}
	return append(bodies, `{"action":"TIMER_EXPIRED","resourceType":"entity"}`, `{"action":"TIMER_EXPIRED","context":{"blueprint":"b","entity":"e"}}`)
}

func holding(value string) string {
	return `{"properties":{"p":` + value + `}}`
}

func everyRule() []rule.Rule {
	one, two := json.Number("1"), json.Number("2.0")
	values := [][]any{nil, {nil}, {one}, {two}, {nil, one}, {one, two}, {json.Number("1.0"), one}}
	actions := [][]string{
		nil, {"CREATE"}, {"UPDATE"}, {"DELETE"}, {"ARCHIVE"}, {"TIMER_EXPIRED"}, {"CREATE", "DELETE"}, {"CREATE", "UPDATE"}, {"DELETE", "TIMER_PROPERTY_EXPIRED"},
	}
	var rules []rule.Rule
	for _, types := range [][]string{nil, {"blueprint"}, {"run"}, {"blueprint", "run"}, {"blueprint", "entity"}} {
		for _, action := range actions {
			rules = append(rules, rule.Rule{ResourceTypes: types, Actions: action})
			for _, from := range values {
				for _, to := range values {
					for _, healthy := range [][]any{nil, {one}} {
						rules = append(rules, rule.Rule{ResourceTypes: types, Actions: action, Property: "p", From: from, To: to, HealthyValues: healthy})
					}
				}
			}
		}
	}
	return rules
}
