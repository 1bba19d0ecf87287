package port_test

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// tokenFaults are tokens that expire, are refused or cannot be had.
func tokenFaults() []faultCase {
	return []faultCase{
		{
			name:    "a token that expires mid-run is renewed before Port refuses it",
			prepare: func(p *fakePort) { p.tokenTTL = time.Hour },
			call:    getAround(59*time.Minute + 30*time.Second),
			sent:    map[string]int{tokenRoute: 2, readKnown: 2},
		},
		{
			name: "a token is kept for its lifetime",
			call: getAround(2 * time.Hour),
			sent: map[string]int{tokenRoute: 1, readKnown: 2},
		},
		{
			name:   "401 once is answered with a new token",
			faults: []*fault{{method: "GET", times: 1, act: status(401)}},
			call:   get,
			sent:   map[string]int{tokenRoute: 2, readKnown: 2},
			most:   time.Nanosecond,
		},
		{
			name:   "a body is sent again after a 401",
			faults: []*fault{{method: "POST", path: "/entities", times: 1, act: status(401)}},
			call:   create,
			sent:   map[string]int{tokenRoute: 2, createRoute: 2},
		},
		{
			name:   "401 forever ends after one renewal",
			faults: []*fault{{method: "GET", act: status(401)}},
			call:   get,
			is:     port.ErrUnauthorized,
			says:   []string{"GET /v1/blueprints/service/entities/known: 401", "had just issued"},
			sent:   map[string]int{tokenRoute: 2, readKnown: 2},
		},
		{
			name:    "wrong credentials are not tried again",
			options: []port.Option{port.WithCredentials(testClientID, "wrong-secret-123")},
			call:    get,
			is:      port.ErrUnauthorized,
			says:    []string{"POST /v1/auth/access_token: 401", "client id and secret", "<secret>"},
			sent:    map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:    "of several secrets the one that Port accepts is found, and kept",
			prepare: func(p *fakePort) { p.tokenTTL = time.Hour },
			options: []port.Option{port.WithCredentials(testClientID, "old-secret-12345", testClientSecret, "next-secret-12345")},
			call:    getAround(2 * time.Hour),
			sent:    map[string]int{tokenRoute: 3, readKnown: 2},
		},
		{
			name:    "a secret is not given up for a failure of Port's",
			faults:  []*fault{{method: "POST", path: "/access_token", times: 1, act: status(500)}},
			options: []port.Option{port.WithCredentials(testClientID, testClientSecret, "next-secret-12345")},
			call:    get,
			fails:   true,
			says:    []string{"POST /v1/auth/access_token: 500"},
			sent:    map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:    "none of several secrets is shown",
			options: []port.Option{port.WithCredentials(testClientID, "wrong-secret-123", "wrong-secret-456")},
			call:    get,
			is:      port.ErrUnauthorized,
			says:    []string{"POST /v1/auth/access_token: 401", "<secret>"},
			sent:    map[string]int{tokenRoute: 2, readKnown: 0},
		},
		{
			name:   "a request for a token is repeated",
			faults: []*fault{{method: "POST", path: "/access_token", times: 2, act: status(503)}},
			call:   get,
			sent:   map[string]int{tokenRoute: 3, readKnown: 1},
		},
		{
			name:   "that tokens are not found says nothing about the thing",
			faults: []*fault{{method: "POST", path: "/access_token", act: answer(404, nil, `{"ok":false,"error":"not_found","message":"Not found"}`)}},
			call:   get,
			fails:  true,
			isNot:  port.ErrNotFound,
			says:   []string{"POST /v1/auth/access_token", "check the base URL"},
			sent:   map[string]int{tokenRoute: 1, readKnown: 0},
		},
		{
			name:   "without a token the request is given up, not repeated as well",
			faults: []*fault{{method: "POST", path: "/access_token", act: resetBefore}},
			call:   get,
			says:   []string{"POST /v1/auth/access_token", "after 6 attempts"},
			fails:  true,
			sent:   map[string]int{tokenRoute: 6, readKnown: 0},
		},
		{
			name:   "an answer without a token",
			faults: []*fault{{method: "POST", path: "/access_token", act: answer(200, nil, `{"ok":true,"accessToken":"a b"}`)}},
			call:   get,
			is:     port.ErrMalformedAnswer,
			says:   []string{"no usable token"},
			sent:   map[string]int{tokenRoute: 1},
		},
		{
			name:    "a static token that expired says so",
			options: []port.Option{port.WithToken(jwt(start().Add(-time.Hour)))},
			call:    get,
			is:      port.ErrUnauthorized,
			says:    []string{"the token expired at 1999-12-31T23:00:00Z", "client id and secret"},
			sent:    map[string]int{tokenRoute: 0, readKnown: 1},
		},
		{
			name:    "a static token that is refused before its time",
			options: []port.Option{port.WithToken(jwt(start().Add(time.Hour)))},
			call:    get,
			is:      port.ErrUnauthorized,
			says:    []string{"region or organization"},
			sent:    map[string]int{tokenRoute: 0, readKnown: 1},
		},
		{
			name:    "a static token that tells nothing",
			options: []port.Option{port.WithToken("opaque")},
			call:    get,
			is:      port.ErrUnauthorized,
			says:    []string{"wrong or has expired"},
			sent:    map[string]int{tokenRoute: 0, readKnown: 1},
		},
	}
}
