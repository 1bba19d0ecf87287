package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
)

const app = "https://app.getport.io"

// fakePort is Port's API in memory, with fake time.
type fakePort struct {
	mu sync.Mutex
	// bodies are the response bodies by path; other paths respond with 404.
	bodies map[string]string
	// requests counts the requests by path.
	requests map[string]int
	// fault, if it is set, may return a response to use instead.
	fault func(path string) (status int, header http.Header, body string)
	// delay is the delay of every response.
	delay time.Duration
}

func newPort() *fakePort {
	return &fakePort{requests: make(map[string]int), bodies: map[string]string{
		"/v1/users": `{"ok":true,"users":[{"id":"auth0|1","email":"ada@example.com","firstName":"Ada","lastName":"Lovelace"},
			{"id":"auth0|2","email":"bob@example.com"},{"id":"auth0|3"},{"id":null,"email":null}]}`,
		"/v1/apps":                             `{"ok":true,"apps":[{"id":"h2Mf","name":"Health Monitor"},{"id":"","name":"x"}]}`,
		"/v1/blueprints/service":               `{"ok":true,"blueprint":{"identifier":"service","title":"Service"}}`,
		"/v1/blueprints/nameless":              `{"ok":true,"blueprint":{"identifier":"nameless"}}`,
		"/v1/blueprints/service/cart":          ``,
		"/v1/blueprints/service/entities/cart": `{"ok":true,"entity":{"identifier":"cart","team":["shop","ops"]}}`,
		"/v1/blueprints/_team/entities/shop":   `{"ok":true,"entity":{"identifier":"shop","title":"Web Shop"}}`,
	}}
}

// RoundTrip implements http.RoundTripper.
func (p *fakePort) RoundTrip(request *http.Request) (*http.Response, error) {
	p.mu.Lock()
	path, delay := request.URL.Path, p.delay
	p.requests[path]++
	status, header, body := http.StatusOK, http.Header{}, p.bodies[path]
	if path == "/v1/auth/access_token" {
		body = `{"ok":true,"accessToken":"t","expiresIn":10800}`
	}
	if body == "" {
		status, body = http.StatusNotFound, `{"ok":false,"error":"not_found","message":"no"}`
	}
	if p.fault != nil {
		if wrong, extra, text := p.fault(path); wrong != 0 {
			status, body = wrong, text
			header = extra
		}
	}
	p.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if status < 0 {
		return nil, errors.New("the connection was reset")
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

func (p *fakePort) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[path]
}

func (p *fakePort) total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := 0
	for path, count := range p.requests {
		if path != "/v1/auth/access_token" {
			sum += count
		}
	}
	return sum
}

func (p *fakePort) breaks(fault func(path string) (int, http.Header, string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// recorder keeps the reasons.
type recorder struct {
	mu      sync.Mutex
	reasons []directory.Reason
}

func (r *recorder) NameLookupFailed(reason directory.Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reasons = append(r.reasons, reason)
}

// scene is a directory with a fake Port.
type scene struct {
	*directory.Directory
	port     *fakePort
	recorder recorder
	client   *port.Client
}

func (p *fakePort) connect(t *testing.T) *port.Client {
	t.Helper()
	client, err := port.New("https://api.getport.io", port.WithCredentials("id", "client-secret-1"), port.WithTransport(p), port.WithMaxRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newScene must be called in a synctest bubble.
func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{port: newPort()}
	s.client = s.port.connect(t)
	s.Directory = directory.New(directory.Options{
		Client: func() *port.Client { return s.client }, Recorder: &s.recorder, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// event is a change of an entity by somebody.
func event(t *testing.T, user, blueprint, entity, team string) *changelog.Event {
	t.Helper()
	event, err := changelog.Parse([]byte(fmt.Sprintf(`{"action":"UPDATE","resourceType":"entity","trigger":{"by":{"userId":%q},"at":"2026-06-15T16:44:56.288Z"},
		"context":{"blueprint":%q,"entity":%q},"diff":{"before":{},"after":{"identifier":%q,"team":%s}}}`, user, blueprint, entity, entity, team)))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// names looks up the names in an event, and checks that this takes less than a second.
func (s *scene) names(t *testing.T, of *changelog.Event, teams bool) message.Names {
	t.Helper()
	began := time.Now()
	result := s.Names(t.Context(), directory.NewQuery(of, teams), app)
	if took := time.Since(began); took >= time.Second {
		t.Errorf("it took %s", took)
	}
	return result
}

func TestNames(t *testing.T) {
	t.Parallel()
	const cart = app + "/serviceEntity?identifier=cart"
	for name, test := range map[string]struct {
		user, blueprint, entity, team string
		want                          message.Names
	}{
		"a person":                      {"auth0|1", "service", "cart", `null`, message.Names{User: "Ada Lovelace", Blueprint: "Service", Teams: []string{"Web Shop", "ops"}, Link: cart}},
		"a person by e-mail":            {"ada@example.com", "service", "cart", `["shop"]`, message.Names{User: "Ada Lovelace", Blueprint: "Service", Teams: []string{"Web Shop"}, Link: cart}},
		"a person without a name":       {"auth0|2", "service", "cart", `"ops"`, message.Names{User: "bob@example.com", Blueprint: "Service", Teams: []string{"ops"}, Link: cart}},
		"a person without anything":     {"auth0|3", "service", "cart", `"ops"`, message.Names{Blueprint: "Service", Teams: []string{"ops"}, Link: cart}},
		"a machine":                     {"h2Mf@clients", "service", "cart", `"ops"`, message.Names{User: "Health Monitor", Blueprint: "Service", Teams: []string{"ops"}, Link: cart}},
		"a machine by its client id":    {"h2Mf", "service", "cart", `"ops"`, message.Names{User: "Health Monitor", Blueprint: "Service", Teams: []string{"ops"}, Link: cart}},
		"nobody that is known":          {"x@clients", "nameless", "cart", `"ops"`, message.Names{Teams: []string{"ops"}, Link: app + "/namelessEntity?identifier=cart"}},
		"an identifier as in the web":   {"", "service", "a/b c&d", `"ops"`, message.Names{Blueprint: "Service", Teams: []string{"ops"}, Link: app + "/serviceEntity?identifier=a%2Fb+c%26d"}},
		"identifiers that are paths":    {"..", "..", "..", `".."`, message.Names{Teams: []string{".."}, Link: app + "/..Entity?identifier=.."}},
		"an entity that is gone by now": {"", "service", "gone", `null`, message.Names{Blueprint: "Service", Teams: []string{}, Link: app + "/serviceEntity?identifier=gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				if got := s.names(t, event(t, test.user, test.blueprint, test.entity, test.team), true); !reflect.DeepEqual(got, test.want) {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
				if s.recorder.reasons != nil {
					t.Errorf("failures: %v", s.recorder.reasons)
				}
			})
		})
	}
}

func TestNamesInTheEventAreNotLookedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		described, err := changelog.Parse([]byte(`{"action":"DELETE","resourceType":"entity","trigger":{"by":{"userId":"auth0|1","user":{"firstName":"Ada"}},"at":"2026-06-15T16:44:56.288Z"},
			"context":{"blueprint":"service","entity":"cart"},"diff":{"before":{"identifier":"cart"},"after":null}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.names(t, described, true); got.Link != "" || got.User != "" {
			t.Errorf("a deletion has %+v", got)
		}
		if total := s.port.total(); total != 1 || s.port.count("/v1/blueprints/service") != 1 {
			t.Errorf("the requests are %v", s.port.requests)
		}
	})
}

func TestResultsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		changed := event(t, "auth0|1", "service", "cart", "null")
		for range 10 {
			s.names(t, changed, false)
			s.names(t, event(t, "auth0|nobody", "gone", "cart", "null"), false)
			time.Sleep(50 * time.Second)
		}
		// For an unknown person, the list is requested again, once.
		for path, want := range map[string]int{"/v1/users": 2, "/v1/blueprints/service": 1, "/v1/blueprints/gone": 1} {
			if got := s.port.count(path); got != want {
				t.Errorf("%s was requested %d times, not %d", path, got, want)
			}
		}
		s.port.bodies["/v1/blueprints/service"] = `{"ok":true,"blueprint":{"identifier":"service","title":"Renamed"}}`
		time.Sleep(5 * time.Minute)
		if got := s.names(t, changed, false).Blueprint; got != "Renamed" {
			t.Errorf("after its time the title is %q", got)
		}
		// An expired result is better than none.
		s.port.breaks(func(string) (int, http.Header, string) { return http.StatusInternalServerError, nil, "" })
		time.Sleep(20 * time.Minute)
		if got := s.names(t, changed, false); got.Blueprint != "Renamed" || got.User != "Ada Lovelace" {
			t.Errorf("while Port is down the names are %+v", got)
		}
	})
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		ask := func(i int) {
			name := fmt.Sprint("b", i)
			s.port.bodies["/v1/blueprints/"+name] = `{"ok":true,"blueprint":{"identifier":"` + name + `","title":"T"}}`
			s.names(t, event(t, "", name, "x", "null"), false)
		}
		for i := range 2001 {
			ask(i)
		}
		ask(2000)
		ask(0)
		if last, first := s.port.count("/v1/blueprints/b2000"), s.port.count("/v1/blueprints/b0"); last != 1 || first != 2 {
			t.Errorf("the last was requested %d times, the first %d times", last, first)
		}
	})
}

func TestOneRequestForAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.port.delay = 100 * time.Millisecond
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				user := []string{"auth0|1", "auth0|2", "ada@example.com"}[i%3]
				if got := s.names(t, event(t, user, "service", "cart", "null"), true); got.User == "" || got.Blueprint != "Service" || len(got.Teams) != 2 {
					t.Errorf("got %+v", got)
				}
			})
		}
		all.Wait()
		for _, path := range []string{"/v1/users", "/v1/blueprints/service", "/v1/blueprints/service/entities/cart", "/v1/blueprints/_team/entities/shop"} {
			if got := s.port.count(path); got != 1 {
				t.Errorf("%s was requested %d times", path, got)
			}
		}
	})
}

// TestFaults checks that a message has the available names within a second, that there are no
// requests for 30 seconds, and that everything works after that.
func TestFaults(t *testing.T) {
	t.Parallel()
	everything := func(status int, header http.Header, body string) func(string) (int, http.Header, string) {
		return func(string) (int, http.Header, string) { return status, header, body }
	}
	onlyUsers := func(status int, body string) func(string) (int, http.Header, string) {
		return func(path string) (int, http.Header, string) {
			if path == "/v1/users" {
				return status, nil, body
			}
			return 0, nil, ""
		}
	}
	const refusal = `{"ok":false,"error":"no","message":"no"}`
	for name, test := range map[string]struct {
		fault     func(path string) (int, http.Header, string)
		delay     time.Duration
		reason    directory.Reason
		blueprint string
		rest      time.Duration
	}{
		"401":                  {fault: everything(401, nil, refusal), reason: directory.ReasonUnauthorized},
		"403 for people":       {fault: onlyUsers(403, refusal), reason: directory.ReasonForbidden, blueprint: "Service"},
		"no such route":        {fault: onlyUsers(404, "<html>"), reason: directory.ReasonUnusable, blueprint: "Service"},
		"half a response":      {fault: onlyUsers(200, `{"ok":true,"users":[{"id":`), reason: directory.ReasonUnavailable, blueprint: "Service"},
		"an unknown envelope":  {fault: onlyUsers(200, `{"ok":true,"users":{"a":1}}`), reason: directory.ReasonUnusable, blueprint: "Service"},
		"429":                  {fault: everything(429, http.Header{}, refusal), reason: directory.ReasonRateLimited},
		"429 for long":         {fault: everything(429, http.Header{"Retry-After": {"180"}}, refusal), reason: directory.ReasonSlow, rest: 3 * time.Minute},
		"500":                  {fault: everything(500, nil, refusal), reason: directory.ReasonUnavailable},
		"a proxy's page":       {fault: everything(502, nil, "<html>"), reason: directory.ReasonUnavailable},
		"a reset":              {fault: everything(-1, nil, ""), reason: directory.ReasonUnavailable},
		"a hang":               {delay: time.Hour, reason: directory.ReasonSlow},
		"a response after 3 s": {delay: 3 * time.Second, reason: directory.ReasonSlow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.port.breaks(test.fault)
				s.port.delay = test.delay
				changed := event(t, "auth0|1", "service", "cart", "null")
				got := s.names(t, changed, false)
				if got.User != "" || got.Blueprint != test.blueprint || got.Link == "" {
					t.Errorf("the names are %+v", got)
				}
				synctest.Wait()
				if len(s.recorder.reasons) != 1 || s.recorder.reasons[0] != test.reason {
					t.Errorf("the reasons are %q, not %q", s.recorder.reasons, test.reason)
				}
				time.Sleep(15 * time.Second) // Requests in progress have ended.
				before, began := s.port.count("/v1/users"), time.Now()
				s.names(t, event(t, "auth0|2", "service", "cart", "null"), false)
				if test.delay == 0 && (s.port.count("/v1/users") != before || time.Since(began) != 0) {
					t.Errorf("a request was sent again after 15 seconds")
				}
				s.port.breaks(nil)
				s.port.mu.Lock()
				s.port.delay = 0
				s.port.mu.Unlock()
				time.Sleep(max(test.rest, 30*time.Second))
				if got := s.names(t, changed, false); got.User != "Ada Lovelace" || got.Blueprint != "Service" {
					t.Errorf("once it works again the names are %+v", got)
				}
			})
		})
	}
}

func TestSlowResponsesServeLaterMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.port.delay = 2 * time.Second
		changed := event(t, "auth0|1", "service", "cart", "null")
		if got := s.names(t, changed, false); got.User != "" {
			t.Errorf("the names are %+v", got)
		}
		time.Sleep(10 * time.Second)
		if got := s.names(t, changed, false); got.User != "Ada Lovelace" || got.Blueprint != "Service" {
			t.Errorf("the names are %+v", got)
		}
	})
}

// TestManyHangingRequests checks the limit of concurrent requests.
func TestManyHangingRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.port.delay = time.Hour
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { s.names(t, event(t, "", fmt.Sprint("b", i), "cart", "null"), true) })
		}
		synctest.Wait()
		if got := s.port.count("/v1/auth/access_token"); got > 8 {
			t.Errorf("%d requests are on their way", got)
		}
		all.Wait()
		ended, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ended); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
}

func TestAnotherClientEmptiesTheCaches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		changed := event(t, "auth0|1", "service", "cart", "null")
		s.names(t, changed, false)
		s.port.bodies["/v1/users"] = `{"users":[{"id":"auth0|1","firstName":"Eve"}]}`
		s.client = s.port.connect(t)
		if got := s.names(t, changed, false).User; got != "Eve" {
			t.Errorf("the name is %q", got)
		}
		s.client = nil
		if got := s.names(t, changed, false); got.User != "" || got.Link == "" {
			t.Errorf("without a client: %+v", got)
		}
	})
}

func TestRegions(t *testing.T) {
	t.Parallel()
	for api, want := range map[string]string{
		"https://api.getport.io": "https://app.getport.io", "https://api.port.io/v1": "https://app.getport.io",
		"https://api.us.getport.io": "https://app.us.getport.io", "https://api.us.port.io": "https://app.us.getport.io",
		"http://127.0.0.1:8400": "", "": "", "https://api.getport.io.example": "", "::": "",
	} {
		if got := directory.AppURL(api); got != want {
			t.Errorf("%s: %q, not %q", api, got, want)
		}
	}
	for _, parts := range [][3]string{{"", "b", "e"}, {app, "", "e"}, {app, "b", ""}} {
		if got := directory.Link(parts[0], parts[1], parts[2]); got != "" {
			t.Errorf("%q: %s", parts, got)
		}
	}
}
