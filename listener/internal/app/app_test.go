package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

const (
	secret = "k7-client-secret"
	token  = "sEcReTtOkEn"
	// patience limits every wait in these tests.
	patience = 30 * time.Second
)

// fakeSlack is an incoming webhook. It responds with "ok" unless the test sets another response.
type fakeSlack struct {
	*httptest.Server
	messages chan string
	respond  atomic.Pointer[http.HandlerFunc]
	// inspect, if it is set before the listener starts, determines the response to each message.
	inspect func(text string) (status int)
}

// newSlack starts a webhook that yields the header of each accepted message.
func newSlack(t *testing.T) *fakeSlack {
	t.Helper()
	fake := &fakeSlack{messages: make(chan string, 100)}
	fake.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct {
			Text   string           `json:"text"`
			Blocks []map[string]any `json:"blocks"`
		}
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Errorf("Slack was sent no JSON: %v", err)
		}
		if fake.inspect != nil {
			if status := fake.inspect(message.Text); status != http.StatusOK {
				w.WriteHeader(status)
				return
			}
			_, _ = io.WriteString(w, "ok")
			return
		}
		if respond := fake.respond.Load(); respond != nil {
			(*respond)(w, r)
			return
		}
		_, _ = io.WriteString(w, "ok")
		fake.messages <- message.Text
	}))
	t.Cleanup(fake.Close)
	return fake
}

// respondWith sets another response, or "ok" again for nil.
func (f *fakeSlack) respondWith(respond http.HandlerFunc) {
	if respond == nil {
		f.respond.Store(nil)
		return
	}
	f.respond.Store(&respond)
}

func (f *fakeSlack) expect(t *testing.T, entities ...string) {
	t.Helper()
	for _, entity := range entities {
		select {
		case text := <-f.messages:
			if !strings.Contains(text, "Change in "+entity+" health status: ") {
				t.Fatalf("the message reads %q, and is not about %s", text, entity)
			}
		case <-time.After(patience):
			t.Fatalf("no message about %s", entity)
		}
	}
}

// listener is an application under test.
type listener struct {
	*app.App
	log *testlog.Buffer
}

// options returns options for a listener with one destination for each webhook.
func options(dir string, webhooks ...*fakeSlack) app.Options {
	loaded := &config.Config{
		ClientSecrets: []config.Secret{config.NewSecret(secret)},
		Webhook:       config.Webhook{Path: "/api/slack", MaxBody: 64 << 10, Tolerance: changelog.DefaultTolerance},
		Store:         config.Store{Dir: dir, MaxBytes: 64 << 20, MaxAge: time.Hour},
	}
	for i, webhook := range webhooks {
		loaded.Destinations = append(loaded.Destinations, config.Destination{
			Name: fmt.Sprint("d", i), WebhookURL: config.NewSecret(webhook.URL + "/services/" + token), Interval: time.Millisecond,
			DigestAfter: time.Minute, MaxAge: time.Hour,
		})
	}
	loaded.Rules = []config.Rule{{Rule: rule.DefaultHealth(), Destinations: loaded.DestinationNames()}}
	return app.Options{
		Config: loaded, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Version: "test",
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

func start(t *testing.T, dir string, webhooks ...*fakeSlack) *listener {
	t.Helper()
	return startWith(t, options(dir, webhooks...))
}

func (l *listener) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// change returns a changelog event of an entity whose health has changed.
func change(entity string) []byte {
	return fmt.Appendf(nil, `{"action":"UPDATE","resourceType":"entity","status":"SUCCESS",
		"trigger":{"by":{"orgId":"o","userId":"ada"},"at":%q,"origin":"API"},"context":{"entity":%[2]q,"blueprint":"service"},
		"diff":{"before":{"identifier":%[2]q,"blueprint":"service","properties":{"healthStatus":"Healthy"}},
		        "after":{"identifier":%[2]q,"blueprint":"service","properties":{"healthStatus":"Crashed"}}}}`,
		time.Now().UTC().Format(time.RFC3339Nano), entity)
}

// asAutomation returns the copy of such an event that an automation sends.
func asAutomation(event []byte) []byte {
	text := strings.Replace(string(event), `"status":"SUCCESS",`, "", 1)
	text = strings.Replace(text, `"context":{"entity":`, `"context":{"entityIdentifier":`, 1)
	text = strings.Replace(text, `"blueprint":"service"},
		"diff"`, `"blueprintIdentifier":"service"},"run":{"id":"r_1"},
		"diff"`, 1)
	return []byte(strings.ReplaceAll(text, `"blueprint":"service","properties"`, `"blueprint":"service","icon":null,"team":[],"properties"`))
}

// post sends a body as Port does, signed at the given time, and returns the status.
func (l *listener) post(t *testing.T, timestamp string, body []byte) int {
	t.Helper()
	return l.postSigned(t, timestamp, changelog.Sign(secret, timestamp, body), body)
}

func (l *listener) postSigned(t *testing.T, timestamp, signature string, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+"/api/slack", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, signature)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func milliseconds() string { return strconv.FormatInt(time.Now().UnixMilli(), 10) }

// accept posts an event that must be accepted.
func (l *listener) accept(t *testing.T, body []byte) {
	t.Helper()
	if status := l.post(t, milliseconds(), body); status != http.StatusAccepted {
		t.Fatalf("the response to the event is %d", status)
	}
}

func TestAChangeAlerts(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	if status := l.post(t, milliseconds(), change("cart")); status != http.StatusAccepted {
		t.Errorf("signed in milliseconds: %d", status)
	}
	if status := l.post(t, strconv.FormatInt(time.Now().Unix(), 10), change("shop")); status != http.StatusAccepted {
		t.Errorf("signed in seconds: %d", status)
	}
	webhook.expect(t, "cart", "shop")
}

func TestOneChangeByTwoRoutesAlertsOnce(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	event := change("cart")
	for _, body := range [][]byte{event, asAutomation(event), event, change("shop")} {
		l.accept(t, body)
	}
	webhook.expect(t, "cart", "shop")
}

func TestRefusedEventsNeverReachSlack(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	now, event := milliseconds(), change("refused")
	large := bytes.Replace(event, []byte("{"), []byte(`{"x":"`+strings.Repeat("x", 64<<10)+`",`), 1)
	old := strconv.FormatInt(time.Now().Add(-10*time.Minute).UnixMilli(), 10)
	for name, status := range map[string]struct{ got, want int }{
		"a wrong signature": {l.postSigned(t, now, changelog.Sign("other", now, event), event), http.StatusUnauthorized},
		"an old timestamp":  {l.post(t, old, event), http.StatusUnauthorized},
		"no headers":        {l.postSigned(t, "", "", event), http.StatusUnauthorized},
		"an oversized body": {l.post(t, now, large), http.StatusRequestEntityTooLarge},
		"broken JSON":       {l.post(t, now, event[:len(event)-1]), http.StatusBadRequest},
	} {
		if status.got != status.want {
			t.Errorf("the response to %s is %d, want %d", name, status.got, status.want)
		}
	}
	l.accept(t, change("cart"))
	webhook.expect(t, "cart")
}

func TestUnmatchedEventsAreAcceptedWithoutAnAlert(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	for _, body := range []string{
		`{}`,
		strings.Replace(string(change("x")), "UPDATE", "DELETE", 1),
		strings.Replace(string(change("x")), "SUCCESS", "FAILURE", 1),
		strings.Replace(string(change("x")), "Crashed", "Healthy", 1),
		`{"action":"TIMER_EXPIRED","resourceType":"entity","context":{"blueprint":"service","entity":"x"}}`,
	} {
		l.accept(t, []byte(body))
	}
	l.accept(t, change("cart"))
	webhook.expect(t, "cart")
}

func TestSlackComesBack(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	var failures atomic.Int32
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) {
		if failures.Add(1) == 2 {
			webhook.respondWith(nil)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	l.accept(t, change("cart"))
	l.accept(t, change("shop"))
	webhook.expect(t, "cart", "shop")
}

func TestARestartKeepsAlerts(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	failed := make(chan struct{}, 100)
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		failed <- struct{}{}
	})
	first := start(t, dir, webhook)
	event := change("cart")
	first.accept(t, event)
	first.accept(t, change("shop"))
	<-failed
	first.stop(t)

	webhook.respondWith(nil)
	second := start(t, dir, webhook)
	defer second.stop(t)
	second.accept(t, event)
	second.accept(t, change("till"))
	webhook.expect(t, "cart", "shop", "till")
}

func TestARefusedMessageDoesNotHoldUpTheNext(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	var refusals atomic.Int32
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) {
		// The blocks and the plain text of the first message.
		if refusals.Add(1) == 2 {
			webhook.respondWith(nil)
		}
		http.Error(w, "invalid_payload", http.StatusBadRequest)
	})
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	l.accept(t, change("cart"))
	l.accept(t, change("shop"))
	webhook.expect(t, "shop")
	if log := l.log.String(); !strings.Contains(log, "alert given up") || !strings.Contains(log, "about=service:cart") {
		t.Errorf("the log does not tell of the lost alert:\n%s", log)
	}
}

func TestABrokenDestinationDelaysNoOther(t *testing.T) {
	t.Parallel()
	broken, sound := newSlack(t), newSlack(t)
	broken.respondWith(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	l := start(t, t.TempDir(), broken, sound)
	defer l.stop(t)
	l.accept(t, change("cart"))
	l.accept(t, change("shop"))
	sound.expect(t, "cart", "shop")
}

// TestStoppingFinishesDeliveries stops while Slack is slow: the sender already has its response,
// the operator sees that the listener is stopping, and the alert is sent once.
func TestStoppingFinishesDeliveries(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	arrived, release := make(chan struct{}), make(chan struct{})
	webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) {
		webhook.respondWith(nil)
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "ok")
	})
	l := start(t, dir, webhook)
	l.accept(t, change("cart"))
	<-arrived
	l.accept(t, change("shop"))

	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(t.Context()) }()
	deadline := time.Now().Add(patience)
	for get(t, "http://"+l.AdminAddr().String()+"/readyz") != http.StatusServiceUnavailable {
		if time.Now().After(deadline) {
			t.Fatal("the listener is ready while it stops")
		}
	}
	close(release)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}

	again := start(t, dir, webhook)
	defer again.stop(t)
	webhook.expect(t, "shop")
}

func get(t *testing.T, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	l := start(t, t.TempDir(), newSlack(t))
	defer l.stop(t)
	public, admin := "http://"+l.Addr().String(), "http://"+l.AdminAddr().String()
	for url, want := range map[string]int{
		public + "/healthz":    200,
		public + "/readyz":     200,
		admin + "/healthz":     200,
		admin + "/readyz":      200,
		public + "/api/slack":  405,
		admin + "/api/slack":   404,
		public + "/api/slack/": 404,
		public + "//api/slack": 404,
		public + "/":           404,
	} {
		if got := get(t, url); got != want {
			t.Errorf("the response to %s is %d, want %d", url, got, want)
		}
	}
}

func TestAFailedStartLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	webhook, dir := newSlack(t), t.TempDir()
	running := start(t, t.TempDir(), webhook)
	defer running.stop(t)
	for name, change := range map[string]func(*app.Options){
		"the address is taken":        func(o *app.Options) { o.Listen = running.Addr().String() },
		"the admin address is taken":  func(o *app.Options) { o.AdminListen = running.AdminAddr().String() },
		"the address has no port":     func(o *app.Options) { o.Listen = "127.0.0.1" },
		"the admin address is absent": func(o *app.Options) { o.AdminListen = "" },
	} {
		described := options(dir, webhook)
		change(&described)
		created, err := app.New(described)
		if err != nil {
			t.Fatal(err)
		}
		if err := created.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A listener that failed to start has released the data directory.
	l := start(t, dir, webhook)
	defer l.stop(t)

	second, err := app.New(options(dir, webhook))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); !errors.Is(err, queue.ErrLocked) {
		t.Errorf("a second listener on one directory: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	described := options(t.TempDir(), newSlack(t))
	described.Config.ClientSecrets = nil
	if _, err := app.New(described); err == nil {
		t.Error("a listener without a secret was made")
	}
	described = options(t.TempDir(), newSlack(t))
	described.Config.Destinations[0].WebhookURL = config.NewSecret("nowhere/" + token)
	if _, err := app.New(described); err == nil || strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "d0") {
		t.Errorf("a destination without a URL: %v", err)
	}
}

// TestTheLogContainsNoSecrets causes every failure that is logged.
func TestTheLogContainsNoSecrets(t *testing.T) {
	t.Parallel()
	gone, echo, sound := newSlack(t), newSlack(t), newSlack(t)
	gone.Close()
	echo.respondWith(func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.Path, http.StatusForbidden) })
	l := start(t, t.TempDir(), gone, echo, sound)
	event := change("cart")
	l.accept(t, event)
	l.postSigned(t, milliseconds(), "v1,AAAA", event)
	sound.expect(t, "cart")
	for deadline := time.Now().Add(patience); !strings.Contains(l.log.String(), "Slack is unavailable") || !strings.Contains(l.log.String(), "did not come from Slack"); {
		if time.Now().After(deadline) {
			t.Fatalf("the log reads\n%s", l.log)
		}
		get(t, "http://"+l.Addr().String()+"/healthz")
	}
	l.stop(t)
	for _, hidden := range []string{secret, token, "/services/", "Healthy"} {
		if strings.Contains(l.log.String(), hidden) {
			t.Errorf("the log holds %q:\n%s", hidden, l.log)
		}
	}
}
