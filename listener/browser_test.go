package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// browser is a Chromium controlled through chromedriver, with the protocol of
// https://www.w3.org/TR/webdriver2/.
type browser struct {
	session string
}

// newBrowser starts Chromium, or skips the test if it is not installed.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	driver, missing := exec.LookPath("chromedriver")
	if err != nil || missing != nil {
		t.Skip("SKIPPED: chromium and chromedriver are not on PATH, so the operator's page is not tried in a browser; on Debian: apt-get install chromium chromium-driver")
	}
	// Chromium and then the driver are stopped after the context of the test ends.
	started := exec.CommandContext(context.WithoutCancel(t.Context()), driver, "--port=0")
	out, err := started.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	profile := t.TempDir()
	t.Cleanup(func() {
		_ = started.Process.Kill()
		_ = started.Wait()
	})
	port := ""
	for lines := bufio.NewScanner(out); port == "" && lines.Scan(); {
		if match := regexp.MustCompile(`started successfully on port (\d+)`).FindStringSubmatch(lines.Text()); match != nil {
			port = match[1]
		}
	}
	if port == "" {
		t.Fatal("chromedriver does not say its port")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	opened := &browser{session: "http://127.0.0.1:" + port + "/session"}
	var created struct {
		ID string `json:"sessionId"`
	}
	opened.ask(t, http.MethodPost, "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"goog:chromeOptions": map[string]any{
		"binary": chromium,
		"args": []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--hide-scrollbars", "--lang=en-GB", "--user-data-dir=" + profile,
		},
	}}}}, &created)
	opened.session += "/" + created.ID
	t.Cleanup(func() {
		request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodDelete, opened.session, http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = response.Body.Close()
	})
	return opened
}

// ask sends a command and reads the value of its response.
func (b *browser) ask(t *testing.T, method, path string, command, into any) {
	t.Helper()
	if err := b.try(t, method, path, command, into); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) try(t *testing.T, method, path string, command, into any) error {
	t.Helper()
	body, err := json.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	if command == nil {
		body = nil
	}
	request, err := http.NewRequestWithContext(t.Context(), method, b.session+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %w %s", method, path, response.StatusCode, err, content)
	}
	result := struct{ Value any }{Value: into}
	return json.Unmarshal(content, &result)
}

// act performs an action on the first element that matches a CSS selector or a link text. The page
// may be replaced at any time, by its refresh or after a click.
func (b *browser) act(t *testing.T, using, value, action string, parameters any) {
	t.Helper()
	var last error
	defer func() {
		if t.Failed() {
			t.Log(last)
		}
	}()
	until(t, value+" is there", patience, func() bool {
		var ids map[string]string
		if last = b.try(t, http.MethodPost, "/element", map[string]string{"using": using, "value": value}, &ids); last != nil {
			return false
		}
		for _, id := range ids {
			last = b.try(t, http.MethodPost, "/element/"+id+action, parameters, nil)
		}
		return last == nil
	})
}

func (b *browser) open(t *testing.T, address string) {
	t.Helper()
	b.ask(t, http.MethodPost, "/url", map[string]string{"url": address}, nil)
}

func (b *browser) click(t *testing.T, selector string) {
	t.Helper()
	b.act(t, "css selector", selector, "/click", struct{}{})
}

func (b *browser) follow(t *testing.T, link string) {
	t.Helper()
	b.act(t, "partial link text", link, "/click", struct{}{})
}

func (b *browser) typeInto(t *testing.T, selector, text string) {
	t.Helper()
	b.act(t, "css selector", selector, "/value", map[string]string{"text": text})
}

// text returns the text of a part of the page; "" while the page is being replaced.
func (b *browser) text(t *testing.T, selector string) string {
	t.Helper()
	var shown string
	script := `return document.querySelector(arguments[0])?.innerText ?? ""`
	_ = b.try(t, http.MethodPost, "/execute/sync", map[string]any{"script": script, "args": []any{selector}}, &shown)
	return shown
}

// shows waits until the page shows all texts, and fails the test otherwise.
func (b *browser) shows(t *testing.T, want ...string) {
	t.Helper()
	shown := ""
	defer func() {
		if t.Failed() {
			t.Log(shown)
		}
	}()
	until(t, fmt.Sprintf("the page shows %q", want), patience, func() bool {
		shown = b.text(t, "main")
		return !slices.ContainsFunc(want, func(text string) bool { return !strings.Contains(shown, text) })
	})
}

// run runs a script in the page, and returns its value as JSON.
func (b *browser) run(t *testing.T, script string) string {
	t.Helper()
	var value any
	b.ask(t, http.MethodPost, "/execute/sync", map[string]any{"script": script, "args": []any{}}, &value)
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// tell sends a command of the Chrome DevTools protocol.
func (b *browser) tell(t *testing.T, command string, parameters map[string]any) {
	t.Helper()
	b.ask(t, http.MethodPost, "/goog/cdp/execute", map[string]any{"cmd": command, "params": parameters}, nil)
}

func (b *browser) resize(t *testing.T, width, height int, scale float64) {
	t.Helper()
	b.tell(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false})
}

// scheme selects the light or dark color scheme.
func (b *browser) scheme(t *testing.T, scheme string) {
	t.Helper()
	b.tell(t, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
}

// screenshot updates a picture of the guide if UPDATE_SCREENSHOTS is set. Review the picture before
// committing it.
func (b *browser) screenshot(t *testing.T, name string) {
	t.Helper()
	var encoded string
	b.ask(t, http.MethodGet, "/screenshot", nil, &encoded)
	picture, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(picture) < 10_000 {
		t.Fatalf("a screenshot of %d bytes: %v", len(picture), err)
	}
	if os.Getenv("UPDATE_SCREENSHOTS") == "" {
		return
	}
	if err := os.WriteFile(filepath.Join("..", ".github", name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// attendedPage is a listener whose page is tested. The channel of crew refuses messages until
// taking is set.
type attendedPage struct {
	mortal
	listener *running
	taking   atomic.Bool
	token    string
}

func newAttendedPage(t *testing.T) *attendedPage {
	t.Helper()
	prepared := &attendedPage{token: "token-of-the-operator-0123456789"}
	channel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/services/payments" && !prepared.taking.Load() {
			http.Error(w, "invalid_blocks", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(channel.Close)
	dir := t.TempDir()
	prepared.t = t
	token, file := filepath.Join(dir, "token"), filepath.Join(dir, "listener.yaml")
	configuration := fmt.Sprintf(`
port: {client_secrets: ["${SIGNING}"]}
store: {dir: %q}
admin: {token_file: %q}
destinations:
  on-call: {webhook_url: "${HOOKS}/on-call", rate: 100/s, event_id: true}
  payments: {webhook_url: "${HOOKS}/payments", rate: 100/s}
rules:
  - {name: health, property: healthStatus, healthy_values: [Healthy], destination: on-call}
  - {name: crashed, property: healthStatus, to: [Crashed], destination: payments}
  - {name: cpu-high, property: cpuUtil, when: .diff.after.properties.cpuUtil > 80, destination: on-call}
  - {name: databases, blueprint: database, destination: on-call}
`, filepath.Join(dir, "data"), token)
	for path, content := range map[string]string{token: prepared.token, file: configuration} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	prepared.listener = startListener(t, map[string]string{"SIGNING": "k7-client-secret", "HOOKS": channel.URL + "/services"}, "-config", file)
	address := strings.TrimSuffix(prepared.listener.url, "/api/slack")
	prepared.address.Store(&address)
	return prepared
}

// change changes an entity from Healthy to another status, or to Healthy for no change.
func (a *attendedPage) change(t *testing.T, entity, title, status string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":%q,"origin":"UI","by":{"userId":"dana@example.com"}},
		"context":{"entity":%q,"blueprint":"service"},"diff":{"before":{"properties":{"healthStatus":"Healthy","cpuUtil":40}},
		"after":{"identifier":%[2]q,"title":%[3]q,"properties":{"healthStatus":%[4]q,"cpuUtil":41}}}}`,
		time.Now().UTC().Format(time.RFC3339Nano), entity, title, status)
	if !a.post(t.Context(), body) {
		t.Fatalf("the change of %s was not accepted", entity)
	}
}

// settled waits until an event of an entity has the outcome, and returns its id.
func (a *attendedPage) settled(t *testing.T, entity, outcome string) string {
	t.Helper()
	id := ""
	until(t, entity+" is "+outcome, patience, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.listener.admin+"/-/events?entity=service:"+entity+"&outcome="+outcome, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+a.token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var page struct {
			Events []struct{ ID string } `json:"events"`
		}
		if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		if len(page.Events) > 0 {
			id = page.Events[0].ID
		}
		return id != ""
	})
	return id
}

// accessible checks that a page has one heading, labels and alternative texts, and is no wider than
// the screen.
const accessible = `
	const unlabelled = [...document.querySelectorAll("input:not([type=hidden]), select")].filter((e) => e.labels.length === 0 && !e.ariaLabel);
	return [
		document.querySelectorAll("h1").length === 1, document.documentElement.lang === "en", unlabelled.length === 0,
		document.querySelectorAll("img:not([alt])").length === 0, document.documentElement.scrollWidth <= window.innerWidth,
	].join(" ");`

// TestThePageInABrowser clicks through the page: a delivered event, an unmatched one, one that
// Slack refused, its replay, and hostile titles.
//
//nolint:paralleltest,tparallel // The steps share one browser.
func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	a := newAttendedPage(t)
	a.change(t, "checkout", "Checkout", "Degraded")
	a.settled(t, "checkout", "delivered")
	a.change(t, "search", "Search", "Healthy")
	a.settled(t, "search", "unmatched")
	a.change(t, "basket", "Basket", "Crashed")
	a.settled(t, "basket", "dead_letter")
	a.change(t, "ledger", "Ledger", "Crashed")
	a.settled(t, "ledger", "dead_letter")

	b.resize(t, 1200, 1000, 1)
	b.scheme(t, "light")
	b.open(t, a.listener.admin+"/events")
	b.shows(t, "Log in")
	b.typeInto(t, "input[name=token]", "a wrong token")
	b.click(t, "main button")
	b.shows(t, "Wrong token")
	b.typeInto(t, "input[name=token]", a.token)
	b.click(t, "main button")
	b.shows(t, "service:checkout", "service:search", "service:basket")
	b.follow(t, "Overview")
	b.shows(t, "2 dead letters", "on-call", "delivering", "webhook", "listening")
	b.screenshot(t, "page-overview.png")

	t.Run("an event that was delivered", func(t *testing.T) {
		b.open(t, a.listener.admin+"/events")
		b.typeInto(t, "input[name=entity]", "checkout")
		b.click(t, "main form button")
		b.shows(t, "Show all")
		if shown := b.text(t, "main"); strings.Contains(shown, "service:search") {
			t.Errorf("the search finds\n%s", shown)
		}
		b.follow(t, "service:checkout")
		b.shows(t, "health matches.", "cpu-high does not match: its condition (when) is false.", "1 rule is for other blueprints", "health → on-call", "delivered")
		if message := b.text(t, ".slack"); !strings.Contains(message, "🚧 Change in Checkout health status") || !strings.Contains(message, "Degraded 🚧") || !strings.Contains(message, "· event ") {
			t.Errorf("its message is\n%s", message)
		}
		b.screenshot(t, "page-event.png")
		b.scheme(t, "dark")
		b.screenshot(t, "page-dark.png")
		b.scheme(t, "light")
	})
	t.Run("an event that no rule matched", func(t *testing.T) {
		b.open(t, a.listener.admin+"/events?outcome=unmatched")
		b.follow(t, "service:search")
		b.shows(t, "health does not match: the property healthStatus did not change.", "No alert resulted.")
	})
	t.Run("an event that Slack refused is replayed", func(t *testing.T) {
		b.open(t, a.listener.admin+"/events?rule=crashed&outcome=dead_letter&entity=basket")
		b.follow(t, "service:basket")
		b.shows(t, "crashed → payments", "Slack refused the message (400 invalid_blocks)", "as plain text", "Given up", "🛑 Change in Basket health status")
		a.taking.Store(true)
		b.click(t, "form[action$=replay] button")
		b.shows(t, "Replayed 1 dead letter.")
		id := a.settled(t, "basket", "delivered")
		b.open(t, a.listener.admin+"/events/"+id)
		b.shows(t, "Replayed at", "crashed → payments")
		if got := b.run(t, `return document.querySelectorAll(".badge.bad").length`); got != "2" {
			t.Errorf("%s attempts are marked as bad, and 2 were", got)
		}
	})
	t.Run("a dead letter is dropped", func(t *testing.T) {
		b.open(t, a.listener.admin+"/dead-letters")
		b.shows(t, "service:ledger")
		b.click(t, "button.danger")
		b.shows(t, "Nothing is selected")
		b.open(t, a.listener.admin+"/dead-letters")
		b.click(t, "input[name=id]")
		b.click(t, "button.danger")
		b.shows(t, "Drop 1 dead letter?")
		b.click(t, "button.danger")
		b.shows(t, "Dropped 1 dead letter.", "No dead letters.")
	})
	t.Run("hostile titles", func(t *testing.T) {
		const hostile = `"><script>document.title="owned"</script><img src=x onerror='document.title="owned"'> *b* <!channel>`
		a.change(t, "evil", hostile, "Degraded")
		b.open(t, a.listener.admin+"/events/"+a.settled(t, "evil", "delivered"))
		if message := b.text(t, ".slack .header"); !strings.Contains(message, `<script>document.title="owned"</script>`) {
			t.Errorf("its header is %s", message)
		}
		if got := b.run(t, `return document.title + document.querySelectorAll("main script, main img").length`); strings.Contains(got, "owned") || !strings.HasSuffix(got, `0"`) {
			t.Errorf("the title is text and more: %s", got)
		}
	})
	t.Run("the keyboard", func(t *testing.T) {
		b.open(t, a.listener.admin+"/")
		b.typeInto(t, "body", "\uE004")
		if got := b.run(t, `return document.activeElement.textContent`); got != `"Skip to the content"` {
			t.Errorf("the first that is reached is %s", got)
		}
	})
	t.Run("it refreshes itself", func(t *testing.T) {
		b.open(t, a.listener.admin+"/events")
		a.change(t, "fresh", "Fresh", "Degraded")
		a.settled(t, "fresh", "delivered")
		b.shows(t, "service:fresh")
	})
	for _, path := range []string{"/", "/events", "/events/" + a.settled(t, "basket", "delivered"), "/dead-letters", "/configuration"} {
		for _, width := range []int{1200, 390} {
			b.resize(t, width, 844, 2)
			b.open(t, a.listener.admin+path)
			if got := b.run(t, accessible); got != `"true true true true true"` {
				t.Errorf("%s at a width of %d: %s", path, width, got)
			}
		}
	}
	b.open(t, a.listener.admin+"/events/"+a.settled(t, "search", "unmatched"))
	b.screenshot(t, "page-phone.png")
	t.Run("without scripts", func(t *testing.T) {
		b.tell(t, "Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
		b.open(t, a.listener.admin+"/events")
		b.shows(t, " UTC", "service:checkout")
	})
}
