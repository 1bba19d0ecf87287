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

// Retire buries what waits for destinations that are not among the given lanes.
// Whoever serves such a lane still, as an older configuration tells it, is waited
// for.
func (q *JetStream) Retire(ctx context.Context, lanes []string, buried func(destination string)) {
	for ctx.Err() == nil {
		retired, err := q.otherLanes(ctx, lanes)
		if err == nil && len(retired) == 0 {
			return
		}
		if err != nil {
			q.options.Logger.WarnContext(ctx, "event store: removed destinations are looked for again", "cause", err)
			pause(ctx, retryPause)
			continue
		}
		for _, name := range retired {
			q.retire(ctx, name, buried)
		}
	}
}

// otherLanes returns the lanes that something waits in, without the given ones.
func (q *JetStream) otherLanes(ctx context.Context, lanes []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	counts, err := countBySubject(ctx, q.deliver, deliverPrefix+"*")
	if err != nil {
		return nil, err
	}
	var others []string
	for subject := range counts {
		if name := strings.TrimPrefix(subject, deliverPrefix); !slices.Contains(lanes, name) {
			others = append(others, name)
		}
	}
	return others, nil
}

// retire buries everything in one lane.
func (q *JetStream) retire(ctx context.Context, name string, buried func(destination string)) {
	ctx, finished := context.WithCancel(ctx)
	defer finished()
	q.Serve(ctx, name, func(ctx context.Context, lane Lane) error {
		count := 0
		for {
			item, found, err := lane.Peek(ctx, 0)
			if err != nil {
				return err
			}
			// What arrives after the end of ctx may be for a destination that is
			// there again.
			if !found || ctx.Err() != nil {
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
