package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errFull reports that pending events take all the space of the store.
var errFull = errors.New("the event store is full of pending events; raise store.max_bytes, or check why they are not delivered")

const (
	// rowOverhead is an upper bound for the size of an event without its body.
	rowOverhead = 1 << 10
	// reportOverhead is the size of a report without its properties.
	reportOverhead = 1 << 8
	// bodyCopies is the maximum number of copies of a body on disk: in the table and in the
	// write-ahead log.
	bodyCopies = 2
	// discardBatch is how many rows are discarded at a time.
	discardBatch = 256
	// Dead letters may keep 1/deadLetterPart of the space when space is short.
	deadLetterPart = 8
)

// room tracks how much more can be stored before the size must be measured again.
type room struct {
	limit int64

	mu   sync.Mutex
	left int64
	full bool
}

func (r *room) isFull() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.full
}

// take reserves space, and returns false if the size must be measured first.
func (r *room) take(need int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if need > r.left {
		return false
	}
	r.left -= need
	return true
}

// set records the free space after a measurement, and takes what is needed now. It reports whether
// the store has become full or is no longer full.
func (r *room) set(left, need int64) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Another process may store events too, so only a part of the space is used before the next
	// measurement.
	const part = 4
	wasFull := r.full
	r.full, r.left = left < need, max(0, left-need)/part
	if r.full {
		err = errFull
	}
	return r.full != wasFull, err
}

// settle records a measurement, and logs when the store becomes full or is no longer full.
func (q *SQL) settle(ctx context.Context, left, need int64) error {
	changed, err := q.room.set(left, need)
	if changed && err != nil {
		q.options.Logger.ErrorContext(ctx, "event store: full of pending events; events are refused with 503", "max_bytes", q.options.MaxBytes)
	}
	if changed && err == nil {
		q.options.Logger.InfoContext(ctx, "event store: space is available again")
	}
	return err
}

// admit makes room for a body of the given size. If necessary, it discards the oldest events that
// are evaluated and delivered, then old reports, then dead letters beyond their share.
func (q *SQL) admit(ctx context.Context, tx querier, size int) error {
	need := int64(size)*bodyCopies + rowOverhead
	if q.room.take(need) {
		return nil
	}
	for {
		used, err := q.engine.used(ctx, tx)
		if err != nil {
			return fmt.Errorf("measuring the event store: %w", err)
		}
		left := q.options.MaxBytes - used
		if left >= need {
			return q.settle(ctx, left, need)
		}
		discarded, err := q.discard(ctx, tx)
		if err != nil {
			return err
		}
		if discarded == 0 {
			return q.settle(ctx, left, need)
		}
	}
}

// doneEvents selects events that are no longer needed.
const doneEvents = `evaluated_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event = events.number)
	AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE dead_letters.event = events.number)`

// discard removes a batch of the oldest rows that may be discarded, and returns how many it
// removed.
func (q *SQL) discard(ctx context.Context, tx querier) (int64, error) {
	discarded, err := remove(ctx, tx, `DELETE FROM events WHERE number IN (SELECT number FROM events WHERE `+doneEvents+` ORDER BY number LIMIT $1)`, discardBatch)
	if err != nil || discarded > 0 {
		return discarded, err
	}
	if discarded, err = discardReports(ctx, tx); err != nil || discarded > 0 {
		return discarded, err
	}
	var size int64
	err = tx.QueryRowContext(ctx, `SELECT CAST(coalesce(sum(length(body)), 0) AS BIGINT) FROM events WHERE number IN (SELECT event FROM dead_letters)`).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("measuring the dead letters: %w", err)
	}
	if size <= q.options.MaxBytes/deadLetterPart {
		return 0, nil
	}
	discarded, err = remove(ctx, tx, `DELETE FROM dead_letters WHERE number IN (SELECT number FROM dead_letters ORDER BY number LIMIT $1)`, discardBatch)
	if discarded > 0 {
		q.options.Logger.WarnContext(ctx, "event store: discarding the oldest dead letters to free space", "discarded", discarded)
	}
	return discarded, err
}

func remove(ctx context.Context, tx querier, statement string, args ...any) (int64, error) {
	removed, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, fmt.Errorf("discarding from the event store: %w", err)
	}
	return removed.RowsAffected()
}

// tidy removes events that are old and no longer needed, old reports, and old sent keys.
func (q *SQL) tidy(ctx context.Context) error {
	now := time.Now()
	err := q.removeAll(ctx, func(ctx context.Context, tx querier) (int64, error) {
		return remove(ctx, tx, `DELETE FROM events WHERE number IN (SELECT number FROM events WHERE stored_at < $1 AND `+doneEvents+` ORDER BY number LIMIT $2)`,
			timestamp(now.Add(-q.options.MaxAge)), discardBatch)
	})
	if err != nil {
		return err
	}
	err = q.removeAll(ctx, func(ctx context.Context, tx querier) (int64, error) {
		return removeReports(ctx, tx, now.Add(-max(q.options.MaxAge, q.options.RecogniseFor)))
	})
	if err != nil {
		return err
	}
	return q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		_, err := remove(ctx, tx, `DELETE FROM sent WHERE sent_at < $1`, timestamp(now.Add(-q.options.SentFor)))
		return err
	})
}

// removeAll removes batches, each in its own transaction, until nothing is left.
func (q *SQL) removeAll(ctx context.Context, batch func(ctx context.Context, tx querier) (int64, error)) error {
	for {
		var removed int64
		err := q.engine.write(ctx, func(ctx context.Context, tx querier) (err error) {
			removed, err = batch(ctx, tx)
			return err
		})
		if err != nil || removed < discardBatch {
			return err
		}
	}
}
