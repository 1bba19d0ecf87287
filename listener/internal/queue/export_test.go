package queue

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// Beside opens the embedded store a second time within this process, as another
// process would open a cluster. Close the first one last.
func (q *JetStream) Beside(ctx context.Context) (*JetStream, error) {
	other := &JetStream{options: q.options, embedded: q.embedded, ledger: q.ledger}
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

// Requeue replays a dead letter as far as a process comes that dies before it has
// removed it.
func (q *JetStream) Requeue(ctx context.Context, sequence uint64, lane string) error {
	letter, err := q.DeadLetter(ctx, sequence)
	if err != nil {
		return err
	}
	return q.requeue(ctx, letter, lane)
}

// StreamConfigs returns how every stream is set up.
func (q *JetStream) StreamConfigs(ctx context.Context) (map[string]jetstream.StreamConfig, error) {
	configs := make(map[string]jetstream.StreamConfig)
	streams := q.js.ListStreams(ctx)
	for info := range streams.Info() {
		if info.Config.Name != leaseStream {
			configs[info.Config.Name] = info.Config
		}
	}
	return configs, streams.Err()
}
