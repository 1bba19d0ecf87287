// Package admin is the API for operators of a listener. It shows the destinations with their
// states, the events and the dead letters, and it unparks destinations and replays or drops dead
// letters.
//
// API is its Go interface. The application serves a Local over HTTP on its admin address. The
// commands use a Client for that address, or a Local with the store of a listener that is not
// running.
package admin

import (
	"context"
	"time"
)

// API is what operators can see and do. An error is a *Refusal if the request cannot be fulfilled;
// otherwise, it is an error of the store or of the connection.
type API interface {
	// Destinations returns all destinations that are configured or still have data in the store,
	// sorted by name.
	Destinations(ctx context.Context) ([]Destination, error)
	// Unpark unparks a destination, so that it is tried again at once. It reports whether the
	// destination was parked.
	Unpark(ctx context.Context, name string) (parked bool, err error)
	// DeadLetters returns a page of dead letters, oldest first. If they are large, it returns fewer
	// than the limit; an empty page means that there are no more.
	DeadLetters(ctx context.Context, query Query) ([]DeadLetter, error)
	// Replay puts dead letters back into the lane of a destination, each of them once, however
	// often it is called.
	Replay(ctx context.Context, order Order) (Report, error)
	// Drop deletes dead letters. Order.To must be "".
	Drop(ctx context.Context, order Order) (Report, error)
	// Events returns a page of the events that a query selects, newest first.
	Events(ctx context.Context, query EventQuery) (EventPage, error)
	// Event returns the event with an id: the short one in the log, or the whole identity.
	Event(ctx context.Context, id string) (Event, error)
}

// State is the state of a destination. The set is closed.
type State string

// The states of a destination.
const (
	StateDelivering State = "delivering"
	// StateFailing means that requests to the destination fail and are retried.
	StateFailing State = "failing"
	// StatePaused means that the destination requested a pause.
	StatePaused State = "paused"
	// StateParked means that the destination accepts no messages until somebody fixes it. It is
	// tried from time to time.
	StateParked State = "parked"
	// StateNotConfigured means that it is no longer configured.
	StateNotConfigured State = "not_configured"
)

// Destination is the state of a destination.
type Destination struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Since is when it began to fail or was parked. Cause is the last failure.
	Since time.Time `json:"since,omitzero"`
	Cause string    `json:"cause,omitempty"`
	// Until is when it is tried again; zero while it is delivering.
	Until time.Time `json:"until,omitzero"`
	// Pending counts the pending alerts. Oldest is when the oldest of them was stored; zero if
	// there are none.
	Pending int       `json:"pending"`
	Oldest  time.Time `json:"oldest,omitzero"`
	// DeadLetters counts the dead letters.
	DeadLetters int `json:"dead_letters"`
}

// The limits of one request.
const (
	// MaxPage is the maximum number of dead letters or events in a page.
	MaxPage = 1000
	// MaxOrder is the maximum number of dead letters to replay or drop.
	MaxOrder = 1000

	defaultPage = 100
)

// Query selects dead letters.
type Query struct {
	// Destination is the name of a destination, or "" for all.
	Destination string
	// After is the id of the last one on the previous page; 0 for the first page.
	After uint64
	// Limit is at most MaxPage; 0 means 100.
	Limit int
}

// DeadLetter is an alert that was given up.
type DeadLetter struct {
	// ID is positive and never used again: an alert that was replayed and given up again has
	// another id.
	ID          uint64 `json:"id"`
	Destination string `json:"destination"`
	Rule        string `json:"rule"`
	// Reason is one of the reasons of package queue.
	Reason string `json:"reason"`
	// About names what changed, such as "service:cart", and Action is the action; both are "" if
	// the event cannot be read. Event is the id of the event.
	About  string `json:"about,omitempty"`
	Action string `json:"action,omitempty"`
	Event  string `json:"event,omitempty"`
	// StoredAt is when the event was stored or last replayed, and BuriedAt when the alert became a
	// dead letter.
	StoredAt time.Time `json:"stored_at"`
	BuriedAt time.Time `json:"buried_at"`
}

// Order selects the dead letters to replay or drop: up to MaxOrder ids, or the oldest MaxOrder of a
// destination.
type Order struct {
	IDs         []uint64 `json:"ids,omitempty"`
	Destination string   `json:"destination,omitempty"`
	// To is the destination to replay them to; "" means the original destination of each.
	To string `json:"to,omitempty"`
}

// Outcome is the result for one dead letter. The set is closed.
type Outcome string

// The outcomes of an order.
const (
	OutcomeReplayed Outcome = "replayed"
	OutcomeDropped  Outcome = "dropped"
	// OutcomeNotFound means that there is no dead letter with this id, or no longer.
	OutcomeNotFound Outcome = "not_found"
	// OutcomeRefused means that its destination is not configured.
	OutcomeRefused Outcome = "refused"
	// OutcomeFailed means that the store failed. The order can be repeated.
	OutcomeFailed Outcome = "failed"
)

// Report is the result of an order.
type Report struct {
	Results []Result `json:"results"`
	// More means that the destination had more dead letters than the limit of an order.
	More bool `json:"more"`
}

// Result is the result for one dead letter.
type Result struct {
	ID      uint64  `json:"id"`
	Outcome Outcome `json:"outcome"`
	// Destination is where it was replayed to, or its own destination; "" if unknown.
	Destination string `json:"destination,omitempty"`
	// Problem says why nothing was done, or is "".
	Problem string `json:"problem,omitempty"`
}

// Refusal is the error of a request that cannot be fulfilled.
type Refusal struct {
	// Reason says why, and what to do about it.
	Reason string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }
