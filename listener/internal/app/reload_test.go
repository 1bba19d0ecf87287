package app_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/app"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/tlstest"
)

// source is an editable configuration.
type source struct {
	mu      sync.Mutex
	current config.Config
	err     error
}

// editable makes a listener read its configuration from a source.
func editable(described *app.Options) *source {
	edited := &source{current: *described.Config}
	described.Load = func(config.Try) (*config.Config, error) {
		edited.mu.Lock()
		defer edited.mu.Unlock()
		loaded := edited.current
		return &loaded, edited.err
	}
	return edited
}

// edit changes the configuration. The destinations and rules are copies.
func (s *source) edit(change func(edited *config.Config)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.Destinations = append([]config.Destination(nil), s.current.Destinations...)
	s.current.Rules = append([]config.Rule(nil), s.current.Rules...)
	change(&s.current)
}

// reload requests a reload through the admin API.
func (l *listener) reload(t *testing.T, wantStatus int, wantText string) {
	t.Helper()
	status, text := request(t, http.MethodPost, l.adminURL("/-/reload"))
	if status != wantStatus || !strings.Contains(text, wantText) {
		t.Fatalf("reload: %d %s, want %d %s", status, text, wantStatus, wantText)
	}
}

// TestReload reloads a listener while a request to Slack is in progress.
func TestReload(t *testing.T) {
	t.Parallel()
	unchanged, changed, added := newSlack(t), newSlack(t), newSlack(t)
	described := options(t.TempDir(), unchanged, changed)
	edited := editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	unchanged.respondWith(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		unchanged.respondWith(nil)
		_, _ = io.WriteString(w, "ok")
	})
	l.accept(t, change("cart"))
	<-arrived
	changed.expect(t, "cart")

	edited.edit(func(to *config.Config) {
		to.ClientSecrets = append([]config.Secret{config.NewSecret("another-secret")}, to.ClientSecrets...)
		to.Destinations[1].WebhookURL = config.NewSecret(added.URL + "/services/" + token)
		to.Destinations = append(to.Destinations, config.Destination{
			Name: "d2", WebhookURL: config.NewSecret(changed.URL), Interval: time.Millisecond, DigestAfter: time.Minute, MaxAge: time.Hour,
		})
		to.Rules = append(to.Rules, config.Rule{Rule: rule.Rule{Name: "blueprints", ResourceTypes: []string{"blueprint"}}, Destinations: []string{"d2"}})
	})
	l.reload(t, http.StatusOK, "Client secrets: 2. Destinations: d0, d1, d2. Rules: health, blueprints. Workers: 2 started, 1 stopped, 1 unchanged.\n")
	close(release)

	// The request in progress is the only one for its alert.
	l.accept(t, change("shop"))
	unchanged.expect(t, "shop")
	added.expect(t, "shop")
	body := []byte(`{"action":"CREATE","resourceType":"blueprint","context":{},"diff":{"after":{"identifier":"service","title":"Service"}}}`)
	timestamp := milliseconds()
	if status := l.postSigned(t, timestamp, changelog.Sign("another-secret", timestamp, body), body); status != http.StatusAccepted {
		t.Errorf("the response to an event signed with the new secret is %d", status)
	}
	select {
	case text := <-changed.messages:
		if !strings.HasPrefix(text, "Blueprint Service was created") {
			t.Errorf("the new rule tells %q", text)
		}
	case <-time.After(patience):
		t.Error("the new rule tells nothing")
	}
	for series, want := range map[string]float64{
		`rule_matches_total{rule="blueprints"}`: 1, `rule_matches_total{rule="health"}`: 2,
		`alerts_delivered_total{destination="d2"}`: 1, `config_last_reload_successful`: 1,
	} {
		until(t, series, func() bool { return l.metric(t, series) == want })
	}
	if at := l.metric(t, "config_last_reload_success_timestamp_seconds"); time.Since(time.Unix(int64(at), 0)) > time.Minute {
		t.Errorf("it was reloaded at %v", at)
	}
	if strings.Contains(l.log.String(), "beginning again") {
		t.Errorf("a worker was interrupted:\n%s", l.log)
	}
}

// TestReloadRefuses keeps the configuration if the next one has mistakes.
func TestReloadRefuses(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	described := options(t.TempDir(), webhook)
	edited := editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	original := edited.current
	for name, test := range map[string]struct {
		edit func(to *config.Config)
		err  error
		want string
	}{
		"what cannot be read": {func(*config.Config) {}, errors.New("listener.yaml:3: no"), "stays in use.\nlistener.yaml:3: no\n"},
		"another store":       {func(to *config.Config) { to.Store.MaxBytes *= 2 }, nil, "store cannot change while the listener is running; restart it to apply the change"},
		"other fixed things": {func(to *config.Config) {
			to.Webhook.Path, to.Webhook.MaxBody, to.Destinations[0].MaxAge, to.Webhook.CertFile = "/x", 1, 2*time.Hour, "x"
		}, nil, "destinations.max_age, webhook.max_body, webhook.path, webhook.tls cannot change"},
		"a certificate that is gone": {func(to *config.Config) { to.Webhook.CertFile, to.Webhook.KeyFile = "/no/such/file", "x" }, nil, "webhook.tls cannot change"},
		"an invalid webhook":         {func(to *config.Config) { to.Destinations[0].WebhookURL = config.NewSecret("#hunter2") }, nil, "destination d0: it is not an http or https URL"},
		"no secret":                  {func(to *config.Config) { to.ClientSecrets = nil }, nil, "at least one client secret"},
	} {
		edited.edit(func(to *config.Config) { *to = original })
		edited.edit(test.edit)
		edited.err = test.err
		status, text := request(t, http.MethodPost, l.adminURL("/-/reload"))
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, test.want) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if got := l.metric(t, "config_last_reload_successful"); got != 0 {
			t.Errorf("%s: the metric is %v", name, got)
		}
	}
	l.accept(t, change("cart"))
	webhook.expect(t, "cart")
	if status, _ := request(t, http.MethodGet, l.adminURL("/-/reload")); status != http.StatusMethodNotAllowed {
		t.Errorf("with GET: %d", status)
	}
	if status, _ := request(t, http.MethodPost, "http://"+l.Addr().String()+"/-/reload"); status != http.StatusNotFound {
		t.Errorf("at the public address: %d", status)
	}
	if status, _ := request(t, http.MethodPost, l.adminURL("/-/reload"), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
}

// TestReloadFixesAParkedDestination changes the webhook of a parked destination, and removes
// another destination with pending alerts.
func TestReloadFixesAParkedDestination(t *testing.T) {
	t.Parallel()
	gone, fixed, removed := newSlack(t), newSlack(t), newSlack(t)
	notThere := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) }
	gone.respondWith(notThere)
	removed.respondWith(notThere)
	described := options(t.TempDir(), gone, removed)
	edited := editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	l.accept(t, change("cart"))
	for _, destination := range []string{"d0", "d1"} {
		until(t, destination+" is parked", func() bool { return l.metric(t, `destination_parked{destination="`+destination+`"}`) == 1 })
	}
	edited.edit(func(to *config.Config) {
		to.Destinations = to.Destinations[:1]
		to.Destinations[0].WebhookURL = config.NewSecret(fixed.URL)
		to.Rules[0].Destinations = []string{"d0"}
	})
	l.reload(t, http.StatusOK, "Workers: 1 started, 2 stopped, 0 unchanged.")
	fixed.expect(t, "cart")
	until(t, "what waited for the other is a dead letter", func() bool { return l.metric(t, `dead_letters{destination="d1"}`) == 1 })
	if buried := l.metric(t, `dead_letters_total{destination="d1",reason="destination_removed"}`); buried != 1 {
		t.Errorf("%v are counted", buried)
	}
	l.accept(t, change("shop"))
	fixed.expect(t, "shop")
}

// TestReloadWaitsForNoRequest reloads during slow requests for destinations that change or are
// removed.
func TestReloadWaitsForNoRequest(t *testing.T) {
	t.Parallel()
	slow, goes := newSlack(t), newSlack(t)
	described := options(t.TempDir(), slow, goes)
	edited := editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	for _, webhook := range []*fakeSlack{slow, goes} {
		webhook.respondWith(func(w http.ResponseWriter, _ *http.Request) {
			arrived <- struct{}{}
			<-release
			webhook.respondWith(nil)
			_, _ = io.WriteString(w, "ok")
		})
	}
	l.accept(t, change("cart"))
	<-arrived
	<-arrived
	l.accept(t, change("shop"))
	for _, destination := range []string{"d0", "d1"} {
		until(t, "both alerts wait", func() bool { return l.metric(t, `alerts_pending{destination="`+destination+`"}`) == 2 })
	}
	both := edited.current
	edited.edit(func(to *config.Config) {
		to.Destinations = to.Destinations[:1]
		to.Destinations[0].DigestAfter, to.Destinations[0].MaxAge = 2*time.Minute, time.Minute
		to.Rules[0].Destinations = []string{"d0"}
	})
	l.reload(t, http.StatusOK, "Workers: 1 started, 2 stopped, 0 unchanged.")
	edited.edit(func(to *config.Config) { *to = both })
	l.reload(t, http.StatusOK, "Workers: 2 started, 1 stopped, 0 unchanged.")
	close(release)
	slow.expect(t, "shop")
	goes.expect(t, "shop")
	for series, want := range map[string]float64{
		`alerts_delivered_total{destination="d0"}`: 2, `alerts_delivered_total{destination="d1"}`: 2, `dead_letters{destination="d1"}`: 0,
	} {
		until(t, series, func() bool { return l.metric(t, series) == want })
	}
	if strings.Contains(l.log.String(), "beginning again") {
		t.Errorf("a worker was interrupted:\n%s", l.log)
	}
}

// TestStopWhileTheConfigurationIsRead stops a listener while reading its file hangs.
func TestStopWhileTheConfigurationIsRead(t *testing.T) {
	t.Parallel()
	described := options(t.TempDir(), newSlack(t))
	reading, forever := make(chan struct{}), make(chan struct{})
	described.Load = func(config.Try) (*config.Config, error) {
		close(reading)
		<-forever
		return described.Config, nil
	}
	l := startWith(t, described)
	reloaded := make(chan error, 1)
	go func() {
		_, err := l.Reload(t.Context())
		reloaded <- err
	}()
	<-reading
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Reload(waiting); err == nil || err.Error() != "another reload is in progress: context canceled" {
		t.Errorf("a second reload: %v", err)
	}
	stopping, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := l.Stop(stopping); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopping: %v", err)
	}
	close(forever)
	if err := <-reloaded; err == nil || err.Error() != "the listener is starting or stopping" {
		t.Errorf("the reload: %v", err)
	}
}

// TestReloadsFollowEachOther reloads while events arrive: nothing is lost, and no lane has two
// notifiers.
func TestReloadsFollowEachOther(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	described := options(t.TempDir(), webhook)
	edited := editable(&described)
	l := startWith(t, described)
	const reloads = 10
	for i := range reloads {
		l.accept(t, change(fmt.Sprint("entity-", i)))
		edited.edit(func(to *config.Config) { to.Destinations[0].DigestAfter += time.Minute })
		l.reload(t, http.StatusOK, "Workers: 1 started, 1 stopped, 0 unchanged.")
	}
	for i := range reloads {
		webhook.expect(t, fmt.Sprint("entity-", i))
	}
	l.stop(t)
	if len(webhook.messages) > 0 {
		t.Errorf("something is reported twice: %s", <-webhook.messages)
	}
	if _, err := l.Reload(context.Background()); err == nil {
		t.Error("a listener that has stopped is reloaded")
	}
}

// TestReloadRenewsTheCertificate replaces the certificate files.
func TestReloadRenewsTheCertificate(t *testing.T) {
	t.Parallel()
	described := options(t.TempDir(), newSlack(t))
	certFile, keyFile := tlstest.Certificate(t)
	described.Config.Webhook.CertFile, described.Config.Webhook.KeyFile = certFile, keyFile
	editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	before := served(t, l)
	newCert, newKey := tlstest.Certificate(t)
	for from, to := range map[string]string{newCert: certFile, newKey: keyFile} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l.reload(t, http.StatusOK, "1 unchanged.")
	if served(t, l) == before {
		t.Error("the certificate is still the old one")
	}
}

// served returns the certificate of the public address.
func served(t *testing.T, l *listener) string {
	t.Helper()
	connection, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	return string(connection.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw)
}

// TestReloadEntersAnotherSmeeChannel changes from no channel to one, to another and back.
func TestReloadEntersAnotherSmeeChannel(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	described := options(t.TempDir(), webhook)
	edited := editable(&described)
	l := startWith(t, described)
	defer l.stop(t)
	for _, entity := range []string{"cart", "shop"} {
		channel := newSmee(t, []byte(strings.Join(strings.Fields(string(change(entity))), "")))
		edited.edit(func(to *config.Config) { to.Smee.URL = config.NewSecret(channel) })
		l.reload(t, http.StatusOK, "1 unchanged.")
		webhook.expect(t, entity)
		until(t, "it is connected", func() bool { return l.metric(t, "smee_connected") == 1 })
	}
	edited.edit(func(to *config.Config) { to.Smee.URL = config.Secret{} })
	l.reload(t, http.StatusOK, "1 unchanged.")
	until(t, "there is no channel", func() bool {
		_, shown := request(t, http.MethodGet, l.adminURL("/metrics"))
		return !strings.Contains(shown, "smee_")
	})
}
