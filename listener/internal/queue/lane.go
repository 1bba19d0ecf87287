package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// lane is the Lane of whoever holds its lease.
type lane struct {
	queue   *JetStream
	name    string
	subject string
	held    context.Context
	news    bell
	// revision is that of the saved state.
	revision uint64
}

// laneTask is the name of the lease of a lane, and of its bell.
func laneTask(name string) string { return "lane." + name }

// Serve serves the lane whenever nobody else does, in this process or in another.
func (q *JetStream) Serve(ctx context.Context, name string, serve Server) {
	q.hold(ctx, laneTask(name), func(ctx, held context.Context) error {
		news, stop := q.listen(laneTask(name))
		defer stop()
		err := serve(ctx, &lane{queue: q, name: name, subject: deliverPrefix + name, held: held, news: news})
		if ctx.Err() != nil && held.Err() == nil {
			return nil
		}
		q.noteFailure(err)
		return err
	})
}

func (l *lane) Held() context.Context { return l.held }

func (l *lane) Wait(ctx context.Context, atMost time.Duration) {
	l.news.wait(ctx, min(atMost, lookAgain))
}

// bounded returns a context for one request, which ends with the lease at the
// latest.
func (l *lane) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	unlink := context.AfterFunc(l.held, cancel)
	return ctx, func() {
		unlink()
		cancel()
	}
}

func (l *lane) Peek(ctx context.Context, after uint64) (Item, bool, error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	message, err := l.queue.deliver.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(l.subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Item{}, false, nil
	}
	if err != nil {
		return Item{}, false, fmt.Errorf("reading a lane: %w", err)
	}
	return l.read(message), true, nil
}

func (l *lane) read(message *jetstream.RawStreamMsg) Item {
	storedAt, err := time.Parse(time.RFC3339Nano, message.Header.Get(storedHeader))
	if err != nil {
		storedAt = message.Time
	}
	// What is no number, or absent, is 0.
	replayed, _ := strconv.ParseUint(message.Header.Get(replayedHeader), 10, 64)
	return Item{
		Delivery: Delivery{
			Event:       Event{Identity: message.Header.Get(identityHeader), Body: message.Data},
			Destination: l.name,
			Rule:        message.Header.Get(ruleHeader),
			Overtaken:   message.Header.Get(overtakenHeader) != "",
		},
		Sequence: message.Sequence,
		StoredAt: storedAt,
		Replayed: replayed,
	}
}

func (l *lane) Pending(ctx context.Context) (int, error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	counts, err := countBySubject(ctx, l.queue.deliver, l.subject)
	if err != nil {
		return 0, err
	}
	return counts[l.subject], nil
}

func (l *lane) Sent(ctx context.Context, delivery Delivery) (bool, error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	noted, err := l.queue.sent.get(ctx, sentPrefix+delivery.ID())
	if err != nil {
		return false, fmt.Errorf("asking whether a delivery was sent: %w", err)
	}
	return noted.revision != 0, nil
}

func (l *lane) Finish(ctx context.Context, items []Item) error {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	if err := l.noteSent(ctx, items); err != nil {
		return err
	}
	for _, item := range items {
		if err := l.remove(ctx, item.Sequence); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) noteSent(ctx context.Context, items []Item) error {
	noted := make([]jetstream.PubAckFuture, len(items))
	for i, item := range items {
		var err error
		noted[i], err = l.queue.js.PublishAsync(sentPrefix+item.ID(), []byte("1"), jetstream.WithExpectStream(sentStream))
		if err != nil {
			return fmt.Errorf("noting a delivery as sent: %w", err)
		}
	}
	for _, future := range noted {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return fmt.Errorf("noting a delivery as sent: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// remove deletes an item, if it is still there. The ledger is told before: it must
// never count more than there is.
func (l *lane) remove(ctx context.Context, sequence uint64) error {
	l.queue.ledger.enqueued(-1)
	failure := l.queue.deliver.DeleteMsg(ctx, sequence)
	if failure == nil {
		return nil
	}
	l.queue.ledger.enqueued(1)
	if _, err := l.queue.deliver.GetMsg(ctx, sequence); errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	return fmt.Errorf("removing a delivery: %w", failure)
}

func (l *lane) Discard(ctx context.Context, item Item) error {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	return l.remove(ctx, item.Sequence)
}

func (l *lane) Load(ctx context.Context) ([]byte, error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	saved, err := l.queue.states.get(ctx, statePrefix+laneTask(l.name))
	if err != nil {
		return nil, fmt.Errorf("reading the state of a lane: %w", err)
	}
	l.revision = saved.revision
	return saved.data, nil
}

func (l *lane) Save(ctx context.Context, state []byte) error {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	revision, err := l.queue.states.replace(ctx, statePrefix+laneTask(l.name), state, l.revision)
	if err != nil {
		return fmt.Errorf("saving the state of a lane: %w", err)
	}
	l.revision = revision
	return nil
}

func (l *lane) Signals(ctx context.Context) (uint64, error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	signal, err := l.queue.states.get(ctx, signalSubject(l.name))
	if err != nil {
		return 0, fmt.Errorf("looking for signals: %w", err)
	}
	return signal.revision, nil
}

func signalSubject(lane string) string { return statePrefix + "signal." + lane }

// Signal notes the signal before it rings: a process that serves the lane later
// finds it.
func (q *JetStream) Signal(ctx context.Context, lane string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := q.states.put(ctx, signalSubject(lane), []byte("1")); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	q.wake(laneTask(lane))
	return nil
}

// State returns the saved state of a lane that somebody else may serve.
func (q *JetStream) State(ctx context.Context, lane string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	saved, err := q.states.get(ctx, statePrefix+laneTask(lane))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return saved.data, nil
}
