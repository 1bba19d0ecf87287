package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// storeFailed is the server's code for a message it could not store: the stream
// is full.
const storeFailed jetstream.ErrorCode = 10077

// checkInterval bounds how often Check looks for itself: anybody may ask.
const checkInterval = time.Second

// errNoSpace says that the disk has no room but the reserve.
var errNoSpace = errors.New("the disk is full")

// JetStream is a Queue on NATS JetStream, embedded in this process or in a
// cluster.
type JetStream struct {
	options  Options
	embedded *embedded
	ledger   *ledger
	damage   Damage

	conn    *nats.Conn
	js      jetstream.JetStream
	events  jetstream.Stream
	deliver jetstream.Stream
	dead    jetstream.Stream
	sent    records
	states  records
	leases  records

	// group is nil for a cluster.
	group  *group
	roomMu sync.Mutex
	// suspect is set when the embedded store has failed in a way that a restart
	// of it may mend.
	suspect atomic.Bool
	tending sync.WaitGroup
	untend  context.CancelFunc

	checkMu   sync.Mutex
	checkedAt time.Time
	checked   error
}

var _ Queue = (*JetStream)(nil)

// Open opens the store, or makes a new one. It returns an error that wraps
// ErrLocked when another process has the data directory open.
func Open(ctx context.Context, options Options) (*JetStream, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	queue := &JetStream{options: options}
	if err := queue.start(ctx); err != nil {
		return nil, errors.Join(err, queue.Close())
	}
	return queue, nil
}

// start fills in the parts one by one; Close releases those that exist.
func (q *JetStream) start(ctx context.Context) error {
	var found inspection
	if q.options.embedded() {
		var err error
		if found, err = q.startEmbedded(); err != nil {
			return err
		}
	}
	if err := q.connect(ctx); err != nil {
		return err
	}
	if err := q.checkPayload(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := q.openStreams(ctx); err != nil {
		return q.explainOpening(err)
	}
	if err := q.assess(ctx, found); err != nil {
		return err
	}
	if q.embedded != nil {
		q.startTending(ctx)
	}
	return nil
}

// startEmbedded takes the data directory, looks through its files and starts the
// server on them.
func (q *JetStream) startEmbedded() (inspection, error) {
	if err := makeDirectory(q.options); err != nil {
		return inspection{}, err
	}
	embedded, err := lockDirectory(q.options)
	if err != nil {
		return inspection{}, err
	}
	q.embedded = embedded
	found, err := inspect(q.options.Dir, q.options.Logger)
	if err != nil {
		return found, err
	}
	if q.ledger, err = openLedger(q.options.Dir); err != nil {
		return found, err
	}
	return found, embedded.start()
}

// Store publishes the event under its identity and waits until it is on disk.
func (q *JetStream) Store(ctx context.Context, event Event) (duplicate bool, err error) {
	if int64(len(event.Body)) > q.options.MaxEvent+normalOverhead {
		return false, ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ack, err := q.write(ctx, event)
	if isFull(err) && q.makeRoom(ctx) {
		ack, err = q.write(ctx, event)
	}
	if err != nil {
		q.noteFailure(err)
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !ack.Duplicate {
		q.ledger.stored(ack.Sequence)
		q.wake(evaluatorTask)
	}
	return ack.Duplicate, nil
}

// write writes an event, in a group where the server is known to take groups.
func (q *JetStream) write(ctx context.Context, event Event) (*jetstream.PubAck, error) {
	if q.group == nil {
		return q.publishEvent(ctx, event)
	}
	return q.group.store(ctx, event)
}

func (q *JetStream) publishEvent(ctx context.Context, event Event) (*jetstream.PubAck, error) {
	if err := q.checkSpace(q.options.Reserve); err != nil {
		return nil, err
	}
	return q.js.PublishMsg(ctx, &nats.Msg{Subject: eventsSubject, Data: event.Body},
		jetstream.WithMsgID(event.Identity), jetstream.WithExpectStream(eventsStream))
}

// checkSpace keeps events from taking the last of the disk, which the store needs
// to note what it has delivered. Half of the reserve is for the deliveries that
// follow from the events that were taken.
func (q *JetStream) checkSpace(reserve int64) error {
	if q.embedded == nil {
		return nil
	}
	free, err := freeSpace(q.options.Dir)
	if err != nil {
		return fmt.Errorf("asking for the free space of the data directory: %w", err)
	}
	if free < reserve {
		return fmt.Errorf("%w: %d bytes are free, and %d are kept in reserve", errNoSpace, free, reserve)
	}
	return nil
}

func isFull(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == storeFailed
}

// makeRoom discards the events that have been evaluated, and reports whether
// there were any.
func (q *JetStream) makeRoom(ctx context.Context) bool {
	q.roomMu.Lock()
	defer q.roomMu.Unlock()
	before, err := q.events.Info(ctx)
	if err != nil {
		q.options.Logger.WarnContext(ctx, "event store: it is full and does not answer", "error", err)
		return false
	}
	position, err := q.loadPosition(ctx)
	if err != nil || position.sequence < before.State.FirstSeq {
		q.options.Logger.ErrorContext(ctx, "event store: it is full of events that wait for their evaluation",
			"events", before.State.Msgs, "bytes", before.State.Bytes, "error", err)
		return false
	}
	if err := q.events.Purge(ctx, jetstream.WithPurgeSequence(position.sequence+1)); err != nil {
		q.options.Logger.WarnContext(ctx, "event store: evaluated events cannot be discarded", "error", err)
		return false
	}
	return true
}

// Check writes something and asks for the stream of events.
func (q *JetStream) Check(ctx context.Context) error {
	q.checkMu.Lock()
	defer q.checkMu.Unlock()
	if time.Since(q.checkedAt) < checkInterval {
		return q.checked
	}
	q.checked = q.check(ctx)
	q.checkedAt = time.Now()
	return q.checked
}

func (q *JetStream) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout/2)
	defer cancel()
	if err := q.checkSpace(q.options.Reserve); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if _, err := q.events.Info(ctx); err != nil {
		q.noteFailure(err)
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := q.states.put(ctx, statePrefix+"probe", []byte("1")); err != nil {
		q.noteFailure(err)
		return fmt.Errorf("%w: it cannot be written to: %w", ErrUnavailable, err)
	}
	return nil
}

// Damage says what was found when the store was opened.
func (q *JetStream) Damage() Damage { return q.damage }

// Close releases whatever start acquired, last things first.
func (q *JetStream) Close() error {
	if q.untend != nil {
		q.untend()
		q.tending.Wait()
	}
	if q.conn != nil {
		q.conn.Close()
	}
	if q.embedded == nil {
		return nil
	}
	return errors.Join(q.ledger.close(), q.embedded.close())
}
