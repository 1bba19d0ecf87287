package port_test

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// tokenFaults are tokens that expire, are refused or cannot be obtained.
func tokenFaults() []faultCase {
	return []faultCase{
		{
			name:    "a token that expires mid-run is renewed before Port refuses it",
			prepare: func(p *fakePort) { p.tokenTTL = time.Hour },
			call:    getAround(59*time.Minute + 30*time.Second),
			sent:    map[string]int{tokenRoute: 2, readKnown: 2},
		},
		{
			name: "a token is cached for its lifetime",
			call: getAround(2 * time.Hour),
			sent: map[string]int{tokenRoute: 1, readKnown: 2},
		},
		{
			name:    "a 401 causes a new token",
			faults:  []*fault{{method: "GET", times: 1, act: status(401)}},
			call:    get,
			sent:    map[string]int{tokenRoute: 2, readKnown: 2},
			maxTime: time.Nanosecond,
		},
		{
			name:   "the body is sent again after a 401",
			faults: []*fault{{method: "POST", path: "/entities", times: 1, act: status(401)}},
			call:   create,
			sent:   map[string]int{tokenRoute: 2, createRoute: 2},
		},
		{
			name:          "permanent 401",
			faults:        []*fault{{method: "GET", act: status(401)}},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"GET /v1/blueprints/service/entities/known: 401", "had just issued"},
			sent:          map[string]int{tokenRoute: 2, readKnown: 2},
		},
		{
			name:          "wrong credentials are not retried",
			options:       []port.Option{port.WithCredentials(testClientID, "wrong-secret-123")},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"POST /v1/auth/access_token: 401", "client id and secret", "<secret>"},
			sent:          map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:    "of several secrets, the accepted one is found and remembered",
			prepare: func(p *fakePort) { p.tokenTTL = time.Hour },
			options: []port.Option{port.WithCredentials(testClientID, "old-secret-12345", testClientSecret, "next-secret-12345")},
			call:    getAround(2 * time.Hour),
			sent:    map[string]int{tokenRoute: 3, readKnown: 2},
		},
		{
			name:          "the next secret is not tried after a server error",
			faults:        []*fault{{method: "POST", path: "/access_token", times: 1, act: status(500)}},
			options:       []port.Option{port.WithCredentials(testClientID, testClientSecret, "next-secret-12345")},
			call:          get,
			fails:         true,
			errorContains: []string{"POST /v1/auth/access_token: 500"},
			sent:          map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:          "no secret appears in the error",
			options:       []port.Option{port.WithCredentials(testClientID, "wrong-secret-123", "wrong-secret-456")},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"POST /v1/auth/access_token: 401", "<secret>"},
			sent:          map[string]int{tokenRoute: 2, readKnown: 0},
		},
		{
			name:   "a token request is retried",
			faults: []*fault{{method: "POST", path: "/access_token", times: 2, act: status(503)}},
			call:   get,
			sent:   map[string]int{tokenRoute: 3, readKnown: 1},
		},
		{
			name:          "a 404 of a token request does not mean that the object does not exist",
			faults:        []*fault{{method: "POST", path: "/access_token", act: respond(404, nil, `{"ok":false,"error":"not_found","message":"Not found"}`)}},
			call:          get,
			fails:         true,
			isNot:         port.ErrNotFound,
			errorContains: []string{"POST /v1/auth/access_token", "check the base URL"},
			sent:          map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:          "a request without a token is not retried in addition",
			faults:        []*fault{{method: "POST", path: "/access_token", act: resetBefore}},
			call:          get,
			errorContains: []string{"POST /v1/auth/access_token", "after 6 attempts"},
			fails:         true,
			sent:          map[string]int{tokenRoute: 6, readKnown: 0},
		},
		{
			name:          "a response without a token",
			faults:        []*fault{{method: "POST", path: "/access_token", act: respond(200, nil, `{"ok":true,"accessToken":"a b"}`)}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"no usable token"},
			sent:          map[string]int{tokenRoute: 1},
		},
		{
			name:          "an expired static token",
			options:       []port.Option{port.WithToken(jwt(start().Add(-time.Hour)))},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"the token expired at 1999-12-31T23:00:00Z", "client id and secret"},
			sent:          map[string]int{tokenRoute: 0, readKnown: 1},
		},
		{
			name:          "a static token that is refused before its expiry",
			options:       []port.Option{port.WithToken(jwt(start().Add(time.Hour)))},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"region or organization"},
			sent:          map[string]int{tokenRoute: 0, readKnown: 1},
		},
		{
			name:          "a static token without an expiry",
			options:       []port.Option{port.WithToken("opaque")},
			call:          get,
			is:            port.ErrUnauthorized,
			errorContains: []string{"wrong or has expired"},
			sent:          map[string]int{tokenRoute: 0, readKnown: 1},
		},
	}
}
