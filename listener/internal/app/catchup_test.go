package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// asking returns the options of a listener that reads the audit log of an emulator.
func asking(t *testing.T, p *portAPI, dir string, webhook *fakeSlack) app.Options {
	t.Helper()
	served := httptest.NewServer(p.emulator)
	t.Cleanup(served.Close)
	described := options(dir, webhook)
	described.Config.Port = config.Port{ClientID: "client", BaseURL: served.URL, Poll: 50 * time.Millisecond}
	described.Config.CatchUp = config.CatchUp{Interval: time.Second, MaxAge: time.Hour}
	return described
}

const followed = "following the audit log; earlier changes are not delivered"

// startAsking starts such a listener, and waits until it follows the audit log.
func startAsking(t *testing.T, described app.Options) *listener {
	t.Helper()
	l := startWith(t, described)
	until(t, followed, func() bool { return strings.Contains(l.log.String(), followed) })
	return l
}

// pastSecond waits for the next second of Port's clock, which responses give only to the second.
func pastSecond(t *testing.T) {
	t.Helper()
	begin := time.Now().Truncate(time.Second)
	until(t, "another second", func() bool { return time.Since(begin) >= 2*time.Second })
}

// TestPullCatchesUp polls Port for changes across restarts, while nothing posts them.
func TestPullCatchesUp(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	p := startPort(t)
	p.createService(t, "")
	p.setHealth(t, "cart", "Degraded")
	pastSecond(t)
	described := asking(t, p, dir, webhook)
	described.Config.ClientSecrets = append([]config.Secret{config.NewSecret("a-secret-that-is-to-come")}, described.Config.ClientSecrets...)
	l := startAsking(t, described)
	// Earlier changes are not reported.
	p.setHealth(t, "shop", "Degraded")
	webhook.expect(t, "shop")
	if lag := l.metric(t, "catch_up_lag_seconds"); lag < 0 || lag > 60 {
		t.Errorf("the lag is %v", lag)
	}
	l.stop(t)
	p.setHealth(t, "cart", "Missing")
	p.setHealth(t, "shop", "Missing")
	l = startWith(t, described)
	defer l.stop(t)
	webhook.expect(t, "cart", "shop")
	expectNoOther(t, l, webhook)
	if strings.Contains(l.log.String(), followed) {
		t.Errorf("it begins again:\n%s", l.log)
	}
}

// TestEveryWayAtOnce reports each of many changes by the changelog, by an automation, and in an
// audit log that shows some entries late, each in a different order.
func TestEveryWayAtOnce(t *testing.T) {
	t.Parallel()
	changes := 100
	if os.Getenv("LISTENER_SOAK") != "" {
		changes = 1000
	}
	webhook := newSlack(t)
	delivered := newTally(changes)
	webhook.inspect = delivered.count
	p := startPort(t)
	l := startAsking(t, asking(t, p, t.TempDir(), webhook))
	defer l.stop(t)
	p.createService(t, l.url())
	p.createAutomation(t, l.url(), "spread", anyChange, "", spreadEvent)
	p.call(t, http.MethodPost, "/_emulator/faults", `{"method":"GET","route":"/v1/audit-log","lag":"1s","shuffle":true}`)
	for i := range changes {
		p.setHealth(t, []string{"cart", "shop"}[i%2], fmt.Sprint("state-", i))
	}
	untilNone(t, "changes that are not delivered", delivered.missing)
	duplicate := `events_received_total{result="duplicate",source="audit_log"}`
	stored := `events_received_total{result="stored",source="audit_log"}`
	// The log also contains the creations of the three entities.
	untilNone(t, "changes that are not read", func() int { return changes + 3 - int(l.metric(t, duplicate)+l.metric(t, stored)) })
	untilNone(t, "events or alerts that are pending", func() int {
		return int(l.metric(t, "events_unevaluated") + l.metric(t, `alerts_pending{destination="d0"}`))
	})
	delivered.expectOnce(t)
}

// untilNone waits until nothing remains. It fails when the number has not changed for as long as
// the usual patience: with many changes, all of them take longer.
func untilNone(t *testing.T, what string, remaining func() int) {
	t.Helper()
	for before := remaining(); before != 0; before = remaining() {
		until(t, fmt.Sprintf("fewer %s than %d", what, before), func() bool { return remaining() < before })
	}
}

// tally counts the alerts about each of many changes, whose new values are state-0, state-1 and so
// on.
type tally struct {
	mu     sync.Mutex
	alerts []int
	// others are messages about something else.
	others []string
}

func newTally(changes int) *tally { return &tally{alerts: make([]int, changes)} }

// count counts a message.
func (c *tally) count(text string) (status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change := -1
	if i := strings.LastIndex(text, "state-"); i >= 0 {
		_, _ = fmt.Sscanf(text[i:], "state-%d", &change)
	}
	if change < 0 || change >= len(c.alerts) {
		c.others = append(c.others, text)
		return http.StatusOK
	}
	c.alerts[change]++
	return http.StatusOK
}

// missing counts the changes without an alert.
func (c *tally) missing() (count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, alerts := range c.alerts {
		if alerts == 0 {
			count++
		}
	}
	return count
}

func (c *tally) expectOnce(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for change, alerts := range c.alerts {
		if alerts != 1 {
			t.Errorf("%d alerts about change %d", alerts, change)
		}
	}
	if len(c.others) > 0 {
		t.Errorf("messages about something else: %q", c.others)
	}
}

// TestPortFails makes the audit log fail in every way. Nothing is lost or repeated, and the
// listener stays ready.
func TestPortFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ fault, reason string }{
		"429":                 {`"status":429,"headers":{"Retry-After":"0"}`, "rate_limited"},
		"401":                 {`"status":401`, "unauthorized"},
		"403":                 {`"status":403`, "forbidden"},
		"422":                 {`"status":422`, "refused"},
		"500":                 {`"status":500`, "unavailable"},
		"504":                 {`"status":504`, "unavailable"},
		"HTML":                {`"status":200,"body":"<html>sign in</html>","headers":{"Content-Type":"text/html"}`, "malformed"},
		"half a response":     {`"drop":"truncate"`, "unavailable"},
		"no response":         {`"drop":"before"`, "unavailable"},
		"an unknown envelope": {`"status":200,"body":{"ok":true,"pages":{"first":1}}`, "malformed"},
		"nothing":             {`"status":200,"body":""`, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook := newSlack(t)
			p := startPort(t)
			p.createService(t, "")
			l := startAsking(t, asking(t, p, t.TempDir(), webhook))
			defer l.stop(t)
			p.call(t, http.MethodPost, "/_emulator/faults", `{"method":"GET","route":"/v1/audit-log",`+test.fault+`}`)
			p.setHealth(t, "cart", "Degraded")
			series := `catch_up_failures_total{reason="` + test.reason + `"}`
			until(t, series, func() bool { return l.metric(t, series) > 0 })
			if status, text := request(t, http.MethodGet, l.adminURL("/readyz")); status != http.StatusOK {
				t.Errorf("/readyz: %d %s", status, text)
			}
			p.emulator.ClearFaults()
			webhook.expect(t, "cart")
			expectNoOther(t, l, webhook)
			if log := l.log.String(); strings.Contains(log, secret) || strings.Contains(log, "sign in") {
				t.Errorf("the log shows what it must not:\n%s", log)
			}
		})
	}
}

// TestPortFailsAtTheFirstStart makes Port fail while a listener without a position starts: changes
// from then on are reported once Port responds.
func TestPortFailsAtTheFirstStart(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	p := startPort(t)
	p.createService(t, "")
	p.setHealth(t, "cart", "Degraded")
	pastSecond(t)
	p.call(t, http.MethodPost, "/_emulator/faults", `{"method":"GET","route":"/v1/audit-log","status":503}`)
	l := startWith(t, asking(t, p, t.TempDir(), webhook))
	defer l.stop(t)
	until(t, "a failure", func() bool { return l.metric(t, `catch_up_failures_total{reason="unavailable"}`) > 0 })
	p.setHealth(t, "shop", "Degraded")
	pastSecond(t)
	p.emulator.ClearFaults()
	webhook.expect(t, "shop")
	expectNoOther(t, l, webhook)
}

// TestClocksDiffer runs a listener whose clock is a minute ahead of or behind Port's.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"behind": -time.Minute, "before": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook := newSlack(t)
			p := startPort(t)
			p.createService(t, "")
			p.setHealth(t, "cart", "Degraded")
			pastSecond(t)
			described := asking(t, p, t.TempDir(), webhook)
			described.Now = func() time.Time { return time.Now().Add(skew) }
			l := startAsking(t, described)
			defer l.stop(t)
			p.setHealth(t, "shop", "Degraded")
			webhook.expect(t, "shop")
			expectNoOther(t, l, webhook)
		})
	}
}

// TestOldChangesAreCounted catches up on changes that are too old to be delivered.
func TestOldChangesAreCounted(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	p := startPort(t)
	p.createService(t, "")
	described := asking(t, p, dir, webhook)
	l := startAsking(t, described)
	l.stop(t)
	p.setHealth(t, "cart", "Degraded")
	pastSecond(t)
	described.Config.CatchUp.MaxAge = time.Millisecond
	l = startWith(t, described)
	defer l.stop(t)
	series := `catch_up_skipped_total{reason="too_old"}`
	until(t, series, func() bool { return l.metric(t, series) > 0 })
	expectNoOther(t, l, webhook)
}

// TestAnotherQueryIsFollowed reloads rules that need another query of the audit log.
func TestAnotherQueryIsFollowed(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	p := startPort(t)
	p.createService(t, "")
	described := asking(t, p, t.TempDir(), webhook)
	edited := editable(&described)
	l := startAsking(t, described)
	defer l.stop(t)
	p.setHealth(t, "cart", "Degraded")
	edited.edit(func(to *config.Config) { to.Rules[0].Blueprints = []string{"service"} })
	if _, err := l.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	webhook.expect(t, "cart")
	until(t, "the other query", func() bool { return strings.Count(l.log.String(), followed) == 2 })
	p.setHealth(t, "shop", "Degraded")
	webhook.expect(t, "shop")
	edited.edit(func(to *config.Config) { to.Rules[0].Actions, to.Rules[0].Property = []string{"DELETE"}, "" })
	if _, err := l.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := l.log.String(); !strings.Contains(log, "missed=deletions rules=[health]") {
		t.Errorf("the log does not say what polling misses:\n%s", log)
	}
}
