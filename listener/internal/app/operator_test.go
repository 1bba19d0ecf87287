package app_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/tlstest"
)

// request sends a request and returns the status and the body.
func request(t *testing.T, method, url string, header ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func (l *listener) adminURL(path string) string { return "http://" + l.AdminAddr().String() + path }

// metric reads one series, by its name and labels in Prometheus format.
func (l *listener) metric(t *testing.T, series string) float64 {
	t.Helper()
	status, text := request(t, http.MethodGet, l.adminURL("/metrics"))
	if status != http.StatusOK {
		t.Fatalf("the response to the metrics request is %d", status)
	}
	match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta("port_listener_"+series) + ` (\S+)$`).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("there is no %s in\n%s", series, text)
	}
	value, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("timed out waiting for: %s", what)
		case <-tick.C:
		}
	}
}

// TestTheOperatorSeesAndUnparks parks and unparks a destination.
func TestTheOperatorSeesAndUnparks(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	if status, text := request(t, http.MethodPost, l.adminURL("/-/unpark?destination=d0")); status != http.StatusOK || !strings.Contains(text, "is not parked") {
		t.Errorf("one that is not parked: %d %s", status, text)
	}
	event := change("cart")
	l.accept(t, event)
	l.accept(t, event)
	l.accept(t, []byte(`{}`))
	l.postSigned(t, milliseconds(), "v1,AAAA", event)
	until(t, "the destination is parked", func() bool { return l.metric(t, `destination_parked{destination="d0"}`) == 1 })
	until(t, "everything is evaluated", func() bool { return l.metric(t, "events_unevaluated") == 0 })
	for series, want := range map[string]float64{
		`events_received_total{result="stored",source="webhook"}`:       2,
		`events_received_total{result="duplicate",source="webhook"}`:    1,
		`events_received_total{result="unauthorized",source="webhook"}`: 1,
		`signature_failures_total{reason="malformed"}`:                  1,
		`events_unmatched_total`:                                        1,
		`alerts_pending{destination="d0"}`:                              1,
		`alerts_delivered_total{destination="d0"}`:                      0,
		`sends_failed_total{destination="d0",reason="destination"}`:     1,
		`dead_letters{destination="d0"}`:                                0,
		`dead_letters_total{destination="d0",reason="refused"}`:         0,
		`destination_paused{destination="d0"}`:                          0,
		`store_lost`:                                                    0,
	} {
		if got := l.metric(t, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if oldest := l.metric(t, `alerts_oldest_seconds{destination="d0"}`); oldest <= 0 || oldest > 60 {
		t.Errorf("the oldest alert has waited for %v s", oldest)
	}
	// An outage of Slack does not make the listener unready.
	if status, text := request(t, http.MethodGet, l.adminURL("/readyz")); status != http.StatusOK || text != "ok\n" {
		t.Errorf("readyz: %d %s", status, text)
	}

	webhook.respondWith(nil)
	for query, want := range map[string]int{"": 404, "?destination=other": 404} {
		if status, text := request(t, http.MethodPost, l.adminURL("/-/unpark"+query)); status != want || !strings.Contains(text, "d0") {
			t.Errorf("unpark%s: %d %s", query, status, text)
		}
	}
	if status, _ := request(t, http.MethodGet, l.adminURL("/-/unpark?destination=d0")); status != http.StatusMethodNotAllowed {
		t.Errorf("with GET: %d", status)
	}
	if status, _ := request(t, http.MethodPost, l.adminURL("/-/unpark?destination=d0"), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	if status, text := request(t, http.MethodPost, l.adminURL("/-/unpark?destination=d0")); status != http.StatusAccepted || !strings.Contains(text, "being retried now") {
		t.Errorf("unpark: %d %s", status, text)
	}
	webhook.expect(t, "cart")
	until(t, "the destination is no longer parked", func() bool { return l.metric(t, `destination_parked{destination="d0"}`) == 0 })
	until(t, "the delivery is counted", func() bool { return l.metric(t, `alerts_delivered_total{destination="d0"}`) == 1 })
	if seconds := l.metric(t, `delivery_seconds_count{destination="d0"}`); seconds != 1 {
		t.Errorf("%v latencies", seconds)
	}
}

// TestOnlyTheOperatorReachesTheMetrics requests the metrics from the public address.
func TestOnlyTheOperatorReachesTheMetrics(t *testing.T) {
	t.Parallel()
	l := start(t, t.TempDir(), newSlack(t))
	defer l.stop(t)
	for _, path := range []string{"/metrics", "/-/unpark", "/-/unpark?destination=d0", "/-/", "/-/destinations", "/-/dlq", "/-/dlq/replay", "/-/dlq/drop"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, _ := request(t, method, "http://"+l.Addr().String()+path); status != http.StatusNotFound {
				t.Errorf("the response to %s %s is %d", method, path, status)
			}
		}
	}
}

// TestOtherSitesChangeNothing posts to the admin address as a page of another site would do through
// the operator's browser.
func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	l := start(t, t.TempDir(), newSlack(t))
	defer l.stop(t)
	for _, path := range []string{"/-/unpark?destination=d0", "/-/dlq/replay", "/-/dlq/drop"} {
		if status, _ := request(t, http.MethodPost, l.adminURL(path), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
			t.Errorf("the response to POST %s is %d", path, status)
		}
		if status, _ := request(t, http.MethodPost, l.adminURL(path), "Origin", l.adminURL(""), "Sec-Fetch-Site", "same-origin"); status != http.StatusForbidden {
			t.Errorf("the response to POST %s by a page of the same name is %d", path, status)
		}
		if status, text := request(t, http.MethodGet, l.adminURL(path)); status != http.StatusMethodNotAllowed || !strings.Contains(text, "Only POST") {
			t.Errorf("the response to GET %s is %d %s", path, status, text)
		}
	}
	if status, text := request(t, http.MethodGet, l.adminURL("/-/destinations")); status != http.StatusOK || text != `{"destinations":[{"name":"d0","state":"delivering","pending":0,"dead_letters":0}]}`+"\n" {
		t.Errorf("the destinations: %d %s", status, text)
	}
}

// TestNothingShowsASecret causes every failure and reads all output.
func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	gone, down := newSlack(t), newSlack(t)
	gone.respondWith(func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.Path, http.StatusForbidden) })
	down.Close()
	l := start(t, t.TempDir(), gone, down)
	l.accept(t, change("cart"))
	l.postSigned(t, milliseconds(), "v1,AAAA", change("cart"))
	until(t, "both have failed", func() bool {
		return l.metric(t, `sends_failed_total{destination="d0",reason="intercepted"}`) >= 1 && l.metric(t, `sends_failed_total{destination="d1",reason="unavailable"}`) >= 1
	})
	var shown strings.Builder
	for _, path := range []string{"/metrics", "/readyz", "/healthz", "/-/unpark?destination=x", "/-/destinations", "/-/dlq"} {
		_, text := request(t, http.MethodGet, l.adminURL(path))
		shown.WriteString(text)
	}
	l.stop(t)
	shown.WriteString(l.log.String())
	for _, hidden := range []string{secret, token, "/services/"} {
		if strings.Contains(shown.String(), hidden) {
			t.Errorf("%q is shown in\n%s", hidden, shown.String())
		}
	}
}

// TestReadyzReportsDamage damages a store between two runs.
func TestReadyzReportsDamage(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	l := start(t, dir, webhook)
	l.accept(t, change("cart"))
	until(t, "the destination is parked", func() bool { return l.metric(t, `destination_parked{destination="d0"}`) == 1 })
	l.stop(t)
	database := filepath.Join(dir, "events.db")
	content, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(string(content), "Crashed", "Crushed", 1)
	if err := os.WriteFile(database, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	l = start(t, dir, webhook)
	defer l.stop(t)
	status, text := request(t, http.MethodGet, l.adminURL("/readyz"))
	if status != http.StatusOK || !strings.Contains(text, "1 stored events or alerts were lost") || !strings.Contains(text, "damaged") {
		t.Errorf("readyz: %d %s", status, text)
	}
	if lost := l.metric(t, "store_lost"); lost != 1 {
		t.Errorf("%v are counted as lost", lost)
	}
}

// TestARemovedDestination restarts without one of two destinations.
func TestARemovedDestination(t *testing.T) {
	t.Parallel()
	remaining, removed, dir := newSlack(t), newSlack(t), t.TempDir()
	removed.respondWith(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	l := start(t, dir, remaining, removed)
	l.accept(t, change("cart"))
	remaining.expect(t, "cart")
	until(t, "the alert waits", func() bool { return l.metric(t, `alerts_pending{destination="d1"}`) == 1 })
	l.stop(t)
	l = start(t, dir, remaining)
	defer l.stop(t)
	until(t, "its alert is a dead letter", func() bool {
		return strings.Contains(l.log.String(), "alerts for a removed destination")
	})
}

// TestStorm reports a thousand changes through a Slack that accepts one message a second and
// refuses faster ones. Everything runs at twenty times the real speed, except in make soak.
func TestStorm(t *testing.T) {
	t.Parallel()
	const changes = 1000
	interval, storm, limit := 50*time.Millisecond, 500*time.Millisecond, 60*time.Second
	if os.Getenv("LISTENER_SOAK") != "" {
		interval, storm, limit = time.Second, 10*time.Second, 90*time.Second
	}
	webhook := newSlack(t)
	reported, refused := make(map[string]int), 0
	var last time.Time
	done := make(chan struct{})
	names := regexp.MustCompile(`(?:Change in |\*)(entity-\d+)`)
	webhook.inspect = func(text string) int {
		// The webhook serves one request at a time, as the notifier sends them.
		now := time.Now()
		if now.Sub(last) < interval {
			refused++
			return http.StatusTooManyRequests
		}
		last = now
		for _, named := range names.FindAllStringSubmatch(text, -1) {
			reported[named[1]]++
		}
		if len(reported) == changes {
			close(done)
		}
		return http.StatusOK
	}
	described := options(t.TempDir(), webhook)
	described.Config.Destinations[0].Interval, described.Config.Destinations[0].DigestAfter = interval, 60*interval
	l := startWith(t, described)
	defer l.stop(t)
	began := time.Now()
	pace := time.NewTicker(storm / changes)
	defer pace.Stop()
	for i := range changes {
		<-pace.C
		l.accept(t, change(fmt.Sprint("entity-", i)))
	}
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%d of %d changes were reported within %s", len(reported), changes, limit)
	}
	took := time.Since(began)
	l.stop(t)
	t.Logf("%d changes reported within %s", len(reported), took)
	if refused > 0 {
		t.Errorf("%d messages came too early", refused)
	}
	for name, times := range reported {
		if times != 1 {
			t.Errorf("%s was reported %d times", name, times)
		}
	}
}

// TestTLS serves HTTPS only on the public address.
func TestTLS(t *testing.T) {
	t.Parallel()
	described := options(t.TempDir(), newSlack(t))
	described.Config.Webhook.CertFile, described.Config.Webhook.KeyFile = tlstest.Certificate(t)
	l := startWith(t, described)
	defer l.stop(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+l.Addr().String()+"/readyz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.TLS.Version < tls.VersionTLS12 {
		t.Errorf("the status is %d over TLS %x", response.StatusCode, response.TLS.Version)
	}
	if status := get(t, l.adminURL("/readyz")); status != http.StatusOK {
		t.Errorf("the admin address: %d", status)
	}
}

// TestAHugeHeaderIsRefused sends far too large headers.
func TestAHugeHeaderIsRefused(t *testing.T) {
	t.Parallel()
	l := start(t, t.TempDir(), newSlack(t))
	defer l.stop(t)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, _ = io.WriteString(connection, "POST /api/slack HTTP/1.1\r\nHost: x\r\nX-Filler: "+strings.Repeat("x", 200<<10)+"\r\n\r\n")
	response := make([]byte, 64)
	n, _ := connection.Read(response)
	if !strings.HasPrefix(string(response[:n]), "HTTP/1.1 431") {
		t.Errorf("the response is %q", response[:n])
	}
}

// startWith starts a listener with the given options.
func startWith(t *testing.T, described app.Options) *listener {
	t.Helper()
	log := &testlog.Buffer{}
	described.Logger = slog.New(slog.NewTextHandler(log, nil))
	created, err := app.New(described)
	if err != nil {
		t.Fatal(err)
	}
	if err := created.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	return &listener{App: created, log: log}
}
