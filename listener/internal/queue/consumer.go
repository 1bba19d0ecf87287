package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// redeliverAfter is when a delivery that nobody answered is handed out again:
// because its process was killed, or because it was sent to a consumer that was
// just ending.
const redeliverAfter = HandlingLimit + 5*time.Second

// recheckAfter bounds a pause of the client library. It asks the server for
// further messages only at the beginning of Next, and not while its last request
// is still being sent; having missed that moment, a Next that waits without end
// asks again after a missed heartbeat, half a minute later.
const recheckAfter = time.Second

// shortestDelay keeps an event that is put back from being handed out again at
// once: a consumer that is ending would be given it a second time, or it would be
// sent to nobody and return only after redeliverAfter.
const shortestDelay = 100 * time.Millisecond

// Consumer returns the durable consumer of a name. The name may hold letters,
// digits, dashes and underscores.
func (q *JetStream) Consumer(ctx context.Context, name string) (Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	pull, err := q.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       name,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       redeliverAfter,
		DeliverPolicy: jetstream.DeliverNewPolicy,
		MaxDeliver:    -1,
		// One at a time: an event that waits for its next attempt holds back
		// those behind it, and a recovery never overtakes its outage.
		MaxAckPending: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the consumer %s of the event store: %w", name, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.consumers = append(q.consumers, pull)
	return &pullConsumer{pull: pull, logger: q.options.Logger.With("consumer", name)}, nil
}

// pullConsumer hands out what a durable JetStream consumer delivers.
type pullConsumer struct {
	pull   jetstream.Consumer
	logger *slog.Logger
}

// Run hands out events until ctx ends.
func (c *pullConsumer) Run(ctx context.Context, handler Handler) error {
	// Many messages are asked for at once; MaxAckPending lets through one at a
	// time all the same.
	messages, err := c.pull.Messages(jetstream.WithMessagesErrOnMissingHeartbeat(false))
	if err != nil {
		return fmt.Errorf("reading from the event store: %w", err)
	}
	// Draining, unlike stopping, still yields a message that has arrived.
	stop := context.AfterFunc(ctx, messages.Drain)
	defer stop()
	defer messages.Stop()
	for {
		message, err := messages.Next(jetstream.NextMaxWait(recheckAfter))
		if errors.Is(err, nats.ErrTimeout) {
			continue
		}
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading from the event store: %w", err)
		}
		if ctx.Err() != nil {
			c.settle(ctx, message, Again(0))
			continue
		}
		c.handle(ctx, message, handler)
	}
}

func (c *pullConsumer) handle(ctx context.Context, message jetstream.Msg, handler Handler) {
	metadata, err := message.Metadata()
	if err != nil {
		c.logger.Error("event store: a message without metadata was passed over", "error", err)
		return
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), HandlingLimit)
	defer cancel()
	verdict := handler(work, Delivery{
		Event:    Event{Identity: message.Headers().Get(jetstream.MsgIDHeader), Body: message.Data()},
		Attempt:  int(metadata.NumDelivered), //nolint:gosec // A counter of attempts stays far below the limit.
		StoredAt: metadata.Timestamp,
	})
	c.settle(ctx, message, verdict)
}

// settle tells the store what was decided. It waits until the end of a delivery
// is recorded: a crash after that does not bring the event back.
func (c *pullConsumer) settle(ctx context.Context, message jetstream.Msg, verdict Verdict) {
	if verdict.again {
		if err := message.NakWithDelay(max(verdict.after, shortestDelay)); err != nil {
			c.logger.Warn("event store: an event cannot be put back; it returns by itself", "error", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	if err := message.DoubleAck(ctx); err != nil {
		c.logger.Warn("event store: an event cannot be marked as delivered; it may be delivered again", "error", err)
	}
}
