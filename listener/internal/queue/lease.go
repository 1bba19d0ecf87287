package queue

import (
	"context"
	"sync"
	"time"
)

const (
	// renewalsPerLease is how often a lease is renewed before it would expire, so that a single
	// failed renewal does no harm.
	renewalsPerLease = 4
	// failurePause is how long to wait before restarting a failed task.
	failurePause = time.Second
)

// tasks are locks within this process, one per task. Leases only exclude other processes.
type tasks struct {
	mu    sync.Mutex
	taken map[string]chan struct{}
}

func newTasks() *tasks { return &tasks{taken: make(map[string]chan struct{})} }

// take waits for the task. It returns false if ctx ends first.
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

// hold runs work whenever this process has acquired the lease of the task, and again after a
// failure, until ctx ends. The second context of work outlives ctx, and ends before another process
// can acquire the lease.
func (q *SQL) hold(ctx context.Context, task string, work func(ctx, held context.Context) error) {
	release, ok := q.tasks.take(ctx, task)
	if !ok {
		return
	}
	defer release()
	released, stop := q.signals.subscribe(leaseTopic(task))
	defer stop()
	for ctx.Err() == nil {
		requested := time.Now()
		claimed, err := q.engine.claim(ctx, task)
		if err == nil && claimed {
			err = q.workUnderLease(ctx, task, requested, work)
		}
		if err != nil && ctx.Err() == nil {
			q.options.Logger.WarnContext(ctx, "event store: restarting a task", "task", task, "cause", err)
			pause(ctx, failurePause)
		}
		if err == nil && !claimed {
			released.wait(ctx, q.options.Lease/renewalsPerLease)
		}
	}
}

// workUnderLease does the work of a task whose lease was requested at the given time, and renews
// the lease until the work is done.
func (q *SQL) workUnderLease(ctx context.Context, task string, requested time.Time, work func(ctx, leaseCtx context.Context) error) error {
	leaseCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(leaseCtx, stop)()
	var renewing sync.WaitGroup
	renewing.Go(func() { q.renew(leaseCtx, task, requested, cancel) })
	err := work(ctx, leaseCtx)
	cancel(nil)
	renewing.Wait()
	// The next process need not wait until the lease expires.
	if releaseErr := q.engine.release(context.WithoutCancel(ctx), task); err == nil {
		err = releaseErr
	}
	return err
}

// renew extends the lease until held ends, and cancels held if the lease is lost. A lease counts
// from the time it was requested, and ends here some time before it expires in the database,
// because the clocks may run at different speeds.
func (q *SQL) renew(held context.Context, task string, requested time.Time, cancel context.CancelCauseFunc) {
	interval := q.options.Lease / renewalsPerLease
	expiry := time.AfterFunc(time.Until(requested.Add(q.options.Lease-interval)), func() { cancel(ErrLaneLost) })
	defer expiry.Stop()
	for {
		pause(held, interval)
		if held.Err() != nil {
			return
		}
		requested := time.Now()
		claimed, err := q.engine.claim(held, task)
		if err == nil && !claimed {
			cancel(ErrLaneLost)
			return
		}
		if err == nil && expiry.Stop() {
			expiry.Reset(time.Until(requested.Add(q.options.Lease - interval)))
		}
	}
}
