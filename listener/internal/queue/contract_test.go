//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
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

// TestContract holds every promise of Queue against every place to keep one.
func TestContract(t *testing.T) {
	t.Parallel()
	promises := []struct {
		name string
		keep func(t *testing.T, place backend)
	}{
		{"an event reaches each of its lanes", anEventReachesItsLanes},
		{"a duplicate is recognised, also after a restart", aDuplicateIsRecognised},
		{"order is kept within a lane", orderIsKept},
		{"what was sent is never handed out as new again", whatWasSentIsRemembered},
		{"a restart keeps what waits, and the state of the lane", aRestartKeepsEverything},
		{"one process serves a lane at a time", oneServerPerLane},
		{"a dead process is succeeded", aDeadProcessIsSucceeded},
		{"an item that is not finished is handed out again", redelivery},
		{"a failed server begins again", aFailedServerBeginsAgain},
		{"dead letters are kept", deadLettersAreKept},
		{"lanes that nobody serves are retired", lanesAreRetired},
		{"signals arrive", signalsArrive},
		{"a full store refuses events, and evaluated ones make room", aFullStore},
		{"the largest event fits", theLargestEventFits},
		{"what waits is counted", whatWaitsIsCounted},
		{"old events are discarded once they are evaluated", oldEventsAreDiscarded},
		{"a closed queue refuses", aClosedQueueRefuses},
	}
	for _, place := range backends() {
		for _, promise := range promises {
			t.Run(place.name+"/"+promise.name, func(t *testing.T) {
				t.Parallel()
				promise.keep(t, place)
			})
		}
	}
}

func anEventReachesItsLanes(t *testing.T, place backend) {
	opened := open(t, place.options(t))
	defer closeQueue(t, opened)
	before := time.Now().Add(-time.Second)
	if store(t, opened, "one") {
		t.Error("the first copy counts as a duplicate")
	}
	defer evaluating(t, opened, func(event queue.Event) []queue.Delivery {
		made := to("a", "b")(event)
		made[1].Overtaken = true
		return made
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

func aDuplicateIsRecognised(t *testing.T, place backend) {
	options := place.options(t)
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

func orderIsKept(t *testing.T, place backend) {
	opened := open(t, place.options(t))
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

func whatWasSentIsRemembered(t *testing.T, place backend) {
	options := place.options(t)
	opened := open(t, options)
	defer closeQueue(t, opened)
	items := make(chan queue.Item, 10)
	defer serving(t, opened, "a", finishing(items))()
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "one")
	expect(t, items, "one")
	stop()

	// The same deliveries come about once more by another event: a copy that the
	// stream of events does not recognise.
	again := func(queue.Event) []queue.Delivery { return to("a")(queue.Event{Identity: "one", Body: []byte(`{}`)}) }
	stop = evaluating(t, opened, again)
	store(t, opened, "two")
	eventually(t, "everything is evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Unevaluated == 0 && stats.Lanes["a"].Pending == 0
	})
	stop()
	defer evaluating(t, opened, to("a"))()
	store(t, opened, "three")
	expect(t, items, "three")
}

func aRestartKeepsEverything(t *testing.T, place backend) {
	options := place.options(t)
	opened := open(t, options)
	stop := evaluating(t, opened, to("a"))
	store(t, opened, "one", "two")
	saved := make(chan error, 1)
	stopServing := serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		if _, err := lane.Load(ctx); err != nil {
			return err
		}
		err := lane.Save(ctx, []byte("waiting until noon"))
		if err == nil {
			err = lane.Save(ctx, []byte("waiting until night"))
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
	if state, err := opened.State(t.Context(), "a"); err != nil || string(state) != "waiting until night" {
		t.Errorf("the state is %q (%v)", state, err)
	}
	items := make(chan queue.Item, 10)
	defer evaluating(t, opened, to("a"))()
	defer serving(t, opened, "a", finishing(items))()
	expect(t, items, "one", "two", "three")
	if damage := opened.Damage(); damage != (queue.Damage{}) {
		t.Errorf("damage is reported: %+v", damage)
	}
}

func oneServerPerLane(t *testing.T, place backend) {
	options := place.options(t)
	first := open(t, options)
	defer closeQueue(t, first)
	second := place.beside(t, first, options)
	defer second.Sever()
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
	// A lane of another name is free all the same.
	stopOther := serving(t, second, "b", serve(3))
	select {
	case got := <-served:
		if got != 3 {
			t.Errorf("server %d serves a lane that is taken", got)
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

func aDeadProcessIsSucceeded(t *testing.T, place backend) {
	options := place.options(t)
	first := open(t, options)
	defer closeQueue(t, first)
	second := place.beside(t, first, options)
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
	second.Sever()
	expect(t, items, "one")
	if gaveUp, tookOver := <-ended, <-followed; gaveUp.After(tookOver) {
		t.Errorf("the dead process held the lane until %s after its successor began", gaveUp.Sub(tookOver))
	}
	stopDying()
}

func redelivery(t *testing.T, place backend) {
	opened := open(t, place.options(t))
	defer closeQueue(t, opened)
	defer evaluating(t, opened, to("a"))()
	store(t, opened, "one", "two")
	var seen []string
	enough := make(chan struct{})
	stop := serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, found, err := lane.Peek(ctx, 0)
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

func aFailedServerBeginsAgain(t *testing.T, place backend) {
	opened := open(t, place.options(t))
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

func deadLettersAreKept(t *testing.T, place backend) {
	options := place.options(t)
	opened := open(t, options)
	defer closeQueue(t, opened)
	defer evaluating(t, opened, to("a"))()
	store(t, opened, "one", "two")
	buried := make(chan error, 10)
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		item, found, err := lane.Peek(ctx, 0)
		if err != nil || !found {
			lane.Wait(ctx, time.Second)
			return err
		}
		err = lane.Bury(ctx, item, queue.ReasonRefused)
		// A burial that was cut short is repeated, and must be one.
		buried <- errors.Join(err, lane.Bury(ctx, item, queue.ReasonRefused))
		return nil
	})()
	for range 2 {
		if err := <-buried; err != nil {
			t.Fatal(err)
		}
	}
	letters, err := opened.DeadLetters(t.Context(), "a", 10)
	if err != nil || len(letters) != 2 {
		t.Fatalf("dead letters: %+v (%v)", letters, err)
	}
	if letters[0].Identity != "one" || letters[0].Reason != queue.ReasonRefused || string(letters[0].Body) != `{"name":"one"}` || letters[0].Rule != "health" ||
		letters[0].StoredAt.IsZero() || letters[0].BuriedAt.Before(letters[0].StoredAt) {
		t.Errorf("the first is %+v", letters[0])
	}
	if letters, err := opened.DeadLetters(t.Context(), "a", 1); err != nil || len(letters) != 1 {
		t.Errorf("one dead letter: %+v (%v)", letters, err)
	}
	if letters, err := opened.DeadLetters(t.Context(), "b", 10); err != nil || len(letters) != 0 {
		t.Errorf("dead letters of another destination: %+v (%v)", letters, err)
	}
}

func lanesAreRetired(t *testing.T, place backend) {
	opened := open(t, place.options(t))
	defer closeQueue(t, opened)
	stop := evaluating(t, opened, to("gone", "kept"))
	store(t, opened, "one", "two")
	eventually(t, "both are evaluated", func() bool {
		stats, err := opened.Stats(t.Context())
		return err == nil && stats.Lanes["gone"].Pending == 2 && stats.Lanes["kept"].Pending == 2
	})
	stop()
	opened.Retire(t.Context(), []string{"kept"})
	stats, err := opened.Stats(t.Context())
	if err != nil || stats.Lanes["gone"].Pending != 0 || stats.Lanes["gone"].DeadLetters != 2 || stats.Lanes["kept"].Pending != 2 {
		t.Errorf("afterwards: %+v (%v)", stats, err)
	}
	if letters, err := opened.DeadLetters(t.Context(), "gone", 10); err != nil || len(letters) != 2 || letters[1].Reason != queue.ReasonRemoved {
		t.Errorf("dead letters: %+v (%v)", letters, err)
	}
}

func signalsArrive(t *testing.T, place backend) {
	opened := open(t, place.options(t))
	defer closeQueue(t, opened)
	signals := make(chan uint64, 1000)
	// A signal from before anybody serves is seen as well.
	if err := opened.Signal(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	defer serving(t, opened, "a", func(ctx context.Context, lane queue.Lane) error {
		count, err := lane.Signals(ctx)
		if err != nil {
			return err
		}
		signals <- count
		lane.Wait(ctx, time.Hour)
		return nil
	})()
	first := <-signals
	if first == 0 {
		t.Error("the signal from before is not seen")
	}
	if err := opened.Signal(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case count := <-signals:
			if count > first {
				return
			}
		case <-time.After(patience):
			t.Fatal("the signal does not arrive")
		}
	}
}

func aFullStore(t *testing.T, place backend) {
	options := place.options(t)
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

func theLargestEventFits(t *testing.T, place backend) {
	opened := open(t, place.options(t))
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

func whatWaitsIsCounted(t *testing.T, place backend) {
	opened := open(t, place.options(t))
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

func oldEventsAreDiscarded(t *testing.T, place backend) {
	options := place.options(t)
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

func aClosedQueueRefuses(t *testing.T, place backend) {
	opened := open(t, place.options(t))
	closeQueue(t, opened)
	if _, err := opened.Store(t.Context(), queue.Event{Identity: "one", Body: []byte("{}")}); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Store: %v", err)
	}
	if err := opened.Check(t.Context()); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Check: %v", err)
	}
}
