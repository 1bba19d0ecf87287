// Package queue keeps events, and the alerts that follow from them, between the answer to their
// sender and their delivery. What it has stored survives a crash and a restart, a second copy of an
// event is recognised, and every alert stays until it is delivered or put among the dead letters.
//
// The sources store events into it. The application evaluates each event once, which makes
// deliveries of it, and serves the lanes in which deliveries wait: one lane per destination, served
// by one process at a time however many share the store.
package queue

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable says that an event could not be stored now: the store is full of events nobody has
// evaluated yet, or does not answer. The sender should try again later.
var ErrUnavailable = errors.New("the event store is unavailable")

// ErrTooLarge says that an event will never fit into the store.
var ErrTooLarge = errors.New("the event is too large for the event store")

// ErrNoDeadLetter says that no dead letter has this number, or that it is gone.
var ErrNoDeadLetter = errors.New("there is no such dead letter")

// ErrNoEvent says that no event has this identity, or that it is no longer kept.
var ErrNoEvent = errors.New("there is no such event")

// ErrLaneLost says that this process no longer serves the lane.
var ErrLaneLost = errors.New("another process serves the lane now")

// Event is what is stored.
type Event struct {
	// Identity names the event; of two events with one identity the second is not stored again. See
	// changelog.Event.Identify.
	Identity string
	// Body is the normalised event as JSON.
	Body []byte
	// Origin is kept for those who ask about the event later. An event that is read to be evaluated
	// or delivered comes without it.
	Origin Origin
	// Report says how its copies from other sources are recognised.
	Report Report
	// Doubtful says that its alerts may have been sent already, by a store that is gone.
	Doubtful bool
}

// ShortIdentity returns as much of the identity as tells events apart in a log.
func (e Event) ShortIdentity() string {
	const enough = 12
	return e.Identity[:min(enough, len(e.Identity))]
}

// Delivery is an event that a rule sends to a destination.
type Delivery struct {
	Event
	// Destination names the lane. It and Rule hold lower-case letters, digits, dashes and
	// underscores.
	Destination string
	Rule        string
	// Overtaken says that a later change of the same thing was evaluated before.
	Overtaken bool
}

// Item is a delivery that waits in a lane.
type Item struct {
	Delivery
	// Sequence orders the items of a lane; it is above 0.
	Sequence uint64
	// StoredAt is when the event was stored, or when the dead letter that the item was is replayed:
	// its age counts from then.
	StoredAt time.Time
	// Replayed is the number of that dead letter; 0 if it never was one.
	Replayed uint64
	// WasSent says that the same delivery was sent already, by an item that is gone.
	WasSent bool
	// Attempt is a request that was made just now, to be kept with the event by Note, Finish or
	// Bury; the zero value is none.
	Attempt Attempt
	Progress
}

// Progress is what earlier attempts to deliver an item have shown.
type Progress struct {
	// Failures counts the outages that it met.
	Failures int
	// RetryAt is when it is tried again; the zero time is at once.
	RetryAt time.Time
	// Uncertain says that it may have been delivered: a request is under way, or its answer did not
	// say.
	Uncertain bool
	// Plain says that the destination refused its blocks.
	Plain bool
	// Single says that it is no longer sent as a part of a digest.
	Single bool
	// Aside says that it fails while others succeed, which do not wait for it.
	Aside bool
}

// Status is what is known of a destination beyond its items. Times are zero where they do not
// apply.
type Status struct {
	// ParkedSince is set while the destination takes no messages at all, and FailingSince while its
	// requests fail.
	ParkedSince, FailingSince time.Time
	// Cause is the last failure, without a secret.
	Cause string
	// RetryAt is when a failing or parked destination is tried again, or when the pause ends that
	// it has asked for.
	RetryAt time.Time
	// Paused says that the destination has asked for a pause.
	Paused bool
	// ResumedAt is when it was no longer parked: alerts have not aged before.
	ResumedAt time.Time
	// Webhook tells the webhook that was parked from others without giving it away.
	Webhook string
}

// Reason says why a delivery is a dead letter. The set is closed, so that it can label a metric.
type Reason string

// The reasons for which deliveries are given up.
const (
	// ReasonRefused says that the destination takes this very message in no form.
	ReasonRefused Reason = "refused"
	// ReasonExpired says that it could not be delivered within its maximum age.
	ReasonExpired Reason = "expired"
	// ReasonRemoved says that its destination is no longer configured.
	ReasonRemoved Reason = "destination_removed"
	// ReasonUnreadable says that no message can be made of the stored event.
	ReasonUnreadable Reason = "unreadable"
)

// Evaluation is what follows from an event.
type Evaluation struct {
	Deliveries []Delivery
	// Verdicts say why; OtherRules counts the rules that are not among them.
	Verdicts   []Verdict
	OtherRules int
}

// Evaluator decides what follows from an event. It must not block.
type Evaluator func(event Event) Evaluation

// Queue stores events durably and hands them out. Several processes may share one: each event is
// evaluated and each lane served by one of them at a time.
type Queue interface {
	Desk
	// Store returns once the event is on disk. It reports whether the same event, or a copy from
	// another source, was there already. Its error wraps ErrUnavailable or ErrTooLarge.
	Store(ctx context.Context, event Event) (duplicate bool, err error)
	// Follow calls follow whenever this process has become the only one that reads Port's audit
	// log, and again after follow has failed, until ctx ends.
	Follow(ctx context.Context, follow Follower)
	// Evaluate hands every event to the evaluator, in the order in which they were stored, and
	// keeps the deliveries, until ctx ends. An event is marked in the transaction that keeps its
	// deliveries, so it may be handed out again after a crash, but makes its deliveries once.
	Evaluate(ctx context.Context, evaluate Evaluator)
	// Serve calls serve whenever this process has become the only one that serves the lane, and
	// again after serve has failed, until ctx ends.
	Serve(ctx context.Context, lane string, serve Server)
	// Retire moves what waits in lanes that are not kept to the dead letters, as far as nobody
	// serves them, and calls buried for each. kept is asked before each, and must say of a lane
	// that it is kept before anything is put there on purpose.
	Retire(ctx context.Context, kept func(lane string) bool, buried func(lane string)) error
	// Check returns an error when an event that arrived now would not be stored.
	Check(ctx context.Context) error
	// Damage says what the store is known to have lost.
	Damage() Damage
}

// Desk is the part of a Queue that an operator needs: what is stored, and ways to set it right. It
// needs nobody to evaluate events or serve lanes.
type Desk interface {
	// Unpark has a parked destination tried at once, by whoever serves its lane now or later. It
	// does nothing to one that is not parked.
	Unpark(ctx context.Context, lane string) error
	// Status returns what is known of a destination.
	Status(ctx context.Context, lane string) (Status, error)
	// Lanes names every lane that the store knows of, sorted: something waits in it, has become a
	// dead letter, or a status was kept of it.
	Lanes(ctx context.Context) ([]string, error)
	// Stats counts what waits.
	Stats(ctx context.Context) (Stats, error)
	// DeadLetters returns up to limit dead letters of a destination, or of all of them for "", with
	// numbers after the given one: the oldest first. Where they are large it returns fewer; none
	// means that there are no more.
	DeadLetters(ctx context.Context, destination string, after uint64, limit int) ([]DeadLetter, error)
	// DeadLetter returns the one of a number. Its error may be ErrNoDeadLetter.
	DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error)
	// Replay moves a dead letter to the end of a lane, which is that of its destination or of
	// another one. It waits there as if it had been stored now, and counts as the delivery that it
	// was: if that was sent in between, it is not sent again. Its error may be ErrNoDeadLetter.
	Replay(ctx context.Context, sequence uint64, lane string) error
	// Drop removes a dead letter for good. Its error may be ErrNoDeadLetter.
	Drop(ctx context.Context, sequence uint64) error
	// Events returns up to limit events with numbers below the given one, or the newest for 0: the
	// newest first.
	Events(ctx context.Context, before uint64, limit int) ([]ExplainedEvent, error)
	// Event returns the newest event whose identity begins with a text, with its body. Its error
	// may be ErrNoEvent.
	Event(ctx context.Context, identity string) (ExplainedEvent, error)
	// Close stops the queue. Everything that uses it must have returned before.
	Close() error
}

// Server serves a lane until ctx ends, and then returns nil. After an error, which is one of the
// store, the lane is served again.
type Server func(ctx context.Context, lane Lane) error

// Lane is what one destination has still to be sent, in order. It belongs to whoever serves it. Its
// methods fail with ErrLaneLost once another process has taken it over.
type Lane interface {
	// Held ends when this process no longer serves the lane: whatever acts for the lane outside the
	// store must end with it.
	Held() context.Context
	// Items returns up to limit items with numbers after the given one, in order. Where they are
	// large it returns fewer; none means that there are no more.
	Items(ctx context.Context, after uint64, limit int) ([]Item, error)
	// Wait returns when something may be new in the lane, when atMost is over, or when ctx ends. It
	// may return early.
	Wait(ctx context.Context, atMost time.Duration)
	// Pending counts the items.
	Pending(ctx context.Context) (int, error)
	// Note keeps the progress of items durably.
	Note(ctx context.Context, items ...Item) error
	// Finish notes items as sent and removes them, in one step. Items that were removed before do
	// no harm.
	Finish(ctx context.Context, items ...Item) error
	// Discard removes an item and notes nothing.
	Discard(ctx context.Context, item Item) error
	// Bury moves an item to the dead letters.
	Bury(ctx context.Context, item Item, reason Reason) error
	// Status returns what SetStatus has kept, or Queue.Unpark has made of it.
	Status(ctx context.Context) (Status, error)
	// SetStatus keeps what is known of the destination durably.
	SetStatus(ctx context.Context, status Status) error
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
	// Oldest is when the event of the oldest pending item was stored; the zero time when nothing is
	// pending.
	Oldest time.Time
}

// Damage is what was found when the store was opened.
type Damage struct {
	// Lost counts events and deliveries that had been stored and are gone.
	Lost int
	// Aside is the directory that holds the damaged store and the reports; "" for none.
	Aside string
}
