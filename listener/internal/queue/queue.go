// Package queue keeps events, and the alerts that follow from them, between the
// answer to their sender and their delivery. What it has stored survives a crash
// and a restart, a second copy of an event is recognised, and every alert stays
// until it is delivered or put among the dead letters.
//
// The sources store events into it. The application evaluates each event once,
// which makes deliveries of it, and serves the lanes in which deliveries wait: one
// lane per destination, served by one process at a time however many share the
// store.
package queue

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable says that an event could not be stored now: the store is full
// of events nobody has evaluated yet, or does not answer. The sender should try
// again later.
var ErrUnavailable = errors.New("the event store is not available")

// ErrTooLarge says that an event will never fit into the store.
var ErrTooLarge = errors.New("the event is too large for the event store")

// ErrNoDeadLetter says that no dead letter has this number, or has it any longer.
var ErrNoDeadLetter = errors.New("there is no such dead letter")

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

// Delivery is an event that a rule wants a destination to be told of.
type Delivery struct {
	Event
	// Destination names the lane. It and Rule hold lower-case letters, digits,
	// dashes and underscores.
	Destination string
	Rule        string
	// Overtaken says that a later change of the same thing was evaluated before.
	Overtaken bool
}

// ID names a delivery: an event is delivered at most once per rule and
// destination.
func (d Delivery) ID() string {
	return d.Destination + "." + d.Rule + "." + d.Identity
}

// Item is a delivery that waits in a lane.
type Item struct {
	Delivery
	// Sequence orders the items of a lane; it starts above 0.
	Sequence uint64
	// StoredAt is when the event was stored, or when the dead letter was replayed
	// that the item was: its age counts from then.
	StoredAt time.Time
	// Replayed is the number of that dead letter; 0 if it never was one.
	Replayed uint64
}

// Reason says why a delivery is a dead letter. The set is closed, so that it can
// label a metric.
type Reason string

// The reasons for which deliveries are given up.
const (
	// ReasonRefused says that the destination takes this very message in no form.
	ReasonRefused Reason = "refused"
	// ReasonExpired says that it could not be delivered within its maximum age.
	ReasonExpired Reason = "expired"
	// ReasonRemoved says that the configuration has its destination no longer.
	ReasonRemoved Reason = "destination_removed"
	// ReasonUnreadable says that no message can be made of the stored event.
	ReasonUnreadable Reason = "unreadable"
)

// Evaluator decides which deliveries follow from an event. It must not block.
type Evaluator func(event Event) []Delivery

// Queue stores events durably and hands them out. Several processes may share
// one: each event is evaluated and each lane served by one of them at a time.
type Queue interface {
	Desk
	// Store returns once the event is on disk. It reports whether an event of
	// the same identity was there already. Its error wraps ErrUnavailable or
	// ErrTooLarge.
	Store(ctx context.Context, event Event) (duplicate bool, err error)
	// Evaluate hands every event to the evaluator, in the order in which they
	// were stored, and keeps the deliveries, until ctx ends. An event may be
	// evaluated again after a crash; a delivery that was made of it before is
	// then kept once or suppressed by Lane.Sent.
	Evaluate(ctx context.Context, evaluate Evaluator)
	// Serve calls serve whenever this process has become the only one that
	// serves the lane, and again after serve has failed, until ctx ends.
	Serve(ctx context.Context, lane string, serve Server)
	// Retire moves what waits in lanes that are not kept to the dead letters, as
	// far as nobody serves them. Each is told to buried. kept is asked before
	// each, and must say of a lane that it is kept before anything is put there
	// on purpose.
	Retire(ctx context.Context, kept func(lane string) bool, buried func(lane string)) error
	// Check returns an error when an event that arrived now would not be stored.
	Check(ctx context.Context) error
	// Damage says what the store is known to have lost.
	Damage() Damage
}

// Desk is the part of a Queue at which the operator sits: it looks at what is
// stored and sets it right, and needs nobody to evaluate events or serve lanes.
type Desk interface {
	// Signal asks whoever serves the lane, now or later, to look at it: see
	// Lane.Signals.
	Signal(ctx context.Context, lane string) error
	// State returns what Lane.Save has saved last, nil if nothing was.
	State(ctx context.Context, lane string) ([]byte, error)
	// Lanes names every lane that the store knows of, sorted: something waits in
	// it, has become a dead letter, or it was served once.
	Lanes(ctx context.Context) ([]string, error)
	// Stats counts what waits.
	Stats(ctx context.Context) (Stats, error)
	// DeadLetters returns up to limit dead letters of a destination, or of all of
	// them for "", with numbers after the given one: the oldest first. Where they
	// are large it returns fewer; none means that there are no more.
	DeadLetters(ctx context.Context, destination string, after uint64, limit int) ([]DeadLetter, error)
	// DeadLetter returns the one of a number. Its error may be ErrNoDeadLetter.
	DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error)
	// Replay moves a dead letter to the end of a lane, which is that of its
	// destination or of another one. It waits there as if it had been stored now,
	// and counts as the delivery that it was: if that was sent meanwhile it is not
	// sent again. To repeat a call that was cut short makes no second one. Its
	// error may be ErrNoDeadLetter.
	Replay(ctx context.Context, sequence uint64, lane string) error
	// Drop removes a dead letter for good. Its error may be ErrNoDeadLetter.
	Drop(ctx context.Context, sequence uint64) error
	// Close stops the queue. Everything that uses it must have returned before.
	Close() error
}

// Server serves a lane until ctx ends, and then returns nil. An error, which is
// one of the store, has the lane served anew.
type Server func(ctx context.Context, lane Lane) error

// Lane is what one destination has still to be told, in order. It belongs to
// whoever serves it. Its methods fail once the lane has been lost to another.
type Lane interface {
	// Held ends when this process serves the lane no longer: whatever acts for
	// the lane outside the store must end with it.
	Held() context.Context
	// Peek returns the first item after a sequence number, if there is one.
	Peek(ctx context.Context, after uint64) (item Item, found bool, err error)
	// Wait returns when something may be new in the lane, when atMost is over,
	// or when ctx ends. It may return early.
	Wait(ctx context.Context, atMost time.Duration)
	// Pending counts the items.
	Pending(ctx context.Context) (int, error)
	// Sent reports whether the delivery was finished before, by an item that
	// is gone.
	Sent(ctx context.Context, delivery Delivery) (bool, error)
	// Finish notes the items as sent, durably, and removes them. An item that
	// was removed before does no harm.
	Finish(ctx context.Context, items []Item) error
	// Discard removes an item and notes nothing.
	Discard(ctx context.Context, item Item) error
	// Bury moves an item to the dead letters.
	Bury(ctx context.Context, item Item, reason Reason) error
	// Load returns what Save has saved last, by whoever served the lane.
	Load(ctx context.Context) ([]byte, error)
	// Save keeps a few words about the lane durably.
	Save(ctx context.Context, state []byte) error
	// Signals returns a number that is greater after each Queue.Signal.
	Signals(ctx context.Context) (uint64, error)
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	Delivery
	// Sequence is its number, which no other dead letter ever has. It is above 0.
	Sequence uint64
	Reason   Reason
	// StoredAt is when it began to wait: see Item.StoredAt.
	StoredAt time.Time
	BuriedAt time.Time
}

// Stats counts what waits.
type Stats struct {
	// Unevaluated is the number of events that wait for their evaluation.
	Unevaluated uint64
	Lanes       map[string]LaneStats
}

// LaneStats counts what concerns one destination.
type LaneStats struct {
	Pending     int
	DeadLetters int
	// Oldest is when the event of the oldest pending item was stored; the zero
	// time when nothing is pending.
	Oldest time.Time
}

// Damage is what was found when the store was opened.
type Damage struct {
	// Lost counts events and deliveries that had been stored and are gone.
	Lost int
	// Aside is the directory where damaged files were put; "" for none.
	Aside string
}
