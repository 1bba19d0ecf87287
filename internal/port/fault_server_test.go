package port_test

import (
	"context"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// serverFaults are failures of servers and connections.
func serverFaults() []faultCase {
	return []faultCase{
		{
			name: "502, 503 and 504 are retried",
			faults: []*fault{
				{method: "GET", times: 1, act: status(502)},
				{method: "GET", times: 1, act: status(503)},
				{method: "GET", times: 1, act: status(504)},
			},
			call:    get,
			sent:    map[string]int{readKnown: 4},
			maxTime: 4 * time.Second,
		},
		{
			name:    "503 with Retry-After",
			faults:  []*fault{{method: "GET", times: 1, act: respond(503, map[string]string{"Retry-After": "11"}, `{"ok":false}`)}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 11 * time.Second,
			maxTime: 12 * time.Second,
		},
		{
			name:          "permanent 503",
			faults:        []*fault{{method: "GET", act: status(503)}},
			call:          get,
			fails:         true,
			errorContains: []string{"503 Service Unavailable (fault): A fault"},
			sent:          map[string]int{readKnown: 6},
		},
		{
			name:          "500 is not retried",
			faults:        []*fault{{method: "GET", act: status(500)}},
			call:          get,
			fails:         true,
			errorContains: []string{"500"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:    "a configured number of retries",
			options: []port.Option{port.WithMaxRetries(1)},
			faults:  []*fault{{method: "GET", act: status(503)}},
			call:    get,
			fails:   true,
			sent:    map[string]int{readKnown: 2},
		},
		{
			name:   "a reset connection",
			faults: []*fault{{method: "GET", times: 2, act: resetBefore}},
			call:   get,
			sent:   map[string]int{readKnown: 3},
		},
		{
			name:   "a truncated response",
			faults: []*fault{{method: "GET", times: 1, act: truncate}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
		},
		{
			name:   "a response truncated without an HTTP error",
			faults: []*fault{{method: "GET", times: 1, act: cut}},
			call:   get,
			sent:   map[string]int{readKnown: 2},
		},
		{
			name:          "responses that are always truncated",
			faults:        []*fault{{method: "GET", act: truncate}},
			call:          get,
			fails:         true,
			errorContains: []string{"the response was truncated", "after 6 attempts"},
			sent:          map[string]int{readKnown: 6},
		},
		{
			name:          "a server that never responds",
			options:       []port.Option{port.WithMaxRetries(0), port.WithRequestTimeout(10 * time.Second)},
			faults:        []*fault{{method: "GET", act: hang}},
			call:          get,
			is:            context.DeadlineExceeded,
			errorContains: []string{"no complete response within 10s"},
			sent:          map[string]int{readKnown: 1},
			minTime:       10 * time.Second,
			maxTime:       10 * time.Second,
		},
		{
			name:    "a server that does not respond once",
			faults:  []*fault{{method: "GET", times: 1, act: hang}},
			call:    get,
			sent:    map[string]int{readKnown: 2},
			minTime: 30 * time.Second,
			maxTime: 31 * time.Second,
		},
	}
}

// responseFaults are responses that did not come from Port or do not have the documented form.
func responseFaults() []faultCase {
	html := map[string]string{"Content-Type": "text/html"}
	return []faultCase{
		{
			name:          "HTML instead of JSON",
			faults:        []*fault{{method: "GET", act: respond(200, html, "<html>Please log in</html>")}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"200 OK: the response is an HTML page, not JSON; check the base URL"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:          "an HTML error page",
			faults:        []*fault{{method: "GET", act: respond(502, html, "<html>Bad Gateway</html>")}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"502 Bad Gateway: the response is an HTML page"},
			sent:          map[string]int{readKnown: 6},
		},
		{
			name:          "a 404 of a proxy does not mean that the object does not exist",
			faults:        []*fault{{method: "GET", act: respond(404, html, "<html>404</html>")}},
			call:          get,
			is:            port.ErrMalformedResponse,
			isNot:         port.ErrNotFound,
			errorContains: []string{"404", "check the base URL"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:          "a 404 of another API does not mean that the object does not exist",
			faults:        []*fault{{method: "GET", act: respond(404, nil, `{"statusCode":404,"error":"Not Found","message":"Route GET:/v1/x not found"}`)}},
			call:          get,
			fails:         true,
			isNot:         port.ErrNotFound,
			errorContains: []string{"404", "check the base URL"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:          "a 404 for an unknown route does not mean that the object does not exist",
			faults:        []*fault{{method: "GET", act: respond(404, nil, `{"ok":false,"error":"route_not_found","message":"Route GET:/v1/x was not found"}`)}},
			call:          get,
			fails:         true,
			isNot:         port.ErrNotFound,
			errorContains: []string{"check the base URL"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:          "an empty response",
			faults:        []*fault{{method: "GET", act: respond(200, nil, "")}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"the response is empty"},
		},
		{
			name:          "a response without the entity",
			faults:        []*fault{{method: "GET", act: respond(200, nil, `{"ok":true}`)}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"contains no entity"},
		},
		{
			name:          "a response of another shape",
			faults:        []*fault{{method: "GET", act: respond(200, nil, `{"ok":true,"entity":{"properties":[1]}}`)}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"entity.properties: expected an object, got a list"},
		},
		{
			name:          "ok: false in a 200",
			faults:        []*fault{{method: "GET", act: respond(200, nil, `{"ok":false,"error":"broken","message":"It is broken"}`)}},
			call:          get,
			fails:         true,
			errorContains: []string{"200 OK (broken): It is broken"},
			sent:          map[string]int{readKnown: 1},
		},
		{
			name:   "an error in another form",
			faults: []*fault{{method: "GET", act: respond(422, nil, `{"ok":false,"error":{"code":7},"message":["a"]}`)}},
			call:   get,
			is:     port.ErrInvalid,
		},
		{
			name:          "a redirect is not followed",
			faults:        []*fault{{method: "GET", act: respond(302, map[string]string{"Location": "http://elsewhere.test/"}, "")}},
			call:          get,
			is:            port.ErrMalformedResponse,
			errorContains: []string{"302 Found"},
			sent:          map[string]int{readKnown: 1},
		},
	}
}
