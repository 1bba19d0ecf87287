package port_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// rateLimitFaults are rate-limited requests, in every known form.
func rateLimitFaults() []faultCase {
	return []faultCase{
		{
			name:    "429 with Retry-After in seconds",
			faults:  []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{"Retry-After": "7"}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 7 * time.Second,
			maxTime: 8 * time.Second,
		},
		{
			name: "429 with Retry-After as a date",
			faults: []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{
				"Retry-After": start().Add(9 * time.Second).Format(http.TimeFormat),
			}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 9 * time.Second,
			maxTime: 10 * time.Second,
		},
		{
			name: "a date is relative to the server's clock",
			faults: []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{
				"Date":        start().Add(time.Hour).Format(http.TimeFormat),
				"Retry-After": start().Add(time.Hour + 9*time.Second).Format(http.TimeFormat),
			}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 9 * time.Second,
			maxTime: 10 * time.Second,
		},
		{
			name:    "429 without Retry-After",
			faults:  []*fault{{method: "GET", times: 1, act: status(429)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			maxTime: time.Second,
		},
		{
			name:    "429 with an invalid Retry-After",
			faults:  []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{"Retry-After": "soon"}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			maxTime: time.Second,
		},
		{
			name: "429 with x-ratelimit-reset as an epoch",
			faults: []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60",
				"X-Ratelimit-Reset": strconv.FormatInt(start().Add(40*time.Second).Unix(), 10),
			}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 40 * time.Second,
			maxTime: 41 * time.Second,
		},
		{
			name: "429 with x-ratelimit-reset as seconds",
			faults: []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60", "X-Ratelimit-Reset": "30",
			}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 30 * time.Second,
			maxTime: 31 * time.Second,
		},
		{
			name: "an x-ratelimit-reset hours away causes one wait of at most two minutes",
			faults: []*fault{{method: "GET", act: respond(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60",
				"X-Ratelimit-Reset": strconv.FormatInt(start().Add(3*time.Hour).Unix(), 10),
			}, `{"ok":false,"error":"too_many_requests","message":"Too many"}`)}},
			call:          get,
			is:            port.ErrRateLimited,
			errorContains: []string{"429", "Too many", "asks to wait 2h58m0s", "at most 2m0s"},
			sent:          map[string]int{readKnown: 2},
			minTime:       2 * time.Minute,
			maxTime:       2*time.Minute + time.Second,
		},
		{
			name:    "a Retry-After of hours that the server does not enforce",
			faults:  []*fault{{method: "GET", times: 1, act: respond(429, map[string]string{"Retry-After": "86400"}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 2 * time.Minute,
			maxTime: 2*time.Minute + time.Second,
		},
		{
			name:   "permanent 429",
			faults: []*fault{{method: "GET", act: status(429)}},
			call:   get,
			is:     port.ErrRateLimited,
			sent:   map[string]int{readKnown: 6},
		},
		{
			name:   "a rate-limited create is retried",
			faults: []*fault{{method: "POST", path: "/entities", times: 2, act: status(429)}},
			call:   create,
			sent:   map[string]int{createRoute: 3},
		},
		{
			name: "an exhausted limit delays the next request",
			faults: []*fault{{method: "GET", times: 1, act: respond(200, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60", "X-Ratelimit-Reset": "20",
			}, `{"ok":true,"entity":{"title":"Known"}}`)}},
			call:    getAround(0),
			sent:    map[string]int{readKnown: 2},
			minTime: 20 * time.Second,
			maxTime: 20 * time.Second,
		},
	}
}
