package queue

import (
	"context"
	"time"
)

// Sever ends the connections to the store, as the death of the process would.
func (q *SQL) Sever(context.Context) {
	engine := q.engine.(*postgresEngine)
	engine.stop()
	_ = engine.database.Close()
}

// Tidy discards old events now.
func (q *SQL) Tidy(ctx context.Context) error { return q.tidy(ctx) }

// Forget discards every event that nothing needs, however young, and nothing of what was noted as
// sent.
func (q *SQL) Forget(ctx context.Context) error {
	forgetful := &SQL{options: q.options, engine: q.engine}
	forgetful.options.MaxAge = -time.Hour
	return forgetful.tidy(ctx)
}

// Encode writes an explanation as it is kept.
func Encode(explanation Explanation) string { return explanation.encode() }
