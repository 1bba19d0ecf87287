package emulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

func TestToken(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{TokenTTL: 90 * time.Second})
	const path = "/v1/auth/access_token"

	t.Run("the response", func(t *testing.T) {
		t.Parallel()
		a := s.do(t, http.MethodPost, path, `{"clientId":"client@clients","clientSecret":"the-secret"}`)
		if a.status != http.StatusOK || a.at(t, "ok") != true || a.at(t, "tokenType") != "Bearer" || a.at(t, "expiresIn") != json.Number("90") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPost, path, `{"clientId":"client@clients","clientSecret":"guess"}`).
			refused(t, http.StatusUnauthorized, "invalid_credentials", "wrong")
	})
	t.Run("wrong client", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPost, path, `{"clientId":"other","clientSecret":"the-secret"}`).
			refused(t, http.StatusUnauthorized, "invalid_credentials", "wrong")
	})
	t.Run("missing secret", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPost, path, `{"clientId":"client@clients"}`).
			refused(t, http.StatusUnprocessableEntity, "invalid_request", "clientSecret")
	})
	t.Run("another key", func(t *testing.T) {
		t.Parallel()
		s.do(t, http.MethodPost, path, `{"clientId":"a","clientSecret":"b","c":1}`).
			refused(t, http.StatusUnprocessableEntity, "invalid_request", "'c'")
	})
}

func TestAllOtherOperationsRequireAToken(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	good := s.token
	for name, test := range map[string]struct{ token, code string }{
		"none":                  {"", "unauthorized"},
		"garbage":               {"garbage", "invalid_token"},
		"a changed signature":   {good[:len(good)-4] + "AAAA", "invalid_token"},
		"another payload":       {"eyJhbGciOiJIUzI1NiJ9.e30." + good[len(good)-43:], "invalid_token"},
		"of another emulator":   {startWithout(t).token, "invalid_token"},
		"dots":                  {"...", "invalid_token"},
		"not base64 at the end": {good + "!", "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := &server{emulator: s.emulator, token: test.token}
			other.do(t, http.MethodGet, "/v1/blueprints", "").refused(t, http.StatusUnauthorized, test.code, "")
		})
	}
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	s := start(t, emulator.Options{TokenTTL: 1500 * time.Millisecond})
	s.clock.advance(1499 * time.Millisecond)
	s.mustDo(t, http.MethodGet, "/v1/blueprints", "")
	s.clock.advance(time.Millisecond)
	s.do(t, http.MethodGet, "/v1/blueprints", "").refused(t, http.StatusUnauthorized, "token_expired", "expired")
	s.authenticate(t)
	s.mustDo(t, http.MethodGet, "/v1/blueprints", "")
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"no client":          {ClientSecret: "x"},
		"no secret":          {ClientID: "x"},
		"negative latency":   {ClientID: "x", ClientSecret: "x", Latency: -1},
		"negative limit":     {ClientID: "x", ClientSecret: "x", RateLimit: -1},
		"short period":       {ClientID: "x", ClientSecret: "x", RateLimitPeriod: time.Millisecond},
		"negative lifetime":  {ClientID: "x", ClientSecret: "x", TokenTTL: -1},
		"negative lag":       {ClientID: "x", ClientSecret: "x", DeleteLag: -1},
		"negative retries":   {ClientID: "x", ClientSecret: "x", DeliveryRetries: -1},
		"unknown unit":       {ClientID: "x", ClientSecret: "x", TimestampUnit: "h"},
		"unknown reset form": {ClientID: "x", ClientSecret: "x", RateLimitReset: "soon"},
		"unknown status":     {ClientID: "x", ClientSecret: "x", ConflictStatus: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := emulator.New(options); err == nil {
				t.Error("accepted")
			}
		})
	}
}
