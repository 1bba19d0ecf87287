// Package budget limits the memory that events use at a time. A decoded event takes up to fifty
// times as much as its text. The sources, the evaluation of rules and the rendering of messages
// share one budget.
package budget

import (
	"bytes"
	"context"
	"os"
	"runtime/debug"

	"golang.org/x/sync/semaphore"
)

const (
	// bodies is for request bodies larger than FreeBody, in bytes.
	bodies = 32 << 20
	// FreeBody is the size up to which bodies are not counted, because the number of connections is
	// limited.
	FreeBody = 64 << 10
	// small is for events that take up to smallCost each: they never wait for large ones.
	small     = 16 << 20
	smallCost = 1 << 20
	// large is for all other events, and for the process that evaluates jq and templates. An event
	// that needs more takes all of it.
	large = 320 << 20
	// returned is the cost from which memory is returned to the system afterwards, because another
	// process may need it.
	returned = 32 << 20
)

// Memory is the shared budget. Use NewMemory.
type Memory struct {
	bodies, small, large *semaphore.Weighted
	process              int64
	// overdraft allows one body at a time to exceed the budget, so that bodies that wait for each
	// other cannot deadlock.
	overdraft chan struct{}
}

// NewMemory returns an unused budget.
func NewMemory() *Memory {
	return &Memory{
		bodies: semaphore.NewWeighted(bodies), small: semaphore.NewWeighted(small), large: semaphore.NewWeighted(large),
		process: processMemory(containerMemory(os.DirFS("/"))), overdraft: make(chan struct{}, 1),
	}
}

// Cost returns an upper estimate of the bytes that an event takes while its text is decoded and
// serialised again. An empty object takes a hundred times its text, a number in a list thirty
// times.
func Cost(text []byte) int64 {
	const character, element, object = 3, 64, 352
	elements := bytes.Count(text, []byte(",")) + bytes.Count(text, []byte("["))
	return int64(character*len(text) + element*elements + object*bytes.Count(text, []byte("{")))
}

// Decode waits for the memory to decode a text, until ctx ends. Call release when the decoded value
// is no longer referenced.
func (m *Memory) Decode(ctx context.Context, text []byte) (release func(), err error) {
	cost := Cost(text)
	if cost <= smallCost {
		return take(ctx, m.small, cost)
	}
	cost = min(cost, large)
	reserved, err := take(ctx, m.large, cost)
	if err != nil || cost < returned {
		return reserved, err
	}
	return func() {
		debug.FreeOSMemory()
		reserved()
	}, nil
}

// Process waits for the memory of the process that evaluates jq and templates, until ctx ends.
func (m *Memory) Process(ctx context.Context) (release func(), err error) {
	return take(ctx, m.large, min(m.process, large))
}

// ProcessMemory returns the memory limit of that process in bytes.
func (m *Memory) ProcessMemory() int64 { return m.process }

func take(ctx context.Context, from *semaphore.Weighted, size int64) (release func(), err error) {
	if err := from.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return func() { from.Release(size) }, nil
}

// Body is the memory of a body while it arrives and is stored.
type Body struct {
	memory    *Memory
	size      int64
	overdrawn bool
}

// Body returns the memory of a new body.
func (m *Memory) Body() *Body { return &Body{memory: m} }

// Grow waits until the body may take size bytes, or until ctx ends.
func (b *Body) Grow(ctx context.Context, size int64) error {
	more := size - max(b.size, FreeBody)
	switch {
	case b.overdrawn || more <= 0:
		return nil
	case b.memory.bodies.TryAcquire(more):
		b.size = size
		return nil
	}
	granted := make(chan error, 1)
	waiting, stop := context.WithCancel(ctx)
	go func() { granted <- b.memory.bodies.Acquire(waiting, more) }()
	select {
	case err := <-granted:
		stop()
		if err == nil {
			b.size = size
		}
		return err
	case b.memory.overdraft <- struct{}{}:
		b.overdrawn = true
		stop()
		if <-granted == nil {
			b.memory.bodies.Release(more)
		}
		return nil
	}
}

// Release releases the memory.
func (b *Body) Release() {
	if b.size > FreeBody {
		b.memory.bodies.Release(b.size - FreeBody)
	}
	if b.overdrawn {
		<-b.memory.overdraft
	}
	b.size, b.overdrawn = 0, false
}
