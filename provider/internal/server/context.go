package server

import (
	"context"
	"sync/atomic"
	"time"
)

// ended replaces the context of a call that has returned.
var ended = canceled()

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// callContext delegates to the context of a call until the call returns. Retaining it longer does
// not retain that context.
type callContext struct {
	current atomic.Pointer[context.Context]
}

// Deadline implements [context.Context].
func (c *callContext) Deadline() (time.Time, bool) { return (*c.current.Load()).Deadline() }

// Done implements [context.Context].
func (c *callContext) Done() <-chan struct{} { return (*c.current.Load()).Done() }

// Err implements [context.Context].
func (c *callContext) Err() error { return (*c.current.Load()).Err() }

// Value implements [context.Context]. It also passes on the internal key with which the context
// package derives contexts without a goroutine.
func (c *callContext) Value(key any) any { return (*c.current.Load()).Value(key) }
