package queue

import (
	"context"
	"sync"
	"time"
)

// bell rings when something may be new. It is a hint: whoever listens looks for itself now and then
// as well.
type bell chan struct{}

// bells are those of this process, by topic.
type bells struct {
	mu        sync.Mutex
	listening map[string]map[bell]bool
}

func newBells() *bells { return &bells{listening: make(map[string]map[bell]bool)} }

// listen returns a bell that rings for a topic until stop.
func (b *bells) listen(topic string) (listening bell, stop func()) {
	listening = make(bell, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listening[topic] == nil {
		b.listening[topic] = make(map[bell]bool)
	}
	b.listening[topic][listening] = true
	return listening, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listening[topic], listening)
	}
}

// ring rings the bells of a topic.
func (b *bells) ring(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for listening := range b.listening[topic] {
		listening.ring()
	}
}

// ringAll rings every bell: news may have been missed.
func (b *bells) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range b.listening {
		for listening := range topic {
			listening.ring()
		}
	}
}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func (b bell) wait(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-b:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pause waits until the time is over or ctx ends.
func pause(ctx context.Context, length time.Duration) { bell(nil).wait(ctx, length) }
