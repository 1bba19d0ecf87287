package queue

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// ExplainedEvent is a stored event with what happened to it.
type ExplainedEvent struct {
	Event
	// Number is positive, and increases in the order in which events were stored.
	Number   uint64
	StoredAt time.Time
	// EvaluatedAt is zero until the event is evaluated.
	EvaluatedAt time.Time
	Explanation Explanation
	// DeadLetters are the current dead letters of the event, without the event itself. Only
	// Inspector.Event sets them.
	DeadLetters []DeadLetter
}

// Outcome sums up what happened to the event.
func (e ExplainedEvent) Outcome() Outcome {
	if e.EvaluatedAt.IsZero() {
		return OutcomeUnevaluated
	}
	return e.Explanation.Outcome()
}

// Events implements Inspector. The events have no bodies.
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

// Event implements Inspector.
func (q *SQL) Event(ctx context.Context, identity string) (ExplainedEvent, error) {
	// The inner query uses only the index of identities.
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

// lettersOf reads the dead letters of an event.
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
