package server

import (
	"context"
	"sync/atomic"
	"time"
)

// ended is what remains of the context of a call that has returned.
var ended = canceled()

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// callContext is the context of a call until that returns. Who keeps it longer
// keeps nothing else with it.
type callContext struct {
	current atomic.Pointer[context.Context]
}

// Deadline implements [context.Context].
func (c *callContext) Deadline() (time.Time, bool) { return (*c.current.Load()).Deadline() }

// Done implements [context.Context].
func (c *callContext) Done() <-chan struct{} { return (*c.current.Load()).Done() }

// Err implements [context.Context].
func (c *callContext) Err() error { return (*c.current.Load()).Err() }

// Value implements [context.Context]. It also answers what the context package
// asks in order to derive a context without a goroutine.
func (c *callContext) Value(key any) any { return (*c.current.Load()).Value(key) }
