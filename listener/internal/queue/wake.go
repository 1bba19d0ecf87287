package queue

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
)

// bell rings when something may be new. It is a hint: whoever listens looks for
// itself now and then as well.
type bell struct {
	rung chan struct{}
}

// listen returns a bell that rings for a topic, in whichever process wake is
// called, until stop.
func (q *JetStream) listen(topic string) (bell, func()) {
	listening := bell{rung: make(chan struct{}, 1)}
	subscription, err := q.conn.Subscribe(wakePrefix+topic, func(*nats.Msg) { listening.ring() })
	if err != nil {
		q.options.Logger.Warn("event store: news arrive late", "topic", topic, "cause", err)
		return listening, func() {}
	}
	return listening, func() { _ = subscription.Unsubscribe() }
}

// wake rings the bells of a topic. It does not matter if one is not heard.
func (q *JetStream) wake(topic string) {
	_ = q.conn.Publish(wakePrefix+topic, nil)
}

func (b bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

func (b bell) wait(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-b.rung:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pause waits until the time is over or ctx ends.
func pause(ctx context.Context, length time.Duration) {
	bell{}.wait(ctx, length)
}
