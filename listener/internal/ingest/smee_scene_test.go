package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

const (
	// channelName must not appear in any log.
	channelName = "hunter2-channel"
	// patience limits every wait in these tests.
	patience = 30 * time.Second
)

// relay is a fake Smee server that behaves like https://smee.io. The test determines what it sends
// on each connection.
type relay struct {
	url         string
	connections chan *connection

	mu        sync.Mutex
	responses []http.HandlerFunc
}

// connection is the connection of a client.
type connection struct {
	t      *testing.T
	header http.Header
	frames chan string
	gone   <-chan struct{}
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	created := &relay{connections: make(chan *connection, 100)}
	listening := httptest.NewServer(created)
	t.Cleanup(listening.Close)
	created.url = listening.URL + "/" + channelName
	return created
}

// respondWith makes the server respond to the next requests with something other than a stream.
func (r *relay) respondWith(responses ...http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.responses = append(r.responses, responses...)
}

func (r *relay) nextResponse() http.HandlerFunc {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.responses) == 0 {
		return r.stream
	}
	next := r.responses[0]
	r.responses = r.responses[1:]
	return next
}

func (r *relay) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	r.nextResponse()(response, request)
}

// stream sends what the test provides, until the test or the client ends it.
func (r *relay) stream(response http.ResponseWriter, request *http.Request) {
	if request.Header.Get("Accept") != "text/event-stream" {
		response.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(response, "<html>")
		return
	}
	response.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(response)
	_ = flusher.Flush()
	accepted := &connection{header: request.Header, frames: make(chan string), gone: request.Context().Done()}
	r.connections <- accepted
	for {
		select {
		case frame, more := <-accepted.frames:
			if !more {
				return
			}
			_, _ = io.WriteString(response, frame)
			_ = flusher.Flush()
		case <-request.Context().Done():
			return
		}
	}
}

// accept returns the next connection, after the greeting of smee.io.
func (r *relay) accept(t *testing.T) *connection {
	t.Helper()
	select {
	case accepted := <-r.connections:
		accepted.t = t
		return accepted
	case <-time.After(patience):
		t.Fatal("nobody connects")
		return nil
	}
}

func (c *connection) send(frame string) {
	c.t.Helper()
	select {
	case c.frames <- frame:
	case <-c.gone:
		c.t.Fatal("the client has left")
	case <-time.After(patience):
		c.t.Fatal("the client does not read")
	}
}

func (c *connection) end() { close(c.frames) }

// fields is a relayed request, in the JSON form of smee.io.
type fields map[string]any

func (f fields) json() string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(f); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// frame returns the server-sent event.
func (f fields) frame() string { return "data: " + f.json() + "\n\n" }

// with returns the request with a field set, or without it for nil.
func (f fields) with(key string, value any) fields {
	changed := fields{key: value}
	for other, old := range f {
		if other != key {
			changed[other] = old
		}
	}
	if value == nil {
		delete(changed, key)
	}
	return changed
}

// signedPost is what Port posts.
func signedPost(body string) fields { return postAt(body, time.Now()) }

func postAt(body string, at time.Time) fields {
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	return fields{
		"host": "smee.io", "user-agent": "axios/1.7.9", "accept": "application/json, text/plain, */*", "accept-encoding": "gzip, br",
		"content-type": "application/json", "content-length": strconv.Itoa(len(body)), "connection": "keep-alive", "x-forwarded-for": "10.0.0.1",
		changelog.TimestampHeader: timestamp, changelog.SignatureHeader: changelog.Sign(secret, timestamp, []byte(body)),
		"body": json.RawMessage(body), "query": fields{}, "timestamp": at.UnixMilli() + 12,
	}
}

// numbered returns a body that contains a number.
func numbered(number int) string {
	return fmt.Sprintf(`{"action":"UPDATE","context":{"entity":"hunter2-%d"}}`, number)
}

// recordingStore is a store that reports every attempt to store.
type recordingStore struct {
	memory
	attempts chan attempt
}

type attempt struct {
	event queue.Event
	err   error
}

func newRecordingStore() *recordingStore { return &recordingStore{attempts: make(chan attempt, 1000)} }

func (s *recordingStore) Store(ctx context.Context, event queue.Event) (duplicate bool, err error) {
	duplicate, err = s.memory.Store(ctx, event)
	s.attempts <- attempt{event, err}
	return duplicate, err
}

func (s *recordingStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// next waits for an attempt to store.
func (s *recordingStore) next(t *testing.T) attempt {
	t.Helper()
	select {
	case attempt := <-s.attempts:
		return attempt
	case <-time.After(patience):
		t.Fatal("nothing is stored")
		return attempt{}
	}
}

// expect waits until an event is stored, and compares it with a body.
func (s *recordingStore) expect(t *testing.T, body string) {
	t.Helper()
	attempt := s.next(t)
	if attempt.err != nil {
		t.Fatalf("it is not stored: %v", attempt.err)
	}
	if want := document(t, body); string(attempt.event.Body) != want {
		t.Fatalf("stored\n%s\nin place of\n%s", attempt.event.Body, want)
	}
}

// document returns the stored form of a body.
func document(t *testing.T, body string) string {
	t.Helper()
	event, err := changelog.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := changelog.Stringify(event.Document())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// link counts the notifications about the connection.
type link struct{ tally }

func (l *link) Connected()    { l.count("connected") }
func (l *link) Disconnected() { l.count("disconnected") }
func (l *link) Reconnecting() { l.count("reconnecting") }

// receiver is a running source.
type receiver struct {
	store *recordingStore
	tally *tally
	link  *link
	log   *testlog.Buffer
	// cancel stops it, and stop also waits for its end.
	cancel, stop func()
}

// receiveFrom runs a source with minimal pauses.
func receiveFrom(t *testing.T, channel string) receiver {
	t.Helper()
	return receiveThrough(t, ingest.SmeeOptions{URL: channel, Jitter: func() float64 { return 0 }})
}

// receiveThrough runs a source with defaults for missing options.
func receiveThrough(t *testing.T, options ingest.SmeeOptions) receiver {
	t.Helper()
	verifier, err := changelog.NewVerifier([]string{secret}, changelog.DefaultTolerance, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	r := receiver{store: newRecordingStore(), tally: &tally{}, link: &link{}, log: &testlog.Buffer{}}
	options.UserAgent, options.Verifier, options.Recorder, options.Link, options.Memory = "port-listener/test", verifier, r.tally, r.link, budget.NewMemory()
	if options.MaxBody == 0 {
		options.MaxBody = maxBody
	}
	if options.Store == nil {
		options.Store = r.store
	}
	options.Logger = slog.New(slog.NewTextHandler(r.log, nil))
	source, err := ingest.NewSmee(options)
	if err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		source.Run(running)
	}()
	r.cancel = cancel
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(r.stop)
	return r
}

// assertLog checks that the log contains the texts and no secrets.
func (r receiver) assertLog(t *testing.T, texts ...string) {
	t.Helper()
	log := r.log.String()
	for _, text := range texts {
		if !strings.Contains(log, text) {
			t.Errorf("the log does not contain %q:\n%s", text, log)
		}
	}
	for _, hidden := range []string{secret, channelName, "v1,"} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log holds %q:\n%s", hidden, log)
		}
	}
}
