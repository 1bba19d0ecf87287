package app

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// laneQueue is a store that records which lanes are served, and which are checked.
type laneQueue struct {
	queue.Queue
	served, released chan string
	retired          chan bool
}

func (q *laneQueue) Serve(ctx context.Context, lane string, _ queue.Server) {
	q.served <- lane
	<-ctx.Done()
	q.released <- lane
}

func (q *laneQueue) Retire(_ context.Context, kept func(lane string) bool, _ func(lane string)) error {
	q.retired <- kept("a")
	return nil
}

func startNotifiers(t *testing.T) (*notifiers, *laneQueue) {
	t.Helper()
	lanes := &laneQueue{served: make(chan string, 10), released: make(chan string, 10), retired: make(chan bool, 10)}
	n := &notifiers{
		metrics: metrics.New("test"), logger: slog.New(slog.DiscardHandler), now: time.Now, workers: &workers{}, queue: lanes,
		current: make(map[string]*notifierWorker), removed: make(chan struct{}, 1),
	}
	t.Cleanup(func() {
		n.stop()
		if err := n.workers.wait(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return n, lanes
}

func destination(name, path string) config.Destination {
	return config.Destination{Name: name, WebhookURL: config.NewSecret("https://hooks.slack.com/services/" + path), Interval: time.Second}
}

// replace replaces the notifiers like a reload, and returns the names of those started and the
// number of those stopped.
func replace(t *testing.T, n *notifiers, destinations ...config.Destination) (started []string, stopped int) {
	t.Helper()
	prepared, err := n.prepare(destinations)
	if err != nil {
		t.Fatal(err)
	}
	stopped = n.stopReplaced(prepared, func(name string) bool {
		return slices.ContainsFunc(destinations, func(d config.Destination) bool { return d.Name == name })
	})
	n.add(prepared)
	n.start(t.Context(), prepared)
	return slices.Sorted(maps.Keys(prepared)), stopped
}

func TestNotifiersThatChangeAreReplaced(t *testing.T) {
	t.Parallel()
	n, lanes := startNotifiers(t)
	receive := func(from chan string, count int) string {
		names := make([]string, count)
		for i := range names {
			names[i] = <-from
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if started, stopped := replace(t, n, destination("a", "1"), destination("b", "1"), destination("c", "1")); len(started) != 3 || stopped != 0 {
		t.Fatalf("at first %q are started and %d stopped", started, stopped)
	}
	if served := receive(lanes.served, 3); served != "a b c" {
		t.Fatalf("served: %s", served)
	}
	unchanged := n.current["a"]
	started, stopped := replace(t, n, destination("a", "1"), destination("b", "2"), destination("d", "1"))
	if strings.Join(started, " ") != "b d" || stopped != 2 || n.current["a"] != unchanged || n.current["c"] != nil {
		t.Fatalf("%q are started and %d stopped", started, stopped)
	}
	if released := receive(lanes.released, 2); released != "b c" {
		t.Errorf("released: %s", released)
	}
	if served := receive(lanes.served, 2); served != "b d" {
		t.Errorf("served: %s", served)
	}
}

func TestNotifiersPrepareChangesNothing(t *testing.T) {
	t.Parallel()
	n, lanes := startNotifiers(t)
	_, err := n.prepare([]config.Destination{destination("a", "1"), {Name: "broken", WebhookURL: config.NewSecret("hooks/sEcReT")}})
	if err == nil || !strings.Contains(err.Error(), "destination broken: ") || strings.Contains(err.Error(), "sEcReT") {
		t.Errorf("a broken destination: %v", err)
	}
	if len(n.current) != 0 || len(lanes.served) != 0 {
		t.Errorf("%d notifiers are in use", len(n.current))
	}
}

func TestRemovedLanesAreLookedForAtOnceAndOnDemand(t *testing.T) {
	t.Parallel()
	n, lanes := startNotifiers(t)
	configured := make(chan bool, 1)
	configured <- false
	running := n.workers.start(t.Context(), func(ctx context.Context) {
		n.retire(ctx, func(string) bool { return <-configured })
	})
	if <-lanes.retired {
		t.Error("the lane counts as configured")
	}
	configured <- true
	n.lookForRemoved()
	if !<-lanes.retired {
		t.Error("the configuration is not read again")
	}
	running.stop()
	<-running.ended
}
