package queue

import (
	"context"
	"time"
)

// Sever closes the connections to the store, as if the process had died.
func (q *SQL) Sever(context.Context) {
	engine := q.engine.(*postgresEngine)
	engine.stop()
	_ = engine.database.Close()
}

// IsTemporary reports whether a transaction is attempted again after an error.
func IsTemporary(err error) bool { return isTemporary(err) }

// Tidy removes old events now.
func (q *SQL) Tidy(ctx context.Context) error { return q.tidy(ctx) }

// Forget discards every event that is no longer needed, whatever its age, but no sent keys.
func (q *SQL) Forget(ctx context.Context) error {
	forgetful := &SQL{options: q.options, engine: q.engine}
	forgetful.options.MaxAge = -time.Hour
	return forgetful.tidy(ctx)
}

// Encode returns an explanation as stored.
func Encode(explanation Explanation) string { return explanation.encode() }
