package emulator_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

const (
	clientID     = "client@clients"
	clientSecret = "the-secret"
)

// clock is a clock that only tests move.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 6, 15, 16, 44, 56, 288_000_000, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(by)
}

// server is an emulator with a token and a clock.
type server struct {
	emulator *emulator.Emulator
	clock    *clock
	token    string
}

// start returns an emulator with the options and default credentials. Unless the options say
// otherwise, it drops changelog destinations, so that it posts no events.
func start(tb testing.TB, options emulator.Options) *server {
	tb.Helper()
	s := &server{clock: newClock()}
	options.ClientID, options.ClientSecret = clientID, clientSecret
	options.ChangelogDestination = cmp.Or(options.ChangelogDestination, emulator.DropDestination)
	if options.Now == nil {
		options.Now = s.clock.Now
	}
	e, err := emulator.New(options)
	if err != nil {
		tb.Fatal(err)
	}
	s.emulator = e
	s.authenticate(tb)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 20*time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// startWithout returns an emulator without options.
func startWithout(tb testing.TB) *server {
	tb.Helper()
	return start(tb, emulator.Options{})
}

func (s *server) authenticate(tb testing.TB) {
	tb.Helper()
	a := s.do(tb, http.MethodPost, "/v1/auth/access_token", `{"clientId":"`+clientID+`","clientSecret":"`+clientSecret+`"}`)
	s.token, _ = a.object(tb)["accessToken"].(string)
	if s.token == "" {
		tb.Fatalf("no token: %d %s", a.status, a.body)
	}
}

// response is a recorded HTTP response.
type response struct {
	status int
	header http.Header
	body   string
}

// do sends a request with the token.
func (s *server) do(tb testing.TB, method, path, body string) response {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, path, strings.NewReader(body))
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.emulator.ServeHTTP(w, r)
	return response{status: w.Code, header: w.Header(), body: w.Body.String()}
}

// mustDo sends a request that must succeed.
func (s *server) mustDo(tb testing.TB, method, path, body string) response {
	tb.Helper()
	a := s.do(tb, method, path, body)
	if a.status >= http.StatusBadRequest {
		tb.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

// refused checks the form of an error, its status and code, and that the message contains a part.
func (a response) refused(tb testing.TB, status int, code, part string) {
	tb.Helper()
	o := a.object(tb)
	message, _ := o["message"].(string)
	if a.status != status || o["ok"] != false || o["error"] != code || !strings.Contains(message, part) {
		tb.Errorf("got %d %s, want %d, error %q and a message with %q", a.status, a.body, status, code, part)
	}
}

// object decodes the response with exact numbers.
func (a response) object(tb testing.TB) map[string]any {
	tb.Helper()
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.UseNumber()
	var o map[string]any
	if err := decoder.Decode(&o); err != nil {
		tb.Fatalf("%s: %s", err, a.body)
	}
	return o
}

// at returns the value at a path of keys.
func (a response) at(tb testing.TB, path ...string) any {
	tb.Helper()
	var value any = a.object(tb)
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// compact returns a value as JSON with sorted keys.
func compact(tb testing.TB, value any) string {
	tb.Helper()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(buffer.String())
}

// same compares a value with JSON text, without regard to the order of keys.
func same(tb testing.TB, got any, want string) {
	tb.Helper()
	decoder := json.NewDecoder(strings.NewReader(want))
	decoder.UseNumber()
	var expected any
	if err := decoder.Decode(&expected); err != nil {
		tb.Fatalf("invalid test: %s", err)
	}
	if g, w := compact(tb, got), compact(tb, expected); g != w {
		tb.Errorf("got  %s\nwant %s", g, w)
	}
}

// createService creates the blueprint that most tests use.
func (s *server) createService(tb testing.TB) {
	tb.Helper()
	s.mustDo(tb, http.MethodPost, "/v1/blueprints", `{
		"identifier": "service", "title": "Service",
		"schema": {"properties": {
			"language": {"type": "string", "title": "Language"},
			"replicas": {"type": "number"},
			"url": {"type": "string", "format": "url"},
			"tier": {"type": "string", "enum": ["gold", "silver"], "default": "silver"},
			"tags": {"type": "array", "items": {"type": "string"}},
			"live": {"type": "boolean"},
			"config": {"type": "object"},
			"checked": {"type": "string", "format": "date-time"}
		}, "required": []},
		"relations": {
			"parent": {"target": "service", "required": false, "many": false},
			"uses": {"target": "service", "required": false, "many": true}
		}
	}`)
}
