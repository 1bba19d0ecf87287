package automation

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// capacity bounds what waits; what does not fit is dropped, and the list of
// deliveries says so.
const capacity = 20_000

// errClosed is recorded for what comes after Close.
var errClosed = errors.New("dropped: the emulator is shutting down")

// queue does its jobs one after the other. The zero value is ready for use.
type queue struct {
	mutex   sync.Mutex
	jobs    []func()
	working bool
	// pending counts the jobs that are not done, and what they have begun and wait
	// for.
	pending int
	// drained is set by close, and closed when nothing is pending for the first time
	// after that, from when on ended is set.
	drained chan struct{}
	ended   bool
	worker  sync.WaitGroup
}

// add adds a job. It never blocks.
func (q *queue) add(job func()) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	switch {
	case q.ended:
		return errClosed
	case len(q.jobs) >= capacity:
		return event.ErrFull
	}
	q.pending++
	q.jobs = append(q.jobs, job)
	if !q.working {
		q.working = true
		q.worker.Go(q.work)
	}
	return nil
}

// work does jobs until there are none.
func (q *queue) work() {
	for {
		job, ok := q.take()
		if !ok {
			return
		}
		job()
		q.release()
	}
}

func (q *queue) take() (func(), bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.jobs) == 0 {
		q.jobs, q.working = nil, false
		return nil, false
	}
	job := q.jobs[0]
	q.jobs[0] = nil // The queue keeps its array: let go of the event.
	q.jobs = q.jobs[1:]
	return job, true
}

// hold makes close wait until release is called as well.
func (q *queue) hold() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.pending++
}

func (q *queue) release() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.pending--
	q.checkDrained()
}

// checkDrained tells close that nothing is left.
func (q *queue) checkDrained() {
	if q.drained != nil && q.pending == 0 && !q.ended {
		q.ended = true
		close(q.drained)
	}
}

// close waits until nothing is pending. What the last jobs lead to is done as well;
// it ends, as chains are bounded. When ctx ends first, the rest is dropped.
func (q *queue) close(ctx context.Context) error {
	q.mutex.Lock()
	if q.drained != nil {
		q.mutex.Unlock()
		return nil
	}
	drained := make(chan struct{})
	q.drained = drained
	q.checkDrained()
	q.mutex.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		q.drop()
		q.worker.Wait()
		return fmt.Errorf("waiting for the automations under way: %w", ctx.Err())
	}
}

// drop forgets the jobs that have not begun.
func (q *queue) drop() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.ended = true
	q.pending -= len(q.jobs)
	q.jobs = nil
}
