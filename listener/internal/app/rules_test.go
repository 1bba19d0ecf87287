package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// condition compiles an expression.
func condition(t *testing.T, expression string) *rule.Condition {
	t.Helper()
	condition, err := rule.All(expression)
	if err != nil {
		t.Fatal(err)
	}
	return condition
}

// next returns the text of the next message.
func (f *fakeSlack) next(t *testing.T) string {
	t.Helper()
	var text string
	until(t, "a message arrives", func() bool {
		select {
		case text = <-f.messages:
			return true
		default:
			return false
		}
	})
	return text
}

// TestSeveralRulesForOneEvent sends an event that several rules match, one of which has a failing
// condition, and one a failing template.
func TestSeveralRulesForOneEvent(t *testing.T) {
	t.Parallel()
	first, second := newSlack(t), newSlack(t)
	described := options(t.TempDir(), first, second)
	fails := rule.Rule{Name: "fails", Property: "healthStatus"}
	// It fails only for long lists, which no sample has.
	template, err := message.NewTemplate(message.Source{Text: "{{ range .After.tags }}{{ range 500 }}{{ end }}{{ end }}the template"})
	if err != nil {
		t.Fatal(err)
	}
	described.Config.Rules = []config.Rule{
		{Rule: rule.DefaultHealth(), Destinations: []string{"d0"}},
		{Rule: rule.Rule{Name: "other", Blueprints: []string{"other"}}, Destinations: []string{"d0"}},
		{Rule: rule.Rule{Name: "odd", When: condition(t, `.action + 1`)}, Destinations: []string{"d0"}},
		{Rule: rule.Rule{Name: "endless", When: condition(t, `last(repeat(1))`)}, Destinations: []string{"d0"}},
		{Rule: rule.Rule{Name: "wordy", When: condition(t, `repeat(false)`)}, Destinations: []string{"d0"}},
		{Rule: fails, Destinations: []string{"d1"}, Template: template},
	}
	l := startWith(t, described)
	defer l.stop(t)
	many := `["a"` + strings.Repeat(`,"a"`, 100) + `]`
	body := func(entity, tags string) []byte {
		return fmt.Appendf(nil, `{"action":"UPDATE","resourceType":"entity","trigger":{"at":"2026-06-15T16:44:56.288Z"},"context":{"blueprint":"service"},
			"diff":{"before":{"properties":{"healthStatus":"Healthy"}},"after":{"identifier":%q,"properties":{"healthStatus":"Crashed","tags":%s}}}}`, entity, tags)
	}
	l.accept(t, body("cart", `["a"]`))
	first.expect(t, "cart")
	if got := second.next(t); got != "the template · "+strings.SplitN(got, " · ", 2)[1] {
		t.Errorf("the template makes %q", got)
	}
	l.accept(t, body("shop", many))
	first.expect(t, "shop")
	second.expect(t, "shop")
	for series, want := range map[string]float64{
		`rule_matches_total{rule="health"}`: 2, `rule_matches_total{rule="fails"}`: 2, `rule_matches_total{rule="other"}`: 0,
		`rule_condition_failures_total{reason="error",rule="odd"}`: 2, `rule_condition_failures_total{reason="timeout",rule="endless"}`: 2,
		`rule_condition_failures_total{reason="output",rule="wordy"}`: 2, `template_failures_total{rule="fails"}`: 1, `template_failures_total{rule="health"}`: 0,
		`events_unmatched_total`: 0,
	} {
		if got := l.metric(t, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if count := strings.Count(l.log.String(), "rule=odd"); count != 1 {
		t.Errorf("a condition that fails for every event is logged %d times:\n%s", count, l.log)
	}
}

// TestARemovedRule sends an alert whose rule was removed after it matched.
func TestARemovedRule(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	l := start(t, dir, webhook)
	l.accept(t, change("cart"))
	until(t, "the alert waits", func() bool { return l.metric(t, `destination_parked{destination="d0"}`) == 1 })
	l.stop(t)
	webhook.respondWith(nil)
	described := options(dir, webhook)
	described.Config.Rules = []config.Rule{{Rule: rule.Rule{Name: "another", Actions: []string{"DELETE"}}, Destinations: []string{"d0"}}}
	l = startWith(t, described)
	defer l.stop(t)
	if status, text := request(t, http.MethodPost, l.adminURL("/-/unpark?destination=d0")); status != http.StatusAccepted {
		t.Fatalf("unpark: %d %s", status, text)
	}
	if got := webhook.next(t); !strings.HasPrefix(got, "cart was updated. ") || !strings.Contains(got, "rule health") {
		t.Errorf("it is reported as %q", got)
	}
}

// TestADigestOfSeveralRules sends one digest for alerts of different rules.
func TestADigestOfSeveralRules(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	texts := make(chan string, 10)
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	webhook.inspect = func(text string) int {
		once.Do(func() {
			close(arrived)
			<-release
		})
		texts <- text
		return http.StatusOK
	}
	described := options(t.TempDir(), webhook)
	described.Config.Destinations[0].DigestAfter = 1
	shout := rule.Rule{Name: "shout", Property: "healthStatus"}
	template, err := message.NewTemplate(message.Source{Line: "{{ upper .Title }}!"})
	if err != nil {
		t.Fatal(err)
	}
	described.Config.Rules = append(described.Config.Rules, config.Rule{Rule: shout, Destinations: []string{"d0"}, Template: template})
	l := startWith(t, described)
	defer l.stop(t)
	l.accept(t, change("first"))
	<-arrived
	l.accept(t, change("cart"))
	until(t, "all of it waits", func() bool { return l.metric(t, `alerts_pending{destination="d0"}`) >= 3 })
	close(release)
	var all strings.Builder
	until(t, "everything is reported", func() bool {
		select {
		case more := <-texts:
			all.WriteString(more)
		default:
		}
		return strings.Contains(all.String(), "• CART!") && strings.Contains(all.String(), "*cart*: ")
	})
}
