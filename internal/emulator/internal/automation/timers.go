package automation

import (
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
)

// shortestWait prevents a busy loop when the clock does not advance.
const shortestWait = time.Millisecond

// Timers reports each timer property once when it expires. A timer that is in the past when it is
// written never expires.
type Timers struct {
	now    func() time.Time
	find   func(after, until time.Time) (expired []catalog.Timer, next time.Time)
	expire func(catalog.Timer)

	mutex   sync.Mutex
	checked time.Time // everything that expired before has been reported
	next    time.Time // when the alarm fires; zero if none is set
	alarm   *time.Timer
	closed  bool
	checks  sync.WaitGroup
}

// NewTimers returns timers that call find for expired properties and report each to expire.
func NewTimers(
	now func() time.Time, find func(after, until time.Time) ([]catalog.Timer, time.Time), expire func(catalog.Timer),
) *Timers {
	return &Timers{now: now, find: find, expire: expire, checked: now()}
}

// Note schedules a check at the given times. It never blocks, so it may be called while the catalog
// is locked.
func (t *Timers) Note(instants ...time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, at := range instants {
		if at.After(t.checked) && (t.next.IsZero() || at.Before(t.next)) {
			t.set(at)
		}
	}
}

// Refresh schedules checks for the timers in the catalog. It never blocks.
func (t *Timers) Refresh() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.set(t.now())
}

// set sets the alarm.
func (t *Timers) set(at time.Time) {
	if t.closed {
		return
	}
	if t.alarm != nil {
		t.alarm.Stop()
	}
	t.next = at
	t.alarm = time.AfterFunc(max(at.Sub(t.now()), shortestWait), t.check)
}

// check reports the timers that have expired since the last check.
func (t *Timers) check() {
	after, until, ok := t.begin()
	if !ok {
		return
	}
	defer t.checks.Done()
	expired, next := t.find(after, until)
	for _, timer := range expired {
		t.expire(timer)
	}
	if !next.IsZero() {
		t.Note(next)
	}
}

// begin returns the interval that a check has to cover; false if there must be no more checks.
func (t *Timers) begin() (after, until time.Time, ok bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.closed {
		return time.Time{}, time.Time{}, false
	}
	t.checks.Add(1)
	after, until = t.checked, t.now()
	t.checked, t.next = until, time.Time{}
	return after, until, true
}

// Close stops the alarm and waits for a running check.
func (t *Timers) Close() {
	t.mutex.Lock()
	t.closed = true
	if t.alarm != nil {
		t.alarm.Stop()
	}
	t.mutex.Unlock()
	t.checks.Wait()
}
