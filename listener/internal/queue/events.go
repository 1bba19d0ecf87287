package queue

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// ExplainedEvent is a stored event with what became of it.
type ExplainedEvent struct {
	Event
	// Number orders events as they were stored; it is above 0.
	Number   uint64
	StoredAt time.Time
	// EvaluatedAt is zero while the event waits for its evaluation.
	EvaluatedAt time.Time
	Explanation Explanation
	// DeadLetters are the deliveries of the event that are dead letters now, without the event.
	// Only Queue.Event reads them.
	DeadLetters []DeadLetter
}

// Outcome says in a word what became of the event.
func (e ExplainedEvent) Outcome() Outcome {
	if e.EvaluatedAt.IsZero() {
		return OutcomeUnevaluated
	}
	return e.Explanation.Outcome()
}

// Events reads what became of events, without their bodies.
func (q *SQL) Events(ctx context.Context, before uint64, limit int) ([]ExplainedEvent, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := q.engine.reader().QueryContext(ctx, `SELECT number, identity, stored_at, evaluated_at, explanation FROM events
		WHERE number < $1 ORDER BY number DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, unavailable(err)
	}
	events, err := collect(rows, func(rows *sql.Rows) (ExplainedEvent, int, error) { return scanExplained(rows) })
	return events, unavailable(err)
}

// Event reads one event.
func (q *SQL) Event(ctx context.Context, identity string) (ExplainedEvent, error) {
	// The inner query reads the index of the identities alone.
	rows, err := q.engine.reader().QueryContext(ctx, `SELECT number, identity, stored_at, evaluated_at, explanation, body FROM events
		WHERE number = (SELECT max(number) FROM events WHERE substr(identity, 1, $2) = $1)`, identity, utf8.RuneCountInString(identity))
	if err != nil {
		return ExplainedEvent{}, unavailable(err)
	}
	var body []byte
	events, err := collect(rows, func(rows *sql.Rows) (ExplainedEvent, int, error) { return scanExplained(rows, &body) })
	if err != nil {
		return ExplainedEvent{}, unavailable(err)
	}
	if len(events) == 0 {
		return ExplainedEvent{}, ErrNoEvent
	}
	event := events[0]
	event.Body = body
	event.DeadLetters, err = q.lettersOf(ctx, event.Number)
	return event, unavailable(err)
}

func scanExplained(rows *sql.Rows, more ...any) (ExplainedEvent, int, error) {
	var event ExplainedEvent
	var stored, evaluated moment
	var explanation string
	err := rows.Scan(append([]any{&event.Number, &event.Identity, &stored, &evaluated, &explanation}, more...)...)
	event.StoredAt, event.EvaluatedAt, event.Explanation = stored.Time, evaluated.Time, decodeExplanation(explanation)
	return event, len(explanation), err
}

// lettersOf reads which deliveries of an event are dead letters.
func (q *SQL) lettersOf(ctx context.Context, event uint64) ([]DeadLetter, error) {
	rows, err := q.engine.reader().QueryContext(ctx, `SELECT number, destination, rule, reason, buried_at FROM dead_letters WHERE event = $1 ORDER BY number`, event)
	if err != nil {
		return nil, fmt.Errorf("reading dead letters: %w", err)
	}
	return collect(rows, func(rows *sql.Rows) (DeadLetter, int, error) {
		var letter DeadLetter
		var buried moment
		err := rows.Scan(&letter.Sequence, &letter.Destination, &letter.Rule, &letter.Reason, &buried)
		letter.BuriedAt = buried.Time
		return letter, 1, err
	})
}
