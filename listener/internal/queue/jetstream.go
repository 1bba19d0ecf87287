package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName = "EVENTS"
	subject    = "events"

	// maxAge is how long an event stays, handled or not.
	maxAge = 72 * time.Hour
	// duplicateWindow is how long a second copy of an event is recognised. A
	// signature is valid for minutes; senders that sign anew retry for hours.
	duplicateWindow = 24 * time.Hour
	// DefaultMaxBytes is how much disk the events may take.
	DefaultMaxBytes = 1 << 30

	// maxMemory is for streams in memory, of which there are none.
	maxMemory = 16 << 20
	// maxStore lies above any MaxBytes, which is the limit that counts: a server
	// limit next to it would refuse to open a store whose limit was lowered.
	maxStore = 1 << 40
	// normalOverhead is room for what normalising adds to an event, and
	// headerOverhead for the headers of its message.
	normalOverhead = 32 << 10
	headerOverhead = 4 << 10
	// largestEvent keeps the payload below the server's own limit of 64 MiB.
	largestEvent = 32 << 20

	// requestTimeout bounds every request to the store.
	requestTimeout = 10 * time.Second
	// storeFailed is the server's code for a message it could not store: the
	// stream is full, or the disk refused.
	storeFailed jetstream.ErrorCode = 10077
)

// Options say where and how much to store.
type Options struct {
	// Dir is the data directory. It is created when missing, and locked.
	Dir string
	// MaxEvent is the size of the largest event as it arrives, in bytes: at
	// least 1, at most 32 MiB.
	MaxEvent int64
	// MaxBytes bounds the events on disk. When they reach it, events that every
	// consumer is done with make room; events that are not, never.
	MaxBytes int64
	Logger   *slog.Logger
}

func (o Options) maxPayload() int64 {
	return o.MaxEvent + normalOverhead + headerOverhead
}

// JetStream is a Queue on NATS JetStream, embedded in this process.
type JetStream struct {
	options Options
	lock    *flock.Flock
	server  *server.Server
	conn    *nats.Conn
	js      jetstream.JetStream
	stream  jetstream.Stream

	mu        sync.Mutex
	consumers []jetstream.Consumer
}

var _ Queue = (*JetStream)(nil)

// Open opens the store in the data directory, or makes a new one. It returns an
// error that wraps ErrLocked when another process has it open.
func Open(ctx context.Context, options Options) (*JetStream, error) {
	if options.MaxEvent < 1 || options.MaxEvent > largestEvent {
		return nil, fmt.Errorf("the largest event must have between 1 and %d bytes, not %d", largestEvent, options.MaxEvent)
	}
	lock, err := lockDirectory(options.Dir)
	if err != nil {
		return nil, err
	}
	queue := &JetStream{options: options, lock: lock}
	if err := queue.start(ctx); err != nil {
		return nil, errors.Join(err, queue.Close())
	}
	return queue, nil
}

// start fills in the parts one by one; Close releases those that exist.
func (q *JetStream) start(ctx context.Context) error {
	var err error
	if q.server, err = startServer(q.options); err != nil {
		return err
	}
	q.conn, err = nats.Connect("", nats.InProcessServer(q.server), nats.Name("listener"),
		nats.MaxReconnects(-1), nats.ErrorHandler(q.logAsyncError))
	if err != nil {
		return fmt.Errorf("connecting to the event store: %w", err)
	}
	if q.js, err = jetstream.New(q.conn); err != nil {
		return fmt.Errorf("connecting to the event store: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	q.stream, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       streamName,
		Subjects:   []string{subject},
		Retention:  jetstream.LimitsPolicy,
		Storage:    jetstream.FileStorage,
		MaxBytes:   q.options.MaxBytes,
		MaxMsgs:    -1,
		MaxMsgSize: int32(q.options.maxPayload()), //nolint:gosec // Open has checked MaxEvent.
		MaxAge:     maxAge,
		// The stream refuses what does not fit; makeRoom decides what may go.
		Discard:    jetstream.DiscardNew,
		Duplicates: duplicateWindow,
		Replicas:   1,
	})
	if err != nil {
		return fmt.Errorf("opening the stream of events: %w", err)
	}
	return nil
}

func (q *JetStream) logAsyncError(_ *nats.Conn, _ *nats.Subscription, err error) {
	q.options.Logger.Warn("event store: connection", "error", err)
}

// Store publishes the event under its identity and waits until it is on disk.
func (q *JetStream) Store(ctx context.Context, event Event) (duplicate bool, err error) {
	if int64(len(event.Body)) > q.options.MaxEvent+normalOverhead {
		return false, ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ack, err := q.publish(ctx, event)
	if isStoreFailed(err) && q.makeRoom(ctx) {
		ack, err = q.publish(ctx, event)
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return ack.Duplicate, nil
}

func (q *JetStream) publish(ctx context.Context, event Event) (*jetstream.PubAck, error) {
	return q.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: event.Body},
		jetstream.WithMsgID(event.Identity), jetstream.WithExpectStream(streamName))
}

func isStoreFailed(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == storeFailed
}

// makeRoom discards the events that every consumer is done with and reports
// whether there were any.
func (q *JetStream) makeRoom(ctx context.Context) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before, err := q.stream.Info(ctx)
	if err != nil {
		q.options.Logger.Warn("event store: it is full and does not answer", "error", err)
		return false
	}
	done, err := q.doneUpTo(ctx)
	if err != nil || done < before.State.FirstSeq {
		q.options.Logger.Error("event store: it is full of events that are not delivered yet",
			"events", before.State.Msgs, "bytes", before.State.Bytes, "error", err)
		return false
	}
	if err := q.stream.Purge(ctx, jetstream.WithPurgeSequence(done+1)); err != nil {
		q.options.Logger.Warn("event store: delivered events cannot be discarded", "error", err)
		return false
	}
	return true
}

// doneUpTo returns the sequence number up to which every consumer is done.
func (q *JetStream) doneUpTo(ctx context.Context) (uint64, error) {
	var lowest uint64
	for i, consumer := range q.consumers {
		info, err := consumer.Info(ctx)
		if err != nil {
			return 0, fmt.Errorf("asking for the position of a consumer: %w", err)
		}
		if i == 0 || info.AckFloor.Stream < lowest {
			lowest = info.AckFloor.Stream
		}
	}
	return lowest, nil
}

// Check asks the store for the state of the stream.
func (q *JetStream) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err := q.stream.Info(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// Close releases whatever start acquired, last things first.
func (q *JetStream) Close() error {
	if q.conn != nil {
		// Negative acknowledgements are sent without waiting for an answer.
		if err := q.conn.FlushTimeout(requestTimeout); err != nil {
			q.options.Logger.Warn("event store: the last answers were not taken", "error", err)
		}
		q.conn.Close()
	}
	if q.server != nil {
		q.server.Shutdown()
		q.server.WaitForShutdown()
	}
	if err := q.lock.Unlock(); err != nil {
		return fmt.Errorf("releasing the data directory: %w", err)
	}
	return nil
}
