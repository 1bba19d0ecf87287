package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for _, test := range []struct {
		method, path string
		status       int
		code         string
	}{
		{http.MethodGet, "/", http.StatusNotFound, "route_not_found"},
		{http.MethodGet, "/v2/blueprints", http.StatusNotFound, "route_not_found"},
		{http.MethodGet, "/v1/blueprints/", http.StatusNotFound, "route_not_found"},
		{http.MethodGet, "/v1//blueprints", http.StatusNotFound, "route_not_found"},
		{http.MethodGet, "/v1/blueprints/a/entities/b/c", http.StatusNotFound, "route_not_found"},
		{http.MethodDelete, "/v1/blueprints", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodPut, "/v1/blueprints/a/entities", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodGet, "/v1/entities/search", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodPost, "/v1/organization", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodPut, "/_emulator/faults", http.StatusMethodNotAllowed, "method_not_allowed"},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			a := s.do(t, test.method, test.path, "")
			a.refused(t, test.status, test.code, "")
			if a.header.Get("x-trace-id") == "" || a.header.Get("x-ratelimit-limit") == "" {
				t.Errorf("headers are missing: %v", a.header)
			}
		})
	}
}

// TestIdentifiersInPaths uses identifiers that are easily mangled in every operation with an
// identifier in its path.
func TestIdentifiersInPaths(t *testing.T) {
	t.Parallel()
	for _, identifier := range []string{
		"plain", "a/b", "a//b", "/", `back\slash`, "arn:aws:s3:::bucket/key=1", "image@sha256:0a", "...", "a+b", "größe",
		"日本語", "bulk", "search", "a=b", "registry.io/x:1.0", "%2F"[1:], "..a", "-", strings.Repeat("ü", 1000),
	} {
		t.Run(identifier[:min(len(identifier), 30)], func(t *testing.T) {
			t.Parallel()
			s := startWithout(t)
			s.createService(t)
			path := "/v1/blueprints/service/entities/" + url.PathEscape(identifier)
			body := `{"identifier":` + strconv.Quote(identifier) + `,"title":"one"}`
			s.mustDo(t, http.MethodPost, "/v1/blueprints/service/entities?upsert=false", body)
			if got := s.mustDo(t, http.MethodGet, path, "").at(t, "entity", "identifier"); got != identifier {
				t.Errorf("get: %v", got)
			}
			s.mustDo(t, http.MethodPatch, path, `{"title":"two"}`)
			s.mustDo(t, http.MethodPut, path, `{"title":"three"}`)
			if got := s.mustDo(t, http.MethodGet, path, "").at(t, "entity", "title"); got != "three" {
				t.Errorf("after put: %v", got)
			}
			s.mustDo(t, http.MethodDelete, path+"?delete_dependents=false", "")
			s.do(t, http.MethodGet, path, "").refused(t, http.StatusNotFound, "not_found", "")
		})
	}
	t.Run("of a blueprint", func(t *testing.T) {
		t.Parallel()
		s := startWithout(t)
		s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"a/b:c\\d+é","title":"X","schema":{"properties":{}}}`)
		path := "/v1/blueprints/" + url.PathEscape(`a/b:c\d+é`)
		s.mustDo(t, http.MethodPost, path+"/entities?upsert=false", `{"identifier":"x"}`)
		s.mustDo(t, http.MethodGet, path+"/entities/x", "")
		s.mustDo(t, http.MethodDelete, path+"/all-entities?delete_blueprint=true", "")
		s.do(t, http.MethodGet, path, "").refused(t, http.StatusNotFound, "not_found", "")
	})
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	const path = "/v1/blueprints/service/entities?upsert=true"
	large := func(bytes int) string {
		const frame = `{"identifier":"large","title":""}`
		return `{"identifier":"large","title":"` + strings.Repeat("x", bytes-len(frame)) + `"}`
	}
	for name, test := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"exactly 1 MiB":    {large(1 << 20), http.StatusCreated, ""},
		"one byte more":    {large(1<<20 + 1), http.StatusRequestEntityTooLarge, "payload_too_large"},
		"much more":        {large(8 << 20), http.StatusRequestEntityTooLarge, "payload_too_large"},
		"broken JSON":      {`{"identifier":`, http.StatusUnprocessableEntity, "invalid_request"},
		"two values":       {`{} {}`, http.StatusUnprocessableEntity, "invalid_request"},
		"an array":         {`[]`, http.StatusUnprocessableEntity, "invalid_request"},
		"null":             {`null`, http.StatusUnprocessableEntity, "invalid_request"},
		"nested too deep":  {`{"properties":{"config":` + strings.Repeat(`{"a":`, 20_000) + `1` + strings.Repeat("}", 20_000) + `}}`, http.StatusUnprocessableEntity, "invalid_request"},
		"invalid UTF-8":    {"{\"identifier\":\"\xff\"}", http.StatusUnprocessableEntity, "invalid_request"},
		"duplicate keys":   {`{"identifier":"first","identifier":"second"}`, http.StatusCreated, ""},
		"a lone surrogate": {`{"identifier":"lone","title":"\ud800"}`, http.StatusCreated, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.do(t, http.MethodPost, path, test.body)
			if test.code == "" {
				if a.status != test.status {
					t.Errorf("%d %s", a.status, a.body)
				}
				return
			}
			a.refused(t, test.status, test.code, "")
		})
	}
	t.Run("no body", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPost, "/v1/blueprints", "").refused(t, http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
	})
	t.Run("a form", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(`{}`))
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.emulator.ServeHTTP(w, r)
		if w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestQueryParameters(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	for _, test := range []struct{ method, path, body, part string }{
		{http.MethodPost, "/v1/blueprints/service/entities?upsert=yes", `{}`, "querystring/upsert must be boolean"},
		{http.MethodPost, "/v1/blueprints/service/entities?upsert=true&merge=1", `{}`, "querystring/merge"},
		{http.MethodDelete, "/v1/blueprints/service/entities/x?delete_dependents=all", ``, "querystring/delete_dependents must be boolean"},
		{http.MethodGet, "/v1/blueprints/service/entities?exclude_calculated_properties=", ``, "exclude_calculated_properties"},
		{http.MethodPost, "/v1/blueprints?create_catalog_page=no", `{}`, "create_catalog_page"},
		{http.MethodDelete, "/v1/blueprints/service/all-entities?delete_blueprint=1", ``, "delete_blueprint"},
		{http.MethodGet, "/v1/audit-log?from=yesterday", ``, "querystring/from"},
		{http.MethodGet, "/v1/audit-log?limit=0", ``, "querystring/limit"},
		{http.MethodGet, "/v1/audit-log?resources=planet", ``, "querystring/resources"},
		{http.MethodGet, "/v1/audit-log?status=MAYBE", ``, "querystring/status"},
		{http.MethodGet, "/v1/audit-log?resources=entity,planet", ``, "querystring/resources"},
		{http.MethodGet, "/v1/migrations?status=DONE", ``, "querystring/status"},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			s.do(t, test.method, test.path, test.body).refused(t, http.StatusUnprocessableEntity, "invalid_request", test.part)
		})
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{RateLimit: 2, RateLimitPeriod: 30 * time.Second})
	headers := func(a response) string {
		return strings.Join([]string{
			a.header.Get("x-ratelimit-limit"), a.header.Get("x-ratelimit-remaining"),
			a.header.Get("x-ratelimit-period"), a.header.Get("x-ratelimit-reset"),
		}, " ")
	}
	start := s.clock.Now()
	reset := strconv.FormatInt(start.Add(31*time.Second).Unix(), 10) // The first whole second after the period.
	s.clock.advance(time.Second)
	for i, want := range []string{"2 1 30 " + reset, "2 0 30 " + reset} {
		if a := s.mustDo(t, http.MethodGet, "/v1/blueprints", ""); headers(a) != want {
			t.Errorf("request %d: %s, want %s", i, headers(a), want)
		}
	}
	a := s.do(t, http.MethodGet, "/v1/blueprints", "")
	a.refused(t, http.StatusTooManyRequests, "rate_limit_exceeded", "2")
	if headers(a) != "2 0 30 "+reset || a.header.Get("Retry-After") != "" {
		t.Errorf("429: %s, Retry-After %q", headers(a), a.header.Get("Retry-After"))
	}
	s.authenticate(t) // Requests for a token do not count.
	s.clock.advance(29 * time.Second)
	if a := s.mustDo(t, http.MethodGet, "/v1/blueprints", ""); a.header.Get("x-ratelimit-remaining") != "1" {
		t.Errorf("in the next period: %s", headers(a))
	}
}

func TestRateLimitResetInSeconds(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{RateLimit: 5, RateLimitPeriod: 30 * time.Second, RateLimitReset: emulator.ResetSeconds})
	s.clock.advance(10*time.Second + time.Millisecond)
	if a := s.mustDo(t, http.MethodGet, "/v1/blueprints", ""); a.header.Get("x-ratelimit-reset") != "20" {
		t.Errorf("got %s", a.header.Get("x-ratelimit-reset"))
	}
}
