package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEveryShapeAndEdge sends events in every form that Port sends, and worse. want is part of the
// alert's text; "" means that the event is accepted without an alert.
func TestEveryShapeAndEdge(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	at := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339Nano) }
	change := func(before, after string) string {
		return fmt.Sprintf(`{"action":"UPDATE","resourceType":"entity","trigger":{"at":%q,"by":{"userId":"ada"}},"context":{"blueprintIdentifier":"service","entityIdentifier":"e_1"},
			"diff":{"before":%s,"after":%s}}`, at(0), before, after)
	}
	status := func(value string) string {
		return `{"identifier":"cart","blueprint":"service","icon":null,"team":[],"title":null,"properties":{"healthStatus":` + value + `}}`
	}
	crash := change(status(`"Healthy"`), status(`"Crashed"`))
	with := func(old, new string) string {
		changed := strings.Replace(crash, old, new, 1)
		if changed == crash {
			t.Fatalf("%s is not in the event", old)
		}
		return changed
	}
	tests := []struct {
		name string
		body string
		want string
	}{
		{"A: changelog, entity", with(`"trigger"`, `"status":"SUCCESS","trigger"`), "cart health status: Healthy"},
		{"B: changelog, run", `{"action":"CREATE","resourceType":"run","status":"TRIGGERED","context":{"runId":"r"},"diff":{"before":null,"after":{"id":"r","properties":{"healthStatus":"Crashed"}}}}`, ""},
		{"C: changelog, timer", `{"action":"TIMER_EXPIRED","resourceType":"entity","context":{"blueprint":"service","entity":"cart"}}`, ""},
		{"D: automation, timer", `{"action":"TIMER_PROPERTY_EXPIRED","resourceType":"entity","context":{"propertyIdentifier":"ttl"},"diff":{"after":` + status(`"Crashed"`) + `}}`, ""},
		{"E: automation", crash, "Crashed :octagonal_sign:"},
		{"F: trigger data", `{"trigger":{"origin":"AUTOMATION"},"action":{"identifier":"x"},"run":{"id":"r"},"event":` + crash + `}`, "Crashed"},
		{"G: automation on a run", `{"run":{"id":"r"},"event":{"id":"event_1","resourceType":"run","action":"UPDATE","diff":{"before":{"id":"r"},"after":{"id":"r"}}}}`, ""},
		{"H: self-service run", `{"resourceType":"run","status":"TRIGGERED","context":{"runId":"r"},"payload":{}}`, ""},
		{"J: changelog, blueprint", `{"resourceType":"blueprint","action":"UPDATE","diff":{"before":` + status(`"Healthy"`) + `,"after":` + status(`"Crashed"`) + `}}`, ""},
		{"the property is new", change(`{"properties":{}}`, status(`"Crashed"`)), "none :grey_question: → Crashed"},
		{"the property is gone", change(status(`"Crashed"`), `{"identifier":"cart","properties":null}`), "Crashed :octagonal_sign: → none"},
		{"properties are not an object", change(`{"properties":[1]}`, status(`"Crashed"`)), "none :grey_question: → Crashed"},
		{"the diff is missing", `{"action":"UPDATE","resourceType":"entity"}`, ""},
		{"equal numbers", change(status(`25`), status(`25.0`)), ""},
		{"equal numbers with an exponent", change(status(`100`), status(`1e2`)), ""},
		{"other numbers", change(status(`25`), status(`25.5`)), "25 :grey_question: → 25.5"},
		{"numbers beyond a double", change(status(`9007199254740992`), status(`9007199254740993`)), "9007199254740993"},
		{"a boolean", change(status(`true`), status(`false`)), "true :grey_question: → false"},
		{"an array", change(status(`["a"]`), status(`["a","b"]`)), `["a","b"]`},
		{"a status nobody listed", change(status(`"Progressing"`), status(`"Missing"`)), "Progressing :grey_question: → Missing :grey_question:"},
		{"created in a bad state", strings.Replace(change("null", status(`"Crashed"`)), "UPDATE", "CREATE", 1), "Created as Crashed"},
		{"born healthy", strings.Replace(change("null", status(`"Healthy"`)), "UPDATE", "CREATE", 1), ""},
		{"deleted", strings.Replace(change(status(`"Crashed"`), "null"), "UPDATE", "DELETE", 1), ""},
		{"nothing watched changed", change(status(`"Crashed"`), `{"identifier":"cart","properties":{"healthStatus":"Crashed","x":1}}`), ""},
		{"identical", change(status(`"Crashed"`), status(`"Crashed"`)), ""},
		{"an identifier of our own wins", crash, "Change in cart health"},
		{"no user", with(`"by":{"userId":"ada"}`, `"by":{}`), "Triggered by Port"},
		{"by Port", with(`"by":{"userId":"ada"}`, `"by":{"byPort":true}`), "Triggered by Port"},
		{"a client", with(`"ada"`, `"h2Mf@clients"`), "Triggered by h2Mf@clients"},
		{"an unknown action", with("UPDATE", "FROBNICATE"), ""},
		{"an unknown resource", with(`"entity"`, `"gizmo"`), ""},
		{"an unknown origin", with(`"trigger":{`, `"trigger":{"origin":"MARS",`), "Crashed"},
		{"it failed", with(`"trigger"`, `"status":"FAILURE","trigger"`), ""},
		// It may be a minute later when it is rendered.
		{"it is late", with(at(0), at(7*time.Minute)), " minutes late"},
		{"duplicate keys", with(`"action"`, `"action":"DELETE","action"`), "Crashed"},
		{
			"markup in the title", change(status(`"Healthy"`), `{"identifier":"cart","title":"<!channel> & co\nשלום","properties":{"healthStatus":"Crashed"}}`),
			"Change in &lt;!channel&gt; &amp; co שלום health status",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			webhook := newSlack(t)
			l := start(t, t.TempDir(), webhook)
			defer l.stop(t)
			l.accept(t, []byte(test.body))
			if test.want == "" {
				// The next change is alerted; the unmatched event never was.
				until(t, "it is counted", func() bool { return l.metric(t, "events_unmatched_total") == 1 })
				l.accept(t, []byte(change(status(`"Healthy"`), `{"identifier":"next","properties":{"healthStatus":"Crashed"}}`)))
				test.want = "Change in next health"
			}
			select {
			case text := <-webhook.messages:
				if !strings.Contains(text, test.want) {
					t.Errorf("the alert reads %q, without %q", text, test.want)
				}
			case <-time.After(patience):
				t.Fatal("no alert came")
			}
		})
	}
}

// TestAnOvertakenChangeIsMarked sends a change after a newer one of the same entity.
func TestAnOvertakenChangeIsMarked(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	older := change("cart")
	l.accept(t, change("cart"))
	l.accept(t, older)
	for _, want := range []bool{false, true} {
		select {
		case text := <-webhook.messages:
			if strings.Contains(text, "out of order: a newer change was already reported") != want {
				t.Errorf("the alert reads %q", text)
			}
		case <-time.After(patience):
			t.Fatal("no alert came")
		}
	}
}
