// Package queue keeps events between the answer to their sender and their
// delivery. What it has stored survives a crash and a restart, a second copy of
// an event is recognised, and every consumer is handed each event until it says
// that it is done with it.
//
// The sources store into it, and the senders of the application consume from it.
package queue

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable says that an event could not be stored now: the store is full
// of events nobody has handled yet, or does not answer. The sender should try
// again later.
var ErrUnavailable = errors.New("the event store is not available")

// ErrTooLarge says that an event will never fit into the store.
var ErrTooLarge = errors.New("the event is too large for the event store")

// HandlingLimit is how long a Handler may take with one delivery before its
// context ends. It is shorter than the time after which an unanswered delivery
// is handed out again, so that no two handlers ever hold the same one.
const HandlingLimit = 25 * time.Second

// Event is what is stored.
type Event struct {
	// Identity names the change; of two events with one identity the second is
	// not stored again. See changelog.Event.Identity.
	Identity string
	// Body is the normalised event as JSON.
	Body []byte
}

// ShortIdentity returns as much of the identity as tells events apart in a log.
func (e Event) ShortIdentity() string {
	const enough = 12
	return e.Identity[:min(enough, len(e.Identity))]
}

// Delivery is one attempt to have a stored event handled.
type Delivery struct {
	Event
	// Attempt counts from 1, over restarts.
	Attempt int
	// StoredAt is when the event was stored.
	StoredAt time.Time
}

// Verdict is what a Handler decides about a delivery.
type Verdict struct {
	again bool
	after time.Duration
}

// Done ends the delivery: the event is not handed to this consumer again.
func Done() Verdict {
	return Verdict{}
}

// Again has the event delivered once more, after a delay. Until then the
// consumer receives no other event: events keep their order.
func Again(after time.Duration) Verdict {
	return Verdict{again: true, after: after}
}

// Handler handles one delivery. Its context ends after HandlingLimit; it does
// not end when the consumer is told to stop, so that what was begun is finished.
type Handler func(ctx context.Context, delivery Delivery) Verdict

// Queue stores events durably and hands them out.
type Queue interface {
	// Store returns once the event is on disk. It reports whether an event of
	// the same identity was there already. Its error wraps ErrUnavailable or
	// ErrTooLarge.
	Store(ctx context.Context, event Event) (duplicate bool, err error)
	// Consumer returns the consumer of a name, which has its own position in
	// the queue. A name that is new begins with the events stored from now on.
	Consumer(ctx context.Context, name string) (Consumer, error)
	// Check returns an error when the queue does not answer.
	Check(ctx context.Context) error
	// Close stops the queue. Every Run must have returned before.
	Close() error
}

// Consumer is one reader of the queue.
type Consumer interface {
	// Run hands one event after the other to the handler, in the order in which
	// they were stored, until ctx ends; it then returns nil, after the handler
	// has returned. Any other end is an error.
	Run(ctx context.Context, handler Handler) error
}
