package page_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/page"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

func noon() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }

// hostile is a text that tries to inject HTML.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(2)>{{.Forgery}}`

// live is a running listener whose messages and configuration are hostile.
type live struct{ reloads int }

func (l *live) Configuration() admin.Configuration {
	return admin.Configuration{
		Version: "1.2.3", File: hostile, StartedAt: noon(), AppliedAt: noon(), Reload: &admin.Reload{At: noon(), Text: hostile + "\nline 2"},
		Sections: []config.Section{{Name: "rule health", Settings: []config.Setting{{Key: "when", Value: hostile}}}},
	}
}

func (l *live) Message(queue.Delivery, time.Time) (message.Message, error) {
	return message.Message{Text: hostile, Blocks: []slack.Block{
		slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, hostile, true, false)),
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "*bold* <javascript:alert(1)|x> "+hostile, false, true), nil, nil),
	}}, nil
}

func (l *live) Reload(context.Context) (string, error) {
	l.reloads++
	return "", errors.New("it is refused")
}

// scene is a page with a store that contains one event with a dead letter.
type scene struct {
	handler http.Handler
	store   *queue.SQL
	live    *live
	letter  uint64
	event   string
}

func newScene(tb testing.TB, access admin.Access) *scene {
	tb.Helper()
	store, err := queue.Open(tb.Context(), queue.Options{
		Dir: tb.TempDir(), MaxEvent: 1 << 20, MaxBytes: 1 << 30, MaxAge: time.Hour, SentFor: 2 * time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	created := &scene{store: store, live: &live{}, event: strings.Repeat("ab", 32)}
	api := admin.NewLocal(admin.Options{
		Store: store, Destinations: func() []string { return []string{"team"} }, Live: created.live, Arrivals: arrivals.New(noon), Logger: slog.New(slog.DiscardHandler), Now: noon,
	})
	router := mux.NewRouter()
	api.Register(router)
	guard := admin.NewGuard(admin.GuardOptions{
		Access: func() admin.Access { return access }, Loopback: true, LoginPath: page.LoginPath, Public: page.Public(), Now: noon,
	})
	page.New(page.Options{API: api, Guard: guard, Version: "1.2.3", Logger: slog.New(slog.DiscardHandler), Now: noon}).Register(router)
	created.handler = guard.Protect(router)
	return created
}

// fill stores an event and turns its alert into a dead letter.
func (s *scene) fill(tb testing.TB, identity string) {
	tb.Helper()
	_, err := s.store.Store(tb.Context(), queue.Event{
		Identity: identity, Body: fmt.Appendf(nil, `{"action":"UPDATE","context":{"blueprint":"service","entity":%q}}`, hostile),
		Origin: queue.Origin{Source: "webhook", Action: "UPDATE", Resource: "entity", Blueprint: hostile, Entity: hostile},
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	evaluating := make(chan struct{})
	go func() {
		defer close(evaluating)
		s.store.Evaluate(ctx, func(event queue.Event) queue.Evaluation {
			return queue.Evaluation{
				Verdicts:   []queue.Verdict{{Rule: "health"}, {Rule: "other", Part: "property", Property: hostile}},
				Deliveries: []queue.Delivery{{Event: event, Destination: "team", Rule: "health"}},
			}
		})
	}()
	s.store.Serve(ctx, "team", func(ctx context.Context, lane queue.Lane) error {
		for ctx.Err() == nil {
			items, err := lane.Items(ctx, 0, 1)
			if err != nil {
				return err
			}
			if len(items) > 0 {
				items[0].Attempt = queue.Attempt{At: noon(), Outcome: "refused", Response: hostile}
				err := lane.Bury(ctx, items[0], queue.ReasonRefused)
				cancel()
				return err
			}
			lane.Wait(ctx, time.Second)
		}
		return nil
	})
	<-evaluating
	letters, err := s.store.DeadLetters(tb.Context(), "", 0, 1)
	if err != nil || len(letters) == 0 {
		tb.Fatalf("no dead letter: %v", err)
	}
	s.letter = letters[0].Sequence
}

func (s *scene) do(method, path string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://localhost:8081"+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "http://localhost:8081")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	return recorder
}

// forgery returns the CSRF token in the forms of a page.
func (s *scene) forgery(t *testing.T, path string, cookies ...*http.Cookie) string {
	t.Helper()
	match := regexp.MustCompile(`name="forgery" value="([^"]+)"`).FindStringSubmatch(s.do("GET", path, nil, cookies...).Body.String())
	if match == nil {
		t.Fatalf("%s has no form", path)
	}
	return match[1]
}

func (s *scene) letters(t *testing.T) int {
	t.Helper()
	letters, err := s.store.DeadLetters(t.Context(), "", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	return len(letters)
}

// TestHostileTextsAreEscaped shows hostile texts on every page.
func TestHostileTextsAreEscaped(t *testing.T) {
	t.Parallel()
	s := newScene(t, admin.Access{})
	s.fill(t, s.event)
	for _, path := range []string{
		"/", "/events", "/events?" + url.Values{"entity": {hostile}, "blueprint": {hostile}, "rule": {hostile}, "source": {hostile}}.Encode(), "/events/" + s.event[:12],
		"/events/" + url.PathEscape("no such "+strings.ReplaceAll(hostile, "/", "")), "/dead-letters", "/dead-letters?destination=team", "/configuration",
		"/login?" + url.Values{"next": {"/" + hostile}}.Encode(), "/?was=" + url.QueryEscape(hostile) + "&done=" + url.QueryEscape(hostile), "/dead-letters?after=" + url.QueryEscape(hostile),
	} {
		got := s.do("GET", path, nil)
		body := got.Body.String()
		for _, never := range []string{"<script>alert", "<img src=x", `href="javascript:`, "ZgotmplZ"} {
			if strings.Contains(body, never) {
				t.Errorf("%s holds %s:\n%s", path, never, body)
			}
		}
		policy := got.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || got.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the headers %v", path, got.Header())
		}
	}
	if got := s.do("GET", "/events/"+s.event[:12], nil).Body.String(); !strings.Contains(got, "&lt;script&gt;alert(1)") || !strings.Contains(got, "<strong>bold</strong>") {
		t.Errorf("the event is not shown:\n%s", got)
	}
}

// TestActionsNeedTheirToken posts forms without the right CSRF token.
func TestActionsNeedTheirToken(t *testing.T) {
	t.Parallel()
	s := newScene(t, admin.Access{})
	s.fill(t, s.event)
	id := strconv.FormatUint(s.letter, 10)
	for path, form := range map[string]url.Values{
		"/dead-letters/drop": {"id": {id}, "confirmed": {"yes"}}, "/dead-letters/replay": {"id": {id}}, "/destinations/unpark": {"destination": {"team"}}, "/configuration/reload": {},
	} {
		for _, token := range []string{"", "forged"} {
			form.Set("forgery", token)
			if got := s.do("POST", path, form); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "Nothing was changed") {
				t.Errorf("%s with the token %q: %d", path, token, got.Code)
			}
		}
		form.Set("forgery", s.forgery(t, "/dead-letters"))
		if got := s.do("GET", path+"?"+form.Encode(), nil); got.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET of %s: %d", path, got.Code)
		}
	}
	if s.letters(t) != 1 || s.live.reloads != 0 {
		t.Error("something was done")
	}
	form := url.Values{"id": {id}, "forgery": {s.forgery(t, "/dead-letters")}, "back": {"/dead-letters?destination=team"}}
	if got := s.do("POST", "/dead-letters/drop", form); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Drop 1 dead letter?") || s.letters(t) != 1 {
		t.Errorf("dropping does not ask first: %d", got.Code)
	}
	form.Set("confirmed", "yes")
	got := s.do("POST", "/dead-letters/drop", form)
	if location := got.Header().Get("Location"); got.Code != http.StatusSeeOther || location != "/dead-letters?destination=team&done=1&failed=0&was=dropped" || s.letters(t) != 0 {
		t.Errorf("dropping: %d, to %s", got.Code, location)
	}
	if got := s.do("GET", "/dead-letters?was=dropped&done=1&failed=0", nil).Body.String(); !strings.Contains(got, "Dropped 1 dead letter.") {
		t.Error("it does not say what was done")
	}
	if s.do("POST", "/configuration/reload", form); s.live.reloads != 1 {
		t.Error("it does not reload")
	}
	form.Del("id")
	if got := s.do("POST", "/dead-letters/replay", form); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "Nothing is selected") {
		t.Errorf("without a selection: %d %s", got.Code, got.Body)
	}
}

// TestViewersOnlyRead logs in with each token.
func TestViewersOnlyRead(t *testing.T) {
	t.Parallel()
	s := newScene(t, admin.Access{Token: "operator-0123456789", ReadOnlyToken: "viewer-0123456789"})
	s.fill(t, s.event)
	if got := s.do("GET", "/events?entity=a", nil); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/login?next=%2Fevents%3Fentity%3Da" {
		t.Errorf("without a token: %d, to %s", got.Code, got.Header().Get("Location"))
	}
	if got := s.do("POST", "/login", url.Values{"token": {"wrong"}}); got.Code != http.StatusUnauthorized || len(got.Result().Cookies()) > 0 {
		t.Errorf("a wrong token: %d", got.Code)
	}
	enter := func(token string) *http.Cookie {
		got := s.do("POST", "/login", url.Values{"token": {token}, "next": {"/events?entity=a"}})
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/events?entity=a" {
			t.Fatalf("the token leads to %s, with %d", got.Header().Get("Location"), got.Code)
		}
		return got.Result().Cookies()[0]
	}
	operator, viewer := enter("operator-0123456789"), enter("viewer-0123456789")
	if got := s.do("GET", "/dead-letters", nil, viewer); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "Replay") || !strings.Contains(got.Body.String(), "read-only") {
		t.Errorf("a viewer sees %d %s", got.Code, got.Body)
	}
	form := url.Values{"id": {strconv.FormatUint(s.letter, 10)}, "forgery": {s.forgery(t, "/dead-letters", operator)}, "confirmed": {"yes"}}
	if got := s.do("POST", "/dead-letters/drop", form, viewer); got.Code != http.StatusForbidden || s.letters(t) != 1 {
		t.Errorf("a viewer drops: %d", got.Code)
	}
	if got := s.do("POST", "/dead-letters/drop", form, operator); got.Code != http.StatusSeeOther || s.letters(t) != 0 {
		t.Errorf("an operator does not drop: %d %s", got.Code, got.Body)
	}
	if got := s.do("POST", "/logout", nil, operator); got.Code != http.StatusSeeOther || got.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("logging out: %d", got.Code)
	}
}

// TestAStoreThatFails checks that every page reports it.
func TestAStoreThatFails(t *testing.T) {
	t.Parallel()
	s := newScene(t, admin.Access{})
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/events", "/events/abcdef", "/dead-letters"} {
		if got := s.do("GET", path, nil); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "The event store does not answer") {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
}

// BenchmarkPage renders pages of a store with 10,000 events and 1,000 dead letters.
func BenchmarkPage(b *testing.B) {
	s := newScene(b, admin.Access{})
	fillMany(b, s.store, 10_000, 1_000)
	for name, path := range map[string]string{
		"overview": "/", "newest": "/events", "search": "/events?entity=entity-77&outcome=unmatched", "nothing": "/events?entity=nobody", "event": "/events/000000000001", "letters": "/dead-letters",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := s.do("GET", path, nil); got.Code != http.StatusOK {
					b.Fatalf("%d %s", got.Code, got.Body)
				}
			}
		})
	}
}

// fillMany stores events, and turns the alerts of the first of them into dead letters.
func fillMany(b *testing.B, store *queue.SQL, events, letters int) {
	b.Helper()
	for number := range events {
		entity := fmt.Sprint("entity-", number)
		_, err := store.Store(b.Context(), queue.Event{
			Identity: fmt.Sprintf("%012d-%052d", number, 0), Body: []byte(`{"action":"UPDATE","context":{"blueprint":"service","entity":"` + entity + `"},"more":"` + strings.Repeat("x", 4000) + `"}`),
			Origin: queue.Origin{Source: "webhook", Action: "UPDATE", Resource: "entity", Blueprint: "service", Entity: entity},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	evaluated := 0
	store.Evaluate(ctx, func(event queue.Event) queue.Evaluation {
		result := queue.Evaluation{Verdicts: []queue.Verdict{{Rule: "health", Part: "property", Property: "healthStatus"}}}
		if evaluated < letters {
			result = queue.Evaluation{Verdicts: []queue.Verdict{{Rule: "health"}}, Deliveries: []queue.Delivery{{Event: event, Destination: "gone", Rule: "health"}}}
		}
		if evaluated++; evaluated == events {
			cancel()
		}
		return result
	})
	if err := store.Retire(b.Context(), func(string) bool { return false }, func(string) {}); err != nil {
		b.Fatal(err)
	}
}
