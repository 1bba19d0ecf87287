package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// engine is the part of a queue that differs between databases.
type engine interface {
	// reader runs queries outside of a transaction.
	reader() querier
	// write runs a change in a transaction, which it may share with others, and returns once the
	// transaction is on disk. A failed change has no effect. A change may run more than once, so it
	// must not depend on its earlier runs.
	write(ctx context.Context, change change) error
	// claim acquires or extends the lease of a task for this process, and reports whether it
	// succeeded.
	claim(ctx context.Context, task string) (bool, error)
	// release releases the lease of a task.
	release(ctx context.Context, task string) error
	// guard returns ErrLaneLost in a transaction if this process does not hold the lease.
	guard(ctx context.Context, tx querier, task string) error
	// announce signals a topic in the other processes once the transaction is committed.
	announce(ctx context.Context, tx querier, topic string) error
	// serialize blocks other transactions for the same change until this one ends.
	serialize(ctx context.Context, tx querier, change string) error
	// used returns how many bytes the store takes.
	used(ctx context.Context, tx querier) (int64, error)
	// lockRows returns the suffix of a query for rows that the same transaction will change.
	lockRows() string
	// check returns an error if nothing can be stored now.
	check(ctx context.Context) error
	close() error
}

type change func(ctx context.Context, tx querier) error

// SQL implements Queue with a database.
type SQL struct {
	options Options
	engine  engine
	signals *signals
	tasks   *tasks
	room    room
	closed  atomic.Bool
	// damage is the damage found when the store was opened; lost counts rows found damaged since
	// then.
	damage Damage
	lost   atomic.Int64
}

var _ Queue = (*SQL)(nil)

// Open opens the store, and creates it if necessary. Its error wraps ErrLocked if another process
// uses the data directory.
func Open(ctx context.Context, options Options) (*SQL, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	queue := &SQL{options: options, signals: newSignals(), tasks: newTasks()}
	queue.room = room{limit: options.MaxBytes}
	if options.embedded() {
		queue.engine, queue.damage, err = openSQLite(ctx, options)
	} else {
		queue.engine, err = openPostgres(ctx, options, queue.signals)
	}
	if err != nil {
		return nil, err
	}
	return queue, nil
}

// Close closes the database.
func (q *SQL) Close() error {
	if q.closed.Swap(true) {
		return nil
	}
	return q.engine.close()
}

// errClosed reports that the queue was closed.
var errClosed = errors.New("the event store is closed")

// unavailable wraps an error of the database with ErrUnavailable, so that the sender tries again.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNoDeadLetter) || errors.Is(err, ErrNoEvent) || errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Store implements Queue.
func (q *SQL) Store(ctx context.Context, event Event) (duplicate bool, err error) {
	if q.closed.Load() {
		return false, unavailable(errClosed)
	}
	if int64(len(event.Body)) > q.options.MaxEvent+normalOverhead {
		return false, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(event.Body))
	}
	if err := q.engine.check(ctx); err != nil {
		return false, unavailable(err)
	}
	err = q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		receipt, original, err := q.storeOnce(ctx, tx, event, false)
		if err != nil {
			return err
		}
		if duplicate = receipt != ReceiptStored; duplicate {
			return q.explainCopy(ctx, tx, original, event)
		}
		return q.engine.announce(ctx, tx, evaluatorTask)
	})
	if err != nil {
		return false, unavailable(err)
	}
	q.signals.send(evaluatorTask)
	return duplicate, nil
}

// Check implements Queue: it checks for space and that the database responds.
func (q *SQL) Check(ctx context.Context) error {
	if q.closed.Load() {
		return unavailable(errClosed)
	}
	if err := q.engine.check(ctx); err != nil {
		return unavailable(err)
	}
	if q.room.isFull() {
		return unavailable(errFull)
	}
	var one int
	return unavailable(q.engine.reader().QueryRowContext(ctx, `SELECT 1`).Scan(&one))
}

// Damage implements Queue.
func (q *SQL) Damage() Damage {
	damage := q.damage
	damage.Lost += int(q.lost.Load())
	return damage
}

const (
	evaluatorTask = "evaluator"
	// batchEvents is how many events are evaluated in one transaction.
	batchEvents = 64
	// batchBytes limits how much is read into memory at a time.
	batchBytes = 8 << 20
	// pollInterval is how often to check for changes without a signal.
	pollInterval = 2 * time.Second
	// tidyInterval is how often old rows are removed.
	tidyInterval = 10 * time.Minute
)

// Evaluate implements Queue.
func (q *SQL) Evaluate(ctx context.Context, evaluate Evaluator) {
	q.hold(ctx, evaluatorTask, func(ctx, held context.Context) error {
		changes, stop := q.signals.subscribe(evaluatorTask)
		defer stop()
		var tidied time.Time
		for ctx.Err() == nil {
			if time.Since(tidied) > tidyInterval {
				if err := q.tidy(held); err != nil {
					return err
				}
				tidied = time.Now()
			}
			evaluated, err := q.evaluateBatch(held, evaluate)
			if err != nil {
				return err
			}
			if evaluated == 0 {
				changes.wait(ctx, pollInterval)
			}
		}
		return nil
	})
}

// storedEvent is an event with its number and the time at which it was stored.
type storedEvent struct {
	Event
	number   uint64
	storedAt string
	sum      int64
	// explanation is the explanation at the time the event was read.
	explanation string
}

func (e storedEvent) isSound() bool { return e.sum == eventChecksum(e.Identity, e.storedAt, e.Body) }

// evaluateBatch evaluates the next events, and returns how many it evaluated.
func (q *SQL) evaluateBatch(ctx context.Context, evaluate Evaluator) (int, error) {
	batch, err := q.unevaluated(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	evaluations := make([]Evaluation, len(batch))
	for i, event := range batch {
		if event.isSound() {
			evaluations[i] = evaluate(event.Event)
		}
	}
	var damaged int
	err = q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		if err := q.engine.guard(ctx, tx, evaluatorTask); err != nil {
			return err
		}
		damaged = 0
		lanes := make(map[string]bool)
		for i, event := range batch {
			wasUnevaluated, err := q.mark(ctx, tx, event, evaluations[i])
			if err != nil {
				return err
			}
			if !wasUnevaluated {
				continue
			}
			if !event.isSound() {
				damaged++
			}
			for _, delivery := range evaluations[i].Deliveries {
				if err := insertDelivery(ctx, tx, event.number, event.storedAt, delivery, 0); err != nil {
					return err
				}
				lanes[delivery.Destination] = true
			}
		}
		for lane := range lanes {
			if err := q.engine.announce(ctx, tx, laneTask(lane)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if damaged > 0 {
		q.recordLoss(ctx, damaged, "events")
	}
	for _, evaluation := range evaluations {
		for _, delivery := range evaluation.Deliveries {
			q.signals.send(laneTask(delivery.Destination))
		}
	}
	return len(batch), nil
}

// unevaluated reads the next events that are not evaluated.
func (q *SQL) unevaluated(ctx context.Context) ([]storedEvent, error) {
	rows, err := q.engine.reader().QueryContext(ctx,
		`SELECT number, identity, stored_at, explanation, body, checksum, doubtful FROM events WHERE evaluated_at IS NULL ORDER BY number LIMIT $1`, batchEvents)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	return collect(rows, func(rows *sql.Rows) (storedEvent, int, error) {
		var event storedEvent
		err := rows.Scan(&event.number, &event.Identity, &event.storedAt, &event.explanation, &event.Body, &event.sum, &event.Doubtful)
		return event, len(event.Body), err
	})
}

// collect reads rows up to a total size of about batchBytes, but at least one.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (row T, size int, err error)) ([]T, error) {
	defer func() { _ = rows.Close() }() // Err reports the error.
	var all []T
	for total := 0; total < batchBytes && rows.Next(); {
		row, size, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("reading the event store: %w", err)
		}
		all, total = append(all, row), total+size
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the event store: %w", err)
	}
	return all, nil
}

// execute runs a statement that marks an event, and returns how many rows it changed.
func execute(ctx context.Context, tx querier, statement string, args ...any) (int64, error) {
	changed, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, fmt.Errorf("marking an event: %w", err)
	}
	return changed.RowsAffected()
}

// mark records the evaluation of an event. It returns false if the event had been evaluated before.
func (q *SQL) mark(ctx context.Context, tx querier, event storedEvent, evaluation Evaluation) (bool, error) {
	now := timestamp(time.Now())
	explanation := decodeExplanation(event.explanation)
	explanation.evaluated(evaluation)
	count, err := execute(ctx, tx, `UPDATE events SET evaluated_at = $1, explanation = $2 WHERE number = $3 AND evaluated_at IS NULL AND explanation = $4`,
		now, explanation.encode(), event.number, event.explanation)
	if err != nil || count > 0 {
		return count > 0, err
	}
	// The event was evaluated before, or a copy has arrived since it was read.
	count, err = execute(ctx, tx, `UPDATE events SET evaluated_at = $1 WHERE number = $2 AND evaluated_at IS NULL`, now, event.number)
	if err != nil || count == 0 {
		return false, err
	}
	return true, q.explain(ctx, tx, "number", event.number, func(e *Explanation) { e.evaluated(evaluation) })
}

// scanText scans a row with a single text column.
func scanText(rows *sql.Rows) (text string, size int, err error) {
	err = rows.Scan(&text)
	return text, len(text), err
}

func insertDelivery(ctx context.Context, tx querier, event uint64, storedAt string, delivery Delivery, replayed uint64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO deliveries (destination, rule, event, overtaken, stored_at, replayed, checksum, uncertain)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		delivery.Destination, delivery.Rule, event, delivery.Overtaken, storedAt, replayed,
		deliveryChecksum(event, delivery.Destination, delivery.Rule, storedAt), delivery.Doubtful)
	if err != nil {
		return fmt.Errorf("storing a delivery: %w", err)
	}
	return nil
}

// recordLoss counts and logs rows that were found damaged while the store is in use.
func (q *SQL) recordLoss(ctx context.Context, count int, what string) {
	q.lost.Add(int64(count))
	q.options.Logger.ErrorContext(ctx, "event store: damaged rows were lost", "lost", count, "what", what)
}

// Lanes implements Inspector.
func (q *SQL) Lanes(ctx context.Context) ([]string, error) {
	return q.names(ctx, `SELECT destination FROM deliveries UNION SELECT destination FROM dead_letters UNION SELECT destination FROM lanes`)
}

func (q *SQL) names(ctx context.Context, query string) ([]string, error) {
	rows, err := q.engine.reader().QueryContext(ctx, query)
	if err != nil {
		return nil, unavailable(err)
	}
	names, err := collect(rows, scanText)
	slices.Sort(names)
	return names, unavailable(err)
}

// Stats implements Inspector.
func (q *SQL) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{Lanes: make(map[string]LaneStats)}
	reader := q.engine.reader()
	if err := reader.QueryRowContext(ctx, `SELECT count(*) FROM events WHERE evaluated_at IS NULL`).Scan(&stats.Unevaluated); err != nil {
		return Stats{}, unavailable(err)
	}
	rows, err := reader.QueryContext(ctx, `SELECT destination, count(*), min(stored_at), 0 FROM deliveries GROUP BY destination
		UNION ALL SELECT destination, 0, NULL, count(*) FROM dead_letters GROUP BY destination`)
	if err != nil {
		return Stats{}, unavailable(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var counted LaneStats
		var oldest moment
		if err := rows.Scan(&name, &counted.Pending, &oldest, &counted.DeadLetters); err != nil {
			return Stats{}, unavailable(err)
		}
		lane := stats.Lanes[name]
		lane.Pending, lane.DeadLetters = lane.Pending+counted.Pending, lane.DeadLetters+counted.DeadLetters
		if !oldest.IsZero() {
			lane.Oldest = oldest.Time
		}
		stats.Lanes[name] = lane
	}
	return stats, unavailable(rows.Err())
}
