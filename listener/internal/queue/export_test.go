package queue

import (
	"context"
	"crypto/rand"
)

// Beside opens the embedded store a second time within this process, as another
// process would open a cluster. Close the first one last.
func (q *JetStream) Beside(ctx context.Context) (*JetStream, error) {
	other := &JetStream{options: q.options, instance: rand.Text(), embedded: q.embedded, ledger: q.ledger}
	if err := other.connect(ctx); err != nil {
		return nil, err
	}
	return other, other.openStreams(ctx)
}

// Sever ends the connection to the store, as the death of the process would.
func (q *JetStream) Sever() { q.conn.Close() }

// Tidy discards old events now.
func (q *JetStream) Tidy(ctx context.Context) error {
	at, err := q.loadPosition(ctx)
	if err != nil {
		return err
	}
	return q.tidy(ctx, at.sequence)
}

// Restart has the embedded server stop and start.
func (q *JetStream) Restart(ctx context.Context) error { return q.restart(ctx) }
