// Package queue stores events, and the resulting alerts, from the acknowledgement of an event until
// the delivery of its alerts. Stored data survives a crash and a restart, duplicates of an event
// are recognised, and every alert is kept until it is delivered or becomes a dead letter.
//
// The sources store events. The application evaluates each event once, which creates its
// deliveries, and serves the lanes in which deliveries are pending: one lane per destination, each
// served by one process at a time, even if several processes share the store.
package queue

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable reports that an event could not be stored now: the store is full of pending
// events, or does not respond. The sender should try again later.
var ErrUnavailable = errors.New("the event store is unavailable")

// ErrTooLarge reports that an event exceeds the maximum size.
var ErrTooLarge = errors.New("the event is too large for the event store")

// ErrNoDeadLetter reports that no dead letter has this number, or that it no longer exists.
var ErrNoDeadLetter = errors.New("there is no such dead letter")

// ErrNoEvent reports that no event has this identity, or that it is no longer stored.
var ErrNoEvent = errors.New("there is no such event")

// ErrLaneLost reports that this process no longer serves the lane.
var ErrLaneLost = errors.New("another process serves the lane now")

// Event is an event to be stored.
type Event struct {
	// Identity identifies the event: a second event with the same identity is not stored. See
	// changelog.Event.Identify.
	Identity string
	// Body is the normalised event as JSON.
	Body []byte
	// Origin is stored for the explanation of the event. It is empty in events that are read for
	// evaluation or delivery.
	Origin Origin
	// Report identifies copies of the event from other sources.
	Report Report
	// Doubtful means that its alerts may have been sent already, before the store was lost.
	Doubtful bool
}

// ShortIdentity returns a prefix of the identity that is long enough to distinguish events in a
// log.
func (e Event) ShortIdentity() string {
	const enough = 12
	return e.Identity[:min(enough, len(e.Identity))]
}

// Delivery is an event that a rule sends to a destination.
type Delivery struct {
	Event
	// Destination is the name of the lane. Both Destination and Rule consist of lower-case letters,
	// digits, dashes and underscores.
	Destination string
	Rule        string
	// Overtaken means that a newer change of the same entity was evaluated earlier.
	Overtaken bool
}

// Item is a pending delivery in a lane.
type Item struct {
	Delivery
	// Sequence is positive, and orders the items of a lane.
	Sequence uint64
	// StoredAt is when the event was stored or, for a replayed dead letter, when it was replayed.
	// The age of the item counts from then.
	StoredAt time.Time
	// Replayed is the number of that dead letter; 0 if there is none.
	Replayed uint64
	// WasSent means that the same delivery was already sent as another item.
	WasSent bool
	// Attempt is the latest request, which Note, Finish and Bury record with the event; the zero
	// value if there is none.
	Attempt Attempt
	Progress
}

// Progress is the result of earlier attempts to deliver an item.
type Progress struct {
	// Failures counts the failed attempts.
	Failures int
	// RetryAt is when to try again; the zero time means at once.
	RetryAt time.Time
	// Uncertain means that it may have been delivered: a request is in progress, or its result is
	// unknown.
	Uncertain bool
	// Plain means that the destination refused its blocks.
	Plain bool
	// Single means that it is no longer sent as part of a digest.
	Single bool
	// Aside means that it is set aside: it fails while others succeed, and they no longer wait for
	// it.
	Aside bool
}

// Status is the state of a destination. Times are zero if they do not apply.
type Status struct {
	// ParkedSince is set while the destination is parked because it accepts no messages at all, and
	// FailingSince while its requests fail.
	ParkedSince, FailingSince time.Time
	// Cause is the last failure, without secrets.
	Cause string
	// RetryAt is when a failing or parked destination is tried again, or when the pause that it
	// requested ends.
	RetryAt time.Time
	// Paused means that the destination requested a pause.
	Paused bool
	// ResumedAt is when the destination was last unparked. Alerts do not age while it is parked.
	ResumedAt time.Time
	// Webhook is a fingerprint of the parked webhook, which does not reveal its URL.
	Webhook string
}

// Reason is why a delivery is a dead letter. The set is closed, so that it can label a metric.
type Reason string

// The reasons for dead letters.
const (
	// ReasonRefused means that the destination refused this message in every form.
	ReasonRefused Reason = "refused"
	// ReasonExpired means that it could not be delivered within its maximum age.
	ReasonExpired Reason = "expired"
	// ReasonRemoved means that its destination is no longer configured.
	ReasonRemoved Reason = "destination_removed"
	// ReasonUnreadable means that the stored event cannot be read.
	ReasonUnreadable Reason = "unreadable"
)

// Evaluation is the result of evaluating an event.
type Evaluation struct {
	Deliveries []Delivery
	// Verdicts explain the deliveries; OtherRules counts the rules that are not among them.
	Verdicts   []Verdict
	OtherRules int
}

// Evaluator evaluates an event. It must not block.
type Evaluator func(event Event) Evaluation

// Queue stores events durably, and passes them on for evaluation and delivery. If several processes
// share a queue, each event is evaluated, and each lane served, by one of them at a time.
type Queue interface {
	Inspector
	// Store returns once the event is on disk. It reports whether the same event, or a copy from
	// another source, was stored before. Its error wraps ErrUnavailable or ErrTooLarge.
	Store(ctx context.Context, event Event) (duplicate bool, err error)
	// Follow calls follow whenever this process becomes the one that reads Port's audit log, and
	// again after follow fails, until ctx ends.
	Follow(ctx context.Context, follow Follower)
	// Evaluate calls the evaluator for every event, in the order in which they were stored, and
	// stores the deliveries, until ctx ends. One transaction stores the deliveries and marks the
	// event as evaluated. So after a crash, an event may be evaluated again, but its deliveries are
	// created once.
	Evaluate(ctx context.Context, evaluate Evaluator)
	// Serve calls serve whenever this process becomes the one that serves the lane, and again after
	// serve fails, until ctx ends.
	Serve(ctx context.Context, lane string, serve Server)
	// Retire moves the items of all lanes for which inUse returns false to the dead letters, except
	// in lanes that are being served, and calls buried for each item. It calls inUse before each
	// item. inUse must return true for a lane before new deliveries are created for it.
	Retire(ctx context.Context, inUse func(lane string) bool, buried func(lane string)) error
	// Check returns an error if an event that arrived now would not be stored.
	Check(ctx context.Context) error
	// Damage returns what the store is known to have lost.
	Damage() Damage
}

// Inspector is the part of a Queue for operators: it shows what is stored, and changes the state of
// destinations and dead letters. It also works while no process evaluates events or serves lanes.
type Inspector interface {
	// Unpark unparks a destination, so that the server of its lane tries it at once. It does
	// nothing if the destination is not parked.
	Unpark(ctx context.Context, lane string) error
	// Status returns the status of a destination.
	Status(ctx context.Context, lane string) (Status, error)
	// Lanes returns the sorted names of all lanes that have pending deliveries, dead letters or a
	// stored status.
	Lanes(ctx context.Context) ([]string, error)
	// Stats counts what is stored.
	Stats(ctx context.Context) (Stats, error)
	// DeadLetters returns up to limit dead letters of a destination, or of all destinations for "",
	// with numbers greater than after, oldest first. If they are large, it returns fewer; an empty
	// result means that there are no more.
	DeadLetters(ctx context.Context, destination string, after uint64, limit int) ([]DeadLetter, error)
	// DeadLetter returns the dead letter with a number. Its error may be ErrNoDeadLetter.
	DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error)
	// Replay moves a dead letter to the end of a lane, which may be that of another destination.
	// Its age counts from now. If the same delivery was sent to that destination in the meantime,
	// it is not sent again. Its error may be ErrNoDeadLetter.
	Replay(ctx context.Context, sequence uint64, lane string) error
	// Drop deletes a dead letter. Its error may be ErrNoDeadLetter.
	Drop(ctx context.Context, sequence uint64) error
	// Events returns up to limit events with numbers less than before, or the newest ones if before
	// is 0, newest first.
	Events(ctx context.Context, before uint64, limit int) ([]ExplainedEvent, error)
	// Event returns the newest event whose identity has the given prefix, with its body. Its error
	// may be ErrNoEvent.
	Event(ctx context.Context, identity string) (ExplainedEvent, error)
	// Close closes the store. All other calls must have returned before.
	Close() error
}

// Server serves a lane until ctx ends, and then returns nil. It returns only errors of the store,
// after which it is called again.
type Server func(ctx context.Context, lane Lane) error

// Lane is the ordered list of pending deliveries for one destination. Its methods fail with
// ErrLaneLost once another process serves it.
type Lane interface {
	// Held returns a context that ends when this process no longer serves the lane. Requests to the
	// destination must end with it.
	Held() context.Context
	// Items returns up to limit items with numbers greater than after, in order. If they are large,
	// it returns fewer; an empty result means that there are no more.
	Items(ctx context.Context, after uint64, limit int) ([]Item, error)
	// Wait returns when there may be something new in the lane, after atMost, or when ctx ends. It
	// may return early.
	Wait(ctx context.Context, atMost time.Duration)
	// Pending counts the items.
	Pending(ctx context.Context) (int, error)
	// Note stores the progress of items.
	Note(ctx context.Context, items ...Item) error
	// Finish records items as sent and removes them, in one transaction. Items may have been
	// removed before.
	Finish(ctx context.Context, items ...Item) error
	// Discard removes an item without recording it as sent.
	Discard(ctx context.Context, item Item) error
	// Bury moves an item to the dead letters.
	Bury(ctx context.Context, item Item, reason Reason) error
	// Status returns the status as stored by SetStatus, or changed by Inspector.Unpark.
	Status(ctx context.Context) (Status, error)
	// SetStatus stores the status of the destination.
	SetStatus(ctx context.Context, status Status) error
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	Delivery
	// Sequence is its positive number, which is never used again.
	Sequence uint64
	Reason   Reason
	// StoredAt is the start of its age: see Item.StoredAt.
	StoredAt time.Time
	BuriedAt time.Time
}

// Stats counts what is stored.
type Stats struct {
	// Unevaluated is the number of events that are not evaluated yet.
	Unevaluated uint64
	Lanes       map[string]LaneStats
}

// LaneStats counts what is stored for one destination.
type LaneStats struct {
	Pending     int
	DeadLetters int
	// Oldest is when the event of the oldest pending item was stored; zero if nothing is pending.
	Oldest time.Time
}

// Damage is the damage to a store.
type Damage struct {
	// Lost counts the lost events and deliveries.
	Lost int
	// Aside is the directory that holds copies of the damaged store and reports, or "".
	Aside string
}
