package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

const (
	secret  = "k7-client-secret"
	maxBody = 64 << 10
)

// memory is a store that keeps events in memory, or fails.
type memory struct {
	failure error

	mu     sync.Mutex
	events []queue.Event
}

func (m *memory) Store(_ context.Context, event queue.Event) (duplicate bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure != nil {
		return false, m.failure
	}
	for _, stored := range m.events {
		if stored.Report.Change == event.Report.Change {
			return true, nil
		}
	}
	m.events = append(m.events, event)
	return false, nil
}

func (m *memory) stored() []queue.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]queue.Event(nil), m.events...)
}

// tally counts results and reasons by name.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) count(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	c.counts[name]++
}

func (c *tally) Received(_ string, result metrics.Result)   { c.count(string(result)) }
func (c *tally) SignatureFailed(reason changelog.Rejection) { c.count("signature " + string(reason)) }

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.counts)
}

// server is a webhook on a real port.
type server struct {
	url   string
	store *memory
	tally *tally
	log   *testlog.Buffer
}

func serve(t *testing.T, store *memory) server {
	t.Helper()
	counts, handler := newHandler(t, store, maxBody)
	listening := httptest.NewServer(handler)
	t.Cleanup(listening.Close)
	counts.url = listening.URL + "/api/slack"
	return counts
}

// newHandler returns a webhook without a port.
func newHandler(t *testing.T, store *memory, maxBody int64) (server, http.Handler) {
	t.Helper()
	verifier, err := changelog.NewVerifier([]string{secret}, changelog.DefaultTolerance, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	log, counted := &testlog.Buffer{}, &tally{}
	router := mux.NewRouter()
	ingest.NewWebhook(ingest.Options{
		Path: "/api/slack", MaxBody: maxBody, Verifier: verifier, Store: store, Memory: budget.NewMemory(), Recorder: counted,
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}).Register(router)
	return server{store: store, tally: counted, log: log}, router
}

// signed returns a request signed like Port's.
func (s server) signed(t *testing.T, body []byte) *http.Request {
	t.Helper()
	return s.signedAt(t, body, strconv.FormatInt(time.Now().UnixMilli(), 10))
}

func (s server) signedAt(t *testing.T, body []byte, timestamp string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(secret, timestamp, body))
	return request
}

func do(t *testing.T, request *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func example(t *testing.T) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/changelog-event.json")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestAnEventIsStored(t *testing.T) {
	t.Parallel()
	body := example(t)
	seconds := strconv.FormatInt(time.Now().Unix(), 10)
	tests := []struct {
		name   string
		change func(*http.Request)
	}{
		{"signed in milliseconds", func(*http.Request) {}},
		{"signed in seconds", func(r *http.Request) {
			r.Header.Set(changelog.TimestampHeader, seconds)
			r.Header.Set(changelog.SignatureHeader, changelog.Sign(secret, seconds, body))
		}},
		{"several signatures in one header", func(r *http.Request) {
			r.Header.Set(changelog.SignatureHeader, "v1,AAAA "+r.Header.Get(changelog.SignatureHeader))
		}},
		{"several signature headers", func(r *http.Request) {
			right := r.Header.Get(changelog.SignatureHeader)
			r.Header.Set(changelog.SignatureHeader, "v1,AAAA")
			r.Header.Add(changelog.SignatureHeader, right)
		}},
		{"an encoding that changes nothing", func(r *http.Request) { r.Header.Set("Content-Encoding", "Identity") }},
		{"without a length", func(r *http.Request) { r.ContentLength = -1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &memory{})
			request := s.signed(t, body)
			test.change(request)
			if status, _, text := do(t, request); status != http.StatusAccepted {
				t.Fatalf("the response is %d %s", status, text)
			}
			stored := s.store.stored()
			if len(stored) != 1 {
				t.Fatalf("%d events are stored", len(stored))
			}
			event, err := changelog.Parse(stored[0].Body)
			if err != nil || event.Context.Entity != "notification-service-prod" || event.Diff.After.Property("healthStatus") != "Degraded" {
				t.Errorf("stored %s (%v)", stored[0].Body, err)
			}
			if len(stored[0].Identity) != 64 {
				t.Errorf("its identity is %q", stored[0].Identity)
			}
		})
	}
}

func TestAnEventThatWasSignedCompactIsStored(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{})
	request := s.signed(t, []byte(`{"action":"UPDATE"}`))
	spaced := []byte("{\n  \"action\": \"UPDATE\"\n}")
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(spaced)), int64(len(spaced))
	if status, _, text := do(t, request); status != http.StatusAccepted {
		t.Errorf("the response is %d %s", status, text)
	}
}

func TestTheSameChangeIsStoredOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{})
	automation := bytes.Replace(example(t), []byte(`"status": "SUCCESS",`), nil, 1)
	automation = bytes.Replace(automation, []byte(`"entity": "notification-service-prod",`), []byte(`"entityIdentifier": "e_1",`), 1)
	automation = bytes.Replace(automation, []byte(`"blueprint": "deploymentConfig"`), []byte(`"blueprintIdentifier": "deploymentConfig"`), 1)
	for _, body := range [][]byte{example(t), automation, example(t)} {
		if status, _, text := do(t, s.signed(t, body)); status != http.StatusAccepted {
			t.Fatalf("the response is %d %s", status, text)
		}
	}
	if stored := s.store.stored(); len(stored) != 1 {
		t.Errorf("%d events are stored", len(stored))
	}
	if got := s.tally.String(); got != "map[duplicate:2 stored:1]" {
		t.Errorf("counted %s", got)
	}
	if log := s.log.String(); strings.Count(log, "duplicate=true") != 2 {
		t.Errorf("the log does not tell of the duplicates:\n%s", log)
	}
}

func TestARequestIsRefused(t *testing.T) {
	t.Parallel()
	unsigned := func(header string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Del(header) }
	}
	at := func(moment time.Time) func(*http.Request) {
		return func(r *http.Request) {
			timestamp := strconv.FormatInt(moment.UnixMilli(), 10)
			r.Header.Set(changelog.TimestampHeader, timestamp)
			r.Header.Set(changelog.SignatureHeader, changelog.Sign(secret, timestamp, []byte(`{}`)))
		}
	}
	keep := func(*http.Request) {}
	const unauthorized = "The signature or its timestamp is missing, malformed, wrong or stale.\n"
	tests := []struct {
		name   string
		body   string
		change func(*http.Request)
		status int
		text   string
		count  string
	}{
		{"no signature", `{}`, unsigned(changelog.SignatureHeader), 401, unauthorized, "signature missing:1 unauthorized:1"},
		{"no timestamp", `{}`, unsigned(changelog.TimestampHeader), 401, unauthorized, "signature missing:1 unauthorized:1"},
		{"neither", `{}`, func(r *http.Request) { r.Header = http.Header{} }, 401, unauthorized, "signature missing:1 unauthorized:1"},
		{"a malformed signature", `{}`, func(r *http.Request) { r.Header.Set(changelog.SignatureHeader, "sha256=abc") }, 401, unauthorized, "signature malformed:1 unauthorized:1"},
		{"a signature of another secret", `{}`, func(r *http.Request) {
			r.Header.Set(changelog.SignatureHeader, changelog.Sign("other", r.Header.Get(changelog.TimestampHeader), []byte(`{}`)))
		}, 401, unauthorized, "signature wrong:1 unauthorized:1"},
		{"a signature of another body", `{}`, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`[]`)), 2
		}, 401, unauthorized, "signature wrong:1 unauthorized:1"},
		{"an old timestamp", `{}`, at(time.Now().Add(-6 * time.Minute)), 401, unauthorized, "signature stale:1 unauthorized:1"},
		{"a timestamp of the future", `{}`, at(time.Now().Add(6 * time.Minute)), 401, unauthorized, "signature stale:1 unauthorized:1"},
		{"wrong and not JSON", `{`, func(r *http.Request) { r.Header.Set(changelog.SignatureHeader, "v1,AAAA") }, 401, unauthorized, "signature malformed:1 unauthorized:1"},
		{"broken JSON", `{"action":`, keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"an array", `[]`, keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"nothing", ``, keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"a byte order mark", "\xef\xbb\xbf{}", keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"trailing bytes", `{}{}`, keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"deep nesting", strings.Repeat(`[`, 20_000), keep, 400, "The body is not a JSON object.\n", "invalid:1"},
		{"a byte too many", strings.Repeat(" ", maxBody+1), keep, 413, "The body has more than 65536 bytes.\n", "too_large:1"},
		{"a byte too many without a length", strings.Repeat(" ", maxBody+1), func(r *http.Request) { r.ContentLength = -1 }, 413, "The body has more than 65536 bytes.\n", "too_large:1"},
		{"gzip", `{}`, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "The body must be sent without a content encoding.\n", "unsupported_encoding:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &memory{})
			request := s.signed(t, []byte(test.body))
			test.change(request)
			status, _, text := do(t, request)
			if status != test.status || text != test.text {
				t.Errorf("the response is %d %q, want %d %q", status, text, test.status, test.text)
			}
			if stored := s.store.stored(); len(stored) > 0 {
				t.Errorf("stored %s", stored[0].Body)
			}
			if got := s.tally.String(); got != "map["+test.count+"]" {
				t.Errorf("counted %s", got)
			}
			if log := s.log.String(); !strings.Contains(log, "event rejected") || !strings.Contains(log, "status="+strconv.Itoa(test.status)) {
				t.Errorf("the log reads %q", log)
			}
		})
	}
}

// TestUnsignedRequestsDoNotFillTheLog posts many of each kind.
func TestUnsignedRequestsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, handler := newHandler(t, &memory{}, maxBody)
		const many = 1000
		post := func(header map[string]string, body string) {
			request := httptest.NewRequest(http.MethodPost, "/api/slack", strings.NewReader(body))
			for name, value := range header {
				request.Header.Set(name, value)
			}
			handler.ServeHTTP(httptest.NewRecorder(), request)
		}
		forged := map[string]string{changelog.TimestampHeader: "1", changelog.SignatureHeader: changelog.Sign("other", "1", nil)}
		packed := maps.Clone(forged)
		packed["Content-Encoding"] = "gzip"
		for range many {
			post(nil, "{}")
			post(forged, "{}")
			post(forged, strings.Repeat(" ", maxBody+1))
			post(packed, "{}")
		}
		if log := s.log.String(); strings.Count(log, "\n") != 3 {
			t.Errorf("the log has %d lines:\n%.1000s", strings.Count(log, "\n"), log)
		}
		if got := s.tally.String(); got != "map[signature missing:1000 signature wrong:1000 too_large:1000 unauthorized:2000 unsupported_encoding:1000]" {
			t.Errorf("counted %s", got)
		}
		time.Sleep(time.Minute)
		post(nil, "{}")
		if log := s.log.String(); strings.Count(log, "\n") != 4 || !strings.Contains(log, "more_since_last=1999") {
			t.Errorf("a minute later it reads\n%s", log)
		}
	})
}

// TestABodyTakesMemoryOnlyAsItArrives sends many requests that announce large bodies and send
// almost nothing, and one complete request.
func TestABodyTakesMemoryOnlyAsItArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, handler := newHandler(t, &memory{}, 4<<20)
		send := func(body io.Reader, length int, timestamp, signature string) int {
			request := httptest.NewRequest(http.MethodPost, "/api/slack", body)
			request.ContentLength = int64(length)
			request.Header.Set(changelog.TimestampHeader, timestamp)
			request.Header.Set(changelog.SignatureHeader, signature)
			response := httptest.NewRecorder()
			handler.ServeHTTP(response, request)
			return response.Code
		}
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		const large = 4 << 20
		var waiting sync.WaitGroup
		var ends []io.Closer
		for range 100 {
			reader, writer := io.Pipe()
			ends = append(ends, writer)
			waiting.Go(func() { send(reader, large, now, changelog.Sign("other", now, nil)) })
			if _, err := io.WriteString(writer, strings.Repeat("[", 100<<10)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		began := time.Now()
		body := []byte(`{"x":"` + strings.Repeat("x", large-100) + `"}`)
		if got := send(bytes.NewReader(body), len(body), now, changelog.Sign(secret, now, body)); got != http.StatusAccepted || time.Since(began) > 0 {
			t.Errorf("the status is %d after %s", got, time.Since(began))
		}
		if stored := s.store.stored(); len(stored) != 1 {
			t.Errorf("%d events are stored", len(stored))
		}
		for _, end := range ends {
			_ = end.Close()
		}
		waiting.Wait()
	})
}

// TestATooLargeBodyMayBeSentToItsEnd sends like a simple client, which reads the response after
// writing everything.
func TestATooLargeBodyMayBeSentToItsEnd(t *testing.T) {
	t.Parallel()
	const size = 12 << 20
	signature := fmt.Sprintf("%s: 1\r\n%s: %s\r\n", changelog.TimestampHeader, changelog.SignatureHeader, changelog.Sign(secret, "1", nil))
	for name, header := range map[string]string{
		"with its length": fmt.Sprintf("Content-Length: %d\r\n\r\n", size),
		"in one chunk":    fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", size),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &memory{})
			connection, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/api/slack"))
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if _, err := io.WriteString(connection, "POST /api/slack HTTP/1.1\r\nHost: localhost\r\n"+signature+header); err != nil {
				t.Fatal(err)
			}
			if _, err := connection.Write(make([]byte, size)); err != nil {
				t.Fatalf("the body cannot be sent: %v", err)
			}
			if _, err := io.WriteString(connection, "\r\n0\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("the response is %d", response.StatusCode)
			}
		})
	}
}

func TestAnEventThatCannotBeStored(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{failure: errors.New("the disk is full")})
	status, header, text := do(t, s.signed(t, []byte(`{}`)))
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") != "10" {
		t.Errorf("the response is %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	if text != "The event cannot be stored now. Send it again later.\n" {
		t.Errorf("the response is %q", text)
	}
	if log := s.log.String(); !strings.Contains(log, "the disk is full") || !strings.Contains(log, "level=ERROR") {
		t.Errorf("the log reads %q", log)
	}
}

func TestAnEventThatWillNeverFit(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{failure: fmt.Errorf("storing: %w", queue.ErrTooLarge)})
	if status, header, _ := do(t, s.signed(t, []byte(`{}`))); status != http.StatusRequestEntityTooLarge || header.Get("Retry-After") != "" {
		t.Errorf("the response is %d, Retry-After %q", status, header.Get("Retry-After"))
	}
}

func TestOnlyPostIsAccepted(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		request := s.signed(t, []byte(`{}`))
		request.Method = method
		if status, _, _ := do(t, request); status != http.StatusMethodNotAllowed {
			t.Errorf("the response to %s is %d", method, status)
		}
	}
}

// TestTheLogContainsNoSecrets sends bodies, and checks that the log contains no part of them, of
// the secret or of a signature.
func TestTheLogContainsNoSecrets(t *testing.T) {
	t.Parallel()
	s := serve(t, &memory{})
	good := s.signed(t, example(t))
	signature := good.Header.Get(changelog.SignatureHeader)
	do(t, good)
	do(t, s.signed(t, []byte(`{"hunter2":`)))
	wrong := s.signed(t, []byte(`{"hunter2":1}`))
	wrong.Header.Set(changelog.SignatureHeader, signature)
	do(t, wrong)
	log := s.log.String()
	if strings.Count(log, "\n") != 3 {
		t.Fatalf("the log reads\n%s", log)
	}
	for _, hidden := range []string{secret, signature, "hunter2", "cpuUtil", "newrelic"} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log holds %q:\n%s", hidden, log)
		}
	}
}
