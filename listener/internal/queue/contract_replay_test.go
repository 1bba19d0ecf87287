//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// burying turns every item of a lane into a dead letter.
func burying(buried chan<- queue.Item) func(context.Context, queue.Lane) error {
	return func(ctx context.Context, lane queue.Lane) error {
		item, found, err := first(ctx, lane)
		if err != nil || !found {
			lane.Wait(ctx, time.Hour)
			return err
		}
		if err := lane.Bury(ctx, item, queue.ReasonRefused); err != nil {
			return err
		}
		buried <- item
		return nil
	}
}

// bury stores events and turns their deliveries in a lane into dead letters.
func bury(t *testing.T, opened queue.Queue, lane string, identities ...string) {
	t.Helper()
	buried := make(chan queue.Item, len(identities))
	stopEvaluating, stopServing := evaluating(t, opened, to(lane)), serving(t, opened, lane, burying(buried))
	store(t, opened, identities...)
	expect(t, buried, identities...)
	evaluated(t, opened)
	stopEvaluating()
	stopServing()
}

// evaluated waits until every event is evaluated.
func evaluated(t *testing.T, opened queue.Queue) {
	t.Helper()
	eventually(t, "everything is evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0
	})
}

// letters returns all dead letters, and fails unless they have the given identities.
func letters(t *testing.T, opened queue.Inspector, identities ...string) []queue.DeadLetter {
	t.Helper()
	stored, err := opened.DeadLetters(t.Context(), "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, letter := range stored {
		names = append(names, letter.Identity)
	}
	if !slices.Equal(names, identities) {
		t.Fatalf("the dead letters are %v, want %v", names, identities)
	}
	return stored
}

func pending(t *testing.T, opened queue.Inspector, lane string) int {
	t.Helper()
	stats, err := opened.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Lanes[lane].Pending
}

func deadLettersArePaged(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one", "two", "three")
	bury(t, opened, "b", "four")
	all := letters(t, opened, "one", "two", "three", "four")
	if all[0].Destination != "a" || all[3].Destination != "b" || all[0].Sequence == 0 {
		t.Errorf("read %+v", all)
	}
	var paged []queue.DeadLetter
	for after := uint64(0); ; {
		page, err := opened.DeadLetters(t.Context(), "a", after, 2)
		if err != nil || len(page) > 2 {
			t.Fatalf("a page of %d (%v)", len(page), err)
		}
		if len(page) == 0 {
			break
		}
		paged, after = append(paged, page...), page[len(page)-1].Sequence
	}
	if !reflect.DeepEqual(paged, all[:3]) {
		t.Errorf("page by page: %+v\nat once: %+v", paged, all[:3])
	}
	if one, err := opened.DeadLetter(t.Context(), all[1].Sequence); err != nil || !reflect.DeepEqual(one, all[1]) {
		t.Errorf("by its number: %+v (%v)", one, err)
	}
}

func aDeadLetterIsReplayed(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one")
	first := letters(t, opened, "one")[0]
	buried := make(chan queue.Item, 1)
	stop := serving(t, opened, "a", burying(buried))
	began := time.Now()
	if err := opened.Replay(t.Context(), first.Sequence, "a"); err != nil {
		t.Fatal(err)
	}
	item := next(t, buried)
	stop()
	if item.StoredAt.Before(began) || item.StoredAt.After(time.Now()) || item.Replayed != first.Sequence || item.Rule != "health" || string(item.Body) != `{"name":"one"}` {
		t.Errorf("replayed as %+v", item)
	}

	// If it is refused again, it is a new dead letter, which can be replayed too.
	second := letters(t, opened, "one")[0]
	if second.Sequence <= first.Sequence {
		t.Errorf("the second has number %d after %d", second.Sequence, first.Sequence)
	}
	if err := opened.Replay(t.Context(), first.Sequence, "a"); !errors.Is(err, queue.ErrNoDeadLetter) {
		t.Errorf("the first is replayed once more: %v", err)
	}
	items := make(chan queue.Item, 10)
	defer serving(t, opened, "a", finishing(items))()
	if err := opened.Replay(t.Context(), second.Sequence, "a"); err != nil {
		t.Fatal(err)
	}
	expect(t, items, "one")
	letters(t, opened)
}

// aReplayWakesTheLane replays to a waiting server. It allows a few attempts, because a busy machine
// may be slow.
func aReplayWakesTheLane(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one")
	buried, waiting := make(chan queue.Item, 10), make(chan int, 100)
	step, rounds := burying(buried), 0
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		if _, found, err := first(ctx, lane); err != nil || found {
			rounds++
			return errors.Join(err, step(ctx, lane))
		}
		waiting <- rounds
		lane.Wait(ctx, time.Hour)
		return nil
	})()
	for attempt := range 5 {
		for attempt != <-waiting {
		}
		began := time.Now()
		if err := opened.Replay(t.Context(), letters(t, opened, "one")[0].Sequence, "a"); err != nil {
			t.Fatal(err)
		}
		next(t, buried)
		if time.Since(began) < time.Second {
			return
		}
	}
	t.Error("whoever serves the lane finds it only when it looks again by itself")
}

func aDeadLetterIsReplayedElsewhere(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "old", "one")
	if err := opened.Replay(t.Context(), letters(t, opened, "one")[0].Sequence, "new"); err != nil {
		t.Fatal(err)
	}
	items := make(chan queue.Item, 10)
	defer serving(t, opened, "new", finishing(items))()
	if item := next(t, items); item.Destination != "new" || item.Identity != "one" {
		t.Errorf("delivered %+v", item)
	}
	letters(t, opened)
}

// aReplayOfWhatWasSent turns two copies of an alert into dead letters: a replay to another lane and
// back is the same delivery.
func aReplayOfWhatWasSent(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one", "two")
	number := letters(t, opened, "one", "two")[0].Sequence
	if err := opened.Replay(t.Context(), number, "a"); err != nil {
		t.Fatal(err)
	}
	items := make(chan queue.Item, 10)
	stop := serving(t, opened, "a", finishing(items))
	expect(t, items, "one")
	stop()
	// The same event arrives again after it was discarded, is buried in another lane, and is
	// replayed to the first lane.
	if err := opened.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	bury(t, opened, "b", "one")
	for _, letter := range letters(t, opened, "two", "one") {
		if err := opened.Replay(t.Context(), letter.Sequence, "a"); err != nil {
			t.Fatal(err)
		}
	}
	letters(t, opened)
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, "two")
	eventually(t, "the other one is discarded", func() bool { return pending(t, opened, "a") == 0 })
	if len(items) > 0 {
		t.Errorf("%s was sent again", (<-items).Identity)
	}
}

func aDeadLetterIsDropped(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "a", "one", "two")
	number := letters(t, opened, "one", "two")[0].Sequence
	if err := opened.Drop(t.Context(), number); err != nil {
		t.Fatal(err)
	}
	letters(t, opened, "two")
	for _, gone := range []uint64{number, 0, 1 << 40} {
		_, err := opened.DeadLetter(t.Context(), gone)
		for what, err := range map[string]error{"read": err, "dropped": opened.Drop(t.Context(), gone), "replayed": opened.Replay(t.Context(), gone, "a")} {
			if !errors.Is(err, queue.ErrNoDeadLetter) {
				t.Errorf("number %d is %s: %v", gone, what, err)
			}
		}
	}
	if count := pending(t, opened, "a"); count != 0 {
		t.Errorf("%d items wait", count)
	}
}

func lanesAreKnown(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	bury(t, opened, "dead", "one")
	stop := evaluating(t, opened, to("waiting"))
	store(t, opened, "two")
	evaluated(t, opened)
	stop()
	saved := make(chan error, 1)
	stop = serving(t, opened, "served", func(ctx context.Context, lane queue.Lane) error {
		saved <- lane.SetStatus(ctx, queue.Status{Paused: true})
		<-ctx.Done()
		return nil
	})
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	stop()
	if err := opened.Unpark(t.Context(), "nobody"); err != nil {
		t.Fatal(err)
	}
	if lanes, err := opened.Lanes(t.Context()); err != nil || !slices.Equal(lanes, []string{"dead", "served", "waiting"}) {
		t.Errorf("the lanes are %v (%v)", lanes, err)
	}
}

// locate returns the location of a store.
func locate(options queue.Options) queue.Location {
	return queue.Location{Dir: options.Dir, PostgresURL: options.PostgresURL, Logger: slog.New(slog.DiscardHandler)}
}

// anExistingStoreIsOpened creates a store with unusual limits, and uses it without knowing them.
func anExistingStoreIsOpened(t *testing.T, b backend) {
	options := b.options(t)
	options.MaxBytes, options.MaxEvent, options.MaxAge, options.SentFor = 5<<20, 123_456, 7*time.Hour, 11*time.Hour
	opened := open(t, options)
	bury(t, opened, "a", "one", "two", "three")
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "four")
	evaluated(t, opened)
	stop()
	store(t, opened, "five")
	closeQueue(t, opened)

	inspector, err := queue.OpenExisting(t.Context(), locate(options))
	if err != nil {
		t.Fatal(err)
	}
	stored := letters(t, inspector, "one", "two", "three")
	if err := inspector.Replay(t.Context(), stored[0].Sequence, "a"); err != nil {
		t.Error(err)
	}
	if err := inspector.Drop(t.Context(), stored[1].Sequence); err != nil {
		t.Error(err)
	}
	if err := inspector.Unpark(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if lanes, err := inspector.Lanes(t.Context()); err != nil || !slices.Equal(lanes, []string{"a"}) {
		t.Errorf("the lanes are %v (%v)", lanes, err)
	}
	if stats, err := inspector.Stats(t.Context()); err != nil || stats.Unevaluated != 1 || stats.Lanes["a"].Pending != 2 || stats.Lanes["a"].DeadLetters != 1 {
		t.Errorf("it counts %+v (%v)", stats, err)
	}
	if err := inspector.Close(); err != nil {
		t.Error(err)
	}

	opened = open(t, options)
	defer closeQueue(t, opened)
	if damage := opened.Damage(); damage != (queue.Damage{}) {
		t.Errorf("damage is reported: %+v", damage)
	}
	letters(t, opened, "three")
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, "four", "one", "five")
}

func aMissingStoreIsNotCreated(t *testing.T, b backend) {
	options := b.options(t)
	for range 2 {
		if opened, err := queue.OpenExisting(t.Context(), locate(options)); !errors.Is(err, queue.ErrNoStore) {
			t.Errorf("got %v, %v", opened, err)
		}
	}
}
