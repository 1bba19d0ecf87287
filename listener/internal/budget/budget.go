// Package budget keeps what is done with events at a time within the memory that the listener has.
// A decoded event takes up to fifty times as much as its text. The sources, the evaluation of rules
// and the rendering of messages share one budget.
package budget

import (
	"bytes"
	"context"
	"os"
	"runtime/debug"

	"golang.org/x/sync/semaphore"
)

const (
	// bodies is for the bodies of requests that are larger than FreeBody, in bytes.
	bodies = 32 << 20
	// FreeBody is how much of a body is not counted: there are only so many connections.
	FreeBody = 64 << 10
	// small is for events that take up to smallCost each: they never wait for large ones.
	small     = 16 << 20
	smallCost = 1 << 20
	// large is for all others, and for the process that evaluates jq and templates. One event may
	// need more; it then has all of it.
	large = 320 << 20
	// returned is from what cost on memory is given back to the system afterwards: another process
	// may need it.
	returned = 32 << 20
)

// Memory is what is shared of it. The zero value cannot be used.
type Memory struct {
	bodies, small, large *semaphore.Weighted
	process              int64
	// overdraft is full while one body grows beyond the budget: of bodies that wait for each other
	// one goes on.
	overdraft chan struct{}
}

// NewMemory returns a budget of which everything is available.
func NewMemory() *Memory {
	return &Memory{
		bodies: semaphore.NewWeighted(bodies), small: semaphore.NewWeighted(small), large: semaphore.NewWeighted(large),
		process: processMemory(containerMemory(os.DirFS("/"))), overdraft: make(chan struct{}, 1),
	}
}

// Cost returns about how many bytes an event takes while its text is decoded and written again:
// rather too many. An empty object takes a hundred times its text, a number in a list thirty times.
func Cost(text []byte) int64 {
	const character, element, object = 3, 64, 352
	elements := bytes.Count(text, []byte(",")) + bytes.Count(text, []byte("["))
	return int64(character*len(text) + element*elements + object*bytes.Count(text, []byte("{")))
}

// Decode waits until there is memory to decode a text, but not beyond ctx. release gives it back,
// when nothing of what was decoded is referred to any longer.
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

// Process waits until the process that evaluates jq and templates may use its memory, but not
// beyond ctx.
func (m *Memory) Process(ctx context.Context) (release func(), err error) {
	return take(ctx, m.large, min(m.process, large))
}

// ProcessMemory is how many bytes that process may take.
func (m *Memory) ProcessMemory() int64 { return m.process }

func take(ctx context.Context, from *semaphore.Weighted, size int64) (release func(), err error) {
	if err := from.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return func() { from.Release(size) }, nil
}

// Body is the memory of one body while it arrives and is stored.
type Body struct {
	memory    *Memory
	size      int64
	overdrawn bool
}

// Body returns the memory of a body of which nothing has arrived.
func (m *Memory) Body() *Body { return &Body{memory: m} }

// Grow waits until the body may have so many bytes, but not beyond ctx.
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

// Release gives the memory back.
func (b *Body) Release() {
	if b.size > FreeBody {
		b.memory.bodies.Release(b.size - FreeBody)
	}
	if b.overdrawn {
		<-b.memory.overdraft
	}
	b.size, b.overdrawn = 0, false
}
