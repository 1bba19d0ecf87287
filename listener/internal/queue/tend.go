package queue

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// tendInterval is how often a store that has failed is looked at. It is longer
// than a restart of the embedded server takes.
const tendInterval = 5 * time.Second

// After a restart the streams are asked for several times, for a short time each.
const (
	restartAttempts = 5
	restartTimeout  = 3 * time.Second
)

// noteFailure remembers that the embedded store did not answer. After a failed
// write, such as on a disk that was full, NATS writes no more until it is started
// again.
func (q *JetStream) noteFailure(err error) {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) {
		q.suspect.Store(true)
	}
}

// startTending looks after the embedded server, and writes groups to it, until
// Close.
func (q *JetStream) startTending(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.untend = cancel
	q.group = newGroup(q)
	q.tending.Go(func() { q.group.run(ctx) })
	q.tending.Go(func() {
		for ctx.Err() == nil {
			pause(ctx, tendInterval)
			if ctx.Err() == nil && q.suspect.Load() {
				q.mend(ctx)
			}
		}
	})
}

// restart starts the embedded server anew. Leases are kept in memory and have to
// be made room for again.
func (q *JetStream) restart(ctx context.Context) error {
	if err := q.embedded.restart(); err != nil {
		return err
	}
	if err := q.conn.ForceReconnect(); err != nil {
		return err
	}
	var err error
	for range restartAttempts {
		// A request that was sent on the connection to the old server is lost.
		if err = q.tryStreams(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (q *JetStream) tryStreams(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, restartTimeout)
	defer cancel()
	_, err := q.makeStreams(ctx)
	return err
}

// mend starts the embedded server again once the disk has room.
func (q *JetStream) mend(ctx context.Context) {
	if err := q.checkSpace(q.options.Reserve / 2); err != nil {
		q.options.Logger.WarnContext(ctx, "event store: it waits for space", "cause", err)
		return
	}
	q.options.Logger.WarnContext(ctx, "event store: it did not answer, and is started again")
	q.suspect.Store(false)
	if err := q.restart(ctx); err != nil {
		q.options.Logger.ErrorContext(ctx, "event store: it cannot be started", "cause", err)
		q.suspect.Store(true)
	}
}
