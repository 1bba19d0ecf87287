package port_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// rateLimitFaults are refusals by the rate limit, in every form that they are known to have.
func rateLimitFaults() []faultCase {
	return []faultCase{
		{
			name:   "429 with Retry-After in seconds",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{"Retry-After": "7"}, `{"ok":false}`)}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
			least:  7 * time.Second,
			most:   8 * time.Second,
		},
		{
			name: "429 with Retry-After as a date",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{
				"Retry-After": start().Add(9 * time.Second).Format(http.TimeFormat),
			}, `{"ok":false}`)}},
			call:  get,
			sent:  map[string]int{readKnown: 2},
			least: 9 * time.Second,
			most:  10 * time.Second,
		},
		{
			name: "a date is measured by the server's clock",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{
				"Date":        start().Add(time.Hour).Format(http.TimeFormat),
				"Retry-After": start().Add(time.Hour + 9*time.Second).Format(http.TimeFormat),
			}, `{"ok":false}`)}},
			call:  get,
			sent:  map[string]int{readKnown: 2},
			least: 9 * time.Second,
			most:  10 * time.Second,
		},
		{
			name:   "429 without Retry-After",
			faults: []*fault{{method: "GET", times: 1, act: status(429)}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
			most:   time.Second,
		},
		{
			name:   "429 with a Retry-After that is nonsense",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{"Retry-After": "soon"}, `{"ok":false}`)}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
			most:   time.Second,
		},
		{
			name: "429 with x-ratelimit-reset as an epoch",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60",
				"X-Ratelimit-Reset": strconv.FormatInt(start().Add(40*time.Second).Unix(), 10),
			}, `{"ok":false}`)}},
			call:  get,
			sent:  map[string]int{readKnown: 2},
			least: 40 * time.Second,
			most:  41 * time.Second,
		},
		{
			name: "429 with x-ratelimit-reset as seconds",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60", "X-Ratelimit-Reset": "30",
			}, `{"ok":false}`)}},
			call:  get,
			sent:  map[string]int{readKnown: 2},
			least: 30 * time.Second,
			most:  31 * time.Second,
		},
		{
			name: "x-ratelimit-reset hours away is waited for once, and no longer than two minutes",
			faults: []*fault{{method: "GET", act: answer(429, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60",
				"X-Ratelimit-Reset": strconv.FormatInt(start().Add(3*time.Hour).Unix(), 10),
			}, `{"ok":false,"error":"too_many_requests","message":"Too many"}`)}},
			call:  get,
			is:    port.ErrRateLimited,
			says:  []string{"429", "Too many", "asks to wait 2h58m0s", "at most 2m0s"},
			sent:  map[string]int{readKnown: 2},
			least: 2 * time.Minute,
			most:  2*time.Minute + time.Second,
		},
		{
			name:   "Retry-After of hours that turns out to be a mistake",
			faults: []*fault{{method: "GET", times: 1, act: answer(429, map[string]string{"Retry-After": "86400"}, `{"ok":false}`)}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
			least:  2 * time.Minute,
			most:   2*time.Minute + time.Second,
		},
		{
			name:   "429 forever ends after the retries",
			faults: []*fault{{method: "GET", act: status(429)}},
			call:   get,
			is:     port.ErrRateLimited,
			sent:   map[string]int{readKnown: 6},
		},
		{
			name:   "a create that was refused by the rate limit is sent again",
			faults: []*fault{{method: "POST", path: "/entities", times: 2, act: status(429)}},
			call:   create,
			sent:   map[string]int{createRoute: 3},
		},
		{
			name: "an exhausted limit holds back the next request",
			faults: []*fault{{method: "GET", times: 1, act: answer(200, map[string]string{
				"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Period": "60", "X-Ratelimit-Reset": "20",
			}, `{"ok":true,"entity":{"title":"Known"}}`)}},
			call:  getAround(0),
			sent:  map[string]int{readKnown: 2},
			least: 20 * time.Second,
			most:  20 * time.Second,
		},
	}
}
