package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const selectLetters = `SELECT l.number, l.destination, l.rule, l.event, l.overtaken, l.reason, l.stored_at, l.buried_at, l.checksum,
	e.identity, e.stored_at, e.body, e.checksum FROM dead_letters l JOIN events e ON e.number = l.event `

// letterRow is a dead letter as stored.
type letterRow struct {
	DeadLetter
	event                   uint64
	storedAt, eventStoredAt string
	sum, eventSum           int64
}

func scanLetter(rows interface{ Scan(into ...any) error }) (letterRow, int, error) {
	var row letterRow
	var buried moment
	err := rows.Scan(&row.Sequence, &row.Destination, &row.Rule, &row.event, &row.Overtaken, &row.Reason, &row.storedAt, &buried, &row.sum,
		&row.Identity, &row.eventStoredAt, &row.Body, &row.eventSum)
	row.BuriedAt = buried.Time
	row.StoredAt, _ = time.Parse(timeFormat, row.storedAt) // An invalid time fails the checksum.
	if row.sum != deliveryChecksum(row.event, row.Destination, row.Rule, row.storedAt) || row.eventSum != eventChecksum(row.Identity, row.eventStoredAt, row.Body) {
		// It is listed and can be dropped, but is not sent.
		row.Body, row.Reason = nil, ReasonUnreadable
	}
	return row, len(row.Body), err
}

// DeadLetters implements Inspector.
func (q *SQL) DeadLetters(ctx context.Context, destination string, after uint64, limit int) ([]DeadLetter, error) {
	rows, err := q.engine.reader().QueryContext(ctx, selectLetters+`WHERE ($1 = '' OR l.destination = $1) AND l.number > $2 ORDER BY l.number LIMIT $3`, destination, after, limit)
	if err != nil {
		return nil, unavailable(err)
	}
	read, err := collect(rows, func(rows *sql.Rows) (letterRow, int, error) { return scanLetter(rows) })
	if err != nil {
		return nil, unavailable(err)
	}
	letters := make([]DeadLetter, len(read))
	for i, row := range read {
		letters[i] = row.DeadLetter
	}
	return letters, nil
}

// DeadLetter implements Inspector.
func (q *SQL) DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error) {
	row, err := readLetter(ctx, q.engine.reader(), sequence)
	return row.DeadLetter, unavailable(err)
}

func readLetter(ctx context.Context, from querier, sequence uint64) (letterRow, error) {
	row, _, err := scanLetter(from.QueryRowContext(ctx, selectLetters+`WHERE l.number = $1`, sequence))
	if errors.Is(err, sql.ErrNoRows) {
		return letterRow{}, ErrNoDeadLetter
	}
	if err != nil {
		return letterRow{}, fmt.Errorf("reading a dead letter: %w", err)
	}
	return row, nil
}

// Replay turns a dead letter into a delivery, in one transaction.
func (q *SQL) Replay(ctx context.Context, sequence uint64, lane string) error {
	if err := q.engine.check(ctx); err != nil {
		return unavailable(err)
	}
	err := q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		row, err := readLetter(ctx, tx, sequence)
		if err != nil {
			return err
		}
		row.Destination = lane
		storedAt := time.Now().UTC().Format(timeFormat)
		if err := insertDelivery(ctx, tx, row.event, storedAt, row.Delivery, sequence); err != nil {
			return err
		}
		if err := q.dropLetter(ctx, tx, sequence, replayed(lane, time.Now())); err != nil {
			return err
		}
		return q.engine.announce(ctx, tx, laneTask(lane))
	})
	q.signals.send(laneTask(lane))
	return unavailable(err)
}

// Drop removes a dead letter.
func (q *SQL) Drop(ctx context.Context, sequence uint64) error {
	return unavailable(q.engine.write(ctx, func(ctx context.Context, tx querier) error {
		return q.dropLetter(ctx, tx, sequence, func(explanation *Explanation, rule, destination string) {
			explanation.history(rule, destination).enter(StateDropped, time.Now())
		})
	}))
}

// dropLetter removes a dead letter, and records the reason with its event.
func (q *SQL) dropLetter(ctx context.Context, tx querier, sequence uint64, explain func(explanation *Explanation, rule, destination string)) error {
	var event uint64
	var rule, destination string
	err := tx.QueryRowContext(ctx, `DELETE FROM dead_letters WHERE number = $1 RETURNING event, rule, destination`, sequence).Scan(&event, &rule, &destination)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoDeadLetter
	}
	if err != nil {
		return fmt.Errorf("removing a dead letter: %w", err)
	}
	return q.explain(ctx, tx, "number", event, func(explanation *Explanation) { explain(explanation, rule, destination) })
}

// replayed records that a dead letter is pending in a lane again.
func replayed(lane string, at time.Time) func(explanation *Explanation, rule, destination string) {
	return func(explanation *Explanation, rule, destination string) {
		if destination != lane {
			explanation.history(rule, destination).enter(StateMoved, at)
		}
		history := explanation.history(rule, lane)
		history.enter(StateWaiting, at)
		history.Replayed = precise(at)
	}
}
