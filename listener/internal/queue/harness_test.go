package queue_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// patience bounds every wait of these tests.
const patience = 30 * time.Second

// leaseTime is how long the tests let a dead process keep its lanes.
const leaseTime = 2 * time.Second

// backend is a place where a queue can be kept.
type backend struct {
	name string
	// options describe a new store of a test.
	options func(t *testing.T) queue.Options
	// beside opens what is open already a second time, as another process would.
	beside func(t *testing.T, first *queue.JetStream, options queue.Options) *queue.JetStream
}

func backends() []backend {
	return []backend{
		{
			name: "embedded",
			options: func(t *testing.T) queue.Options {
				t.Helper()
				return withDir(t.TempDir())
			},
			beside: func(t *testing.T, first *queue.JetStream, _ queue.Options) *queue.JetStream {
				t.Helper()
				second, err := first.Beside(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return second
			},
		},
		{
			name: "external",
			options: func(t *testing.T) queue.Options {
				t.Helper()
				options := withDir("")
				options.External = queue.External{URL: startServer(t, 0).ClientURL(), Replicas: 1}
				return options
			},
			beside: func(t *testing.T, _ *queue.JetStream, options queue.Options) *queue.JetStream {
				t.Helper()
				return open(t, options)
			},
		},
	}
}

func withDir(dir string) queue.Options {
	return queue.Options{
		Dir: dir, MaxEvent: 1 << 20, MaxBytes: 64 << 20, MaxAge: time.Hour, SentFor: 2 * time.Hour, Lease: leaseTime,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// startServer runs a NATS server that listens, as somebody else would run it.
func startServer(t *testing.T, maxPayload int32) *server.Server {
	t.Helper()
	if maxPayload == 0 {
		maxPayload = 8 << 20
	}
	running, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, MaxPayload: maxPayload, JetStream: true, StoreDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	running.Start()
	t.Cleanup(func() {
		running.Shutdown()
		running.WaitForShutdown()
	})
	if !running.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return running
}

func open(t *testing.T, options queue.Options) *queue.JetStream {
	t.Helper()
	opened, err := queue.Open(t.Context(), options)
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

// to makes a delivery of each event for each of the destinations.
func to(destinations ...string) queue.Evaluator {
	return func(event queue.Event) []queue.Delivery {
		var deliveries []queue.Delivery
		for _, destination := range destinations {
			deliveries = append(deliveries, queue.Delivery{Event: event, Destination: destination, Rule: "health"})
		}
		return deliveries
	}
}

// background runs something until the test stops it, and waits for its end.
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

// serving serves a lane with a function that is called until the lane is lost.
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

// finishing takes one item after the other and yields those that were not sent
// before.
func finishing(deliveries chan<- queue.Item) func(context.Context, queue.Lane) error {
	return func(ctx context.Context, lane queue.Lane) error {
		item, found, err := lane.Peek(ctx, 0)
		if err != nil || !found {
			lane.Wait(ctx, time.Second)
			return err
		}
		sent, err := lane.Sent(ctx, item.Delivery)
		if err != nil {
			return err
		}
		if sent {
			return lane.Discard(ctx, item)
		}
		if err := lane.Finish(ctx, []queue.Item{item}); err != nil {
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
			t.Fatalf("still not: %s", what)
		case <-tick.C:
		}
	}
}
