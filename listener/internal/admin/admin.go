// Package admin is what the operator may see of a listener and do to it beside reading its metrics:
// the destinations and what keeps them from taking messages, and the dead letters, which can be
// replayed and dropped.
//
// Desk is that in Go. The application serves a Local over HTTP on its admin address; the commands
// use a Client of that address, or a Local over the store of a listener that does not run.
package admin

import (
	"context"
	"time"
)

// Desk is what the operator sees and does. Its errors are a *Refusal where what was asked for
// cannot be done, and otherwise of the store or of the way to it.
type Desk interface {
	// Destinations returns those that are configured, and those that are not and still have
	// something in the store, sorted by name.
	Destinations(ctx context.Context) ([]Destination, error)
	// Unpark has a parked destination tried again at once, by whichever process serves it now or
	// later. It reports whether the destination was parked.
	Unpark(ctx context.Context, name string) (parked bool, err error)
	// DeadLetters returns the next of them, the oldest first. Where they are large it returns fewer
	// than were asked for; none means that there are no more.
	DeadLetters(ctx context.Context, query Query) ([]DeadLetter, error)
	// Replay puts dead letters back into the lane of a destination, each of them once, however
	// often it is called.
	Replay(ctx context.Context, order Order) (Report, error)
	// Drop removes dead letters for good. Order.To must be "".
	Drop(ctx context.Context, order Order) (Report, error)
	// Events returns the next events that a query selects, the newest first.
	Events(ctx context.Context, query EventQuery) (EventPage, error)
	// Event returns the one whose identity begins with an id: the short one of the log, or the
	// whole identity.
	Event(ctx context.Context, id string) (Event, error)
}

// State says whether a destination takes messages. The set is closed.
type State string

// The states of a destination.
const (
	StateDelivering State = "delivering"
	// StateFailing says that requests to the destination fail, and are tried again.
	StateFailing State = "failing"
	// StatePaused says that the destination has asked for no message for a while.
	StatePaused State = "paused"
	// StateParked says that the destination takes no message until somebody fixes it; it is tried
	// now and then.
	StateParked State = "parked"
	// StateNotConfigured says that it is no longer configured.
	StateNotConfigured State = "not_configured"
)

// Destination is a destination as the operator sees it.
type Destination struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Since is from when on it is failing or parked. Cause is the last failure.
	Since time.Time `json:"since,omitzero"`
	Cause string    `json:"cause,omitempty"`
	// Until is when it is tried again, unless it is delivering.
	Until time.Time `json:"until,omitzero"`
	// Pending counts the alerts that wait. Oldest is since when the first of them waits; the zero
	// time when none does.
	Pending int       `json:"pending"`
	Oldest  time.Time `json:"oldest,omitzero"`
	// DeadLetters counts the alerts that were given up.
	DeadLetters int `json:"dead_letters"`
}

// The bounds of what is asked for at a time.
const (
	// MaxPage is how many dead letters are returned at most.
	MaxPage = 1000
	// MaxOrder is how many dead letters are replayed or dropped at most.
	MaxOrder = 1000

	defaultPage = 100
)

// Query selects dead letters.
type Query struct {
	// Destination is "" for all of them.
	Destination string
	// After is the id of the last one that is already known; 0 if there is none.
	After uint64
	// Limit is at most MaxPage; 0 is a hundred.
	Limit int
}

// DeadLetter is an alert that was given up.
type DeadLetter struct {
	// ID is above 0, and belongs to this dead letter alone: one that was replayed and is given up
	// again has another.
	ID          uint64 `json:"id"`
	Destination string `json:"destination"`
	Rule        string `json:"rule"`
	// Reason is one of those of package queue.
	Reason string `json:"reason"`
	// About names what has changed, such as "service:cart", and Action how; both are "" when the
	// event cannot be read. Event is the id of the event.
	About  string `json:"about,omitempty"`
	Action string `json:"action,omitempty"`
	Event  string `json:"event,omitempty"`
	// StoredAt is when the event was stored, or replayed last, and BuriedAt when the alert was
	// given up.
	StoredAt time.Time `json:"stored_at"`
	BuriedAt time.Time `json:"buried_at"`
}

// Order says which dead letters something is done to: those of some ids, at most MaxOrder of them,
// or the oldest MaxOrder of a destination.
type Order struct {
	IDs         []uint64 `json:"ids,omitempty"`
	Destination string   `json:"destination,omitempty"`
	// To is the destination that they are replayed to; "" is each one's own.
	To string `json:"to,omitempty"`
}

// Outcome says what became of a dead letter. The set is closed.
type Outcome string

// The outcomes of an order.
const (
	OutcomeReplayed Outcome = "replayed"
	OutcomeDropped  Outcome = "dropped"
	// OutcomeNotFound says that no dead letter has this id, or has it any longer.
	OutcomeNotFound Outcome = "not_found"
	// OutcomeRefused says that its destination is not configured.
	OutcomeRefused Outcome = "refused"
	// OutcomeFailed says that the store failed. The order may be given again.
	OutcomeFailed Outcome = "failed"
)

// Report says what became of every dead letter of an order.
type Report struct {
	Results []Result `json:"results"`
	// More says that the destination had more dead letters than an order takes.
	More bool `json:"more"`
}

// Result says what became of one.
type Result struct {
	ID      uint64  `json:"id"`
	Outcome Outcome `json:"outcome"`
	// Destination is where it was replayed to, or whose it was; "" if it is not known.
	Destination string `json:"destination,omitempty"`
	// Problem says in a sentence why nothing was done; "" if it was.
	Problem string `json:"problem,omitempty"`
}

// Refusal is the error of something that cannot be done as it was asked for.
type Refusal struct {
	// Reason says in a sentence why, and what can be done.
	Reason string
}

// Error returns the reason.
func (r *Refusal) Error() string { return r.Reason }
