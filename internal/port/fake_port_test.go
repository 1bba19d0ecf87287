package port_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	testClientID     = "test-client"
	testClientSecret = "test-client-secret-7f3a"
	fakeAddress      = "http://port.test"
)

// fakePort is an in-memory Port with just enough of a catalog to show the effect of a request, and
// with faults between it and the client. It is a transport, so tests in virtual time need no
// sockets.
type fakePort struct {
	mutex    sync.Mutex
	entities map[string]json.RawMessage
	faults   []*fault
	requests map[string]int

	tokenTTL time.Duration
	// issued counts tokens; expires holds the expiry of each.
	issued  int
	expires map[string]time.Time
	refused int

	// limit is the number of requests per period; 0 is unlimited.
	limit, used int
	period      time.Duration
	periodEnds  time.Time
	throttled   int

	// takenStatus is the status for a taken identifier.
	takenStatus int
}

func newFakePort() *fakePort {
	return &fakePort{
		entities:    map[string]json.RawMessage{"known": json.RawMessage(`{"identifier":"known","title":"Known"}`)},
		requests:    map[string]int{},
		tokenTTL:    3 * time.Hour,
		expires:     map[string]time.Time{},
		takenStatus: http.StatusConflict,
	}
}

// act handles a request instead of Port, or wraps Port's handling.
type act func(p *fakePort, r *http.Request) (*http.Response, error)

// fault replaces or wraps the handling of matching requests.
type fault struct {
	method string
	// path is a suffix of the path; "" matches any path except that of tokens.
	path string
	// times is the number of requests that it affects; 0 for all.
	times int
	act   act
	hits  int
}

func (f *fault) matches(r *http.Request) bool {
	if f.times > 0 && f.hits >= f.times {
		return false
	}
	if f.path == "" && strings.HasSuffix(r.URL.Path, "/access_token") {
		return false
	}
	return r.Method == f.method && strings.HasSuffix(r.URL.Path, f.path)
}

// RoundTrip implements [http.RoundTripper].
func (p *fakePort) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.mutex.Lock()
	route := r.Method + " " + r.URL.EscapedPath()
	p.requests[route]++
	var hit *fault
	for _, candidate := range p.faults {
		if candidate.matches(r) {
			hit = candidate
			hit.hits++
			break
		}
	}
	p.mutex.Unlock()
	if hit != nil {
		return hit.act(p, r)
	}
	return p.handle(r), nil
}

func (p *fakePort) count(route string) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.requests[route]
}

// handle responds as Port would.
func (p *fakePort) handle(r *http.Request) *http.Response {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json; charset=utf-8")
	p.serve(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response
}

func (p *fakePort) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/auth/access_token") {
		p.serveToken(w, r)
		return
	}
	if !p.authorized(r) {
		p.refused++
		fail(w, http.StatusUnauthorized, "unauthorized", "Invalid token")
		return
	}
	if !p.withinLimit(w) {
		p.throttled++
		fail(w, http.StatusTooManyRequests, "too_many_requests", "Slow down")
		return
	}
	if r.URL.Path == "/v1/blueprints/service/entities" {
		p.serveCreate(w, r)
		return
	}
	identifier, ok := strings.CutPrefix(r.URL.Path, "/v1/blueprints/service/entities/")
	if !ok {
		fail(w, http.StatusNotFound, "not_found", "No such route")
		return
	}
	p.serveEntity(w, r, identifier)
}

func (p *fakePort) serveToken(w http.ResponseWriter, r *http.Request) {
	var credentials struct{ ClientID, ClientSecret string }
	if err := json.NewDecoder(r.Body).Decode(&credentials); err != nil || credentials.ClientSecret != testClientSecret {
		fail(w, http.StatusUnauthorized, "invalid_credentials", "Wrong secret "+credentials.ClientSecret)
		return
	}
	p.issued++
	token := fmt.Sprintf("issued-token-%d", p.issued)
	p.expires[token] = time.Now().Add(p.tokenTTL)
	fmt.Fprintf(w, `{"ok":true,"accessToken":%q,"expiresIn":%d,"tokenType":"Bearer"}`, token, int(p.tokenTTL.Seconds()))
}

func (p *fakePort) authorized(r *http.Request) bool {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return time.Now().Before(p.expires[token])
}

// revokeTokens makes all issued tokens invalid.
func (p *fakePort) revokeTokens() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	clear(p.expires)
}

func (p *fakePort) withinLimit(w http.ResponseWriter) bool {
	if p.limit == 0 {
		return true
	}
	if now := time.Now(); !now.Before(p.periodEnds) {
		p.used, p.periodEnds = 0, now.Add(p.period)
	}
	p.used++
	header := w.Header()
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	header.Set("X-Ratelimit-Limit", strconv.Itoa(p.limit))
	header.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, p.limit-p.used)))
	header.Set("X-Ratelimit-Period", strconv.Itoa(int(p.period.Seconds())))
	header.Set("X-Ratelimit-Reset", strconv.FormatInt(p.periodEnds.Unix(), 10))
	return p.used <= p.limit
}

func (p *fakePort) serveCreate(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var sent struct{ Identifier string }
	if err := json.Unmarshal(body, &sent); err != nil {
		fail(w, http.StatusUnprocessableEntity, "invalid_request", "no JSON")
		return
	}
	if sent.Identifier == "" {
		sent.Identifier = fmt.Sprintf("made-%d", len(p.entities))
	}
	if r.URL.Query().Get("validation_only") == "true" {
		fmt.Fprint(w, `{"ok":true}`)
		return
	}
	if _, taken := p.entities[sent.Identifier]; taken && r.URL.Query().Get("upsert") != "true" {
		fail(w, p.takenStatus, "taken", "There is one")
		return
	}
	body = append([]byte(fmt.Sprintf(`{"createdAt":%q,`, time.Now().UTC().Format(time.RFC3339Nano))), body[1:]...)
	p.entities[sent.Identifier] = body
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"ok":true,"entity":%s}`, body)
}

func (p *fakePort) serveEntity(w http.ResponseWriter, r *http.Request, identifier string) {
	entity, found := p.entities[identifier]
	if !found {
		fail(w, http.StatusNotFound, "not_found", "No entity "+identifier)
		return
	}
	switch r.Method {
	case http.MethodPut:
		entity, _ = io.ReadAll(r.Body)
		var sent struct{ Identifier string }
		_ = json.Unmarshal(entity, &sent)
		if _, taken := p.entities[sent.Identifier]; taken && sent.Identifier != identifier {
			fail(w, p.takenStatus, "taken", "There is one")
			return
		}
		delete(p.entities, identifier)
		p.entities[sent.Identifier] = entity
	case http.MethodDelete:
		delete(p.entities, identifier)
	}
	fmt.Fprintf(w, `{"ok":true,"entity":%s}`, entity)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Trace-Id", "trace-1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": code, "message": message})
}

// Functions for the act field of a fault follow.

// respond responds instead of the server.
func respond(status int, header map[string]string, body string) act {
	return func(_ *fakePort, r *http.Request) (*http.Response, error) {
		response := &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}
		for name, value := range header {
			response.Header.Set(name, value)
		}
		return response, nil
	}
}

func status(code int) act {
	return respond(code, nil, `{"ok":false,"error":"fault","message":"A fault"}`)
}

// refuseConnection fails before anything is sent.
func refuseConnection(*fakePort, *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// resetBefore loses the request before it is handled.
func resetBefore(*fakePort, *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// resetAfter handles the request and loses the response.
func resetAfter(p *fakePort, r *http.Request) (*http.Response, error) {
	p.handle(r)
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// statusAfter handles the request and responds as a proxy would.
func statusAfter(code int) act {
	return func(p *fakePort, r *http.Request) (*http.Response, error) {
		p.handle(r)
		return respond(code, map[string]string{"Content-Type": "text/html"}, "<html>Bad Gateway</html>")(p, r)
	}
}

// truncate breaks the connection in the middle of the response.
func truncate(p *fakePort, r *http.Request) (*http.Response, error) {
	response, half := halve(p.handle(r))
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(half), failingReader{}))
	return response, nil
}

// cut ends the response in the middle without an HTTP error.
func cut(p *fakePort, r *http.Request) (*http.Response, error) {
	response, half := halve(p.handle(r))
	response.Body = io.NopCloser(bytes.NewReader(half))
	return response, nil
}

func halve(response *http.Response) (*http.Response, []byte) {
	body, _ := io.ReadAll(response.Body)
	return response, body[:len(body)/2]
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// hang never responds.
func hang(_ *fakePort, r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// hangAfter handles the request and never responds.
func hangAfter(p *fakePort, r *http.Request) (*http.Response, error) {
	p.handle(r)
	return hang(p, r)
}

// client returns a client of the fake, with credentials unless the options contain a token.
func (p *fakePort) client(tb testing.TB, options ...port.Option) *port.Client {
	tb.Helper()
	all := append([]port.Option{port.WithCredentials(testClientID, testClientSecret), port.WithTransport(p)}, options...)
	client, err := port.New(fakeAddress, all...)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	return client
}

// want fails the test immediately unless err matches the sentinel; nil means success.
func want(tb testing.TB, err, sentinel error) {
	tb.Helper()
	check(tb, err, sentinel)
	if tb.Failed() {
		tb.FailNow()
	}
}

// check is want for goroutines other than that of the test, which must not call FailNow.
func check(tb testing.TB, err, sentinel error) {
	tb.Helper()
	if !errors.Is(err, sentinel) {
		tb.Errorf("error = %v, want %v", err, sentinel)
	}
}
