package queue

import (
	"context"
	"sync"
	"time"
)

// signal reports that something may be new. It is only a hint: receivers also poll.
type signal chan struct{}

// signals delivers signals within this process, by topic.
type signals struct {
	mu          sync.Mutex
	subscribers map[string]map[signal]bool
}

func newSignals() *signals { return &signals{subscribers: make(map[string]map[signal]bool)} }

// subscribe returns a signal for a topic, which is sent until stop is called.
func (b *signals) subscribe(topic string) (subscribers signal, stop func()) {
	subscribers = make(signal, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subscribers[topic] == nil {
		b.subscribers[topic] = make(map[signal]bool)
	}
	b.subscribers[topic][subscribers] = true
	return subscribers, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers[topic], subscribers)
	}
}

// send signals the subscribers of a topic.
func (b *signals) send(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for subscribers := range b.subscribers[topic] {
		subscribers.send()
	}
}

// sendAll signals every subscriber: notifications may have been missed.
func (b *signals) sendAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range b.subscribers {
		for subscribers := range topic {
			subscribers.send()
		}
	}
}

func (b signal) send() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func (b signal) wait(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-b:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pause waits for the given time, or until ctx ends.
func pause(ctx context.Context, length time.Duration) { signal(nil).wait(ctx, length) }
