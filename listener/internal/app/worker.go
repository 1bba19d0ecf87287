package app

import (
	"context"
	"sync"
)

// worker is a goroutine that runs until it is stopped.
type worker struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// workers tracks all workers, including those that were told to stop.
type workers struct {
	group sync.WaitGroup
}

// start runs work until the worker is stopped. The worker outlives ctx, but not the clean-up of the
// workers.
func (w *workers) start(ctx context.Context, work func(ctx context.Context)) *worker {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	started := &worker{stop: stop, ended: make(chan struct{})}
	w.group.Go(func() {
		defer close(started.ended)
		defer stop()
		work(working)
	})
	return started
}

// wait waits until all workers have ended or ctx ends.
func (w *workers) wait(ctx context.Context) error { return waitFor(ctx, &w.group) }

// waitFor waits for a group or until ctx ends.
func waitFor(ctx context.Context, group *sync.WaitGroup) error {
	ended := make(chan struct{})
	go func() {
		group.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lock is a mutex whose acquisition can be canceled with a context.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

// acquire locks until unlock is called.
func (l lock) acquire(ctx context.Context) (unlock func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
