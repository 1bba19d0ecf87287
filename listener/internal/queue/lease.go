package queue

import (
	"context"
	"sync"
	"time"
)

const (
	// A lease is renewed several times before it expires, so that one lost renewal does no harm.
	renewalsPerLease = 4
	// failurePause is how long a task that has failed is left alone.
	failurePause = time.Second
)

// tasks lets one user of this process have a task at a time. The leases of the database tell
// processes apart, not those who share one.
type tasks struct {
	mu    sync.Mutex
	taken map[string]chan struct{}
}

func newTasks() *tasks { return &tasks{taken: make(map[string]chan struct{})} }

// take waits for the task. It reports false when ctx ends before.
func (t *tasks) take(ctx context.Context, task string) (release func(), ok bool) {
	t.mu.Lock()
	if t.taken[task] == nil {
		t.taken[task] = make(chan struct{}, 1)
	}
	taken := t.taken[task]
	t.mu.Unlock()
	select {
	case taken <- struct{}{}:
		return func() { <-taken }, true
	case <-ctx.Done():
		return nil, false
	}
}

// hold runs work whenever this process has become the only one that does the task, and again after
// it has failed, until ctx ends. The second context that work gets outlives ctx, and ends before
// another process can have the task.
func (q *SQL) hold(ctx context.Context, task string, work func(ctx, held context.Context) error) {
	release, ok := q.tasks.take(ctx, task)
	if !ok {
		return
	}
	defer release()
	for ctx.Err() == nil {
		asked := time.Now()
		claimed, err := q.engine.claim(ctx, task)
		if err == nil && claimed {
			err = q.workUnderLease(ctx, task, asked, work)
		}
		if err != nil && ctx.Err() == nil {
			q.options.Logger.WarnContext(ctx, "event store: restarting a task", "task", task, "cause", err)
			pause(ctx, failurePause)
		}
		if err == nil && !claimed {
			pause(ctx, q.options.Lease/renewalsPerLease)
		}
	}
}

// workUnderLease does the work of a task whose lease was asked for at a time, and renews the lease
// until the work is done.
func (q *SQL) workUnderLease(ctx context.Context, task string, asked time.Time, work func(ctx, held context.Context) error) error {
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	defer lose(nil)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(held, stop)()
	var renewing sync.WaitGroup
	renewing.Go(func() { q.renew(held, task, asked, lose) })
	err := work(ctx, held)
	lose(nil)
	renewing.Wait()
	// The next one need not wait until the lease expires.
	if releaseErr := q.engine.release(context.WithoutCancel(ctx), task); err == nil {
		err = releaseErr
	}
	return err
}

// renew extends the lease until held ends, or ends it when the lease was lost. The lease counts
// from when it was asked for, and ends here a while before it does in the database: the clocks need
// not run alike.
func (q *SQL) renew(held context.Context, task string, asked time.Time, lose context.CancelCauseFunc) {
	interval := q.options.Lease / renewalsPerLease
	expiry := time.AfterFunc(time.Until(asked.Add(q.options.Lease-interval)), func() { lose(ErrLaneLost) })
	defer expiry.Stop()
	for {
		pause(held, interval)
		if held.Err() != nil {
			return
		}
		asked := time.Now()
		claimed, err := q.engine.claim(held, task)
		if err == nil && !claimed {
			lose(ErrLaneLost)
			return
		}
		if err == nil && expiry.Stop() {
			expiry.Reset(time.Until(asked.Add(q.options.Lease - interval)))
		}
	}
}
