package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Event is a stored event with what happened to it.
type Event struct {
	// ID is the short identity, as in the log, and Identity the whole one.
	ID       string `json:"id"`
	Identity string `json:"identity"`
	// Number increases in the order in which events were stored.
	Number   uint64    `json:"number"`
	StoredAt time.Time `json:"stored_at"`
	// EvaluatedAt is zero until the rules are evaluated.
	EvaluatedAt time.Time     `json:"evaluated_at,omitzero"`
	Outcome     queue.Outcome `json:"outcome"`
	queue.Explanation
	// Letters are its current dead letters, and Body is the event as conditions see it. Only
	// API.Event sets them.
	Letters []DeadLetter    `json:"dead_letters,omitempty"`
	Body    json.RawMessage `json:"event,omitempty"`
}

// About names what changed, such as "service:cart"; "" if unknown.
func (e Event) About() string { return strings.Trim(e.Blueprint+":"+e.Entity, ":") }

// EventQuery selects events. Empty fields match every event.
type EventQuery struct {
	// Entity is a part of BLUEPRINT:ENTITY, ignoring case; the other fields must match exactly.
	Entity, Blueprint, Rule, Source string
	Outcome                         queue.Outcome
	// Before is the Number of the last event on the previous page; 0 for the first page.
	Before uint64
	// Limit is at most MaxPage; 0 means 100.
	Limit int
}

// EventPage is a page of the events that a query selects, newest first.
type EventPage struct {
	Events []Event `json:"events"`
	// Next is the Before of the next page, which may be empty; 0 if there are no more.
	Next uint64 `json:"next,omitempty"`
}

// maxScanned is the maximum number of events that are read for one page.
const maxScanned = 10_000

// IsAll reports whether the query selects every event.
func (q EventQuery) IsAll() bool {
	return q == EventQuery{Before: q.Before, Limit: q.Limit}
}

// selects reports whether the query selects an event.
func (q EventQuery) selects(event Event) bool {
	switch {
	case q.Outcome != "" && q.Outcome != event.Outcome,
		q.Blueprint != "" && q.Blueprint != event.Blueprint,
		q.Source != "" && q.Source != event.Source,
		q.Entity != "" && !strings.Contains(strings.ToLower(event.About()), strings.ToLower(q.Entity)):
		return false
	case q.Rule == "":
		return true
	}
	return slices.ContainsFunc(event.Rules, func(verdict queue.Verdict) bool { return verdict.Rule == q.Rule }) ||
		slices.ContainsFunc(event.Deliveries, func(story queue.DeliveryHistory) bool { return story.Rule == q.Rule })
}

// check sets the default limit and validates the query.
func (q *EventQuery) check() error {
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return &Refusal{fmt.Sprintf("the limit must be a number between 1 and %d", MaxPage)}
	}
	if outcomes := queue.Outcomes(); q.Outcome != "" && !slices.Contains(outcomes, q.Outcome) {
		return &Refusal{fmt.Sprintf("the outcome must be one of %v", outcomes)}
	}
	return nil
}

// Events implements API.
func (l *Local) Events(ctx context.Context, query EventQuery) (EventPage, error) {
	if err := query.check(); err != nil {
		return EventPage{}, err
	}
	page, atOnce := EventPage{Events: []Event{}}, MaxPage
	if query.IsAll() {
		atOnce = query.Limit
	}
	for scanned := 0; scanned < maxScanned; {
		read, err := l.options.Store.Events(ctx, query.Before, atOnce)
		if err != nil {
			return EventPage{}, err
		}
		if len(read) == 0 {
			return page, nil
		}
		for _, stored := range read {
			query.Before = stored.Number
			if event := showEvent(stored); query.selects(event) {
				page.Events = append(page.Events, event)
			}
			if len(page.Events) == query.Limit {
				page.Next = query.Before
				return page, nil
			}
		}
		scanned += len(read)
	}
	page.Next = query.Before
	return page, nil
}

// event reads the event with an id.
func (l *Local) event(ctx context.Context, id string) (queue.ExplainedEvent, error) {
	const shortest = 4
	if len(id) < shortest {
		return queue.ExplainedEvent{}, &Refusal{fmt.Sprintf("%q is too short for the id of an event; the log and listener explain show the ids", id)}
	}
	stored, err := l.options.Store.Event(ctx, id)
	if errors.Is(err, queue.ErrNoEvent) {
		return stored, &Refusal{fmt.Sprintf("there is no event %q, or it is no longer stored", id)}
	}
	return stored, err
}

// Event implements API.
func (l *Local) Event(ctx context.Context, id string) (Event, error) {
	stored, err := l.event(ctx, id)
	if err != nil {
		return Event{}, err
	}
	event := showEvent(stored)
	if json.Valid(stored.Body) {
		event.Body = stored.Body
	}
	for _, letter := range stored.DeadLetters {
		event.Letters = append(event.Letters, show(letter))
	}
	return event, nil
}

func showEvent(stored queue.ExplainedEvent) Event {
	return Event{
		ID: stored.ShortIdentity(), Identity: stored.Identity, Number: stored.Number, StoredAt: stored.StoredAt, EvaluatedAt: stored.EvaluatedAt,
		Outcome: stored.Outcome(), Explanation: stored.Explanation,
	}
}
