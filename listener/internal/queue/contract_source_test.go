//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// reported returns an event of a change from a source. properties are name-value pairs for the
// fingerprint.
func reported(source, identity string, properties ...[2]byte) queue.Event {
	var fingerprint changelog.Fingerprint
	for _, property := range properties {
		fingerprint = append(fingerprint, 0, 0, 0, 0, property[0], 0, 0, property[1])
	}
	return queue.Event{
		Identity: source + "/" + identity, Body: []byte(`{}`),
		Report: queue.Report{Source: source, Change: "change", Properties: fingerprint},
	}
}

func copiesAreOneEvent(t *testing.T, store backend) {
	a, b := [2]byte{1, 1}, [2]byte{1, 2}
	for name, test := range map[string]struct {
		events     []queue.Event
		duplicates []bool
	}{
		"one change by three sources": {
			[]queue.Event{reported("x", "1"), reported("y", "1"), reported("z", "1"), reported("x", "1"), reported("y", "1")},
			[]bool{false, true, true, true, true},
		},
		"two changes by two sources": {
			[]queue.Event{reported("x", "1"), reported("x", "2"), reported("y", "1"), reported("y", "2"), reported("y", "3")},
			[]bool{false, false, true, true, false},
		},
		"two changes whose copies overtake each other": {
			[]queue.Event{reported("x", "1", a), reported("x", "2", b), reported("y", "2", b), reported("y", "1", a)},
			[]bool{false, false, true, true},
		},
		"two changes of which each source reports one": {
			[]queue.Event{reported("x", "1", a), reported("y", "2", b)},
			[]bool{false, false},
		},
		"a property that one source lacks": {
			[]queue.Event{reported("x", "1", a), reported("y", "1"), reported("z", "1", a, [2]byte{2, 7})},
			[]bool{false, true, true},
		},
		"a property that a third source contradicts": {
			[]queue.Event{reported("x", "1"), reported("y", "1", a), reported("z", "1", b)},
			[]bool{false, true, false},
		},
	} {
		opened := open(t, store.options(t))
		for i, event := range test.events {
			duplicate, err := opened.Store(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			if duplicate != test.duplicates[i] {
				t.Errorf("%s: number %d is a duplicate: %t", name, i, duplicate)
			}
		}
		closeQueue(t, opened)
	}
}

// copiesAtOnce stores the copies of many changes from several processes.
func copiesAtOnce(t *testing.T, b backend) {
	options := b.options(t)
	opened := []*queue.SQL{open(t, options)}
	if b.isShared {
		opened = append(opened, open(t, options))
	}
	defer func() {
		for _, one := range opened {
			closeQueue(t, one)
		}
	}()
	const changes = 40
	var stored atomic.Int32
	var senders sync.WaitGroup
	for i := range changes {
		for j, source := range []string{"x", "y", "z"} {
			senders.Go(func() {
				event := reported(source, strconv.Itoa(i))
				event.Report.Change = fmt.Sprint("change-", i)
				duplicate, err := opened[j%len(opened)].Store(t.Context(), event)
				if err != nil {
					t.Error(err)
				}
				if !duplicate {
					stored.Add(1)
				}
			})
		}
	}
	senders.Wait()
	if stored.Load() != changes {
		t.Errorf("%d events are stored of %d changes", stored.Load(), changes)
	}
}

// follow runs work with the journal of a queue, once.
func follow(t *testing.T, opened queue.Queue, work func(ctx context.Context, journal queue.Journal) error) {
	t.Helper()
	ended := make(chan error, 1)
	stop := background(t, func(ctx context.Context) {
		opened.Follow(ctx, func(ctx context.Context, journal queue.Journal) error {
			ended <- work(ctx, journal)
			<-ctx.Done()
			return nil
		})
	})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	stop()
}

func entry(identity string, at time.Time) queue.Entry {
	event := reported("log", identity)
	event.Report.Change = "change-" + identity
	return queue.Entry{Event: event, At: at}
}

func aPositionMoves(t *testing.T, b backend) {
	options := b.options(t)
	opened := open(t, options)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		if positions, err := journal.Positions(ctx); err != nil || len(positions) > 0 {
			t.Errorf("a new store has the positions %v (%v)", positions, err)
		}
		for _, query := range []string{"all", "service"} {
			if err := journal.Begin(ctx, query, noon); err != nil {
				return err
			}
		}
		receipts, err := journal.Advance(ctx, "all", []queue.Entry{entry("1", noon), entry("2", noon), entry("1", noon)}, noon.Add(time.Minute))
		if want := []queue.Receipt{queue.ReceiptStored, queue.ReceiptStored, queue.ReceiptAgain}; err != nil || !slices.Equal(receipts, want) {
			t.Errorf("receipts %v (%v)", receipts, err)
		}
		// Read an entry from before the position again.
		_, err = journal.Advance(ctx, "all", []queue.Entry{entry("3", noon)}, noon.Add(time.Second))
		return errors.Join(err, journal.Begin(ctx, "all", noon.Add(time.Hour)), journal.Forget(ctx, "service"))
	})
	closeQueue(t, opened)

	opened = open(t, options)
	defer closeQueue(t, opened)
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		positions, err := journal.Positions(ctx)
		if want := (queue.Position{Since: noon, Until: noon.Add(time.Minute)}); len(positions) != 1 || positions["all"] != want {
			t.Errorf("the positions are %v", positions)
		}
		return err
	})
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, "log/1", "log/2", "log/3")
}

func aPositionMovesWithEverything(t *testing.T, b backend) {
	options := b.options(t)
	options.MaxBytes = 1 << 20
	opened := open(t, options)
	defer closeQueue(t, opened)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		if err := journal.Begin(ctx, "all", noon); err != nil {
			return err
		}
		small, large := entry("small", noon), entry("large", noon)
		large.Body = bytes.Repeat([]byte("x"), 1<<20)
		if _, err := journal.Advance(ctx, "all", []queue.Entry{small, large}, noon.Add(time.Minute)); !errors.Is(err, queue.ErrUnavailable) {
			t.Errorf("what does not fit: the error is %v", err)
		}
		positions, err := journal.Positions(ctx)
		if positions["all"].Until != noon {
			t.Errorf("the position is %v", positions["all"])
		}
		return err
	})
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Unevaluated != 0 {
		t.Errorf("%d events are stored (%v)", stats.Unevaluated, err)
	}
}

func oneFollower(t *testing.T, b backend) {
	if !b.isShared {
		t.Skip("one process has it at a time; see TestTheDirectoryIsLocked")
	}
	options := b.options(t)
	first, second := open(t, options), open(t, options)
	defer closeQueue(t, first)
	defer closeQueue(t, second)
	began := make(chan int, 10)
	following := func(opened queue.Queue, number int) (stop func()) {
		return background(t, func(ctx context.Context) {
			opened.Follow(ctx, func(ctx context.Context, _ queue.Journal) error {
				began <- number
				<-ctx.Done()
				return nil
			})
		})
	}
	stopFirst := following(first, 1)
	if got := <-began; got != 1 {
		t.Fatalf("number %d began", got)
	}
	stopSecond := following(second, 2)
	if claimed := len(began); claimed != 0 {
		t.Error("two follow at a time")
	}
	stopFirst()
	if got := <-began; got != 2 {
		t.Errorf("number %d follows", got)
	}
	stopSecond()
}

func anExpiredEntry(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	expired := entry("1", noon)
	expired.Expired = true
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		if err := journal.Begin(ctx, "all", noon); err != nil {
			return err
		}
		receipts, err := journal.Advance(ctx, "all", []queue.Entry{expired, expired}, noon)
		if want := []queue.Receipt{queue.ReceiptExpired, queue.ReceiptAgain}; !slices.Equal(receipts, want) {
			t.Errorf("receipts %v", receipts)
		}
		return err
	})
	if stats, err := opened.Stats(t.Context()); err != nil || stats.Unevaluated != 0 {
		t.Errorf("%d events are stored (%v)", stats.Unevaluated, err)
	}
}

func copiesUnderPressure(t *testing.T, b backend) {
	options := b.options(t)
	options.MaxBytes = 1 << 20
	opened := open(t, options)
	defer closeQueue(t, opened)
	stop := evaluating(t, opened, to())
	const events = 40
	for i := range events {
		event := reported("x", strconv.Itoa(i))
		event.Report.Change, event.Body = fmt.Sprint("change-", i), bytes.Repeat([]byte("x"), 1<<16)
		eventually(t, "the event is stored", func() bool {
			_, err := opened.Store(t.Context(), event)
			return err == nil
		})
	}
	stop()
	for i := range events {
		event := reported("y", strconv.Itoa(i))
		event.Report.Change = fmt.Sprint("change-", i)
		if duplicate, err := opened.Store(t.Context(), event); err != nil || !duplicate {
			t.Errorf("the copy of event %d is mistaken for another one (%v)", i, err)
		}
	}
}

// TestAnOldCopyIsDoubted reads events again that an old copy of the store lacks.
func TestAnOldCopyIsDoubted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	opened := open(t, withDir(dir))
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error { return journal.Begin(ctx, "all", noon) })
	closeQueue(t, opened)
	old, err := os.ReadFile(filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	opened = open(t, withDir(dir))
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		_, err := journal.Advance(ctx, "all", []queue.Entry{entry("1", noon)}, noon.Add(time.Minute))
		return err
	})
	closeQueue(t, opened)
	if err := os.WriteFile(filepath.Join(dir, "events.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}

	opened = open(t, withDir(dir))
	defer closeQueue(t, opened)
	follow(t, opened, func(ctx context.Context, journal queue.Journal) error {
		_, err := journal.Advance(ctx, "all", []queue.Entry{entry("1", noon), entry("2", time.Now().Add(time.Hour))}, noon.Add(time.Minute))
		return err
	})
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	for _, doubtful := range []bool{true, false} {
		if item := next(t, items); item.Uncertain != doubtful {
			t.Errorf("%s may have been sent: %t", item.Identity, item.Uncertain)
		}
	}
}
