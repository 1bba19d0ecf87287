package port_test

import (
	"net/http"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// createFaults are creates whose response was lost, and creates that Port refuses.
func createFaults() []faultCase {
	return []faultCase{
		{
			name:   "a create whose response was lost is settled by a read",
			faults: []*fault{{method: "POST", path: "/entities", act: resetAfter}},
			call:   create,
			sent:   map[string]int{createRoute: 1, readFresh: 1},
		},
		{
			name:   "a create whose response was truncated is settled by a read",
			faults: []*fault{{method: "POST", path: "/entities", act: truncate}},
			call:   create,
			sent:   map[string]int{createRoute: 1},
		},
		{
			name:   "a create to which a proxy responded is settled by a read",
			faults: []*fault{{method: "POST", path: "/entities", act: statusAfter(502)}},
			call:   create,
			sent:   map[string]int{createRoute: 1},
		},
		{
			name:   "a create whose response is HTML is settled by a read",
			faults: []*fault{{method: "POST", path: "/entities", act: statusAfter(200)}},
			call:   create,
			sent:   map[string]int{createRoute: 1, readFresh: 1},
		},
		{
			name:          "a create with an empty response, which did not arrive",
			faults:        []*fault{{method: "POST", path: "/entities", act: respond(200, nil, "")}},
			call:          create,
			is:            port.ErrMalformedResponse,
			isNot:         port.ErrOutcomeUnknown,
			errorContains: []string{"the response is empty; check the base URL"},
			sent:          map[string]int{createRoute: 1, readFresh: 1},
			after:         expectEntity("fresh", ""),
		},
		{
			name:    "a create without response is settled by a read",
			faults:  []*fault{{method: "POST", path: "/entities", act: hangAfter}},
			call:    create,
			sent:    map[string]int{createRoute: 1},
			minTime: 30 * time.Second,
			maxTime: 30 * time.Second,
		},
		{
			name:          "a create that may have arrived is not retried",
			faults:        []*fault{{method: "POST", path: "/entities", act: resetBefore}},
			call:          create,
			fails:         true,
			isNot:         port.ErrOutcomeUnknown,
			errorContains: []string{createRoute, "connection reset"},
			sent:          map[string]int{createRoute: 1, readFresh: 1},
			after:         expectEntity("fresh", ""),
		},
		{
			name:   "a create that was not sent is retried",
			faults: []*fault{{method: "POST", path: "/entities", times: 2, act: refuseConnection}},
			call:   create,
			sent:   map[string]int{createRoute: 3},
		},
		{
			name:    "an older entity is not ours, even if it is equal",
			prepare: equalFresh,
			faults:  []*fault{{method: "POST", path: "/entities", act: resetAfter}},
			call:    create,
			is:      port.ErrOutcomeUnknown,
			sent:    map[string]int{createRoute: 1},
		},
		{
			name:    "an entity without a creation time is not ours",
			prepare: undatedFresh,
			faults:  []*fault{{method: "POST", path: "/entities", act: resetBefore}},
			call:    create,
			is:      port.ErrOutcomeUnknown,
			sent:    map[string]int{createRoute: 1},
		},
		{
			name:   "an entity that somebody else created concurrently is not ours",
			faults: []*fault{{method: "POST", path: "/entities", act: changeAndLose(takeFresh)}},
			call:   create,
			is:     port.ErrOutcomeUnknown,
			sent:   map[string]int{createRoute: 1},
		},
		{
			name:   "an upsert overwrites an older entity",
			faults: []*fault{{method: "POST", path: "/entities", act: resetAfter}},
			call:   createWith(port.CreateEntityOptions{Upsert: true}, fresh()),
			sent:   map[string]int{createRoute: 1, readFresh: 1},
		},
		{
			name:   "an entity without identifier cannot be found again",
			faults: []*fault{{method: "POST", path: "/entities", act: resetAfter}},
			call:   createWith(port.CreateEntityOptions{}, &port.Entity{Title: new("Nameless")}),
			is:     port.ErrOutcomeUnknown,
			sent:   map[string]int{createRoute: 1},
		},
		{
			name:   "a validation is read-only and retried",
			faults: []*fault{{method: "POST", path: "/entities", times: 1, act: resetAfter}},
			call:   createWith(port.CreateEntityOptions{ValidationOnly: true}, fresh()),
			sent:   map[string]int{createRoute: 2, readFresh: 0},
			after:  expectEntity("fresh", ""),
		},
		{
			name:          "a taken identifier with 409",
			prepare:       takeFresh,
			call:          create,
			is:            port.ErrExists,
			errorContains: []string{"409", "There is one", "[trace id trace-1]"},
		},
		{
			name:    "a taken identifier with 422",
			prepare: func(p *fakePort) { takeFresh(p); p.takenStatus = 422 },
			call:    create,
			is:      port.ErrExists,
		},
		{
			name:   "another 422 does not mean a taken identifier",
			faults: []*fault{{method: "POST", path: "/entities", act: status(422)}},
			call:   create,
			is:     port.ErrInvalid,
			isNot:  port.ErrExists,
		},
		{
			name:   "a conflict about dependents does not mean a taken identifier",
			faults: []*fault{{method: "POST", path: "/entities", act: respond(409, nil, `{"ok":false,"error":"has_dependents"}`)}},
			call:   create,
			is:     port.ErrHasDependents,
			isNot:  port.ErrExists,
		},
		{
			name:    "a bulk validation whose response was lost",
			options: []port.Option{port.WithMaxRetries(0)},
			faults:  []*fault{{method: "POST", path: "/bulk", act: resetAfter}},
			call:    bulkCreateWith(port.CreateEntityOptions{ValidationOnly: true}),
			fails:   true,
			isNot:   port.ErrOutcomeUnknown,
		},
		{
			name:   "a bulk create whose response was lost",
			faults: []*fault{{method: "POST", path: "/bulk", act: resetAfter}},
			call:   bulkCreateWith(port.CreateEntityOptions{Upsert: true}),
			is:     port.ErrOutcomeUnknown,
			sent:   map[string]int{"POST /v1/blueprints/service/entities/bulk": 1},
		},
	}
}

// changeFaults are renames and deletes whose response was lost.
func changeFaults() []faultCase {
	return []faultCase{
		{
			name:   "a rename whose response was lost is settled by a read",
			faults: []*fault{{method: "PUT", times: 1, act: resetAfter}},
			call:   rename,
			sent:   map[string]int{putKnown: 2, readFresh: 1},
			after:  expectEntity("fresh", "Fresh"),
		},
		{
			name:    "a rename whose response was lost is settled without retries",
			options: []port.Option{port.WithMaxRetries(0)},
			faults:  []*fault{{method: "PUT", act: resetAfter}},
			call:    rename,
			sent:    map[string]int{putKnown: 1, readFresh: 1},
		},
		{
			name:   "a rename that did not arrive is retried",
			faults: []*fault{{method: "PUT", times: 1, act: resetBefore}},
			call:   rename,
			sent:   map[string]int{putKnown: 2, readFresh: 0},
		},
		{
			name:   "a rename is not settled while the old identifier exists",
			faults: []*fault{{method: "PUT", act: changeAndLose(equalFresh)}},
			call:   rename,
			is:     port.ErrOutcomeUnknown,
			sent:   map[string]int{putKnown: 6},
		},
		{
			name:   "a rename of an entity that was deleted concurrently",
			faults: []*fault{{method: "PUT", times: 1, act: changeAndLose(func(p *fakePort) { delete(p.entities, "known") })}},
			call:   rename,
			is:     port.ErrNotFound,
			sent:   map[string]int{putKnown: 2},
		},
		{
			name:    "a rename to a taken identifier with 422",
			prepare: func(p *fakePort) { takeFresh(p); p.takenStatus = 422 },
			call:    rename,
			is:      port.ErrExists,
			after:   expectEntity("known", "Known"),
		},
		{
			name:   "an otherwise invalid rename",
			faults: []*fault{{method: "PUT", act: status(422)}},
			call:   rename,
			is:     port.ErrInvalid,
			isNot:  port.ErrExists,
		},
		{
			name:   "a delete whose response was lost succeeds",
			faults: []*fault{{method: "DELETE", times: 1, act: resetAfter}},
			call:   remove,
			sent:   map[string]int{deleteKnown: 2},
			after:  expectEntity("known", ""),
		},
		{
			name:    "a delete of a missing entity",
			prepare: func(p *fakePort) { delete(p.entities, "known") },
			call:    remove,
			is:      port.ErrNotFound,
			sent:    map[string]int{deleteKnown: 1},
		},
	}
}

// takeFresh stores another entity with the identifier that the calls of the table use.
func takeFresh(p *fakePort) {
	p.entities["fresh"] = []byte(`{"identifier":"fresh","title":"Other"}`)
}

// equalFresh stores an entity that equals the one of the calls.
func equalFresh(p *fakePort) {
	p.entities["fresh"] = []byte(`{"identifier":"fresh","title":"Fresh","properties":{"tier":1},"createdAt":"1999-12-31T23:59:30Z"}`)
}

// undatedFresh is equalFresh without a creation time.
func undatedFresh(p *fakePort) {
	p.entities["fresh"] = []byte(`{"identifier":"fresh","title":"Fresh","properties":{"tier":1}}`)
}

// changeAndLose changes the catalog and loses the request.
func changeAndLose(change func(p *fakePort)) act {
	return func(p *fakePort, r *http.Request) (*http.Response, error) {
		p.mutex.Lock()
		change(p)
		p.mutex.Unlock()
		return resetBefore(p, r)
	}
}
