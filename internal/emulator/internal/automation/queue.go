package automation

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// capacity is the maximum number of waiting jobs; the rest is dropped and recorded in the list of
// deliveries.
const capacity = 20_000

// errClosed is recorded for jobs added after Close.
var errClosed = errors.New("dropped: the emulator is shutting down")

// queue executes jobs sequentially. The zero value is ready for use.
type queue struct {
	mutex   sync.Mutex
	jobs    []func()
	working bool
	// pending counts unfinished jobs and the work that they wait for.
	pending int
	// drained is set by close. It is closed once nothing is pending; from then on ended is set.
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

// work executes jobs until the queue is empty.
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
	q.jobs[0] = nil // The queue keeps its array: release the event.
	q.jobs = q.jobs[1:]
	return job, true
}

// hold makes close wait until release is called.
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

// checkDrained signals close if nothing is pending.
func (q *queue) checkDrained() {
	if q.drained != nil && q.pending == 0 && !q.ended {
		q.ended = true
		close(q.drained)
	}
}

// close waits until nothing is pending, including jobs added by the last jobs; this ends because
// chains are bounded. If ctx ends first, the rest is dropped.
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
		return fmt.Errorf("waiting for running automations: %w", ctx.Err())
	}
}

// drop discards the jobs that have not started.
func (q *queue) drop() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.ended = true
	q.pending -= len(q.jobs)
	q.jobs = nil
}
