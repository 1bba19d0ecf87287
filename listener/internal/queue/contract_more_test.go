//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

func deadLettersAreKept(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	defer closeQueue(t, opened)
	defer evaluating(t, opened, to("a"))()
	store(t, opened, "one", "two")
	buried := make(chan error, 10)
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, found, err := first(ctx, lane)
		if err != nil || !found {
			lane.Wait(ctx, time.Second)
			return err
		}
		err = lane.Bury(ctx, item, queue.ReasonRefused)
		// Burying an item twice must create one dead letter.
		buried <- errors.Join(err, lane.Bury(ctx, item, queue.ReasonRefused))
		return nil
	})()
	for range 2 {
		if err := <-buried; err != nil {
			t.Fatal(err)
		}
	}
	letters, err := opened.DeadLetters(t.Context(), "a", 0, 10)
	if err != nil || len(letters) != 2 {
		t.Fatalf("dead letters: %+v (%v)", letters, err)
	}
	if letters[0].Identity != "one" || letters[0].Reason != queue.ReasonRefused || string(letters[0].Body) != `{"name":"one"}` || letters[0].Rule != "health" ||
		letters[0].StoredAt.IsZero() || letters[0].BuriedAt.Before(letters[0].StoredAt) {
		t.Errorf("the first is %+v", letters[0])
	}
	if letters, err := opened.DeadLetters(t.Context(), "a", 0, 1); err != nil || len(letters) != 1 {
		t.Errorf("one dead letter: %+v (%v)", letters, err)
	}
	if letters, err := opened.DeadLetters(t.Context(), "b", 0, 10); err != nil || len(letters) != 0 {
		t.Errorf("dead letters of another destination: %+v (%v)", letters, err)
	}
}

func lanesAreRetired(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	stop := evaluating(t, opened, to("gone", "kept"))
	store(t, opened, "one", "two")
	eventually(t, "both are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Lanes["gone"].Pending == 2 && stats.Lanes["kept"].Pending == 2
	})
	stop()
	buried := 0
	err := opened.Retire(t.Context(), func(lane string) bool { return lane == "kept" }, func(lane string) {
		if lane == "gone" {
			buried++
		}
	})
	if buried != 2 || err != nil {
		t.Errorf("%d are reported (%v)", buried, err)
	}
	stats, err := opened.Stats(t.Context())
	if err != nil || stats.Lanes["gone"].Pending != 0 || stats.Lanes["gone"].DeadLetters != 2 || stats.Lanes["kept"].Pending != 2 {
		t.Errorf("afterwards: %+v (%v)", stats, err)
	}
	if letters, err := opened.DeadLetters(t.Context(), "gone", 0, 10); err != nil || len(letters) != 2 || letters[1].Reason != queue.ReasonRemoved {
		t.Errorf("dead letters: %+v (%v)", letters, err)
	}
}

// aLaneIsKeptAgain reports a lane as in use from the second item on.
func aLaneIsKeptAgain(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	stop := evaluating(t, opened, to("back"))
	store(t, opened, "one", "two")
	eventually(t, "both are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Lanes["back"].Pending == 2
	})
	stop()
	buried := 0
	if err := opened.Retire(t.Context(), func(string) bool { return buried > 0 }, func(string) { buried++ }); err != nil {
		t.Fatal(err)
	}
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Lanes["back"].Pending != 1 || stats.Lanes["back"].DeadLetters != 1 {
		t.Errorf("afterwards: %+v (%v)", stats, err)
	}
}

func aParkedLaneIsResumed(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	// A lane that is not parked does not change.
	if err := opened.Unpark(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	parked := queue.Status{ParkedSince: time.Now().UTC().Truncate(time.Second), Cause: "it is gone", Webhook: "first"}
	seen := make(chan queue.Status, 1000)
	isParked := false
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		if !isParked {
			if err := lane.SetStatus(ctx, parked); err != nil {
				return err
			}
			isParked = true
		}
		status, err := lane.Status(ctx)
		if err != nil {
			return err
		}
		seen <- status
		lane.Wait(ctx, time.Hour)
		return nil
	})()
	if first := <-seen; first != parked {
		t.Errorf("the status is %+v", first)
	}
	if err := opened.Unpark(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case status := <-seen:
			if status.ParkedSince.IsZero() && !status.ResumedAt.IsZero() {
				return
			}
		case <-time.After(patience):
			t.Fatal("the lane stays parked")
		}
	}
}

func progressIsKept(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	stopEvaluating := evaluating(t, opened, to("a"))
	store(t, opened, "one")
	evaluated(t, opened)
	stopEvaluating()
	want := queue.Progress{Failures: 3, RetryAt: time.Now().Add(time.Hour).UTC().Truncate(time.Second), Uncertain: true, Plain: true, Single: true, Aside: true}
	noted := make(chan error, 1)
	stop := serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, _, err := first(ctx, lane)
		if err == nil {
			item.Progress = want
			err = lane.Note(ctx, item)
		}
		noted <- err
		<-ctx.Done()
		return nil
	})
	if err := <-noted; err != nil {
		t.Fatal(err)
	}
	stop()
	closeQueue(t, opened)

	opened = open(t, options)
	defer closeQueue(t, opened)
	seen := make(chan queue.Item, 1)
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, _, err := first(ctx, lane)
		seen <- item
		<-ctx.Done()
		return err
	})()
	if got := next(t, seen); got.Progress != want {
		t.Errorf("after a restart it is %+v, want %+v", got.Progress, want)
	}
}

func aFullStore(t *testing.T, b backend) {
	options := b.options(t)
	options.MaxBytes = 2 << 20
	opened := open(t, options)
	defer closeQueue(t, opened)
	body := bytes.Repeat([]byte("x"), 100<<10)
	fill := func(prefix string) (stored int) {
		for i := range 100 {
			_, err := opened.Store(t.Context(), queue.Event{Identity: fmt.Sprint(prefix, i), Body: body})
			if errors.Is(err, queue.ErrUnavailable) {
				return stored
			}
			if err != nil {
				t.Fatal(err)
			}
			stored++
		}
		t.Fatal("100 events of 100 KiB fit into 1 MiB")
		return 0
	}
	first := fill("first-")
	if first < 5 {
		t.Fatalf("only %d events fit", first)
	}
	defer evaluating(t, opened, to())()
	eventually(t, "all are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0
	})
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "more", Body: body}); err != nil {
		t.Errorf("evaluated events make no room: %v", err)
	}
}

func theLargestEventFits(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	body := bytes.Repeat([]byte("x"), 1<<20+32<<10)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: strings.Repeat("i", 64), Body: body}); err != nil {
		t.Fatal(err)
	}
	if got := next(t, items); !bytes.Equal(got.Body, body) {
		t.Errorf("delivered %d bytes", len(got.Body))
	}
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "more", Body: append(body, 'x')}); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

func pendingItemsAreCounted(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	before := time.Now().Add(-time.Second)
	store(t, opened, "one", "two", "three")
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Unevaluated != 3 || len(stats.Lanes) != 0 {
		t.Errorf("before the evaluation: %+v (%v)", stats, err)
	}
	defer evaluating(t, opened, to("a"))()
	eventually(t, "all are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0 && stats.Lanes["a"].Pending == 3
	})
	stats, err := opened.Stats(t.Context())
	if oldest := stats.Lanes["a"].Oldest; err != nil || oldest.Before(before) || oldest.After(time.Now().Add(time.Second)) {
		t.Errorf("the oldest is of %s (%v)", oldest, err)
	}
}

func oldEventsAreDiscarded(t *testing.T, b backend) {
	options := b.options(t)
	options.MaxAge = 500 * time.Millisecond
	opened := open(t, options)
	defer closeQueue(t, opened)
	stop := evaluating(t, opened, to())
	store(t, opened, "one", "two")
	eventually(t, "both are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0
	})
	stop()
	store(t, opened, "not evaluated")
	eventually(t, "the evaluated ones are discarded and recognised no longer", func() bool {
		if err := opened.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		return !store(t, opened, "one")
	})
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Unevaluated != 2 {
		t.Errorf("afterwards: %+v (%v)", stats, err)
	}
}

func aClosedQueueRefuses(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	closeQueue(t, opened)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "one", Body: []byte("{}")}); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Store: %v", err)
	}
	if err := opened.Check(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Check: %v", err)
	}
}

func manySenders(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	const senders, events = 32, 300
	var firsts [events]atomic.Int32
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			// Every event is sent by several senders, at about the same time.
			for number := sender % 4; number < events; number += 4 {
				name := fmt.Sprint("event-", number)
				duplicate, err := opened.Store(t.Context(), queue.Event{Identity: name, Body: []byte(`{"name":"` + name + `"}`)})
				if err != nil {
					t.Error(err)
				}
				if !duplicate {
					firsts[number].Add(1)
				}
			}
		})
	}
	sending.Wait()
	for number := range firsts {
		if count := firsts[number].Load(); count != 1 {
			t.Errorf("event %d was stored %d times", number, count)
		}
	}
	items := make(chan queue.Item, 2*events)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	stored := map[string]bool{}
	for range events {
		item := next(t, items)
		if stored[item.Identity] || string(item.Body) != `{"name":"`+item.Identity+`"}` {
			t.Errorf("stored %s with %s", item.Identity, item.Body)
		}
		stored[item.Identity] = true
	}
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Unevaluated != 0 || stats.Lanes["a"].Pending > 1 {
		t.Errorf("afterwards: %+v (%v)", stats, err)
	}
}
