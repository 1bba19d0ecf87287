package doctor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/automation"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/doctor"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const (
	clientSecret = "k7-client-secret"
	slackToken   = "sEcReTtOkEn"
)

// world is Port, a listener and Slack, each of which can be broken.
type world struct {
	options doctor.Options
	client  *port.Client
	port    *httptest.Server
	// Alternative handlers for Port, the listener and Slack, or nil.
	portHandler, listenerHandler, slackHandler http.HandlerFunc
	// portClock is added to the time in Port's responses.
	portClock time.Duration
	posted    atomic.Int32
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	e, err := emulator.New(emulator.Options{ClientID: "cid", ClientSecret: clientSecret})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Seed(strings.NewReader(`{"blueprints":[{"identifier":"service","title":"S","schema":{"properties":{"healthStatus":{"type":"string"}}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w.port = serve(t, func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Date", time.Now().Add(w.portClock).UTC().Format(http.TimeFormat))
		if w.portHandler != nil {
			w.portHandler(response, request)
			return
		}
		e.ServeHTTP(response, request)
	})
	listener := serve(t, func(response http.ResponseWriter, request *http.Request) {
		if w.listenerHandler != nil {
			w.listenerHandler(response, request)
			return
		}
		w.listen(t, response, request)
	})
	slack := serve(t, func(response http.ResponseWriter, request *http.Request) {
		w.posted.Add(1)
		if w.slackHandler != nil {
			w.slackHandler(response, request)
			return
		}
		if body, _ := io.ReadAll(request.Body); string(body) != "{}" {
			t.Errorf("Slack was sent %s", body)
		}
		respondWith(http.StatusBadRequest, "no_text")(response, request)
	})
	w.options = doctor.Options{
		Address: listener.URL + "/api/slack", Regions: map[string]string{"EU": w.port.URL}, UserAgent: "test", Now: time.Now,
		Connect: func(base string, through http.RoundTripper) (*port.Client, error) {
			secrets := w.options.Config.ClientSecrets
			return port.New(base, port.WithCredentials("cid", secrets[0].Reveal()), port.WithTransport(through), port.WithMaxRetries(0), port.WithRequestTimeout(5*time.Second))
		},
		Config: &config.Config{
			ClientSecrets: []config.Secret{config.NewSecret(clientSecret)},
			Port:          config.Port{ClientID: "cid", BaseURL: w.port.URL},
			Webhook:       config.Webhook{Tolerance: 5 * time.Minute},
			Destinations:  []config.Destination{{Name: "default", WebhookURL: config.NewSecret(slack.URL + "/services/" + slackToken)}},
			Rules:         []config.Rule{{Rule: rule.DefaultHealth()}},
		},
	}
	w.client, err = port.New(w.port.URL, port.WithCredentials("cid", clientSecret))
	if err != nil {
		t.Fatal(err)
	}
	w.report(t, nil)
	return w
}

// serve starts a server.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// report creates the automation of setup, with some keys changed.
func (w *world) report(t *testing.T, change func(action port.Action)) {
	t.Helper()
	needed, err := automation.Derive([]rule.Rule{rule.DefaultHealth()}, nil, []port.Blueprint{{Identifier: "service", Schema: port.Schema{Properties: map[string]port.Property{"healthStatus": {}}}}})
	if err != nil {
		t.Fatal(err)
	}
	action := needed.Automations[0].Action(w.options.Address)
	if change == nil {
		if _, err := w.client.Actions.Create(t.Context(), action); err != nil {
			t.Fatal(err)
		}
		return
	}
	change(action)
	if _, err := w.client.Actions.Update(t.Context(), "report_service", action); err != nil {
		t.Fatal(err)
	}
}

// listen responds as a listener does.
func (w *world) listen(t *testing.T, response http.ResponseWriter, request *http.Request) {
	t.Helper()
	verifier, err := changelog.NewVerifier([]string{clientSecret}, time.Minute, time.Now)
	if err != nil {
		t.Error(err)
		return
	}
	body, _ := io.ReadAll(request.Body)
	if _, err := verifier.Verify(request.Header.Get(changelog.SignatureHeader), request.Header.Get(changelog.TimestampHeader), body); err != nil {
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	event, err := changelog.Parse(body)
	if err != nil || event.ResourceType != changelog.ResourceTest {
		t.Errorf("the listener was sent %s (%v)", body, err)
		return
	}
	for _, r := range []rule.Rule{rule.DefaultHealth(), {ResourceTypes: []string{changelog.ResourceTest}}, {}} {
		if r.Match(event).Matches {
			t.Errorf("the rule %+v matches a test", r)
		}
	}
	response.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(response, ingest.TestResponse(event.Context.Entity))
}

func respondWith(status int, text string) http.HandlerFunc {
	return func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain")
		response.WriteHeader(status)
		_, _ = io.WriteString(response, text)
	}
}

// on responds to requests to one path of Port's API; the emulator handles the others.
func (w *world) on(path string, status int) {
	inner := w.port.Config.Handler
	w.port.Config.Handler = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path != path {
			inner.ServeHTTP(response, request)
			return
		}
		response.Header().Set("Content-Type", "application/json")
		response.WriteHeader(status)
		_ = json.NewEncoder(response).Encode(map[string]any{"ok": false, "error": "no", "message": "No."})
	})
}

// findings returns the findings of a run, one per line, with the addresses replaced.
func (w *world) findings(t *testing.T) []string {
	t.Helper()
	var lines []string
	listener, _, _ := strings.Cut(w.options.Address, "/api/")
	doctor.Run(t.Context(), w.options, func(found doctor.Finding) {
		line := fmt.Sprintf("%s %s: %s", found.State, found.Subject, found.Text)
		if found.Advice != "" {
			line += " -> " + found.Advice
		}
		if listener != "" {
			line = strings.ReplaceAll(line, listener, "LISTENER")
		}
		line = strings.ReplaceAll(line, w.port.URL, "PORT")
		if strings.Contains(line, clientSecret) || strings.Contains(line, slackToken) {
			t.Errorf("it tells a secret: %s", line)
		}
		lines = append(lines, line)
	})
	return lines
}

const private = "warn webhook: 127.0.0.1 is not reachable from Port -> pass the public address with -url"

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := []string{
		"ok credentials: PORT accepts them",
		"ok clock: this machine and Port agree within 1s",
		"ok audit log: readable",
		"ok names: names of people and applications are readable",
		"ok automations: report_service reports changes of service",
		private,
		"ok webhook: the listener at LISTENER/api/slack stored a test event",
		"ok Slack, default: the webhook responds; nothing was posted",
	}
	if got := w.findings(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	// Without an address, the one in the automations is used.
	address := w.options.Address
	w.options.Address = ""
	for _, line := range w.findings(t) {
		if strings.HasPrefix(line, "ok webhook") && !strings.Contains(line, address) || strings.HasPrefix(line, "skip") {
			t.Error(line)
		}
	}
	if posted := w.posted.Load(); posted != 2 {
		t.Errorf("Slack got %d requests", posted)
	}
}

// TestWhatIsWrong breaks one thing at a time, and checks the line that reports it.
func TestWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		breaks func(t *testing.T, w *world)
		want   string
	}{
		"no client id": {func(_ *testing.T, w *world) { w.options.Config.Port.ClientID = "" }, "skip credentials: no client id is configured, so Port's API is not checked"},
		"another secret": {func(_ *testing.T, w *world) {
			w.options.Config.ClientSecrets = []config.Secret{config.NewSecret("another-secret")}
		}, "FAIL credentials: PORT rejects them (401) -> use the client id and secret from Settings → Credentials in Port"},
		"another region": {func(t *testing.T, w *world) {
			t.Helper()
			wrong := serve(t, func(response http.ResponseWriter, _ *http.Request) {
				response.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(response, `{"ok":false,"error":"unauthorized","message":"No."}`)
			})
			w.options.Regions = map[string]string{"EU": wrong.URL, "US": w.port.URL}
			w.options.Config.Port.BaseURL = wrong.URL
		}, "rejects them, but the US region accepts them -> set PORT_BASE_URL, or port.base_url, to PORT"},
		"no Port": {func(_ *testing.T, w *world) { w.options.Config.Port.BaseURL = "http://127.0.0.1:1" }, "FAIL credentials: POST /v1/auth/access_token: "},
		"a page of a proxy": {func(_ *testing.T, w *world) {
			w.portHandler = respondWith(http.StatusBadGateway, "<html>")
		}, "FAIL credentials: POST /v1/auth/access_token: 502 Bad Gateway"},
		"a clock that is slow":  {func(_ *testing.T, w *world) { w.portClock = time.Minute }, "warn clock: the clock of this machine is 1m0s behind Port's -> synchronise it: events are refused when the clocks differ by 5m (webhook.tolerance)"},
		"a clock that is fast":  {func(_ *testing.T, w *world) { w.portClock = -time.Hour }, "FAIL clock: the clock of this machine is 1h0m0s ahead of Port's, so every event is refused with 401 -> synchronise it"},
		"the audit log":         {func(_ *testing.T, w *world) { w.on("/v1/audit-log", 403) }, "FAIL audit log: Port does not allow these credentials to read it -> use credentials of the organization"},
		"the audit log is down": {func(_ *testing.T, w *world) { w.on("/v1/audit-log", 504) }, "FAIL audit log: GET /v1/audit-log: 504 Gateway Timeout"},
		"names":                 {func(_ *testing.T, w *world) { w.on("/v1/apps", 403) }, "warn names: GET /v1/apps: 403 Forbidden (no): No. -> messages show ids"},
		"blueprints":            {func(_ *testing.T, w *world) { w.on("/v1/blueprints", 500) }, "FAIL automations: GET /v1/blueprints: 500"},
		"actions":               {func(_ *testing.T, w *world) { w.on("/v1/actions", 403) }, "FAIL automations: GET /v1/actions: 403"},
		"an automation is gone": {func(t *testing.T, w *world) { t.Helper(); _ = w.client.Actions.Delete(t.Context(), "report_service") }, "FAIL automations: no automation reports changes of service -> run listener setup -url LISTENER/api/slack -apply, unless a workflow"},
		"an automation is gone, but Port is polled": {func(t *testing.T, w *world) {
			t.Helper()
			_ = w.client.Actions.Delete(t.Context(), "report_service")
			w.options.Config.Port.Poll = 15 * time.Second
		}, "ok automations: no automation is needed for changes of service, because port.poll is set"},
		"it is not published": {func(t *testing.T, w *world) { t.Helper(); w.report(t, func(a port.Action) { a["publish"] = false }) }, "FAIL automations: report_service would report changes of service, but is not published -> publish it in Port, or run"},
		"it posts elsewhere":  {func(t *testing.T, w *world) { t.Helper(); w.report(t, func(port.Action) {}); w.options.Address += "2" }, "FAIL automations: no automation reports changes of service to LISTENER/api/slack2: report_service posts to LISTENER/api/slack -> run"},
		"it is about other changes": {func(t *testing.T, w *world) {
			t.Helper()
			w.report(t, func(a port.Action) {
				a["trigger"] = map[string]any{"type": "automation", "event": map[string]any{"type": "ANY_ENTITY_CHANGE", "blueprintIdentifier": "service"}}
			})
		}, "warn automations: report_service reports changes of service, but differs from what the rules need -> run listener setup"},
		"a rule that nothing serves": {func(_ *testing.T, w *world) {
			w.options.Config.Rules = append(w.options.Config.Rules, config.Rule{Rule: rule.Rule{Name: "types", ResourceTypes: []string{"blueprint"}}})
		}, "warn rules: Rule types covers blueprints: Port's automations do not report changes of a blueprint itself"},
		"no address": {func(t *testing.T, w *world) {
			t.Helper()
			w.options.Address = ""
			_ = w.client.Actions.Delete(t.Context(), "report_service")
		}, "skip webhook: the public address of the listener is unknown -> pass it with -url"},
		"no listener":             {func(_ *testing.T, w *world) { w.options.Address = "http://127.0.0.1:1/api/slack" }, "FAIL webhook: LISTENER/api/slack does not respond: dial tcp 127.0.0.1:1: connect: connection refused -> check that the listener is running"},
		"a listener of others":    {func(_ *testing.T, w *world) { w.listenerHandler = respondWith(401, "no") }, "FAIL webhook: LISTENER/api/slack refuses the signature (401) -> configure the same client secret for the listener"},
		"not the listener":        {func(_ *testing.T, w *world) { w.listenerHandler = respondWith(202, "ok") }, "FAIL webhook: LISTENER/api/slack accepts the test event, but does not respond like a listener of this version"},
		"a listener that is full": {func(_ *testing.T, w *world) { w.listenerHandler = respondWith(503, "no") }, "FAIL webhook: the listener at LISTENER/api/slack cannot store events now (503)"},
		"another path":            {func(_ *testing.T, w *world) { w.listenerHandler = respondWith(404, "no") }, "FAIL webhook: LISTENER/api/slack responds with 404 Not Found -> check the path"},
		"a redirect": {func(_ *testing.T, w *world) {
			w.listenerHandler = http.RedirectHandler("/x", http.StatusPermanentRedirect).ServeHTTP
		}, "FAIL webhook: LISTENER/api/slack responds with 308 Permanent Redirect"},
		"a webhook that is gone":   {func(_ *testing.T, w *world) { w.slackHandler = respondWith(404, "no_service") }, "FAIL Slack, default: Slack rejects every message for this webhook (404 no_service) -> create a new incoming webhook"},
		"an archived channel":      {func(_ *testing.T, w *world) { w.slackHandler = respondWith(410, "channel_is_archived") }, "FAIL Slack, default: Slack rejects every message for this webhook (410 channel_is_archived)"},
		"a proxy before Slack":     {func(_ *testing.T, w *world) { w.slackHandler = respondWith(403, "<html>") }, "FAIL Slack, default: the response did not come from Slack"},
		"Slack is down":            {func(_ *testing.T, w *world) { w.slackHandler = respondWith(503, "") }, "FAIL Slack, default: Slack is unavailable (503"},
		"Slack asked for a pause":  {func(_ *testing.T, w *world) { w.slackHandler = respondWith(429, "rate_limited") }, "FAIL Slack, default: Slack asked for a pause of 30s (429 rate_limited) -> the webhook is valid"},
		"a receiver takes nothing": {func(_ *testing.T, w *world) { w.slackHandler = respondWith(200, "ok") }, "ok Slack, default: the webhook responds"},
		"a new secret that the listener does not have": {func(_ *testing.T, w *world) {
			w.options.Config.ClientSecrets = append(w.options.Config.ClientSecrets, config.NewSecret("the-next-secret"))
		}, "FAIL webhook, secret 2: LISTENER/api/slack refuses the signature (401)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.breaks(t, w)
			got := strings.Join(w.findings(t), "\n")
			if !strings.Contains(got, test.want) {
				t.Errorf("want %s, got\n%s", test.want, got)
			}
		})
	}
}
