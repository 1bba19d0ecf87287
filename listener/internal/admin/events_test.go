package admin_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// newHistory returns a store with an event of each outcome, and others. The newest has number 7.
func newHistory() *memoryStore {
	store := newStore()
	verdict := func(part string) []queue.Verdict { return []queue.Verdict{{Rule: "health", Part: part}} }
	story := func(state queue.DeliveryState, attempts int) []queue.DeliveryHistory {
		return []queue.DeliveryHistory{{Rule: "health", Destination: "team", State: state, Attempts: make([]queue.Attempts, attempts)}}
	}
	for i, explanation := range []queue.Explanation{
		{Rules: verdict(""), Deliveries: story(queue.StateDeadLetter, 1)},
		{Rules: verdict(""), Deliveries: story(queue.StateWaiting, 1)},
		{Rules: verdict(""), Deliveries: story(queue.StateWaiting, 0)},
		{Rules: verdict(""), Deliveries: story(queue.StateDelivered, 1)},
		{Rules: verdict(""), Deliveries: story(queue.StateDropped, 1)},
		{Rules: verdict("when")},
		{OtherRules: 1},
	} {
		explanation.Origin = queue.Origin{Source: "webhook", Blueprint: "service", Entity: fmt.Sprint("cart-", i+1)}
		event := queue.ExplainedEvent{
			Event:  queue.Event{Identity: fmt.Sprintf("%dabcdef-0123456789", i+1), Body: []byte(`{"a":1}`)},
			Number: uint64(i + 1), StoredAt: noon(), EvaluatedAt: noon(), Explanation: explanation,
		}
		store.events = append(store.events, event)
	}
	store.events[6].EvaluatedAt = time.Time{}
	store.events[6].Explanation.Blueprint, store.events[6].Explanation.Source = "database", "smee"
	store.events[0].DeadLetters = store.letters[:1]
	return store
}

// TestEvents selects events with every filter.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		query   admin.EventQuery
		want    []uint64
		next    uint64
		refusal string
	}{
		{name: "all", want: []uint64{7, 6, 5, 4, 3, 2, 1}},
		{name: "the newest", query: admin.EventQuery{Limit: 2}, want: []uint64{7, 6}, next: 6},
		{name: "the next", query: admin.EventQuery{Limit: 2, Before: 6}, want: []uint64{5, 4}, next: 4},
		{name: "an entity", query: admin.EventQuery{Entity: "Service:CART-3"}, want: []uint64{3}},
		{name: "a blueprint", query: admin.EventQuery{Blueprint: "database"}, want: []uint64{7}},
		{name: "a part of a blueprint", query: admin.EventQuery{Blueprint: "data"}, want: nil},
		{name: "a source", query: admin.EventQuery{Source: "smee"}, want: []uint64{7}},
		{name: "a rule", query: admin.EventQuery{Rule: "health"}, want: []uint64{6, 5, 4, 3, 2, 1}},
		{name: "dead letters", query: admin.EventQuery{Outcome: queue.OutcomeDeadLetter}, want: []uint64{1}},
		{name: "retried", query: admin.EventQuery{Outcome: queue.OutcomeRetrying}, want: []uint64{2}},
		{name: "waiting", query: admin.EventQuery{Outcome: queue.OutcomeWaiting}, want: []uint64{3}},
		{name: "delivered", query: admin.EventQuery{Outcome: queue.OutcomeDelivered}, want: []uint64{4}},
		{name: "dropped", query: admin.EventQuery{Outcome: queue.OutcomeDropped}, want: []uint64{5}},
		{name: "unmatched", query: admin.EventQuery{Outcome: queue.OutcomeUnmatched}, want: []uint64{6}},
		{name: "unevaluated", query: admin.EventQuery{Outcome: queue.OutcomeUnevaluated, Blueprint: "database"}, want: []uint64{7}},
		{name: "an unknown outcome", query: admin.EventQuery{Outcome: "lost"}, refusal: "the outcome must be one of [dead_letter retrying waiting delivered dropped unmatched unevaluated]"},
		{name: "too many", query: admin.EventQuery{Limit: 1001}, refusal: "the limit must be a number between 1 and 1000"},
	} {
		for way, sit := range ways() {
			t.Run(test.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				page, err := sit(t, newLocal(newHistory())).Events(t.Context(), test.query)
				if refusal, refused := errors.AsType[*admin.Refusal](err); test.refusal != "" {
					if !refused || refusal.Reason != test.refusal {
						t.Errorf("got %v, want the refusal %q", err, test.refusal)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				var got []uint64
				for _, event := range page.Events {
					got = append(got, event.Number)
				}
				if !slices.Equal(got, test.want) || page.Next != test.next {
					t.Errorf("got %d and then %d, want %d and then %d", got, page.Next, test.want, test.next)
				}
			})
		}
	}
}

// TestEvent reads one event by its short and its whole identity.
func TestEvent(t *testing.T) {
	t.Parallel()
	for way, sit := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			api := sit(t, newLocal(newHistory()))
			for _, id := range []string{"1abcdef-0123", "1abcdef-0123456789"} {
				got, err := api.Event(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if got.ID != "1abcdef-0123" || got.Outcome != queue.OutcomeDeadLetter || string(got.Body) != `{"a":1}` || len(got.Letters) != 1 || got.Letters[0].ID != 4 {
					t.Errorf("%s is %+v", id, got)
				}
			}
			for id, want := range map[string]string{
				"9abcdef":        `there is no event "9abcdef", or it is no longer stored`,
				"1ab":            `"1ab" is too short for the id of an event; the log and listener explain show the ids`,
				"1abc%2F..%2Fxx": `there is no event "1abc%2F..%2Fxx", or it is no longer stored`,
			} {
				if _, err := api.Event(t.Context(), id); err == nil || err.Error() != want {
					t.Errorf("%s: %v, want %s", id, err, want)
				}
			}
		})
	}
}

// TestEventsAreScannedInParts selects one of more events than are read for one page.
func TestEventsAreScannedInParts(t *testing.T) {
	t.Parallel()
	store := &memoryStore{}
	for number := range uint64(10_500) {
		store.events = append(store.events, queue.ExplainedEvent{
			Event: queue.Event{Identity: strconv.FormatUint(number, 10)}, Number: number + 1, Explanation: queue.Explanation{Origin: queue.Origin{Entity: fmt.Sprint("e", number)}},
		})
	}
	local := newLocal(store)
	var got []string
	query, pages := admin.EventQuery{Entity: "e300"}, 0
	for {
		page, err := local.Events(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			got = append(got, event.Entity)
		}
		if pages, query.Before = pages+1, page.Next; page.Next == 0 {
			break
		}
	}
	if want := "e3009 e3008 e3007 e3006 e3005 e3004 e3003 e3002 e3001 e3000 e300"; strings.Join(got, " ") != want || pages != 2 {
		t.Errorf("in %d pages: %s", pages, got)
	}
}

// TestQueryRoundTrip writes a query as parameters and reads it again.
func TestQueryRoundTrip(t *testing.T) {
	t.Parallel()
	want := admin.EventQuery{Entity: "a&b", Blueprint: "b", Rule: "r", Source: "s", Outcome: "waiting", Before: 7, Limit: 9}
	got, err := admin.ReadEventQuery(want.Values())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is %+v, %v", got, err)
	}
}
