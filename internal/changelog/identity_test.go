package changelog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

// identify returns the identity of a body that Port pushed.
func identify(t *testing.T, timestamp, body string) changelog.Identity {
	t.Helper()
	return identifyFrom(t, parse(t, body).Source(), timestamp, body)
}

func identifyFrom(t *testing.T, source changelog.Source, timestamp, body string) changelog.Identity {
	t.Helper()
	identity, err := parse(t, body).Identify(source, timestamp, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// isCopy reports whether two identities may be of one change.
func isCopy(a, b changelog.Identity) bool {
	return a.Change == b.Change && !a.Properties.Contradicts(b.Properties) && !b.Properties.Contradicts(a.Properties)
}

func TestIdentityOfOneChange(t *testing.T) {
	t.Parallel()
	original := string(fixture(t, "changelog-event.json"))
	automation := string(fixture(t, "automation-event.json"))
	tests := []struct {
		name string
		copy string
	}{
		{"delivered twice", original},
		{"the automation's copy", automation},
		{"with a run", strings.Replace(automation, "{", `{"run":{"id":"r_1"},`, 1)},
		{"in an automation's envelope", `{"trigger":{"at":"2026-06-15T17:00:00Z","by":{"orgId":"org_other"}},"run":{"id":"r_2"},"event":` + automation + `}`},
		{"with other empty keys", strings.Replace(original, `"relations": {},`, `"relations": {"owner": null}, "scorecards": {"x": {}}, "team": [],`, 1)},
		{"with mirror and calculated values", strings.ReplaceAll(automation, `"properties": {`, `"properties": {"one_hop_owner": "shop", "score": 7, `)},
		{"with a calculated value that changed", strings.Replace(automation, `"properties": {`, `"properties": {"score": 8, `, 1)},
		{"with the team as a text", strings.ReplaceAll(original, `"relations": {},`, `"relations": {}, "team": "shop",`)},
		{"with the team as a list", strings.ReplaceAll(original, `"relations": {},`, `"relations": {}, "team": ["shop"],`)},
		{"with an icon", strings.ReplaceAll(original, `"relations": {},`, `"relations": {}, "icon": "Service",`)},
		{"in the audit log", strings.Replace(original, "{", `{"identifier": "event_7", "additionalData": {}, "message": null,`, 1)},
		{"without an organization", strings.ReplaceAll(original, `"orgId": "org_sYG4DOJZNGy8bYnt",`, "")},
		{"with defaults filled in", strings.ReplaceAll(original, `"properties": {`, `"properties": {"tier": "gold", `)},
		{"from a workflow", strings.Replace(automation, `"origin": "API"`, `"origin": "API", "id": "w_1"`, 1)},
		{"with a time in another notation", strings.ReplaceAll(original, "2026-06-15T16:44:56.288Z", "2026-06-15T18:44:56.288000+02:00")},
		{"with a number in another notation", strings.Replace(original, `"memoryUtil": 30`, `"memoryUtil": 3.0e1`, 1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if !isCopy(identifyFrom(t, changelog.SourceAuditLog, secondTime, test.copy), identify(t, milliTime, original)) {
				t.Error("the copy is not recognised")
			}
		})
	}
}

func TestIdentityOfOtherChanges(t *testing.T) {
	t.Parallel()
	original := string(fixture(t, "changelog-event.json"))
	tests := []struct {
		name     string
		old, new string
	}{
		{"another organization", `"org_sYG4DOJZNGy8bYnt"`, `"org_other"`},
		{"another resource type", `"resourceType": "entity"`, `"resourceType": "scorecard"`},
		{"another action", `"action": "UPDATE"`, `"action": "CREATE"`},
		{"another blueprint", `"blueprint": "deploymentConfig"`, `"blueprint": "service"`},
		{"another entity", `"identifier": "notification-service-prod"`, `"identifier": "other"`},
		{"another moment", `2026-06-15T16:44:56.288Z`, `2026-06-15T16:44:56.289Z`},
		{"another value after", `"Degraded"`, `"Crashed"`},
		{"another value before", `"Healthy"`, `"Crashed"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.ReplaceAll(original, test.old, test.new)
			if changed == original {
				t.Fatal("the replacement changes nothing")
			}
			if isCopy(identifyFrom(t, changelog.SourceAuditLog, milliTime, changed), identify(t, milliTime, original)) {
				t.Error("another change is considered a copy")
			}
		})
	}
}

// TestIdentityWithinOneSource checks that any difference makes a different event.
func TestIdentityWithinOneSource(t *testing.T) {
	t.Parallel()
	original := string(fixture(t, "changelog-event.json"))
	if identify(t, secondTime, original).Report != identify(t, milliTime, original).Report {
		t.Error("the same event delivered twice has two identities")
	}
	for name, replaced := range map[string][2]string{
		"another state before": {`"updatedAt": "2026-06-15T16:34:47.385Z"`, `"updatedAt": "2026-06-15T16:44:56.288Z"`},
		"another value":        {`"cpuUtil": 91.5`, `"cpuUtil": 91.6`},
		"another organization": {`"org_sYG4DOJZNGy8bYnt"`, `"org_other"`},
	} {
		changed := strings.ReplaceAll(original, replaced[0], replaced[1])
		if changed == original {
			t.Fatalf("%s: the replacement changes nothing", name)
		}
		if identify(t, milliTime, changed).Report == identify(t, milliTime, original).Report {
			t.Errorf("%s: considered the same event", name)
		}
	}
	inLog := func(id string) string { return strings.Replace(original, "{", `{"identifier": "`+id+`",`, 1) }
	if identifyFrom(t, changelog.SourceAuditLog, "", inLog("event_1")).Report == identifyFrom(t, changelog.SourceAuditLog, "", inLog("event_2")).Report {
		t.Error("two entries of the audit log have the same identity")
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	automation := string(fixture(t, "automation-event.json"))
	for body, want := range map[string]changelog.Source{
		string(fixture(t, "changelog-event.json")): changelog.SourceChangelog,
		automation: changelog.SourceWorkflow,
		strings.Replace(automation, "{", `{"run":{"id":"r_1"},`, 1): changelog.SourceAutomation,
		`{"run":{"id":"r_2"},"event":` + automation + `}`:           changelog.SourceAutomation,
	} {
		if got := parse(t, body).Source(); got != want {
			t.Errorf("%s from %.60s", got, body)
		}
	}
}

// TestFingerprintIsBounded compares events with more properties than a fingerprint can hold.
func TestFingerprintIsBounded(t *testing.T) {
	t.Parallel()
	body := func(value string, from, to int) string {
		var properties strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&properties, `"p%d":%q,`, i, value)
		}
		return `{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{"properties":{` + properties.String() + `"last":1}}}}`
	}
	all, most := identify(t, "", body("x", 0, 2000)), identify(t, "", body("x", 500, 2000))
	if len(all.Properties) > 8000 || len(most.Properties) > 8000 {
		t.Errorf("fingerprints have %d and %d bytes", len(all.Properties), len(most.Properties))
	}
	if !isCopy(all, most) {
		t.Error("missing properties contradict")
	}
	if isCopy(all, identify(t, "", body("y", 500, 2000))) {
		t.Error("different properties do not contradict")
	}
}

func TestIdentityOfRunsTimersAndFragments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b string
		same bool
	}{
		{
			"a run from two sources",
			`{"action":"UPDATE","resourceType":"run","status":"TRIGGERED","trigger":{"at":"2026-01-01T00:00:01Z"},"context":{"runId":"r_1"},"diff":{"before":null,"after":{"id":"r_1","status":"SUCCESS","updatedAt":"2026-01-01T00:00:00Z"}}}`,
			`{"event":{"id":"event_1","action":"UPDATE","resourceType":"run","trigger":{"at":"2026-01-01T00:00:02Z"},"diff":{"before":null,"after":{"id":"r_1","status":"SUCCESS","updatedAt":"2026-01-01T00:00:00Z","icon":null}}}}`,
			true,
		},
		{
			"two states of a run",
			`{"action":"UPDATE","resourceType":"run","context":{"runId":"r_1"},"diff":{"after":{"status":"IN_PROGRESS","updatedAt":"2026-01-01T00:00:00Z"}}}`,
			`{"action":"UPDATE","resourceType":"run","context":{"runId":"r_1"},"diff":{"after":{"status":"SUCCESS","updatedAt":"2026-01-01T00:00:00Z"}}}`,
			false,
		},
		{
			"two runs",
			`{"action":"CREATE","resourceType":"run","trigger":{"at":"2026-01-01T00:00:00Z"},"context":{"runId":"r_1"}}`,
			`{"action":"CREATE","resourceType":"run","trigger":{"at":"2026-01-01T00:00:00Z"},"context":{"runId":"r_2"}}`,
			false,
		},
		{
			"an event id without a diff, different times",
			`{"identifier":"event_1","action":"SYNC","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			`{"id":"event_1","action":"SYNC","trigger":{"at":"2026-01-01T00:00:09Z"}}`,
			true,
		},
		{
			"two event ids",
			`{"identifier":"event_1","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			`{"identifier":"event_2","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			false,
		},
		{
			"an identifier of another object is not an event id",
			`{"identifier":"cart","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			`{"identifier":"cart","trigger":{"at":"2026-01-01T00:00:01Z"}}`,
			false,
		},
		{
			"a timer twice, with an offset",
			`{"action":"TIMER_EXPIRED","context":{"entity":"cart"},"trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			`{"action":"TIMER_EXPIRED","context":{"entity":"cart"},"trigger":{"at":"2026-01-01T02:00:00+02:00"}}`,
			true,
		},
		{
			"a timer by an automation and by a workflow",
			`{"action":"TIMER_PROPERTY_EXPIRED","resourceType":"entity","context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{"identifier":"cart","icon":null,"updatedAt":"2025-01-01T00:00:00Z"}}}`,
			`{"action":"TIMER_EXPIRED","resourceType":"entity","context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"trigger":{"at":"2026-01-01T02:00:00+02:00"},"diff":{"before":null,"after":{"identifier":"cart"}}}`,
			true,
		},
		{
			"a timer by an automation and in the audit log",
			`{"action":"TIMER_PROPERTY_EXPIRED","context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{"identifier":"cart"}}}`,
			`{"identifier":"event_1","action":"TIMER_EXPIRED","by":{"port":true},"context":{"blueprintIdentifier":"service","entityIdentifier":"cart"},"trigger":{"at":"2026-01-01T00:00:00Z"},"additionalData":{"property":"ttl"}}`,
			true,
		},
		{
			"a timer in the changelog, which does not name the property",
			`{"action":"TIMER_PROPERTY_EXPIRED","context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{"identifier":"cart"}}}`,
			`{"action":"TIMER_EXPIRED","resourceType":"entity","status":"SUCCESS","context":{"blueprint":"service","entity":"cart"},"trigger":{"at":"2026-01-01T00:00:00Z","by":{"byPort":true}}}`,
			true,
		},
		{
			"two timers of one entity",
			`{"action":"TIMER_PROPERTY_EXPIRED","context":{"propertyIdentifier":"a"},"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{}}}`,
			`{"action":"TIMER_PROPERTY_EXPIRED","context":{"propertyIdentifier":"b"},"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"after":{}}}`,
			false,
		},
		{
			"states without timestamps",
			`{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{"properties":{"x":1}},"after":{"properties":{"x":2}}}}`,
			`{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{"properties":{"x":1}},"after":{"properties":{"x":3}}}}`,
			false,
		},
		{
			"the same states with a team and empty values, in the changelog",
			`{"status":"SUCCESS","trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{"properties":{"x":1}},"after":{"properties":{"x":2.0}}}}`,
			`{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{"team":["a"],"properties":{"x":1,"y":null}},"after":{"icon":"I","properties":{"x":2},"relations":{}}}}`,
			true,
		},
		{
			"no time, different bytes",
			`{"resourceType":"entity","context":{"entity":"cart"}}`,
			`{"resourceType":"entity","context":{"entity":"cart"} }`,
			false,
		},
		{
			"equal concatenations",
			`{"resourceType":"ab","action":"c","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			`{"resourceType":"a","action":"bc","trigger":{"at":"2026-01-01T00:00:00Z"}}`,
			false,
		},
		{
			"a value that moved from one side to the other",
			`{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{"x":1},"after":{}}}`,
			`{"trigger":{"at":"2026-01-01T00:00:00Z"},"diff":{"before":{},"after":{"x":1}}}`,
			false,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, b := identify(t, milliTime, test.a), identify(t, milliTime, test.b)
			same := a.Report == b.Report
			if a.Source != b.Source {
				same = isCopy(a, b)
			}
			if same != test.same {
				t.Errorf("same event: %t, want %t", same, test.same)
			}
		})
	}
}

func TestIdentityWithoutTimeIsTheDelivery(t *testing.T) {
	t.Parallel()
	const body = `{"resourceType":"entity"}`
	if identify(t, "1", body).Change == identify(t, "2", body).Change {
		t.Error("two deliveries share an identity")
	}
	first, second := identify(t, "1", body), identify(t, "1", body)
	if first.Report != second.Report {
		t.Error("one delivery has two identities")
	}
}
