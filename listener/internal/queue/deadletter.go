package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bury keeps the dead letter before it removes the item. One that was replayed
// and is buried again is another dead letter, however soon that happens: the
// stream must not take it for a copy of the first.
func (l *lane) Bury(ctx context.Context, item Item, reason Reason) error {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	message := newDelivery(item.Delivery, item.StoredAt)
	message.Subject = deadPrefix + l.name
	message.Header.Set(reasonHeader, string(reason))
	_, err := l.queue.js.PublishMsg(ctx, message, jetstream.WithMsgID(messageID(item)), jetstream.WithExpectStream(deadStream))
	if err != nil {
		return fmt.Errorf("keeping a dead letter: %w", err)
	}
	return l.remove(ctx, item.Sequence)
}

// retireTime is how long a lane is waited for that is served still, such as by a
// listener with an older configuration.
const retireTime = 2 * requestTimeout

// Retire buries what waits in lanes that are not kept.
func (q *JetStream) Retire(ctx context.Context, kept func(lane string) bool, buried func(lane string)) error {
	names, err := q.lanes(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !kept(name) {
			q.retire(ctx, name, kept, buried)
		}
	}
	return nil
}

// lanes returns the lanes that something waits in, in their order.
func (q *JetStream) lanes(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	counts, err := countBySubject(ctx, q.deliver, deliverPrefix+"*")
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(counts))
	for subject := range counts {
		names = append(names, strings.TrimPrefix(subject, deliverPrefix))
	}
	slices.Sort(names)
	return names, nil
}

// retire buries everything in one lane.
func (q *JetStream) retire(ctx context.Context, name string, kept func(lane string) bool, buried func(lane string)) {
	ctx, finished := context.WithTimeout(ctx, retireTime)
	defer finished()
	q.Serve(ctx, name, func(ctx context.Context, lane Lane) error {
		count := 0
		for ctx.Err() == nil {
			item, found, err := lane.Peek(ctx, 0)
			if err != nil {
				return err
			}
			// Asked after the item was read: it may be one for a lane that is
			// kept again.
			if !found || kept(name) {
				break
			}
			if err := lane.Bury(ctx, item, ReasonRemoved); err != nil {
				return err
			}
			buried(name)
			count++
		}
		if count > 0 {
			q.options.Logger.WarnContext(ctx, "alerts for a destination that the configuration has no longer are now dead letters", "destination", name, "alerts", count)
		}
		finished()
		return nil
	})
}

// countBySubject counts the messages of each subject that fits a pattern.
func countBySubject(ctx context.Context, stream jetstream.Stream, pattern string) (map[string]int, error) {
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(pattern))
	if err != nil {
		return nil, fmt.Errorf("counting what waits: %w", err)
	}
	counts := make(map[string]int, len(info.State.Subjects))
	for subject, count := range info.State.Subjects {
		counts[subject] = int(count) //nolint:gosec // A stream holds far fewer messages.
	}
	return counts, nil
}

// Stats asks every stream.
func (q *JetStream) Stats(ctx context.Context) (Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stats, err := q.stats(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return stats, nil
}

func (q *JetStream) stats(ctx context.Context) (Stats, error) {
	newest, err := q.newestEvent(ctx)
	if err != nil {
		return Stats{}, err
	}
	at, err := q.loadPosition(ctx)
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Lanes: make(map[string]LaneStats)}
	if newest > at.sequence {
		stats.Unevaluated = newest - at.sequence
	}
	pending, err := countBySubject(ctx, q.deliver, deliverPrefix+"*")
	if err != nil {
		return Stats{}, err
	}
	for subject, count := range pending {
		oldest, err := q.oldest(ctx, subject)
		if err != nil {
			return Stats{}, err
		}
		stats.Lanes[strings.TrimPrefix(subject, deliverPrefix)] = LaneStats{Pending: count, Oldest: oldest}
	}
	dead, err := countBySubject(ctx, q.dead, deadPrefix+"*")
	if err != nil {
		return Stats{}, err
	}
	for subject, count := range dead {
		name := strings.TrimPrefix(subject, deadPrefix)
		lane := stats.Lanes[name]
		lane.DeadLetters = count
		stats.Lanes[name] = lane
	}
	return stats, nil
}

func (q *JetStream) oldest(ctx context.Context, subject string) (time.Time, error) {
	message, err := q.deliver.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	reader := lane{queue: q}
	return reader.read(message).StoredAt, nil
}
