package automation

import (
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
)

// shortestWait keeps a clock that stands still from being asked all the time.
const shortestWait = time.Millisecond

// Timers tells of the timer properties whose instant passes, once each. An instant
// that is in the past when it is written never passes.
type Timers struct {
	now    func() time.Time
	find   func(after, until time.Time) (expired []catalog.Timer, next time.Time)
	expire func(catalog.Timer)

	mutex   sync.Mutex
	checked time.Time // what expired until then has been told
	next    time.Time // when the alarm goes off; zero without one
	alarm   *time.Timer
	closed  bool
	checks  sync.WaitGroup
}

// NewTimers returns timers that ask find for what expires and tell expire of it.
func NewTimers(
	now func() time.Time, find func(after, until time.Time) ([]catalog.Timer, time.Time), expire func(catalog.Timer),
) *Timers {
	return &Timers{now: now, find: find, expire: expire, checked: now()}
}

// Note takes notice of instants. It never blocks, so it may be called under the
// lock of the catalog.
func (t *Timers) Note(instants ...time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, at := range instants {
		if at.After(t.checked) && (t.next.IsZero() || at.Before(t.next)) {
			t.set(at)
		}
	}
}

// Refresh takes notice of what the catalog holds. It never blocks.
func (t *Timers) Refresh() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.set(t.now())
}

// set makes the alarm go off at an instant.
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

// check tells of what has expired since the last check.
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

// begin returns the instants between which a check has to look, unless there is to
// be no other check.
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

// Close ends the alarm and waits for a check that is under way.
func (t *Timers) Close() {
	t.mutex.Lock()
	t.closed = true
	if t.alarm != nil {
		t.alarm.Stop()
	}
	t.mutex.Unlock()
	t.checks.Wait()
}
