package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// patience bounds every wait of these tests. It is longer than the half minute
// after which the store hands out again what it sent to a consumer that was
// just ending: a restart at that moment delays an event, and loses none.
const patience = 50 * time.Second

func open(t *testing.T, dir string) *queue.JetStream {
	t.Helper()
	return openLimited(t, dir, queue.DefaultMaxBytes)
}

func openLimited(t *testing.T, dir string, maxBytes int64) *queue.JetStream {
	t.Helper()
	opened, err := queue.Open(t.Context(), queue.Options{
		Dir: dir, MaxEvent: 1 << 20, MaxBytes: maxBytes, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func closeQueue(t *testing.T, opened *queue.JetStream) {
	t.Helper()
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

func consumerOf(t *testing.T, opened queue.Queue, name string) queue.Consumer {
	t.Helper()
	consumer, err := opened.Consumer(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return consumer
}

func store(t *testing.T, opened queue.Queue, identity string) (duplicate bool) {
	t.Helper()
	duplicate, err := opened.Store(t.Context(), queue.Event{Identity: identity, Body: []byte(`{"name":"` + identity + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return duplicate
}

// run starts a consumer and returns its deliveries, and a function that stops it
// and waits until it has ended.
func run(t *testing.T, consumer queue.Consumer, decide func(queue.Delivery) queue.Verdict) (<-chan queue.Delivery, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	deliveries := make(chan queue.Delivery, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- consumer.Run(ctx, func(_ context.Context, delivery queue.Delivery) queue.Verdict {
			verdict := decide(delivery)
			deliveries <- delivery
			return verdict
		})
	}()
	return deliveries, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func done(queue.Delivery) queue.Verdict { return queue.Done() }

func next(t *testing.T, deliveries <-chan queue.Delivery) queue.Delivery {
	t.Helper()
	select {
	case delivery := <-deliveries:
		return delivery
	case <-time.After(patience):
		t.Fatal("nothing was delivered")
		return queue.Delivery{}
	}
}

// expect receives deliveries and compares their identities, in order.
func expect(t *testing.T, deliveries <-chan queue.Delivery, want ...string) {
	t.Helper()
	for _, identity := range want {
		if got := next(t, deliveries); got.Identity != identity {
			t.Fatalf("delivered %s, want %s", got.Identity, identity)
		}
	}
}

func TestStoreAndConsume(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	deliveries, stop := run(t, consumerOf(t, opened, "a"), done)
	defer stop()

	before := time.Now().Add(-time.Second)
	if store(t, opened, "one") {
		t.Error("the first copy counts as a duplicate")
	}
	got := next(t, deliveries)
	if got.Identity != "one" || string(got.Body) != `{"name":"one"}` || got.Attempt != 1 {
		t.Errorf("delivered %+v", got)
	}
	if got.StoredAt.Before(before) || got.StoredAt.After(time.Now()) {
		t.Errorf("stored at %s", got.StoredAt)
	}
	if err := opened.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestADuplicateIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, dir)
	deliveries, stop := run(t, consumerOf(t, opened, "a"), done)
	store(t, opened, "one")
	if !store(t, opened, "one") {
		t.Error("the second copy is not recognised")
	}
	store(t, opened, "two")
	expect(t, deliveries, "one", "two")
	stop()
	closeQueue(t, opened)

	opened = open(t, dir)
	defer closeQueue(t, opened)
	deliveries, stop = run(t, consumerOf(t, opened, "a"), done)
	defer stop()
	if !store(t, opened, "one") {
		t.Error("after a restart the copy of a delivered event is not recognised")
	}
	store(t, opened, "three")
	expect(t, deliveries, "three")
}

func TestARestartKeepsWhatIsNotDelivered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, dir)
	consumer := consumerOf(t, opened, "a")
	store(t, opened, "one")
	deliveries, stop := run(t, consumer, func(queue.Delivery) queue.Verdict { return queue.Again(time.Millisecond) })
	first := next(t, deliveries)
	stop()
	store(t, opened, "two")
	closeQueue(t, opened)

	opened = open(t, dir)
	defer closeQueue(t, opened)
	deliveries, stop = run(t, consumerOf(t, opened, "a"), done)
	defer stop()
	again := next(t, deliveries)
	if again.Identity != "one" || again.Attempt <= first.Attempt {
		t.Errorf("after the restart %s was delivered as attempt %d", again.Identity, again.Attempt)
	}
	expect(t, deliveries, "two")
}

// TestACrashKeepsWhatIsStored opens a copy of the data directory that was made
// while the store was in use: what a kill would have left behind.
func TestACrashKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	dir, image := t.TempDir(), t.TempDir()
	opened := open(t, dir)
	defer closeQueue(t, opened)
	consumerOf(t, opened, "a")
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("event-", i))
		store(t, opened, want[i])
	}
	if err := os.CopyFS(filepath.Join(image, "data"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}

	crashed := open(t, filepath.Join(image, "data"))
	defer closeQueue(t, crashed)
	deliveries, stop := run(t, consumerOf(t, crashed, "a"), done)
	defer stop()
	expect(t, deliveries, want...)
	if !store(t, crashed, "event-7") {
		t.Error("after the crash a copy is not recognised")
	}
}

func TestAnEventThatWaitsHoldsBackThoseBehindIt(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	deliveries, stop := run(t, consumerOf(t, opened, "a"), func(delivery queue.Delivery) queue.Verdict {
		if delivery.Identity == "one" && delivery.Attempt < 3 {
			return queue.Again(100 * time.Millisecond)
		}
		return queue.Done()
	})
	defer stop()
	began := time.Now()
	for _, identity := range []string{"one", "two", "three"} {
		store(t, opened, identity)
	}
	expect(t, deliveries, "one", "one", "one", "two", "three")
	if waited := time.Since(began); waited < 200*time.Millisecond {
		t.Errorf("two delays of 100 ms passed in %s", waited)
	}
}

// TestABacklogIsHandedOutWithoutPauses would take half a minute, or several, if
// the consumer ever failed to ask for the next event.
func TestABacklogIsHandedOutWithoutPauses(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	consumer := consumerOf(t, opened, "a")
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprint("event-", i))
		store(t, opened, want[i])
	}
	deliveries, stop := run(t, consumer, done)
	defer stop()
	expect(t, deliveries, want...)
}

func TestConsumersAreIndependent(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	stuck, stopStuck := run(t, consumerOf(t, opened, "stuck"), func(queue.Delivery) queue.Verdict { return queue.Again(time.Hour) })
	defer stopStuck()
	quick, stopQuick := run(t, consumerOf(t, opened, "quick"), done)
	defer stopQuick()
	store(t, opened, "one")
	store(t, opened, "two")
	expect(t, quick, "one", "two")
	expect(t, stuck, "one")

	late, stopLate := run(t, consumerOf(t, opened, "late"), done)
	defer stopLate()
	store(t, opened, "three")
	expect(t, late, "three")
}

func TestStoppingWaitsForTheHandler(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	consumer := consumerOf(t, opened, "a")
	ctx, stop := context.WithCancel(t.Context())
	handlerContext := make(chan error, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- consumer.Run(ctx, func(work context.Context, _ queue.Delivery) queue.Verdict {
			stop()
			<-ctx.Done()
			handlerContext <- work.Err()
			return queue.Done()
		})
	}()
	store(t, opened, "one")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	select {
	case err := <-handlerContext:
		if err != nil {
			t.Errorf("the context of a handler at work ended: %v", err)
		}
	default:
		t.Error("the consumer ended before its handler")
	}

	store(t, opened, "two")
	deliveries, stopAgain := run(t, consumer, done)
	defer stopAgain()
	expect(t, deliveries, "two")
}

func TestTheDirectoryIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened := open(t, dir)
	options := queue.Options{Dir: dir, MaxEvent: 1, MaxBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler)}
	_, err := queue.Open(t.Context(), options)
	if !errors.Is(err, queue.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an ErrLocked that names the directory", err)
	}
	closeQueue(t, opened)
	reopened, err := queue.Open(t.Context(), options)
	if err != nil {
		t.Fatalf("the lock outlives its queue: %v", err)
	}
	closeQueue(t, reopened)
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		dir      string
		maxEvent int64
		want     string
	}{
		{"the directory is a file", file, 1, "creating the data directory"},
		{"the store is a file", blocked, 1, "opening the event store"},
		{"events without a size", t.TempDir(), 0, "the largest event"},
		{"events too large for the server", t.TempDir(), 64 << 20, "the largest event"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			opened, err := queue.Open(t.Context(), queue.Options{
				Dir: test.dir, MaxEvent: test.maxEvent, MaxBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler),
			})
			if err == nil {
				closeQueue(t, opened)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}

func TestTheLargestEventFits(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	defer closeQueue(t, opened)
	deliveries, stop := run(t, consumerOf(t, opened, "a"), done)
	defer stop()
	body := bytes.Repeat([]byte("x"), 1<<20+32<<10)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: strings.Repeat("i", 64), Body: body}); err != nil {
		t.Fatal(err)
	}
	if got := next(t, deliveries); !bytes.Equal(got.Body, body) {
		t.Errorf("delivered %d bytes", len(got.Body))
	}
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "more", Body: append(body, 'x')}); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

// TestAFullStore fills a store of 1 MiB: events that are delivered make room,
// events that are not refuse their successors.
func TestAFullStore(t *testing.T) {
	t.Parallel()
	opened := openLimited(t, t.TempDir(), 1<<20)
	defer closeQueue(t, opened)
	consumer := consumerOf(t, opened, "a")
	body := bytes.Repeat([]byte("x"), 100<<10)
	fill := func(prefix string) (stored []string) {
		for i := range 100 {
			identity := fmt.Sprint(prefix, i)
			_, err := opened.Store(t.Context(), queue.Event{Identity: identity, Body: body})
			if errors.Is(err, queue.ErrUnavailable) {
				return stored
			}
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, identity)
		}
		t.Fatal("100 events of 100 KiB fit into 1 MiB")
		return nil
	}
	first := fill("first-")
	if len(first) < 5 {
		t.Fatalf("only %d events fit", len(first))
	}
	deliveries, stop := run(t, consumer, done)
	expect(t, deliveries, first...)
	stop()

	second := fill("second-")
	if len(second) != len(first) {
		t.Errorf("%d events fit into the room of %d delivered ones", len(second), len(first))
	}
	deliveries, stop = run(t, consumer, done)
	defer stop()
	expect(t, deliveries, second...)
}

func TestAClosedQueueRefuses(t *testing.T) {
	t.Parallel()
	opened := open(t, t.TempDir())
	closeQueue(t, opened)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "one", Body: []byte("{}")}); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Store: %v", err)
	}
	if err := opened.Check(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Check: %v", err)
	}
}
