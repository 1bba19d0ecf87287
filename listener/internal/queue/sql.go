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

// engine is what differs between the databases.
type engine interface {
	// reader runs queries outside of a transaction.
	reader() querier
	// write runs a change in a transaction of its own, or in one that it shares with others, and
	// returns once that is on disk. A change that fails leaves nothing behind. It may be run again,
	// so it must not rely on what it has done.
	write(ctx context.Context, change change) error
	// claim takes the lease of a task for this process, or extends it, and reports whether it has
	// it.
	claim(ctx context.Context, task string) (bool, error)
	// release gives the lease of a task back.
	release(ctx context.Context, task string) error
	// guard fails in a transaction when this process does not hold the lease.
	guard(ctx context.Context, tx querier, task string) error
	// announce rings the bells of a topic in the other processes once the transaction is committed.
	announce(ctx context.Context, tx querier, topic string) error
	// serialize keeps other transactions about the same change waiting until this one has ended.
	serialize(ctx context.Context, tx querier, change string) error
	// used is how much space the store takes.
	used(ctx context.Context, tx querier) (int64, error)
	// lockRows ends a query of rows that the same transaction is to change.
	lockRows() string
	// check returns an error when nothing could be stored now.
	check(ctx context.Context) error
	close() error
}

type change func(ctx context.Context, tx querier) error

// SQL is a Queue in a database.
type SQL struct {
	options Options
	engine  engine
	bells   *bells
	tasks   *tasks
	room    room
	closed  atomic.Bool
	// damage is what was found when the store was opened, and lost counts what was found damaged
	// since.
	damage Damage
	lost   atomic.Int64
}

var _ Queue = (*SQL)(nil)

// Open opens the store, and makes it if it is missing. Its error wraps ErrLocked when another
// process uses the data directory.
func Open(ctx context.Context, options Options) (*SQL, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	queue := &SQL{options: options, bells: newBells(), tasks: newTasks()}
	queue.room = room{limit: options.MaxBytes}
	if options.embedded() {
		queue.engine, queue.damage, err = openSQLite(ctx, options)
	} else {
		queue.engine, err = openPostgres(ctx, options, queue.bells)
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

// errClosed says that the queue was closed.
var errClosed = errors.New("the event store is closed")

// unavailable marks an error of the database as one for which the sender should try again.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNoDeadLetter) || errors.Is(err, ErrNoEvent) || errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Store keeps an event, unless it is one of a change that is known.
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
		receipt, original, err := q.keep(ctx, tx, event, false)
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
	q.bells.ring(evaluatorTask)
	return duplicate, nil
}

// Check asks whether there is room, and whether the database answers.
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

// Damage returns what the store has lost.
func (q *SQL) Damage() Damage {
	damage := q.damage
	damage.Lost += int(q.lost.Load())
	return damage
}

const (
	evaluatorTask = "evaluator"
	// One batch of events is evaluated in one transaction.
	batchEvents = 64
	// batchBytes bounds what is read into memory at a time.
	batchBytes = 8 << 20
	// lookAgain is how often anything is looked at that no bell has rung for.
	lookAgain = 2 * time.Second
	// tidyInterval is how often what is old enough is discarded.
	tidyInterval = 10 * time.Minute
)

// Evaluate evaluates events whenever no other process does.
func (q *SQL) Evaluate(ctx context.Context, evaluate Evaluator) {
	q.hold(ctx, evaluatorTask, func(ctx, held context.Context) error {
		news, stop := q.bells.listen(evaluatorTask)
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
				news.wait(ctx, lookAgain)
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
	// explanation is as it was when the event was read.
	explanation string
}

func (e storedEvent) isSound() bool { return e.sum == eventChecksum(e.Identity, e.storedAt, e.Body) }

// evaluateBatch evaluates the next events, and returns how many there were.
func (q *SQL) evaluateBatch(ctx context.Context, evaluate Evaluator) (int, error) {
	batch, err := q.unevaluated(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	made := make([]Evaluation, len(batch))
	for i, event := range batch {
		if event.isSound() {
			made[i] = evaluate(event.Event)
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
			isNew, err := q.mark(ctx, tx, event, made[i])
			if err != nil {
				return err
			}
			if !isNew {
				continue
			}
			if !event.isSound() {
				damaged++
			}
			for _, delivery := range made[i].Deliveries {
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
		q.lose(ctx, damaged, "events")
	}
	for _, evaluation := range made {
		for _, delivery := range evaluation.Deliveries {
			q.bells.ring(laneTask(delivery.Destination))
		}
	}
	return len(batch), nil
}

// unevaluated reads the next events that lack the mark.
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

// collect reads rows until they are too large together, and at least one of them.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (row T, size int, err error)) ([]T, error) {
	defer func() { _ = rows.Close() }() // What it could say, Err has said.
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

// execute runs a statement about events, and returns how many rows it has changed.
func execute(ctx context.Context, tx querier, statement string, args ...any) (int64, error) {
	changed, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, fmt.Errorf("marking an event: %w", err)
	}
	return changed.RowsAffected()
}

// mark notes that an event is evaluated, and what its evaluation was, and reports whether the event
// was not evaluated before.
func (q *SQL) mark(ctx context.Context, tx querier, event storedEvent, evaluation Evaluation) (bool, error) {
	now := timestamp(time.Now())
	explanation := decodeExplanation(event.explanation)
	explanation.evaluated(evaluation)
	count, err := execute(ctx, tx, `UPDATE events SET evaluated_at = $1, explanation = $2 WHERE number = $3 AND evaluated_at IS NULL AND explanation = $4`,
		now, explanation.encode(), event.number, event.explanation)
	if err != nil || count > 0 {
		return count > 0, err
	}
	// It was evaluated before, or a copy has arrived since it was read.
	count, err = execute(ctx, tx, `UPDATE events SET evaluated_at = $1 WHERE number = $2 AND evaluated_at IS NULL`, now, event.number)
	if err != nil || count == 0 {
		return false, err
	}
	return true, q.explain(ctx, tx, "number", event.number, func(e *Explanation) { e.evaluated(evaluation) })
}

// scanText reads a row that is one text.
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

// lose counts what was found damaged while the store is in use.
func (q *SQL) lose(ctx context.Context, count int, what string) {
	q.lost.Add(int64(count))
	q.options.Logger.ErrorContext(ctx, "event store: damaged rows were lost", "lost", count, "what", what)
}

// Lanes looks into every table that knows of lanes.
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

// Stats counts the rows.
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
