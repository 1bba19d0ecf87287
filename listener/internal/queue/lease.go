package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

const (
	// A lease is renewed several times before it ends, and its holder gives up
	// before others may take it.
	renewalsPerLease = 5
	// retryPause is between two attempts at something that failed.
	retryPause = time.Second
)

// lease is the right to be the only one that does something. It is a record that
// its holder keeps renewing; whoever sees a revision unchanged for the length of
// a lease, by its own clock, may replace it.
type lease struct {
	queue *JetStream
	name  string
	// holder is what the record says while the lease is held.
	holder   string
	revision uint64
	// held ends with the lease.
	held context.Context
	lose context.CancelCauseFunc
	// stopped is closed when the renewing has ended.
	stopped chan struct{}
	stop    context.CancelFunc
}

var errLeaseLost = errors.New("another process has taken over")

// hold calls act each time it holds the lease of a name, until ctx ends. An error
// of act is logged, and the lease is acquired anew. Each call is a holder of its
// own: two of them exclude each other also within one process.
func (q *JetStream) hold(ctx context.Context, name string, act func(ctx context.Context, held context.Context) error) {
	holder := rand.Text()
	for ctx.Err() == nil {
		acquired, err := q.acquire(ctx, name, holder)
		if err == nil {
			err = acquired.act(ctx, act)
		}
		if err != nil && ctx.Err() == nil {
			q.options.Logger.WarnContext(ctx, "event store: beginning again", "task", name, "cause", err)
			pause(ctx, retryPause)
		}
	}
}

// acquire waits until the lease is the holder's.
func (q *JetStream) acquire(ctx context.Context, name, holder string) (*lease, error) {
	released, stop := q.listen("lease." + name)
	defer stop()
	var seen uint64
	var since time.Time
	for {
		current, err := q.leases.get(ctx, leasePrefix+name)
		if err != nil {
			return nil, fmt.Errorf("reading a lease: %w", err)
		}
		if current.revision != seen || since.IsZero() {
			seen, since = current.revision, time.Now()
		}
		if len(current.data) <= 1 || time.Since(since) > q.options.Lease || string(current.data) == holder {
			taken, err := q.take(ctx, name, holder, current.revision)
			if err == nil || !errors.Is(err, errConflict) {
				return taken, err
			}
		}
		released.wait(ctx, q.options.Lease/renewalsPerLease)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (q *JetStream) take(ctx context.Context, name, holder string, revision uint64) (*lease, error) {
	began := time.Now()
	revision, err := q.leases.replace(ctx, leasePrefix+name, []byte(holder), revision)
	if err != nil {
		return nil, err
	}
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	renewing, stop := context.WithCancel(held)
	taken := &lease{queue: q, name: name, holder: holder, revision: revision, held: held, lose: lose, stop: stop, stopped: make(chan struct{})}
	go taken.renew(renewing, began)
	return taken, nil
}

// act runs a task under the lease and gives the lease back.
func (l *lease) act(ctx context.Context, act func(ctx context.Context, held context.Context) error) error {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	unlink := context.AfterFunc(l.held, cancel) //nolint:contextcheck // The lease is acquired under ctx and ends by itself.
	defer unlink()
	err := act(working, l.held)
	l.stop()
	<-l.stopped
	if cause := context.Cause(l.held); cause != nil { //nolint:contextcheck // As above.
		return errors.Join(cause, err)
	}
	l.lose(errLeaseLost)
	l.release(ctx)
	return err
}

// renew keeps the lease until ctx ends or the lease is lost.
func (l *lease) renew(ctx context.Context, renewedAt time.Time) {
	defer close(l.stopped)
	interval := l.queue.options.Lease / renewalsPerLease
	for {
		pause(ctx, interval)
		if ctx.Err() != nil {
			return
		}
		began := time.Now()
		err := l.renewOnce(ctx, interval)
		switch {
		case err == nil:
			renewedAt = began
		case errors.Is(err, errConflict):
			l.lose(errLeaseLost)
			return
		}
		// The next attempt may take as long as this one.
		if time.Since(renewedAt) > l.queue.options.Lease-2*interval {
			l.lose(fmt.Errorf("the lease could not be renewed: %w", err))
			return
		}
	}
}

func (l *lease) renewOnce(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	leases, subject := l.queue.leases, leasePrefix+l.name
	revision, err := leases.replace(ctx, subject, []byte(l.holder), l.revision)
	if errors.Is(err, errConflict) {
		// An earlier renewal whose answer was lost is a conflict with ourselves.
		current, getErr := leases.get(ctx, subject)
		if getErr != nil {
			return getErr
		}
		if string(current.data) != l.holder {
			return errConflict
		}
		revision, err = current.revision, nil
	}
	if err == nil {
		l.revision = revision
	}
	return err
}

// release lets others take the lease at once. If it fails, they wait until it
// ends.
func (l *lease) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	if _, err := l.queue.leases.replace(ctx, leasePrefix+l.name, []byte("-"), l.revision); err != nil {
		l.queue.options.Logger.WarnContext(ctx, "event store: a lease was not given back", "task", l.name, "cause", err)
		return
	}
	l.queue.wake("lease." + l.name)
}
