//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestContract tests the contract of Queue with every backend.
func TestContract(t *testing.T) {
	t.Parallel()
	promises := []struct {
		name string
		keep func(t *testing.T, b backend)
	}{
		{"an event reaches each of its lanes", anEventReachesItsLanes},
		{"a duplicate is recognised, also after a restart", aDuplicateIsRecognised},
		{"copies from several sources are one event", copiesAreOneEvent},
		{"copies that arrive at once are one event", copiesAtOnce},
		{"a position moves with what was read", aPositionMoves},
		{"a position moves with all of what was read, or not at all", aPositionMovesWithEverything},
		{"one process follows the audit log at a time", oneFollower},
		{"an expired entry is only recorded", anExpiredEntry},
		{"copies are recognised although events are discarded for space", copiesUnderPressure},
		{"order is kept within a lane", orderIsKept},
		{"many concurrent senders get correct results", manySenders},
		{"sent items are not delivered again", sentItemsAreRemembered},
		{"a restart keeps pending items and the status of the lane", aRestartKeepsEverything},
		{"one process serves a lane at a time", oneServerPerLane},
		{"one server of a process serves a lane at a time", oneServerOfAProcess},
		{"a dead process is replaced", aDeadProcessIsReplaced},
		{"an unfinished item is delivered again", redelivery},
		{"a failed server is called again", aFailedServerIsCalledAgain},
		{"dead letters are kept", deadLettersAreKept},
		{"dead letters are read page by page", deadLettersArePaged},
		{"a replayed dead letter is delivered, and may become one again", aDeadLetterIsReplayed},
		{"a replay wakes the server of the lane", aReplayWakesTheLane},
		{"a dead letter is replayed to another lane", aDeadLetterIsReplayedElsewhere},
		{"a dead letter that was sent in between is not sent again", aReplayOfWhatWasSent},
		{"a dropped dead letter is gone", aDeadLetterIsDropped},
		{"lanes are known", lanesAreKnown},
		{"an existing store is opened unchanged", anExistingStoreIsOpened},
		{"a store that does not exist is not created", aMissingStoreIsNotCreated},
		{"lanes that nobody serves are retired", lanesAreRetired},
		{"a lane that is in use again is not retired", aLaneIsKeptAgain},
		{"a parked lane is resumed", aParkedLaneIsResumed},
		{"the progress of an item is kept", progressIsKept},
		{"a full store refuses events, and evaluated ones make room", aFullStore},
		{"the largest event fits", theLargestEventFits},
		{"pending items are counted", pendingItemsAreCounted},
		{"old events are discarded once they are evaluated", oldEventsAreDiscarded},
		{"a closed queue refuses", aClosedQueueRefuses},
		{"an event is explained", anEventIsExplained},
		{"outcomes of dead letters are recorded with their event", deadLetterOutcomesAreRecorded},
		{"a copy that arrives during the evaluation is kept", aCopyDuringTheEvaluationIsKept},
		{"events are listed", eventsAreListed},
	}
	for _, b := range backends() {
		for _, promise := range promises {
			t.Run(b.name+"/"+promise.name, func(t *testing.T) {
				t.Parallel()
				promise.keep(t, b)
			})
		}
	}
}

func anEventReachesItsLanes(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	before := time.Now().Add(-time.Second)
	if store(t, opened, "one") {
		t.Error("the first copy counts as a duplicate")
	}
	defer evaluating(t, opened, func(event queue.Event) queue.Evaluation {
		result := to("a", "b")(event)
		result.Deliveries[1].Overtaken = true
		return result
	})()
	for _, name := range []string{"a", "b"} {
		items := make(chan queue.Item, 10)
		defer serving(t, opened, name, finishing(items))()
		got := next(t, items)
		if got.Identity != "one" || string(got.Body) != `{"name":"one"}` || got.Destination != name || got.Rule != "health" || got.Overtaken != (name == "b") {
			t.Errorf("lane %s has %+v", name, got)
		}
		if got.StoredAt.Before(before) || got.StoredAt.After(time.Now().Add(time.Second)) {
			t.Errorf("stored at %s", got.StoredAt)
		}
	}
	if err := opened.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func aDuplicateIsRecognised(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	items := make(chan queue.Item, 10)
	stopEvaluating, stopServing := evaluating(t, opened, to("a")), serving(t, opened, "a", finishing(items))
	store(t, opened, "one")
	if !store(t, opened, "one") {
		t.Error("the second copy is not recognised")
	}
	store(t, opened, "two")
	expect(t, items, "one", "two")
	stopEvaluating()
	stopServing()
	closeQueue(t, opened)

	opened = open(t, options)
	defer closeQueue(t, opened)
	if !store(t, opened, "one") {
		t.Error("after a restart the copy of a delivered event is not recognised")
	}
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	store(t, opened, "three")
	expect(t, items, "three")
}

func orderIsKept(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	var want []string
	for i := range 300 {
		want = append(want, fmt.Sprint("event-", i))
	}
	store(t, opened, want...)
	items := make(chan queue.Item, 1000)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, want...)
}

func sentItemsAreRemembered(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	defer closeQueue(t, opened)
	items := make(chan queue.Item, 10)
	defer serving(t, opened, "a", finishing(items))()
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "one")
	expect(t, items, "one")
	stop()

	// The event is discarded, and a copy of it arrives.
	if err := opened.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if store(t, opened, "one") {
		t.Fatal("the event still exists")
	}
	stop = evaluating(t, opened, to("a"))
	eventually(t, "everything is evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0 && stats.Lanes["a"].Pending == 0
	})
	store(t, opened, "three")
	expect(t, items, "three")
	stop()
}

func aRestartKeepsEverything(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "one", "two")
	saved, noon := make(chan error, 1), time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	stopServing := serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		err := lane.SetStatus(ctx, queue.Status{Paused: true, RetryAt: noon})
		if err == nil {
			err = lane.SetStatus(ctx, queue.Status{ParkedSince: noon, Cause: "it is gone", RetryAt: noon.Add(time.Hour), Webhook: "first"})
		}
		saved <- err
		<-ctx.Done()
		return nil
	})
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	eventually(t, "both are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Lanes["a"].Pending == 2
	})
	stop()
	stopServing()
	store(t, opened, "three")
	closeQueue(t, opened)

	opened = open(t, options)
	defer closeQueue(t, opened)
	want := queue.Status{ParkedSince: noon, Cause: "it is gone", RetryAt: noon.Add(time.Hour), Webhook: "first"}
	if status, err := opened.Status(t.Context(), "a"); err != nil || status != want {
		t.Errorf("the status is %+v (%v)", status, err)
	}
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, "one", "two", "three")
	if damage := opened.Damage(); damage != (queue.Damage{}) {
		t.Errorf("damage is reported: %+v", damage)
	}
}

func oneServerPerLane(t *testing.T, b backend) {
	if !b.isShared {
		t.Skip("one process has it at a time; see TestTheDirectoryIsLocked")
	}
	options := b.options(t)
	// A server that stops is followed at once, long before its lease would expire.
	options.Lease = time.Hour
	first := open(t, options)
	defer closeQueue(t, first)
	second := open(t, options)
	defer closeQueue(t, second)
	var serversNow, most atomic.Int32
	served := make(chan int, 1000)
	serve := func(number int) func(context.Context, queue.Lane) error {
		return func(ctx context.Context, lane queue.Lane) error {
			if now := serversNow.Add(1); now > most.Load() {
				most.Store(now)
			}
			defer serversNow.Add(-1)
			served <- number
			<-ctx.Done()
			return nil
		}
	}
	stopFirst := serving(t, first, "a", serve(1))
	if got := <-served; got != 1 {
		t.Fatalf("server %d began", got)
	}
	stopSecond := serving(t, second, "a", serve(2))
	// Other lanes are not affected.
	stopOther := serving(t, second, "b", serve(3))
	select {
	case got := <-served:
		if got != 3 {
			t.Errorf("server %d serves a lane that another one serves", got)
		}
	case <-time.After(patience):
		t.Fatal("the free lane is not served")
	}
	stopOther()
	most.Store(0)
	stopFirst()
	select {
	case got := <-served:
		if got != 2 {
			t.Errorf("server %d follows", got)
		}
	case <-time.After(patience):
		t.Fatal("nobody follows a server that has stopped")
	}
	stopSecond()
	if most.Load() > 1 {
		t.Errorf("%d processes served the lane at a time", most.Load())
	}
}

// oneServerOfAProcess tries to serve a lane twice in one process.
func oneServerOfAProcess(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	began, lost := make(chan int, 10), make(chan error, 10)
	serve := func(number int) func(context.Context, queue.Lane) error {
		return func(ctx context.Context, lane queue.Lane) error {
			began <- number
			select {
			case <-ctx.Done():
			case <-lane.Held().Done():
			}
			if lane.Held().Err() != nil {
				lost <- context.Cause(lane.Held())
			}
			return nil
		}
	}
	stopFirst := serving(t, opened, "a", serve(1))
	if got := <-began; got != 1 {
		t.Fatalf("server %d began", got)
	}
	stopSecond := serving(t, opened, "a", serve(2))
	// The first server renews its lease, and the second one tries to acquire it.
	renewed := time.NewTimer(leaseTime)
	defer renewed.Stop()
	select {
	case got := <-began:
		t.Errorf("server %d began while the lane was served", got)
	case <-renewed.C:
		stopFirst()
		select {
		case got := <-began:
			if got != 2 {
				t.Errorf("server %d follows", got)
			}
		case <-time.After(patience):
			t.Error("nobody follows a server that has stopped")
		}
	}
	stopFirst()
	stopSecond()
	if len(lost) > 0 {
		t.Errorf("a server has lost its lane: %v", <-lost)
	}
}

func aDeadProcessIsReplaced(t *testing.T, b backend) {
	if !b.isShared {
		t.Skip("one process has it at a time; see TestTheDirectoryIsLocked")
	}
	options := b.options(t)
	first := open(t, options)
	defer closeQueue(t, first)
	second := open(t, options)
	began, ended := make(chan time.Time, 1), make(chan time.Time, 1)
	stopDying := background(t, func(ctx context.Context) {
		second.Serve(ctx, "a", func(_ context.Context, lane queue.Lane) error {
			began <- time.Now()
			<-lane.Held().Done()
			ended <- time.Now()
			return nil
		})
	})
	<-began
	items := make(chan queue.Item, 10)
	defer evaluating(t, first, to("a"))()
	store(t, first, "one")
	followed := make(chan time.Time, 10)
	step := finishing(items)
	defer serving(t, first, "a", func(ctx context.Context, lane queue.Lane) error {
		select {
		case followed <- time.Now():
		default:
		}
		return step(ctx, lane)
	})()
	second.Sever(t.Context())
	expect(t, items, "one")
	if gaveUp, tookOver := <-ended, <-followed; gaveUp.After(tookOver) {
		t.Errorf("the dead process held the lane until %s after its successor began", gaveUp.Sub(tookOver))
	}
	stopDying()
}

func redelivery(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	defer evaluating(t, opened, to("a"))()
	store(t, opened, "one", "two")
	var seen []string
	enough := make(chan struct{})
	stop := serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, found, err := first(ctx, lane)
		if err != nil || !found {
			lane.Wait(ctx, time.Second)
			return err
		}
		seen = append(seen, item.Identity)
		if len(seen) == 3 {
			close(enough)
			<-ctx.Done()
		}
		return nil
	})
	select {
	case <-enough:
	case <-time.After(patience):
		t.Fatal("it is not handed out again")
	}
	stop()
	if got := strings.Join(seen, " "); got != "one one one" {
		t.Errorf("handed out: %s", got)
	}
}

func aFailedServerIsCalledAgain(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	var failures atomic.Int32
	items := make(chan queue.Item, 10)
	step := finishing(items)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		if failures.Add(1) < 3 {
			return errors.New("it failed")
		}
		return step(ctx, lane)
	})()
	store(t, opened, "one")
	expect(t, items, "one")
}
