//nolint:thelper // The promises are tests, each of them run for every place.
package queue_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// explained returns an event with an origin, as a source stores it.
func explained(identity, source string) queue.Event {
	return queue.Event{Identity: identity, Body: []byte(`{"name":"` + identity + `"}`), Origin: queue.Origin{
		Source: source, Action: "UPDATE", Resource: "entity", Blueprint: "service", Entity: "cart",
	}}
}

// storeFrom stores an event from each source in turn.
func storeFrom(t *testing.T, opened queue.Queue, identity string, sources ...string) {
	t.Helper()
	for _, source := range sources {
		if _, err := opened.Store(t.Context(), explained(identity, source)); err != nil {
			t.Fatal(err)
		}
	}
}

func event(t *testing.T, opened queue.Inspector, identity string) queue.ExplainedEvent {
	t.Helper()
	stored, err := opened.Event(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// withoutTimes removes the times from an explanation.
func withoutTimes(t *testing.T, explanation queue.Explanation) queue.Explanation {
	t.Helper()
	recent := func(at *time.Time) {
		if since := time.Since(*at); !at.IsZero() && (since < -time.Second || since > patience) {
			t.Errorf("it happened %s ago", since)
		}
		*at = time.Time{}
	}
	for i := range explanation.Copies {
		recent(&explanation.Copies[i].Last)
	}
	for i := range explanation.Deliveries {
		recent(&explanation.Deliveries[i].At)
		recent(&explanation.Deliveries[i].Replayed)
	}
	return explanation
}

// anEventIsExplained stores an event three times and evaluates it, and ends each of its deliveries
// in another state.
func anEventIsExplained(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	storeFrom(t, opened, "one", "webhook", "smee", "smee")
	if got := event(t, opened, "one"); got.Outcome() != queue.OutcomeUnevaluated || got.Explanation.Source != "webhook" || string(got.Body) != `{"name":"one"}` {
		t.Errorf("before its evaluation it is %+v", got)
	}
	verdicts := []queue.Verdict{{Rule: "health"}, {Rule: "cpu", Part: "property", Property: "cpuUtil"}}
	stop := evaluating(t, opened, func(event queue.Event) queue.Evaluation {
		result := to("kept", "refused")(event)
		result.Verdicts, result.OtherRules = verdicts, 3
		return result
	})
	at := time.Date(2026, 6, 15, 16, 44, 56, 0, time.UTC)
	attempt := func(item queue.Item, second int, outcome, response string) queue.Item {
		item.Attempt = queue.Attempt{At: at.Add(time.Duration(second) * time.Second), Outcome: outcome, Response: response}
		return item
	}
	acting(t, opened, "kept", func(ctx context.Context, lane queue.Lane, item queue.Item) error {
		for second := range 3 {
			if err := lane.Note(ctx, attempt(item, second, "unavailable", "503")); err != nil {
				return err
			}
		}
		if got := event(t, opened, "one").Outcome(); got != queue.OutcomeRetrying {
			t.Errorf("after failures it is %s", got)
		}
		return lane.Finish(ctx, attempt(item, 4, queue.AttemptDelivered, ""))
	})
	acting(t, opened, "refused", func(ctx context.Context, lane queue.Lane, item queue.Item) error {
		return lane.Bury(ctx, attempt(item, 5, "refused", "400 invalid_blocks"), queue.ReasonRefused)
	})
	stop()
	got := event(t, opened, "one")
	want := queue.Explanation{
		Origin: explained("one", "webhook").Origin,
		Copies: []queue.Copies{{Source: "smee", Count: 2}},
		Rules:  verdicts, OtherRules: 3,
		Deliveries: []queue.DeliveryHistory{
			{Rule: "health", Destination: "kept", State: queue.StateDelivered, Attempts: []queue.Attempts{
				{Attempt: queue.Attempt{At: at, Outcome: "unavailable", Response: "503"}, Count: 3, Last: at.Add(2 * time.Second)},
				{Attempt: queue.Attempt{At: at.Add(4 * time.Second), Outcome: "delivered"}, Count: 1, Last: at.Add(4 * time.Second)},
			}},
			{Rule: "health", Destination: "refused", State: queue.StateDeadLetter, Reason: queue.ReasonRefused, Attempts: []queue.Attempts{
				{Attempt: queue.Attempt{At: at.Add(5 * time.Second), Outcome: "refused", Response: "400 invalid_blocks"}, Count: 1, Last: at.Add(5 * time.Second)},
			}},
		},
	}
	if explanation := withoutTimes(t, got.Explanation); !reflect.DeepEqual(explanation, want) {
		t.Errorf("it says\n%+v, want\n%+v", explanation, want)
	}
	if got.Outcome() != queue.OutcomeDeadLetter || len(got.DeadLetters) != 1 || got.DeadLetters[0].Destination != "refused" {
		t.Errorf("it is %s, and has the dead letters %+v", got.Outcome(), got.DeadLetters)
	}
}

// acting serves a lane until act was applied to its first item.
func acting(t *testing.T, opened queue.Queue, name string, act func(context.Context, queue.Lane, queue.Item) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := false
	opened.Serve(ctx, name, func(ctx context.Context, lane queue.Lane) error {
		for ctx.Err() == nil {
			item, found, err := first(ctx, lane)
			if err != nil {
				return err
			}
			if found {
				done = true
				defer cancel()
				return act(ctx, lane, item)
			}
			lane.Wait(ctx, time.Second)
		}
		return nil
	})
	if !done {
		t.Fatalf("there is nothing in the lane %s", name)
	}
}

// deadLetterOutcomesAreRecorded replays dead letters, to their own and other lanes, and drops one.
func deadLetterOutcomesAreRecorded(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	storeFrom(t, opened, "one", "webhook")
	stop := evaluating(t, opened, to("a", "b", "c"))
	letters := make(map[string]uint64)
	for _, name := range []string{"a", "b", "c"} {
		acting(t, opened, name, func(ctx context.Context, lane queue.Lane, item queue.Item) error {
			return lane.Bury(ctx, item, queue.ReasonExpired)
		})
	}
	stop()
	for _, letter := range event(t, opened, "one").DeadLetters {
		letters[letter.Destination] = letter.Sequence
	}
	for _, err := range []error{opened.Replay(t.Context(), letters["a"], "a"), opened.Replay(t.Context(), letters["b"], "d"), opened.Drop(t.Context(), letters["c"])} {
		if err != nil {
			t.Fatal(err)
		}
	}
	acting(t, opened, "d", func(ctx context.Context, lane queue.Lane, item queue.Item) error { return lane.Finish(ctx, item) })
	stored := event(t, opened, "one")
	states := make(map[string]queue.DeliveryState)
	for _, history := range stored.Explanation.Deliveries {
		states[history.Destination] = history.State
		if replayed := history.Destination == "a" || history.Destination == "d"; history.Replayed.IsZero() == replayed {
			t.Errorf("%s was replayed at %s", history.Destination, history.Replayed)
		}
	}
	want := map[string]queue.DeliveryState{"a": queue.StateWaiting, "b": queue.StateMoved, "c": queue.StateDropped, "d": queue.StateDelivered}
	if !reflect.DeepEqual(states, want) || len(stored.DeadLetters) > 0 {
		t.Errorf("the deliveries are %v, want %v; dead letters: %v", states, want, stored.DeadLetters)
	}
}

// eventsAreListed reads events page by page, and one event by a prefix of its identity.
func eventsAreListed(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	for number := range 5 {
		storeFrom(t, opened, fmt.Sprint("event-", number), "webhook")
	}
	var identities []string
	for before := uint64(0); ; {
		page, err := opened.Events(t.Context(), before, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, event := range page {
			identities, before = append(identities, event.Identity), event.Number
			if event.Body != nil || event.Explanation.Entity != "cart" {
				t.Errorf("it is %+v", event)
			}
		}
	}
	if got := strings.Join(identities, " "); got != "event-4 event-3 event-2 event-1 event-0" {
		t.Errorf("the events are %s", got)
	}
	if got := event(t, opened, "event"); got.Identity != "event-4" {
		t.Errorf("the newest is %s", got.Identity)
	}
	for _, missing := range []string{"event-9", "%", "event-_", "event-0x"} {
		if _, err := opened.Event(t.Context(), missing); !errors.Is(err, queue.ErrNoEvent) {
			t.Errorf("%s: %v", missing, err)
		}
	}
}

// aCopyDuringTheEvaluationIsKept stores a copy after an event is read for evaluation and before it
// is marked.
func aCopyDuringTheEvaluationIsKept(t *testing.T, b backend) {
	opened := open(t, b.options(t))
	defer closeQueue(t, opened)
	storeFrom(t, opened, "one", "webhook")
	defer evaluating(t, opened, func(event queue.Event) queue.Evaluation {
		storeFrom(t, opened, "one", "smee")
		return to("a")(event)
	})()
	eventually(t, "it is evaluated", func() bool { return event(t, opened, "one").Outcome() == queue.OutcomeWaiting })
	if got := event(t, opened, "one").Explanation; len(got.Copies) != 1 || len(got.Deliveries) != 1 {
		t.Errorf("it says %+v", got)
	}
}
