package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	evaluatorTask = "evaluator"
	// One batch of events is evaluated between two notes of the position.
	batchEvents = 64
	batchBytes  = 8 << 20
	// lookAgain is how often anything is looked at that no bell has rung for.
	lookAgain = 2 * time.Second
	// tidyInterval is how often events that are old enough are discarded.
	tidyInterval = 10 * time.Minute
)

// The headers of a delivery.
const (
	identityHeader  = "Listener-Identity"
	ruleHeader      = "Listener-Rule"
	storedHeader    = "Listener-Stored"
	overtakenHeader = "Listener-Overtaken"
	reasonHeader    = "Listener-Reason"
	replayedHeader  = "Listener-Replayed"
)

// position is how far the events have been evaluated.
type position struct {
	sequence uint64
	revision uint64
}

type positionRecord struct {
	Sequence uint64 `json:"sequence"`
}

func (q *JetStream) loadPosition(ctx context.Context) (position, error) {
	saved, err := q.states.get(ctx, statePrefix+evaluatorTask)
	if err != nil {
		return position{}, fmt.Errorf("reading the position of the evaluation: %w", err)
	}
	if saved.revision == 0 {
		return position{}, nil
	}
	var content positionRecord
	if err := json.Unmarshal(saved.data, &content); err != nil {
		// Events that are evaluated again make no second message.
		q.options.Logger.WarnContext(ctx, "event store: the position of the evaluation cannot be read; every event is evaluated again", "cause", err)
	}
	return position{sequence: content.Sequence, revision: saved.revision}, nil
}

func (q *JetStream) savePosition(ctx context.Context, at position) (position, error) {
	data, err := json.Marshal(positionRecord{Sequence: at.sequence})
	if err != nil {
		return at, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	at.revision, err = q.states.replace(ctx, statePrefix+evaluatorTask, data, at.revision)
	if err != nil {
		return at, fmt.Errorf("noting the position of the evaluation: %w", err)
	}
	return at, nil
}

// Evaluate evaluates events whenever no other process does.
func (q *JetStream) Evaluate(ctx context.Context, evaluate Evaluator) {
	q.hold(ctx, evaluatorTask, func(ctx, _ context.Context) error {
		err := q.evaluate(ctx, evaluate)
		if ctx.Err() == nil {
			q.noteFailure(err)
		}
		return err
	})
}

func (q *JetStream) evaluate(ctx context.Context, evaluate Evaluator) error {
	news, stop := q.listen(evaluatorTask)
	defer stop()
	at, err := q.beginAt(ctx)
	if err != nil {
		return err
	}
	var tidied time.Time
	for ctx.Err() == nil {
		if time.Since(tidied) > tidyInterval {
			if err := q.tidy(ctx, at.sequence); err != nil {
				return err
			}
			tidied = time.Now()
		}
		batch, last, err := q.readEvents(ctx, at.sequence)
		if err != nil {
			return err
		}
		if last == at.sequence {
			news.wait(ctx, lookAgain)
			continue
		}
		if err := q.checkSpace(q.options.Reserve / 2); err != nil {
			return err
		}
		if err := q.enqueue(ctx, batch, evaluate); err != nil {
			return err
		}
		at.sequence = last
		if at, err = q.savePosition(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// beginAt returns the position, or that of the first event if those between are
// gone. What that means was said when the store was opened.
func (q *JetStream) beginAt(ctx context.Context) (position, error) {
	at, err := q.loadPosition(ctx)
	if err != nil {
		return at, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := q.events.Info(ctx)
	if err != nil {
		return at, fmt.Errorf("asking for the events: %w", err)
	}
	at.sequence = max(at.sequence, max(info.State.FirstSeq, 1)-1)
	return at, nil
}

// readEvents returns the next events after a sequence number, and the last number
// that was looked at. Numbers follow one another: one that is missing was lost.
func (q *JetStream) readEvents(ctx context.Context, after uint64) (batch []*jetstream.RawStreamMsg, last uint64, err error) {
	size := 0
	for last = after; len(batch) < batchEvents && size < batchBytes; last++ {
		message, err := q.readEvent(ctx, last+1)
		if err != nil {
			return nil, 0, err
		}
		if message == nil {
			var more bool
			if message, more, err = q.readAgain(ctx, last+1); err != nil {
				return nil, 0, err
			}
			if !more {
				break
			}
		}
		if message != nil {
			batch, size = append(batch, message), size+len(message.Data)
		}
	}
	return batch, last, nil
}

// readAgain tells an event that has not been stored yet, and of which there may be
// more, from one that is lost: it is looked for again once there is an event of
// its number or a greater one.
func (q *JetStream) readAgain(ctx context.Context, sequence uint64) (message *jetstream.RawStreamMsg, more bool, err error) {
	newest, err := q.newestEvent(ctx)
	if err != nil || sequence > newest {
		return nil, false, err
	}
	if message, err = q.readEvent(ctx, sequence); err != nil {
		return nil, false, err
	}
	if message == nil {
		q.options.Logger.ErrorContext(ctx, "event store: an event is gone or cannot be read", "sequence", sequence)
	}
	return message, true, nil
}

// readEvent returns nil when there is no event of this number.
func (q *JetStream) readEvent(ctx context.Context, sequence uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	message, err := q.events.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading an event: %w", err)
	}
	return message, nil
}

func (q *JetStream) newestEvent(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := q.events.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking for the events: %w", err)
	}
	return info.State.LastSeq, nil
}

// enqueue publishes what follows from a batch of events, in order, and waits
// until all of it is stored.
func (q *JetStream) enqueue(ctx context.Context, batch []*jetstream.RawStreamMsg, evaluate Evaluator) error {
	var stored []jetstream.PubAckFuture
	lanes := make(map[string]bool)
	for _, message := range batch {
		event := Event{Identity: message.Header.Get(jetstream.MsgIDHeader), Body: message.Data}
		for _, delivery := range evaluate(event) {
			future, err := q.js.PublishMsgAsync(newDelivery(delivery, message.Time),
				jetstream.WithMsgID(delivery.ID()), jetstream.WithExpectStream(deliverStream))
			if err != nil {
				return fmt.Errorf("storing a delivery: %w", err)
			}
			stored = append(stored, future)
			lanes[delivery.Destination] = true
		}
	}
	for _, future := range stored {
		if err := q.await(ctx, future); err != nil {
			return fmt.Errorf("storing a delivery: %w", err)
		}
	}
	for lane := range lanes {
		q.wake(laneTask(lane))
	}
	return nil
}

func (q *JetStream) await(ctx context.Context, future jetstream.PubAckFuture) error {
	select {
	case ack := <-future.Ok():
		if !ack.Duplicate {
			q.ledger.enqueued(1)
		}
		return nil
	case err := <-future.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newDelivery(delivery Delivery, storedAt time.Time) *nats.Msg {
	header := nats.Header{
		identityHeader: {delivery.Identity},
		ruleHeader:     {delivery.Rule},
		storedHeader:   {storedAt.UTC().Format(time.RFC3339Nano)},
	}
	if delivery.Overtaken {
		header.Set(overtakenHeader, "true")
	}
	return &nats.Msg{Subject: deliverPrefix + delivery.Destination, Header: header, Data: delivery.Body}
}

// tidy discards events that have been evaluated and are older than their maximum
// age. The stream itself has no maximum age: it would discard the others as well.
func (q *JetStream) tidy(ctx context.Context, evaluated uint64) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	info, err := q.events.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking for the events: %w", err)
	}
	limit := time.Now().Add(-q.options.MaxAge)
	first, end := max(info.State.FirstSeq, 1), min(evaluated, info.State.LastSeq)+1
	// The first event that is young enough is found by halving.
	for low, high := first, end; ; {
		if low >= high {
			end = low
			break
		}
		middle := low + (high-low)/2
		message, err := q.readEvent(ctx, middle)
		if err != nil {
			return err
		}
		if message == nil || message.Time.Before(limit) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if end <= first {
		return nil
	}
	if err := q.events.Purge(ctx, jetstream.WithPurgeSequence(end)); err != nil {
		return fmt.Errorf("discarding old events: %w", err)
	}
	return nil
}
