package admin_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// errBroken is the error of a broken store. The operator must not see its text.
var errBroken = errors.New("open /secret/place: input/output error")

// memoryStore is a queue.Inspector in memory.
type memoryStore struct {
	mu       sync.Mutex
	stats    map[string]queue.LaneStats
	statuses map[string]queue.Status
	letters  []queue.DeadLetter
	// events are in the order in which they were stored.
	events   []queue.ExplainedEvent
	replayed map[uint64]string
	unparked []string
	// broken makes everything fail, and brokenFor only changes of one dead letter.
	broken    bool
	brokenFor uint64
}

var _ queue.Inspector = (*memoryStore)(nil)

func (s *memoryStore) failure() error {
	if s.broken {
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, errBroken)
	}
	return nil
}

// Unpark implements queue.Inspector.
func (s *memoryStore) Unpark(_ context.Context, lane string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unparked = append(s.unparked, lane)
	return s.failure()
}

// Status implements queue.Inspector.
func (s *memoryStore) Status(_ context.Context, lane string) (queue.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statuses[lane], s.failure()
}

// Lanes implements queue.Inspector.
func (s *memoryStore) Lanes(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(s.stats)), s.failure()
}

// Stats implements queue.Inspector.
func (s *memoryStore) Stats(context.Context) (queue.Stats, error) {
	return queue.Stats{Lanes: s.stats}, s.failure()
}

// DeadLetters implements queue.Inspector.
func (s *memoryStore) DeadLetters(_ context.Context, destination string, after uint64, limit int) ([]queue.DeadLetter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []queue.DeadLetter
	for _, letter := range s.letters {
		if letter.Sequence > after && len(page) < limit && (destination == "" || letter.Destination == destination) {
			page = append(page, letter)
		}
	}
	return page, s.failure()
}

// DeadLetter implements queue.Inspector.
func (s *memoryStore) DeadLetter(_ context.Context, sequence uint64) (queue.DeadLetter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.failure(); err != nil {
		return queue.DeadLetter{}, err
	}
	for _, letter := range s.letters {
		if letter.Sequence == sequence {
			return letter, nil
		}
	}
	return queue.DeadLetter{}, queue.ErrNoDeadLetter
}

// Replay implements queue.Inspector.
func (s *memoryStore) Replay(ctx context.Context, sequence uint64, lane string) error {
	if err := s.Drop(ctx, sequence); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replayed == nil {
		s.replayed = make(map[uint64]string)
	}
	s.replayed[sequence] = lane
	return nil
}

// Drop implements queue.Inspector.
func (s *memoryStore) Drop(_ context.Context, sequence uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sequence == s.brokenFor {
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, errBroken)
	}
	s.letters = slices.DeleteFunc(s.letters, func(letter queue.DeadLetter) bool { return letter.Sequence == sequence })
	return s.failure()
}

// Close implements queue.Inspector.
func (s *memoryStore) Close() error { return nil }

// Events implements queue.Inspector.
func (s *memoryStore) Events(_ context.Context, before uint64, limit int) ([]queue.ExplainedEvent, error) {
	var page []queue.ExplainedEvent
	for _, event := range slices.Backward(s.events) {
		if (before == 0 || event.Number < before) && len(page) < limit {
			event.Body, event.DeadLetters = nil, nil
			page = append(page, event)
		}
	}
	return page, s.failure()
}

// Event implements queue.Inspector.
func (s *memoryStore) Event(_ context.Context, identity string) (queue.ExplainedEvent, error) {
	for _, event := range slices.Backward(s.events) {
		if strings.HasPrefix(event.Identity, identity) {
			return event, s.failure()
		}
	}
	return queue.ExplainedEvent{}, queue.ErrNoEvent
}
