package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const token = "T000/B000/sEcReTtOkEn"

// webhook is a server that responds with the given function and records the requests.
type webhook struct {
	*httptest.Server

	mu       sync.Mutex
	received []map[string]any
}

func newWebhook(t *testing.T, respond func(attempt int, w http.ResponseWriter)) *webhook {
	t.Helper()
	hook := &webhook{}
	hook.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Method != http.MethodPost || r.URL.Path != "/services/"+token {
			t.Errorf("%s %s with a body that reads %v (%v)", r.Method, r.URL.Path, body, err)
		}
		hook.mu.Lock()
		hook.received = append(hook.received, body)
		attempt := len(hook.received)
		hook.mu.Unlock()
		respond(attempt, w)
	}))
	t.Cleanup(hook.Close)
	return hook
}

func (h *webhook) requests() []map[string]any {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]map[string]any(nil), h.received...)
}

// fixedNow is the current time in these tests.
func fixedNow() time.Time { return time.Date(2026, 6, 15, 16, 0, 0, 0, time.UTC) }

func destination(t *testing.T, base string) *slack.Destination {
	t.Helper()
	created, err := slack.New(slack.Options{
		WebhookURL: base + "/services/" + token, UserAgent: "listener/test", Now: fixedNow,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(created.Close)
	return created
}

func content() message.Message {
	return message.Message{Text: "a & b", Blocks: []slackapi.Block{slackapi.NewDividerBlock()}}
}

func respondWith(status int, body string) func(int, http.ResponseWriter) {
	return func(_ int, w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestSendDelivers(t *testing.T) {
	t.Parallel()
	hook := newWebhook(t, respondWith(http.StatusOK, "ok"))
	if err := destination(t, hook.URL).Send(t.Context(), content()); err != nil {
		t.Fatal(err)
	}
	requests := hook.requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	blocks, _ := requests[0]["blocks"].([]any)
	if requests[0]["text"] != "a & b" || len(blocks) != 1 || requests[0]["unfurl_links"] != false {
		t.Errorf("sent %v", requests[0])
	}
}

// TestSendDeliversToOthers sends to Slack-compatible receivers.
func TestSendDeliversToOthers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"ok", "OK\n", `{"ok": true}`, `{"success":true,"id":7}`} {
		hook := newWebhook(t, respondWith(http.StatusOK, body))
		if err := destination(t, hook.URL).Send(t.Context(), content()); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestAProxyRefuses makes a proxy refuse the CONNECT request.
func TestAProxyRefuses(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	failure, ok := errors.AsType[*slack.Failure](destination(t, "https://slack.example").SendVia(t.Context(), address, content()))
	if !ok || failure.Reason != slack.ReasonIntercepted || failure.Ambiguous || !strings.Contains(failure.Error(), "the proxy refuses to connect: 407") {
		t.Errorf("got %v", failure)
	}
}

// TestSendClassifiesTheResponse tests the responses of an incoming webhook. In each case, every
// request gets the same response.
func TestSendClassifiesTheResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		reason slack.Reason
		text   string
	}{
		{"200 with a page", 200, "<html>", slack.ReasonIntercepted, "did not come from Slack"},
		{"200 without a body", 200, "", slack.ReasonIntercepted, "200 without a Slack error code"},
		{"200 with JSON that is not a success", 200, `{"ok": false}`, slack.ReasonIntercepted, "200 without"},
		{"200 with a word", 200, "invalid_blocks", slack.ReasonRefused, "200 invalid_blocks"},
		{"204", 204, "", slack.ReasonIntercepted, "204"},
		{"400 invalid_payload", 400, "invalid_payload", slack.ReasonRefused, "400 invalid_payload"},
		{"400 invalid_blocks", 400, "invalid_blocks", slack.ReasonRefused, "400 invalid_blocks"},
		{"400 msg_blocks_too_long", 400, "msg_blocks_too_long", slack.ReasonRefused, "400 msg_blocks_too_long"},
		{"403 action_prohibited", 403, "action_prohibited", slack.ReasonDestination, "403 action_prohibited"},
		{"404 channel_not_found", 404, "channel_not_found", slack.ReasonDestination, "404 channel_not_found"},
		{"502", 502, "", slack.ReasonUnavailable, "502"},
		{"504", 504, "", slack.ReasonUnavailable, "504"},
		{"400 no_text", 400, "no_text", slack.ReasonRefused, "400 no_text"},
		{"another 4xx", 418, "", slack.ReasonIntercepted, "418"},
		{"another 4xx with a word", 422, "too_many_attachments", slack.ReasonRefused, "422 too_many_attachments"},
		{"401", 401, "", slack.ReasonIntercepted, "401"},
		{"403 of a proxy", 403, "<html>blocked", slack.ReasonIntercepted, "403 without a Slack error code"},
		{"404 of a proxy", 404, "404 page not found", slack.ReasonIntercepted, "404 without a Slack error code"},
		{"407", 407, "", slack.ReasonIntercepted, "407"},
		{"408", 408, "timeout", slack.ReasonIntercepted, "408 timeout"},
		{"425", 425, "", slack.ReasonIntercepted, "425"},
		{"403 invalid_token", 403, "invalid_token", slack.ReasonDestination, "403 invalid_token"},
		{"404 no_service", 404, "no_service", slack.ReasonDestination, "404 no_service"},
		{"410 channel_is_archived", 410, "channel_is_archived", slack.ReasonDestination, "410 channel_is_archived"},
		{"a redirect", 302, "", slack.ReasonIntercepted, "302"},
		{"429", 429, "", slack.ReasonRateLimited, "30s"},
		{"500", 500, "server error", slack.ReasonUnavailable, "500"},
		{"503", 503, "", slack.ReasonUnavailable, "503"},
		{"an unusual 5xx", 599, "", slack.ReasonUnavailable, "599"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var hook *webhook
			hook = newWebhook(t, func(_ int, w http.ResponseWriter) {
				w.Header().Set("Location", hook.URL+"/services/"+token)
				respondWith(test.status, test.body)(0, w)
			})
			err := destination(t, hook.URL).Send(t.Context(), content())
			failure, ok := errors.AsType[*slack.Failure](err)
			if !ok || failure.Reason != test.reason || failure.Status != test.status {
				t.Fatalf("got %+v, want %s", err, test.reason)
			}
			if !strings.Contains(failure.Error(), test.text) {
				t.Errorf("the error reads %q, without %q", failure, test.text)
			}
			if failure.Ambiguous != (test.status >= 500 || test.status < 300 && test.reason == slack.ReasonIntercepted) {
				t.Errorf("it may have been delivered: %t", failure.Ambiguous)
			}
			if got := len(hook.requests()); got != 1 {
				t.Errorf("%d requests", got)
			}
		})
	}
}

// TestAMessageWithoutBlocksIsPlainText sends a message without blocks.
func TestAMessageWithoutBlocksIsPlainText(t *testing.T) {
	t.Parallel()
	hook := newWebhook(t, respondWith(http.StatusOK, "ok"))
	if err := destination(t, hook.URL).Send(t.Context(), content().Plain()); err != nil {
		t.Fatal(err)
	}
	request := hook.requests()[0]
	if _, hasBlocks := request["blocks"]; hasBlocks || request["text"] != "a & b" || request["unfurl_links"] != false {
		t.Errorf("sent %v", request)
	}
}

func TestSendReadsHowLongToPause(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header string
		body   string
		want   time.Duration
	}{
		{"whole seconds", "7", "", 7 * time.Second},
		{"a fraction", "1.5", "", 1500 * time.Millisecond},
		{"a date", fixedNow().Add(90 * time.Second).Format(http.TimeFormat), "", 90 * time.Second},
		{"a date that has passed", fixedNow().Add(-time.Second).Format(http.TimeFormat), "", 30 * time.Second},
		{"the body", "", `{"ok":false,"retry_after":12}`, 12 * time.Second},
		{"the header wins", "3", `{"retry_after":12}`, 3 * time.Second},
		{"nothing", "", "", 30 * time.Second},
		{"nonsense", "soon", `{"retry_after":{}}`, 30 * time.Second},
		{"zero", "0", "", 30 * time.Second},
		{"less than zero", "-5", `{"retry_after":-5}`, 30 * time.Second},
		{"not a number", "NaN", "", 30 * time.Second},
		{"for ever", "1e300", "", time.Hour},
		{"until for ever", "Fri, 31 Dec 9999 23:59:59 GMT", "", time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			hook := newWebhook(t, func(_ int, w http.ResponseWriter) {
				w.Header().Set("Date", fixedNow().Format(http.TimeFormat))
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				respondWith(http.StatusTooManyRequests, test.body)(0, w)
			})
			err := destination(t, hook.URL).Send(t.Context(), content())
			failure, ok := errors.AsType[*slack.Failure](err)
			if !ok || failure.Reason != slack.ReasonRateLimited || failure.Pause != test.want {
				t.Errorf("got %+v, want a pause of %s", failure, test.want)
			}
		})
	}
}

func TestSendGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancelCause(t.Context())
	release := make(chan struct{})
	hook := newWebhook(t, func(int, http.ResponseWriter) {
		end(context.DeadlineExceeded) // The message has arrived, but gets no response.
		<-release
	})
	t.Cleanup(func() { close(release) })
	err := destination(t, hook.URL).Send(ctx, content())
	failure, ok := errors.AsType[*slack.Failure](err)
	if !ok || failure.Reason != slack.ReasonUnavailable || !failure.Ambiguous || !strings.Contains(err.Error(), "no response") {
		t.Errorf("got %+v", failure)
	}
}

// TestFailuresKeepTheURLSecret causes every kind of transport failure, and responds with the URL
// itself.
func TestFailuresKeepTheURLSecret(t *testing.T) {
	t.Parallel()
	refused := httptest.NewServer(nil)
	refused.Close()
	reset := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(reset.Close)
	echo := newWebhook(t, respondWith(http.StatusBadRequest, "no such hook: /services/"+token))
	garbage := serveBytes(t, "SSH-2.0-OpenSSH_9.6\r\n")
	short := serveBytes(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")
	const closed = "Slack is unavailable (the connection was closed before the end of a response)"
	for name, server := range map[string]struct {
		base      string
		ambiguous bool
		text      string
	}{
		"connection refused":  {refused.URL, false, "connection refused"},
		"connection reset":    {reset.URL, true, closed},
		"not HTTP":            {garbage, true, "malformed HTTP"},
		"a response cut off":  {short, true, closed},
		"an unknown host":     {"http://host.invalid", false, "host.invalid"},
		"a user in the URL":   {"http://user:password@host.invalid", false, "host.invalid"},
		"TLS to a plain port": {strings.Replace(echo.URL, "http", "https", 1), false, "HTTP response to HTTPS client"},
		"an echo":             {echo.URL, false, "did not come from Slack"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := destination(t, server.base).Send(t.Context(), content())
			failure, ok := errors.AsType[*slack.Failure](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if failure.Ambiguous != server.ambiguous {
				t.Errorf("it may have been delivered: %t", failure.Ambiguous)
			}
			if !strings.Contains(err.Error(), server.text) {
				t.Errorf("the error reads %q, without %q", err, server.text)
			}
			for _, secret := range []string{token, "sEcReT", "/services"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds %q: %v", secret, err)
				}
			}
		})
	}
}

// serveBytes responds to every connection with the same bytes and closes it.
func serveBytes(t *testing.T, content string) (base string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 4096))
			_, _ = io.WriteString(connection, content)
			_ = connection.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return "http://" + listener.Addr().String()
}

func TestNewRefusesInvalidURLs(t *testing.T) {
	t.Parallel()
	for _, webhookURL := range []string{"", "hooks.slack.com/services/" + token, "ftp://example.com/" + token, "https:///services/" + token, "http://[::1/" + token, "https://:443/" + token, "\x00" + token} {
		_, err := slack.New(slack.Options{WebhookURL: webhookURL, Now: fixedNow})
		if err == nil {
			t.Errorf("%q was accepted", webhookURL)
			continue
		}
		if strings.Contains(err.Error(), token) {
			t.Errorf("the error holds the URL: %v", err)
		}
	}
}

// TestFingerprint distinguishes two webhooks without revealing their URLs.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	one, same, other := destination(t, "http://one.example"), destination(t, "http://one.example"), destination(t, "http://other.example")
	if one.Fingerprint() != same.Fingerprint() || one.Fingerprint() == other.Fingerprint() {
		t.Errorf("the fingerprints are %s, %s and %s", one.Fingerprint(), same.Fingerprint(), other.Fingerprint())
	}
	if len(one.Fingerprint()) != 16 {
		t.Errorf("a fingerprint of %d characters", len(one.Fingerprint()))
	}
}

// TestAServerThatEchoesDoesNotRevealTheURL uses a non-HTTP server that echoes the request, which
// net/http includes in its error.
func TestAServerThatEchoesDoesNotRevealTheURL(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			request := make([]byte, 1024)
			n, _ := connection.Read(request)
			_, path, _ := strings.Cut(string(request[:n]), " ")
			path, _, _ = strings.Cut(path, " ")
			_, _ = io.WriteString(connection, path+"\r\n\r\n")
			_ = connection.Close()
		}
	}()
	err = destination(t, "http://"+listener.Addr().String()).Send(t.Context(), content())
	if err == nil || strings.Contains(err.Error(), "sEcReTtOkEn") {
		t.Errorf("got %v, want an error without the token", err)
	}
}
