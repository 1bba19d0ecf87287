package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// lettersBytes bounds what is read of the dead letters at a time.
const lettersBytes = 8 << 20

// DeadLetters reads one dead letter after the other.
func (q *JetStream) DeadLetters(ctx context.Context, destination string, after uint64, limit int) ([]DeadLetter, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	subject := deadPrefix + "*"
	if destination != "" {
		subject = deadPrefix + destination
	}
	var letters []DeadLetter
	for size := 0; len(letters) < limit && size < lettersBytes; {
		message, err := q.dead.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		letters = append(letters, q.readLetter(message))
		after, size = message.Sequence, size+len(message.Data)
	}
	return letters, nil
}

// DeadLetter reads a dead letter by its number.
func (q *JetStream) DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if sequence == 0 {
		// The server would take it for a request without a number.
		return DeadLetter{}, ErrNoDeadLetter
	}
	message, err := q.dead.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return DeadLetter{}, ErrNoDeadLetter
	}
	if err != nil {
		return DeadLetter{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return q.readLetter(message), nil
}

func (q *JetStream) readLetter(message *jetstream.RawStreamMsg) DeadLetter {
	reader := lane{queue: q, name: strings.TrimPrefix(message.Subject, deadPrefix)}
	item := reader.read(message)
	return DeadLetter{
		Delivery: item.Delivery, Sequence: message.Sequence, Reason: Reason(message.Header.Get(reasonHeader)),
		StoredAt: item.StoredAt, BuriedAt: message.Time,
	}
}

// Replay keeps the new item before it removes the dead letter. If it is cut short
// in between and called again, the stream recognises the item; once the item is
// gone from there, because it was sent, the record of what was sent does.
func (q *JetStream) Replay(ctx context.Context, sequence uint64, lane string) error {
	letter, err := q.DeadLetter(ctx, sequence)
	if err != nil {
		return err
	}
	if err := q.requeue(ctx, letter, lane); err != nil {
		return err
	}
	return q.removeLetter(ctx, sequence)
}

// requeue puts a copy of a dead letter into a lane.
func (q *JetStream) requeue(ctx context.Context, letter DeadLetter, lane string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := q.checkSpace(q.options.Reserve / 2); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	item := Item{Delivery: letter.Delivery, StoredAt: time.Now(), Replayed: letter.Sequence}
	item.Destination = lane
	message := newDelivery(item.Delivery, item.StoredAt)
	message.Header.Set(replayedHeader, strconv.FormatUint(item.Replayed, 10))
	ack, err := q.js.PublishMsg(ctx, message, jetstream.WithMsgID(messageID(item)), jetstream.WithExpectStream(deliverStream))
	if err != nil {
		q.noteFailure(err)
		return fmt.Errorf("%w: storing the delivery of a dead letter: %w", ErrUnavailable, err)
	}
	if !ack.Duplicate {
		q.ledger.enqueued(1)
	}
	q.wake(laneTask(lane))
	return nil
}

// messageID names an item to the streams, which keep one of each name. What was
// replayed is not the delivery that the stream may remember from before, nor the
// dead letter that it was.
func messageID(item Item) string {
	if item.Replayed == 0 {
		return item.ID()
	}
	return fmt.Sprintf("%s.replay.%d", item.ID(), item.Replayed)
}

// Drop removes a dead letter.
func (q *JetStream) Drop(ctx context.Context, sequence uint64) error {
	if _, err := q.DeadLetter(ctx, sequence); err != nil {
		return err
	}
	return q.removeLetter(ctx, sequence)
}

// removeLetter deletes a dead letter, which somebody else may have done meanwhile.
func (q *JetStream) removeLetter(ctx context.Context, sequence uint64) error {
	deleting, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	failure := q.dead.DeleteMsg(deleting, sequence)
	if failure == nil {
		return nil
	}
	if _, err := q.DeadLetter(ctx, sequence); errors.Is(err, ErrNoDeadLetter) {
		return nil
	}
	return fmt.Errorf("%w: removing a dead letter: %w", ErrUnavailable, failure)
}

// Lanes looks into every stream that knows of lanes.
func (q *JetStream) Lanes(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	known := make(map[string]bool)
	for prefix, stream := range map[string]jetstream.Stream{
		deliverPrefix: q.deliver, deadPrefix: q.dead, statePrefix + laneTask(""): q.states.stream,
	} {
		counts, err := countBySubject(ctx, stream, prefix+"*")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		for subject := range counts {
			known[strings.TrimPrefix(subject, prefix)] = true
		}
	}
	return slices.Sorted(maps.Keys(known)), nil
}
