package queue_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// patience limits every wait in these tests.
const patience = 30 * time.Second

// leaseTime is the lease time in these tests.
const leaseTime = 2 * time.Second

// backend is a kind of store.
type backend struct {
	name string
	// options returns options for a new store.
	options func(t *testing.T) queue.Options
	// isShared means that several processes can open the store.
	isShared bool
}

func backends() []backend {
	return []backend{
		{name: "sqlite", options: func(t *testing.T) queue.Options {
			t.Helper()
			return withDir(t.TempDir())
		}},
		{name: "postgres", options: withPostgres, isShared: true},
	}
}

// withPostgres returns options for a new store in the database of the environment. Each test has
// its own schema.
func withPostgres(t *testing.T) queue.Options {
	t.Helper()
	given := os.Getenv("LISTENER_TEST_POSTGRES")
	if given == "" {
		t.Skip("LISTENER_TEST_POSTGRES is not set")
	}
	address, err := url.Parse(given)
	if err != nil {
		t.Fatal(err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	t.Cleanup(func() {
		database, err := sql.Open("pgx", given)
		if err != nil {
			t.Error(err)
			return
		}
		defer database.Close()
		if _, err := database.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	options := withDir("")
	options.PostgresURL = address.String()
	return options
}

func withDir(dir string) queue.Options {
	return queue.Options{
		Dir: dir, MaxEvent: 1 << 20, MaxBytes: 64 << 20, MaxAge: time.Hour, SentFor: 2 * time.Hour, Lease: leaseTime,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func open(t *testing.T, options queue.Options) *queue.SQL {
	t.Helper()
	opened, err := queue.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func closeQueue(t *testing.T, opened *queue.SQL) {
	t.Helper()
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

func store(t *testing.T, opened queue.Queue, identities ...string) (duplicate bool) {
	t.Helper()
	for _, identity := range identities {
		var err error
		duplicate, err = opened.Store(t.Context(), queue.Event{Identity: identity, Body: []byte(`{"name":"` + identity + `"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return duplicate
}

// to returns an evaluator that sends each event to every destination.
func to(destinations ...string) queue.Evaluator {
	return func(event queue.Event) queue.Evaluation {
		var made queue.Evaluation
		for _, destination := range destinations {
			made.Deliveries = append(made.Deliveries, queue.Delivery{Event: event, Destination: destination, Rule: "health"})
		}
		return made
	}
}

// background runs a function until the test stops it, and waits for its end.
func background(t *testing.T, run func(ctx context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

func evaluating(t *testing.T, opened queue.Queue, evaluate queue.Evaluator) (stop func()) {
	t.Helper()
	return background(t, func(ctx context.Context) { opened.Evaluate(ctx, evaluate) })
}

// serving calls a function until the lane is lost.
func serving(t *testing.T, opened queue.Queue, name string, step func(ctx context.Context, lane queue.Lane) error) (stop func()) {
	t.Helper()
	return background(t, func(ctx context.Context) {
		opened.Serve(ctx, name, func(ctx context.Context, lane queue.Lane) error {
			for ctx.Err() == nil {
				if err := step(ctx, lane); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// first returns the first item of a lane, if there is one.
func first(ctx context.Context, lane queue.Lane) (item queue.Item, ok bool, err error) {
	items, err := lane.Items(ctx, 0, 1)
	if err != nil || len(items) == 0 {
		return queue.Item{}, false, err
	}
	return items[0], true, nil
}

// finishing finishes one item after the other, and yields those that were not sent before.
func finishing(deliveries chan<- queue.Item) func(context.Context, queue.Lane) error {
	return func(ctx context.Context, lane queue.Lane) error {
		item, ok, err := first(ctx, lane)
		if err != nil || !ok {
			lane.Wait(ctx, time.Second)
			return err
		}
		if item.WasSent {
			return lane.Discard(ctx, item)
		}
		if err := lane.Finish(ctx, item); err != nil {
			return err
		}
		deliveries <- item
		return nil
	}
}

func next(t *testing.T, deliveries <-chan queue.Item) queue.Item {
	t.Helper()
	select {
	case item := <-deliveries:
		return item
	case <-time.After(patience):
		t.Fatal("nothing was delivered")
		return queue.Item{}
	}
}

// expect receives items and compares their identities, in order.
func expect(t *testing.T, deliveries <-chan queue.Item, want ...string) {
	t.Helper()
	for _, identity := range want {
		if got := next(t, deliveries); got.Identity != identity {
			t.Fatalf("delivered %s, want %s", got.Identity, identity)
		}
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("timed out waiting for: %s", what)
		case <-tick.C:
		}
	}
}
