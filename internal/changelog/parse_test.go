package changelog_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

func parse(t *testing.T, body string) *changelog.Event {
	t.Helper()
	event, err := changelog.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// summary is what all forms have in common, without the snapshots.
type summary struct {
	ID, Action, ResourceType, Status string
	Trigger                          changelog.Trigger
	Context                          changelog.Context
	Title                            string
	Before, After                    bool
}

func summarise(event *changelog.Event) summary {
	return summary{
		event.ID, event.Action, event.ResourceType, event.Status, event.Trigger, event.Context,
		event.Title(), event.Diff.Before != nil, event.Diff.After != nil,
	}
}

func TestParseShapes(t *testing.T) {
	t.Parallel()
	const client = "h2Mf13aRSCYQCUPIcqufoP4XRLwAt8Od@clients"
	at := time.Date(2026, 6, 15, 16, 44, 56, 288_000_000, time.UTC)
	health := summary{
		Action: "UPDATE", ResourceType: "entity",
		Trigger: changelog.Trigger{By: changelog.Actor{OrgID: "org_sYG4DOJZNGy8bYnt", UserID: client}, At: at, Origin: "API"},
		Context: changelog.Context{Blueprint: "deploymentConfig", Entity: "notification-service-prod"},
		Title:   "Notification Service Production", Before: true, After: true,
	}
	changelogHealth := health
	changelogHealth.Status = "SUCCESS"
	automation := string(fixture(t, "automation-event.json"))

	tests := []struct {
		name string
		body string
		want summary
	}{
		{"A: changelog, entity", string(fixture(t, "changelog-event.json")), changelogHealth},
		{"E: automation", automation, health},
		{"E with a run", strings.Replace(automation, "{", `{"run":{"id":"r_1"},`, 1), health},
		{
			"F: the trigger data of an automation",
			`{"trigger":{"at":"2026-06-15T17:00:00Z","origin":"AUTOMATION","by":{"orgId":"org_outer","userId":"outer"}},"action":{"identifier":"health_alerts"},"run":{"id":"r_1"},"event":` + automation + `}`,
			health,
		},
		{
			"B: changelog, run",
			`{"action":"CREATE","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"o","userId":"u"},"at":"2026-06-15T16:44:56.288Z","origin":"UI"},
			  "context":{"entity":null,"blueprint":null,"runId":"r_7"},"diff":{"before":null,"after":{"id":"r_7","status":"IN_PROGRESS","blueprint":{"identifier":"service","title":"Service"}}}}`,
			summary{
				Action: "CREATE", ResourceType: "run", Status: "TRIGGERED",
				Trigger: changelog.Trigger{By: changelog.Actor{OrgID: "o", UserID: "u"}, At: at, Origin: "UI"},
				Context: changelog.Context{Blueprint: "service", RunID: "r_7"}, Title: "service", After: true,
			},
		},
		{
			"C: changelog, timer",
			`{"action":"TIMER_EXPIRED","resourceType":"entity","trigger":{"at":"2026-06-15T18:44:56.288+02:00","by":{"byPort":true,"orgId":"o"}},"context":{"blueprint":"service","entity":"cart"}}`,
			summary{
				Action: "TIMER_EXPIRED", ResourceType: "entity",
				Trigger: changelog.Trigger{By: changelog.Actor{OrgID: "o", ByPort: true}, At: at},
				Context: changelog.Context{Blueprint: "service", Entity: "cart"}, Title: "cart",
			},
		},
		{
			"C in its older form",
			`{"identifier":"event_9","action":"TIMER_EXPIRED","resourceType":"entity","by":{"port":true},"trigger":{"at":"2026-06-15T16:44:56.288Z"},
			  "context":{"blueprintIdentifier":"service","entityIdentifier":"cart"},"additionalData":{"property":"ttl"}}`,
			summary{
				ID: "event_9", Action: "TIMER_EXPIRED", ResourceType: "entity",
				Trigger: changelog.Trigger{By: changelog.Actor{ByPort: true}, At: at},
				Context: changelog.Context{Blueprint: "service", Entity: "cart", Property: "ttl"}, Title: "cart",
			},
		},
		{
			"D: automation, timer",
			`{"action":"TIMER_PROPERTY_EXPIRED","resourceType":"entity","trigger":{"at":"2026-06-15T16:44:56.288Z","origin":"API"},
			  "context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"diff":{"after":{"identifier":"cart","title":"Cart"}}}`,
			summary{
				Action: "TIMER_PROPERTY_EXPIRED", ResourceType: "entity", Trigger: changelog.Trigger{At: at, Origin: "API"},
				Context: changelog.Context{Blueprint: "service", Entity: "cart", Property: "ttl"}, Title: "Cart", After: true,
			},
		},
		{
			"G: automation on a run",
			`{"trigger":{"origin":"AUTOMATION"},"action":{"identifier":"a"},"run":{"id":"r_outer"},
			  "event":{"id":"event_5","action":"UPDATE","resourceType":"run","trigger":{"at":"2026-06-15T16:44:56.288Z"},"diff":{"before":{"id":"r_7","status":"IN_PROGRESS"},"after":{"id":"r_7","status":"SUCCESS"}}}}`,
			summary{
				ID: "event_5", Action: "UPDATE", ResourceType: "run", Trigger: changelog.Trigger{At: at},
				Context: changelog.Context{RunID: "r_7"}, Before: true, After: true,
			},
		},
		{
			"H: self-service run",
			`{"action":"CREATE","resourceType":"run","status":"TRIGGERED","trigger":{"at":"2026-06-15T16:44:56.288Z"},"context":{"entity":"cart","blueprint":"service","runId":"r_7"},"payload":{"x":1}}`,
			summary{
				Action: "CREATE", ResourceType: "run", Status: "TRIGGERED", Trigger: changelog.Trigger{At: at},
				Context: changelog.Context{Blueprint: "service", Entity: "cart", RunID: "r_7"}, Title: "cart",
			},
		},
		{
			"J: changelog, blueprint",
			`{"action":"UPDATE","resourceType":"blueprint","status":"SUCCESS","trigger":{"at":"2026-06-15T16:44:56.288Z"},"context":{"blueprint":"old"},"diff":{"before":{"identifier":"old"},"after":{"identifier":"new","title":"New"}}}`,
			summary{
				Action: "UPDATE", ResourceType: "blueprint", Status: "SUCCESS", Trigger: changelog.Trigger{At: at},
				Context: changelog.Context{Blueprint: "new"}, Title: "New", Before: true, After: true,
			},
		},
		{
			"G with details of its action and its entity",
			`{"id":"event_5","action":"UPDATE","resourceType":"run","trigger":{"by":{"userId":"ada"},"at":"2026-06-15T16:44:56.288Z"},"context":{"action":{"identifier":"scale","title":"Scale"}},
			  "diff":{"before":{"id":"r_7","status":"IN_PROGRESS"},"after":{"id":"r_7","status":"SUCCESS","blueprint":{"identifier":"service"},"entity":{"identifier":"cart","title":"Cart"}}}}`,
			summary{
				ID: "event_5", Action: "UPDATE", ResourceType: "run", Trigger: changelog.Trigger{By: changelog.Actor{UserID: "ada"}, At: at},
				Context: changelog.Context{Blueprint: "service", Entity: "cart", RunID: "r_7"}, Title: "cart", Before: true, After: true,
			},
		},
		{
			"K: the timer of a workflow",
			`{"action":"TIMER_EXPIRED","resourceType":"entity","trigger":{"by":{"orgId":"o","appId":"app_1"},"at":"2026-06-15T16:44:56.288Z","origin":"WORKFLOW"},
			  "context":{"blueprintIdentifier":"service","entityIdentifier":"cart","propertyIdentifier":"ttl"},"diff":{"before":null,"after":{"identifier":"cart","title":"Cart","icon":null,"team":[]}}}`,
			summary{
				Action: "TIMER_EXPIRED", ResourceType: "entity", Trigger: changelog.Trigger{By: changelog.Actor{OrgID: "o", AppID: "app_1"}, At: at, Origin: "WORKFLOW"},
				Context: changelog.Context{Blueprint: "service", Entity: "cart", Property: "ttl"}, Title: "Cart", After: true,
			},
		},
		{"K: an event in the body of a workflow", `{"event":` + automation + `,"run":null}`, health},
		{
			"L: an entry of the audit log",
			strings.Replace(string(fixture(t, "changelog-event.json")), "{", `{"identifier":"event_9","additionalData":{},"message":"",`, 1),
			func() summary { entry := changelogHealth; entry.ID = "event_9"; return entry }(),
		},
		{
			"L in the form of an automation",
			strings.Replace(automation, "{", `{"identifier":"event_9","status":"SUCCESS","additionalData":null,"message":null,`, 1),
			func() summary { entry := changelogHealth; entry.ID = "event_9"; return entry }(),
		},
		{"an empty object", `{}`, summary{}},
		{
			"keys of unexpected types",
			`{"action":1,"resourceType":[],"status":{},"trigger":"now","context":[1],"diff":{"before":"x","after":[2]},"event":"e","run":3,"by":4,"additionalData":5}`,
			summary{},
		},
		{
			"parts of unexpected types",
			`{"resourceType":"entity","trigger":{"at":"yesterday","by":[]},"context":{"blueprint":7,"entity":{}},"diff":{"before":null,"after":{"identifier":9,"title":null,"blueprint":[]}}}`,
			summary{ResourceType: "entity", After: true},
		},
		{
			"the blueprint only in the entity",
			`{"resourceType":"entity","context":{"entity":"e_1"},"diff":{"before":null,"after":{"identifier":"cart","blueprint":"service"}}}`,
			summary{ResourceType: "entity", Context: changelog.Context{Blueprint: "service", Entity: "cart"}, Title: "cart", After: true},
		},
		{
			"a deleted entity",
			`{"action":"DELETE","resourceType":"entity","context":{"entity":"e_1","blueprint":"service"},"diff":{"before":{"identifier":"cart","title":"Cart"},"after":null}}`,
			summary{Action: "DELETE", ResourceType: "entity", Context: changelog.Context{Blueprint: "service", Entity: "cart"}, Title: "Cart", Before: true},
		},
		{"the last of duplicate keys", `{"action":"CREATE","action":"UPDATE"}`, summary{Action: "UPDATE"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			event := parse(t, test.body)
			if got := summarise(event); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			assertStableDocument(t, event)
		})
	}
}

// assertStableDocument checks that parsing the normalised document yields the same event.
func assertStableDocument(t *testing.T, event *changelog.Event) {
	t.Helper()
	stored, err := changelog.Stringify(event.Document())
	if err != nil {
		t.Fatal(err)
	}
	again, err := changelog.Parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, event) {
		t.Errorf("the stored event is parsed differently:\n%+v\n%+v", again, event)
	}
}

func TestDocumentHasBothFormsOfIdentifiers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"changelog-event.json", "automation-event.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			context, _ := parse(t, string(fixture(t, name))).Document()["context"].(map[string]any)
			for key, want := range map[string]string{
				"blueprint": "deploymentConfig", "blueprintIdentifier": "deploymentConfig",
				"entity": "notification-service-prod", "entityIdentifier": "notification-service-prod",
			} {
				if context[key] != want {
					t.Errorf("context.%s is %v, want %s", key, context[key], want)
				}
			}
		})
	}
}

func TestDocumentKeepsUnknownKeys(t *testing.T) {
	t.Parallel()
	document := parse(t, `{"run":{"id":"r_1"},"trigger":{"x":1},"event":{"new":[1.50],"context":{"y":2}}}`).Document()
	got, err := changelog.Stringify(document)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"context":{"y":2},"diff":{"after":null,"before":null},"new":[1.50],"run":{"id":"r_1"},"trigger":{"by":{}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want string
	}{
		{"an empty body", "", "empty"},
		{"white space", " \n", "empty"},
		{"an array", `[]`, "another type"},
		{"a string", `"{}"`, "another type"},
		{"null", `null`, "another type"},
		{"a byte order mark", "\xef\xbb\xbf{}", "invalid JSON at byte"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "invalid UTF-8"},
		{"trailing bytes", `{} x`, "unexpected data"},
		{"a second object", `{}{}`, "unexpected data"},
		{"a truncated object", `{"action":"UP`, "truncated"},
		{"endless nesting", strings.Repeat(`{"a":`, 100_000), "invalid JSON"},
		{"deep but finite nesting", `{"a":` + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + "}", "invalid JSON"},
		{"gzip", "\x1f\x8b\x08\x00", "invalid UTF-8"},
		{"a number with a leading zero", `{"a":01}`, "invalid JSON at byte"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := changelog.Parse([]byte(test.body))
			if !errors.Is(err, changelog.ErrNotObject) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an ErrNotObject about %q", err, test.want)
			}
		})
	}
}

func TestParseErrorsDoNotQuoteTheBody(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":hunter2}`, `{"hunter2`, `{"a":1} hunter2`, `"hunter2"`} {
		if _, err := changelog.Parse([]byte(body)); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("the error for %s is %v", body, err)
		}
	}
}

func TestProperty(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		diff string
	}{
		{"diff missing", `{}`},
		{"after null", `{"diff":{"after":null}}`},
		{"properties missing", `{"diff":{"after":{}}}`},
		{"properties null", `{"diff":{"after":{"properties":null}}}`},
		{"properties not an object", `{"diff":{"after":{"properties":["healthStatus"]}}}`},
		{"property missing", `{"diff":{"after":{"properties":{"x":1}}}}`},
		{"property null", `{"diff":{"after":{"properties":{"healthStatus":null}}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, test.diff).Diff.After.Property("healthStatus"); got != nil {
				t.Errorf("got %v, want nothing", got)
			}
		})
	}
}

func TestHappenedAt(t *testing.T) {
	t.Parallel()
	trigger := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		body string
		want time.Time
	}{
		{"the trigger's time", `{"trigger":{"at":"2026-01-02T03:04:05Z"},"diff":{"after":{"updatedAt":"2025-01-01T00:00:00Z"}}}`, trigger},
		{"else the object's updatedAt", `{"trigger":{"at":null},"diff":{"after":{"updatedAt":"2026-01-02T04:04:05+01:00"}}}`, trigger},
		{"else nothing", `{}`, time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, test.body).HappenedAt(); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"context":{"blueprint":"service","entity":"cart"}}`:                              "service:cart",
		`{"context":{"blueprintIdentifier":"service","entityIdentifier":"cart"}}`:          "service:cart",
		`{"resourceType":"blueprint","action":"UPDATE","context":{"blueprint":"service"}}`: "service",
		`{}`: "",
	} {
		if got := parse(t, body).About(); got != want {
			t.Errorf("%s is about %q, want %q", body, got, want)
		}
	}
}

// FuzzParse checks that no body makes the parser panic, that normalisation is idempotent, and that
// it preserves the identity.
func FuzzParse(f *testing.F) {
	f.Add(fixture(f, "changelog-event.json"))
	f.Add([]byte(`{"event":{"event":{"event":{}},"diff":{"after":{"identifier":"x"}}},"run":{"id":"r"}}`))
	f.Add([]byte(`{"trigger":{"at":"2026-06-15T18:44:56+02:00"},"diff":{"before":[1e999999999],"after":{"properties":{"a":-0.0}}}}`))
	f.Add([]byte(`{"identifier":"event_1","action":"TIMER_EXPIRED","by":{"port":true}}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := changelog.Parse(body)
		if err != nil {
			if !errors.Is(err, changelog.ErrNotObject) {
				t.Fatalf("%v is not an ErrNotObject", err)
			}
			return
		}
		stored, err := changelog.Stringify(event.Document())
		if err != nil {
			t.Fatal(err)
		}
		again, err := changelog.Parse(stored)
		if err != nil {
			t.Fatalf("%s cannot be parsed again: %v", stored, err)
		}
		// Negative zero is the only number that serialising rewrites.
		if !strings.Contains(string(body), "-0") && !reflect.DeepEqual(again, event) {
			t.Fatalf("%s is parsed differently the second time", stored)
		}
		first, err := event.Identify(changelog.SourceChangelog, "1", body)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.Identify(changelog.SourceChangelog, "1", body); err != nil || !reflect.DeepEqual(second, first) {
			t.Fatalf("the identity changed from %v to %v (%v)", first, second, err)
		}
	})
}

func TestUser(t *testing.T) {
	t.Parallel()
	const after = `"diff":{"after":{"updatedBy":"eve"}}`
	for _, test := range []struct{ name, body, want string }{
		{"a user", `{"trigger":{"by":{"userId":"ada","appId":"app_1"}},` + after + `}`, "ada"},
		{"a client", `{"trigger":{"by":{"userId":"h2Mf@clients"}}}`, "h2Mf@clients"},
		{"a user described", `{"trigger":{"by":{"user":{"email":"ada@example.com"},"appId":"app_1"}}}`, "ada@example.com"},
		{"an application", `{"trigger":{"by":{"userId":null,"appId":"app_1"}},` + after + `}`, "app_1"},
		{"a blank user", `{"trigger":{"by":{"userId":" ","appId":"app_1"}}}`, "app_1"},
		{"Port with a user", `{"trigger":{"by":{"byPort":true,"userId":"ada"}}}`, "ada"},
		{"Port alone", `{"trigger":{"by":{"byPort":true}},` + after + `}`, ""},
		{"updatedBy", `{"trigger":{"by":{"orgId":"o"}},` + after + `}`, "eve"},
		{"a timer ignores updatedBy", `{"action":"TIMER_EXPIRED",` + after + `}`, ""},
		{"a deletion ignores updatedBy", `{"action":"DELETE","diff":{"before":{"updatedBy":"eve"},"after":null}}`, ""},
		{"unexpected types", `{"trigger":{"by":{"userId":1,"user":"x","appId":[]}},"diff":{"after":{"updatedBy":{}}}}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, test.body).User(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, action, entity, about string }{
		{
			"by an automation",
			`{"resourceType":"run","context":{"action":{"identifier":"scale","title":"Scale"}},"diff":{"after":{"id":"r_7","entity":{"identifier":"cart","title":"Cart"}}}}`,
			"Scale", "Cart", "run:r_7",
		},
		{"by the changelog", `{"resourceType":"run","context":{"entity":"cart","blueprint":"service","runId":"r_7"},"diff":{"after":{"action":{"identifier":"scale","title":null}}}}`, "scale", "cart", "run:r_7"},
		{"by identifiers", `{"resourceType":"run","context":{"action":"scale"},"diff":{"after":{"entity":"cart","blueprint":"service"}}}`, "scale", "cart", "service:cart"},
		{"an empty event", `{"resourceType":"run"}`, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			event := parse(t, test.body)
			if event.RunAction() != test.action || event.RunEntity() != test.entity || event.About() != test.about {
				t.Errorf("action %q, entity %q, about %q", event.RunAction(), event.RunEntity(), event.About())
			}
		})
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"context":{"entity":"cart"},"diff":{"after":{"title":" \t"}}}`:                  "cart",
		`{"context":{"blueprint":"service"},"diff":{"before":{"title":"Service"}}}`:       "Service",
		`{"diff":{"before":{"title":"Old"},"after":{"identifier":"cart","title":"New"}}}`: "New",
	} {
		if got := parse(t, body).Title(); got != want {
			t.Errorf("%s has the title %q, want %q", body, got, want)
		}
	}
}
