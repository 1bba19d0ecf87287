package queue

import (
	"context"
	"fmt"
	"time"
)

// Position is how far a query of Port's audit log has been read. Its times are those of Port's
// clock.
type Position struct {
	// Since is the time at which the query starts: no earlier entries are read.
	Since time.Time
	// Until is the time up to which every entry has been stored.
	Until time.Time
}

// Entry is an event of the audit log.
type Entry struct {
	Event
	// At is when it happened.
	At time.Time
	// Expired means that the event is too old to be delivered: it is recorded as reported, but not
	// stored.
	Expired bool
}

// Journal stores what is read from the audit log. Its methods fail with ErrLaneLost once another
// process has taken over.
type Journal interface {
	// Positions returns the position of each query.
	Positions(ctx context.Context) (map[string]Position, error)
	// Begin stores the position of a new query: everything before at counts as read.
	Begin(ctx context.Context, query string, at time.Time) error
	// Advance stores entries and moves the position of their query forward to until, in one
	// transaction. It returns a receipt for each entry.
	Advance(ctx context.Context, query string, entries []Entry, until time.Time) ([]Receipt, error)
	// Forget removes the position of a query.
	Forget(ctx context.Context, query string) error
}

// Follower reads the audit log until ctx ends, and then returns nil. It returns only errors of the
// store, after which it is called again.
type Follower func(ctx context.Context, journal Journal) error

// followTask is the task of reading the audit log.
const followTask = "audit log"

// Follow implements Queue.
func (q *SQL) Follow(ctx context.Context, follow Follower) {
	q.hold(ctx, followTask, func(ctx, held context.Context) error {
		return follow(ctx, &journal{queue: q, held: held})
	})
}

// journal implements Journal for a queue.
type journal struct {
	queue *SQL
	held  context.Context
}

var _ Journal = (*journal)(nil)

func (j *journal) Positions(ctx context.Context) (map[string]Position, error) {
	rows, err := j.queue.engine.reader().QueryContext(ctx, `SELECT query, since, position FROM positions`)
	if err != nil {
		return nil, fmt.Errorf("reading the positions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	positions := make(map[string]Position)
	for rows.Next() {
		var query string
		var since, until moment
		if err := rows.Scan(&query, &since, &until); err != nil {
			return nil, fmt.Errorf("reading the positions: %w", err)
		}
		positions[query] = Position{Since: since.Time, Until: until.Time}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the positions: %w", err)
	}
	return positions, nil
}

// write applies a change if this process still holds the lease for reading the log.
func (j *journal) write(ctx context.Context, apply change) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.held, cancel)() //nolint:contextcheck // It cancels ctx when the lease is lost.
	return j.queue.engine.write(ctx, func(ctx context.Context, tx querier) error {
		if err := j.queue.engine.guard(ctx, tx, followTask); err != nil {
			return err
		}
		return apply(ctx, tx)
	})
}

func (j *journal) Begin(ctx context.Context, query string, at time.Time) error {
	return j.write(ctx, func(ctx context.Context, tx querier) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO positions (query, since, position) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING`, query, timestamp(at))
		if err != nil {
			return fmt.Errorf("storing a position: %w", err)
		}
		return nil
	})
}

func (j *journal) Forget(ctx context.Context, query string) error {
	return j.write(ctx, func(ctx context.Context, tx querier) error {
		_, err := remove(ctx, tx, `DELETE FROM positions WHERE query = $1`, query)
		return err
	})
}

func (j *journal) Advance(ctx context.Context, query string, entries []Entry, until time.Time) ([]Receipt, error) {
	receipts := make([]Receipt, len(entries))
	err := j.write(ctx, func(ctx context.Context, tx querier) error {
		var doubtfulUntil moment
		if err := tx.QueryRowContext(ctx, `SELECT doubtful_until FROM positions WHERE query = $1`, query).Scan(&doubtfulUntil); err != nil {
			return fmt.Errorf("reading a position: %w", err)
		}
		for i, entry := range entries {
			entry.Doubtful = !entry.At.After(doubtfulUntil.Time)
			receipt, original, err := j.queue.storeOnce(ctx, tx, entry.Event, entry.Expired)
			if err == nil && receipt == ReceiptCopy {
				err = j.queue.explainCopy(ctx, tx, original, entry.Event)
			}
			if err != nil {
				return err
			}
			receipts[i] = receipt
		}
		if _, err := tx.ExecContext(ctx, `UPDATE positions SET position = $1 WHERE query = $2 AND position < $1`, timestamp(until), query); err != nil {
			return fmt.Errorf("moving a position: %w", err)
		}
		return j.queue.engine.announce(ctx, tx, evaluatorTask)
	})
	if err != nil {
		return nil, unavailable(err)
	}
	j.queue.signals.send(evaluatorTask)
	return receipts, nil
}

// markDoubtful marks everything that happened until now and is still to be read: it may have been
// delivered before the store lost its record of that.
func markDoubtful(ctx context.Context, tx querier) error {
	if _, err := tx.ExecContext(ctx, `UPDATE positions SET doubtful_until = $1`, timestamp(time.Now())); err != nil {
		return fmt.Errorf("marking the positions: %w", err)
	}
	return nil
}
