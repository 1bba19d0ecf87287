package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

const (
	blueprintRoute = "/v1/blueprints/{identifier}"
	entityRoute    = "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}"
)

// listen serves the emulator on the network and returns its URL.
func (s *server) listen(tb testing.TB) string {
	tb.Helper()
	web := httptest.NewServer(s.emulator)
	tb.Cleanup(web.Close)
	return web.URL
}

// over sends a request on a new network connection and returns the status, the body and the error
// of reading it.
func (s *server) over(tb testing.TB, method, url, body string) (int, string, error) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodDelete, "/_emulator/requests", "")
	s.authenticate(t)
	s.do(t, http.MethodGet, "/v1/blueprints/service", "")
	s.do(t, http.MethodGet, "/v1/blueprints/none", "")
	s.do(t, http.MethodGet, serviceEntities+"/a%2Fb", "")
	s.do(t, http.MethodPost, serviceEntities+"/search", "{}")
	s.do(t, http.MethodGet, "/nowhere", "")
	s.do(t, "INVENTED", "/nowhere", "")
	s.do(t, http.MethodGet, "/_emulator/requests", "")
	same(t, s.mustDo(t, http.MethodGet, "/_emulator/requests", "").object(t), `{"total":7,"requests":[
		{"method":"","route":"","count":2},
		{"method":"POST","route":"/v1/auth/access_token","count":1},
		{"method":"POST","route":"/v1/blueprints/{blueprint_identifier}/entities/search","count":1},
		{"method":"GET","route":"/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}","count":1},
		{"method":"GET","route":"/v1/blueprints/{identifier}","count":2}]}`)
	s.mustDo(t, http.MethodDelete, "/_emulator/requests", "")
	same(t, s.mustDo(t, http.MethodGet, "/_emulator/requests", "").object(t), `{"total":0,"requests":[]}`)
}

func (s *server) addFault(tb testing.TB, body string) {
	tb.Helper()
	s.mustDo(tb, http.MethodPost, "/_emulator/faults", body)
}

func TestFaultWithAStatus(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	get := func() response { return s.do(t, http.MethodGet, "/v1/blueprints/service", "") }

	s.addFault(t, `{"method":"get","route":"`+blueprintRoute+`","status":503,"headers":{"Retry-After":"7","x-ratelimit-limit":""},"times":2}`)
	for range 2 {
		a := get()
		a.refused(t, http.StatusServiceUnavailable, "fault", "503")
		if a.header.Get("Retry-After") != "7" || a.header.Get("x-ratelimit-limit") != "" || a.header.Get("x-ratelimit-reset") == "" || a.header.Get("x-trace-id") == "" {
			t.Errorf("%v", a.header)
		}
	}
	if a := get(); a.status != http.StatusOK {
		t.Errorf("the third time: %d", a.status)
	}

	s.addFault(t, `{"route":"`+blueprintRoute+`","status":502,"headers":{"Content-Type":"text/html"},"body":"<html>Bad Gateway</html>"}`)
	for range 3 {
		if a := get(); a.status != http.StatusBadGateway || a.body != "<html>Bad Gateway</html>" || a.header.Get("Content-Type") != "text/html" {
			t.Errorf("%d %s %v", a.status, a.body, a.header)
		}
	}
	if a := s.do(t, http.MethodDelete, "/v1/blueprints/service", ""); a.status != http.StatusBadGateway {
		t.Errorf("without a method it applies to every method: %d", a.status)
	}
	s.mustDo(t, http.MethodGet, "/v1/blueprints", "")
	s.mustDo(t, http.MethodDelete, "/_emulator/faults", "")
	if a := get(); a.status != http.StatusOK {
		t.Errorf("after the deletion of the faults: %d", a.status)
	}

	s.addFault(t, `{"route":"`+blueprintRoute+`","status":422,"body":{"ok":false,"error":"own","message":1.0},"times":1}`)
	if a := get(); a.body != `{"ok":false,"error":"own","message":1.0}` {
		t.Error(a.body)
	}
}

func TestFaultWithoutAStatusKeepsTheResponse(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.addFault(t, `{"route":"`+blueprintRoute+`","headers":{"x-ratelimit-reset":"99"},"times":1}`)
	a := s.mustDo(t, http.MethodGet, "/v1/blueprints/service", "")
	if a.at(t, "blueprint", "identifier") != "service" || a.header.Get("x-ratelimit-reset") != "99" {
		t.Errorf("%s %v", a.body, a.header)
	}
}

func TestFaultsThatCutTheConnection(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	url := s.listen(t)
	count := func() any {
		return s.mustDo(t, http.MethodGet, "/v1/blueprints/service/entities-count", "").at(t, "count")
	}
	const create = "/v1/blueprints/{blueprint_identifier}/entities"

	s.addFault(t, `{"method":"POST","route":"`+create+`","drop":"before","times":1}`)
	if _, _, err := s.over(t, http.MethodPost, url+serviceEntities+"?upsert=false", `{"identifier":"a"}`); err == nil {
		t.Error("before: got a response")
	}
	same(t, count(), `0`)
	s.addFault(t, `{"method":"POST","route":"`+create+`","drop":"after","times":1}`)
	if _, _, err := s.over(t, http.MethodPost, url+serviceEntities+"?upsert=false", `{"identifier":"a"}`); err == nil {
		t.Error("after: got a response")
	}
	same(t, count(), `1`)
	s.addFault(t, `{"method":"GET","route":"`+entityRoute+`","drop":"truncate","times":1}`)
	status, text, err := s.over(t, http.MethodGet, url+serviceEntities+"/a", "")
	if status != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) || text == "" {
		t.Errorf("truncate: %d %q %v", status, text, err)
	}
	if _, text, err := s.over(t, http.MethodGet, url+serviceEntities+"/a", ""); err != nil || !strings.HasSuffix(text, "}}") {
		t.Errorf("afterwards: %q %v", text, err)
	}
}

// TestFaultThatHolds holds one request while others pass, and releases it when the faults are
// deleted, whether or not its client still waits.
func TestFaultThatHolds(t *testing.T) {
	t.Parallel()
	const create = "/v1/blueprints/{blueprint_identifier}/entities"
	for name, test := range map[string]struct {
		leave   bool
		release string
	}{
		"the client waits":  {false, http.MethodDelete + " /_emulator/faults"},
		"the client leaves": {true, http.MethodDelete + " /_emulator/faults"},
		"a reset":           {false, http.MethodPost + " /_emulator/reset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithService(t)
			s.addFault(t, `{"method":"POST","route":"`+create+`","hold":true,"times":1}`)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			held := make(chan int)
			go func() {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, serviceEntities+"?upsert=false", strings.NewReader(`{"identifier":"a"}`))
				r.Header.Set("Authorization", "Bearer "+s.token)
				r.Header.Set("Content-Type", "application/json")
				s.emulator.ServeHTTP(w, r)
				held <- w.Code
			}()
			<-s.emulator.Held()
			s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=false", `{"identifier":"b"}`)
			s.do(t, http.MethodGet, serviceEntities+"/a", "").refused(t, http.StatusNotFound, "not_found", "a")
			if test.leave {
				leave()
			}
			method, path, _ := strings.Cut(test.release, " ")
			s.mustDo(t, method, path, "")
			status := <-held
			if method == http.MethodPost { // The reset deleted the blueprint.
				if status != http.StatusNotFound {
					t.Errorf("status %d", status)
				}
				return
			}
			if status != http.StatusCreated {
				t.Errorf("status %d", status)
			}
			s.mustDo(t, http.MethodGet, serviceEntities+"/a", "")
		})
	}
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for body, part := range map[string]string{
		`{}`:                            "'route'",
		`{"route":"/v1/blueprints/x"}`:  `body/route must be the path template of an operation of the API, not "/v1/blueprints/x"`,
		`{"route":"/_emulator/faults"}`: "body/route",
		`{"method":"DELETE","route":"/v1/blueprints"}`:  `not "DELETE /v1/blueprints"`,
		`{"route":"/v1/blueprints","status":99}`:        "body/status",
		`{"route":"/v1/blueprints","status":600}`:       "body/status",
		`{"route":"/v1/blueprints","status":"500"}`:     "body/status must be integer",
		`{"route":"/v1/blueprints","status":500.5}`:     "body/status must be integer",
		`{"route":"/v1/blueprints","delay":"soon"}`:     "body/delay",
		`{"route":"/v1/blueprints","delay":"-1s"}`:      "body/delay",
		`{"route":"/v1/blueprints","hold":"yes"}`:       "body/hold must be boolean",
		`{"route":"/v1/blueprints","drop":"sometimes"}`: "body/drop",
		`{"route":"/v1/blueprints","times":-1}`:         "body/times",
		`{"route":"/v1/blueprints","times":1e99}`:       "body/times",
		`{"route":"/v1/blueprints","headers":{"a":1}}`:  "body/headers/a",
		`{"route":"/v1/blueprints","header":{}}`:        "'header'",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			s.do(t, http.MethodPost, "/_emulator/faults", body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
		})
	}
}

// TestDelays runs in a synctest bubble, in virtual time.
func TestDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, emulator.Options{Latency: 2 * time.Second, Now: time.Now})
		s.addFault(t, `{"route":"/v1/blueprints","delay":"1m30s","times":1}`)
		begin := time.Now()
		s.mustDo(t, http.MethodGet, "/v1/blueprints", "")
		if took := time.Since(begin); took != 92*time.Second {
			t.Errorf("with latency and delay it took %s", took)
		}
		begin = time.Now()
		s.mustDo(t, http.MethodGet, "/_emulator/requests", "")
		if took := time.Since(begin); took != 0 {
			t.Errorf("a control endpoint took %s", took)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := httptest.NewRecorder()
		begin = time.Now()
		s.emulator.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/blueprints", http.NoBody))
		if took := time.Since(begin); took != time.Second {
			t.Errorf("with an impatient client it took %s", took)
		}
	})
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{RateLimit: 10})
	if err := s.emulator.Seed(strings.NewReader(`{"blueprints":[{"identifier":"seeded","title":"S","schema":{"properties":{}}}]}`)); err != nil {
		t.Fatal(err)
	}
	s.createService(t)
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/seeded", "")
	s.mustDo(t, http.MethodPut, "/v1/organization", `{"name":"Acme"}`)
	s.addFault(t, `{"route":"/v1/blueprints","status":500}`)
	s.mustDo(t, http.MethodPost, "/_emulator/reset", "")

	same(t, s.mustDo(t, http.MethodGet, "/_emulator/requests", "").at(t, "total"), `0`)
	a := s.mustDo(t, http.MethodGet, "/v1/blueprints", "") // The token is still valid.
	if a.header.Get("x-ratelimit-remaining") != "9" {
		t.Errorf("the rate limit was not reset: %v", a.header)
	}
	s.mustDo(t, http.MethodGet, "/v1/blueprints/seeded", "")
	s.do(t, http.MethodGet, "/v1/blueprints/service", "").refused(t, http.StatusNotFound, "not_found", "service")
	same(t, s.mustDo(t, http.MethodGet, "/v1/audit-log", "").at(t, "audits"), `[]`)
	same(t, s.mustDo(t, http.MethodGet, "/v1/organization", "").at(t, "organization", "name"), `"Port Emulator"`)
	same(t, s.mustDo(t, http.MethodGet, "/_emulator/deliveries", "").object(t), `{"total":0,"deliveries":[]}`)
}

func TestResetWithoutASeed(t *testing.T) {
	t.Parallel()
	s := startWithService(t)
	s.mustDo(t, http.MethodPut, "/v1/organization", `{"name":"Acme"}`)
	s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
	s.do(t, http.MethodGet, "/v1/blueprints/service", "").refused(t, http.StatusNotFound, "not_found", "service")
	s.mustDo(t, http.MethodGet, "/v1/blueprints/_user", "")
	same(t, s.mustDo(t, http.MethodGet, "/v1/organization", "").at(t, "organization", "name"), `"Port Emulator"`)
}

func TestClosedEmulatorRefusesRequests(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	if err := s.emulator.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.do(t, http.MethodGet, "/v1/blueprints", "").refused(t, http.StatusServiceUnavailable, "unavailable", "shutting down")
}
