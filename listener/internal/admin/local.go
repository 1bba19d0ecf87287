package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/name"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// storeProblem is the public message for any failure of the store. The log has the cause.
const storeProblem = "the event store does not answer, or is full"

// Options configure a Local.
type Options struct {
	Store queue.Inspector
	// Destinations returns the names of the configured destinations.
	Destinations func() []string
	// Live and Arrivals belong to the running listener; nil if none is running.
	Live     Live
	Arrivals *arrivals.Log
	Logger   *slog.Logger
	Now      func() time.Time
}

// Local implements API with a store that this process has opened.
type Local struct {
	options Options

	// recalled means that the events in the store were added to the arrivals.
	recalling sync.Mutex
	recalled  bool
}

var _ API = (*Local)(nil)

// NewLocal returns a Local.
func NewLocal(options Options) *Local {
	return &Local{options: options}
}

// Destinations implements API.
func (l *Local) Destinations(ctx context.Context) ([]Destination, error) {
	stats, err := l.options.Store.Stats(ctx)
	if err != nil {
		return nil, err
	}
	configured := make(map[string]bool)
	for _, name := range l.options.Destinations() {
		configured[name] = true
	}
	names := maps.Clone(configured)
	for name := range stats.Lanes {
		names[name] = true
	}
	destinations := make([]Destination, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		lane := stats.Lanes[name]
		destination := Destination{Name: name, State: StateNotConfigured, Pending: lane.Pending, Oldest: lane.Oldest, DeadLetters: lane.DeadLetters}
		if configured[name] {
			if err := l.addState(ctx, &destination); err != nil {
				return nil, err
			}
		}
		destinations = append(destinations, destination)
	}
	return destinations, nil
}

// addState adds the state of a destination.
func (l *Local) addState(ctx context.Context, destination *Destination) error {
	status, err := l.options.Store.Status(ctx, destination.Name)
	if err != nil {
		return err
	}
	destination.State, destination.Cause, destination.Until = StateDelivering, status.Cause, status.RetryAt
	switch {
	case !status.ParkedSince.IsZero():
		destination.State, destination.Since = StateParked, status.ParkedSince
	case status.Paused && status.RetryAt.After(l.options.Now()):
		destination.State = StatePaused
	case !status.FailingSince.IsZero():
		destination.State, destination.Since = StateFailing, status.FailingSince
	default:
		destination.Cause, destination.Until = "", time.Time{}
	}
	return nil
}

// Unpark implements API.
func (l *Local) Unpark(ctx context.Context, name string) (bool, error) {
	if configured := l.options.Destinations(); !slices.Contains(configured, name) {
		return false, &Refusal{fmt.Sprintf("the destination %q is not configured; %s", name, listConfigured(configured))}
	}
	status, err := l.options.Store.Status(ctx, name)
	if err != nil || status.ParkedSince.IsZero() {
		return false, err
	}
	return true, l.options.Store.Unpark(ctx, name)
}

// DeadLetters implements API.
func (l *Local) DeadLetters(ctx context.Context, query Query) ([]DeadLetter, error) {
	if query.Limit == 0 {
		query.Limit = defaultPage
	}
	if query.Limit < 1 || query.Limit > MaxPage {
		return nil, &Refusal{fmt.Sprintf("the limit must be a number between 1 and %d", MaxPage)}
	}
	if query.Destination != "" {
		if err := checkName(query.Destination); err != nil {
			return nil, err
		}
	}
	letters, err := l.options.Store.DeadLetters(ctx, query.Destination, query.After, query.Limit)
	if err != nil {
		return nil, err
	}
	result := make([]DeadLetter, len(letters))
	for i, letter := range letters {
		result[i] = show(letter)
	}
	return result, nil
}

// checkName returns an error if a text cannot be the name of a destination.
func checkName(given string) error {
	if !name.Valid(given) {
		return &Refusal{fmt.Sprintf("%q is not the name of a destination", given)}
	}
	return nil
}

func show(letter queue.DeadLetter) DeadLetter {
	result := DeadLetter{
		ID: letter.Sequence, Destination: letter.Destination, Rule: letter.Rule, Reason: string(letter.Reason),
		Event: letter.ShortIdentity(), StoredAt: letter.StoredAt, BuriedAt: letter.BuriedAt,
	}
	if event, err := changelog.Parse(letter.Body); err == nil {
		result.About, result.Action = event.About(), event.Action
	}
	return result
}

// Replay implements API.
func (l *Local) Replay(ctx context.Context, order Order) (Report, error) {
	configured := l.options.Destinations()
	if target := firstOf(order.To, order.Destination); target != "" && !slices.Contains(configured, target) {
		return Report{}, &Refusal{notConfigured(target, configured)}
	}
	return l.carryOut(ctx, order, func(letter queue.DeadLetter) Result {
		target := firstOf(order.To, letter.Destination)
		result := Result{ID: letter.Sequence, Outcome: OutcomeReplayed, Destination: target}
		if !slices.Contains(configured, target) {
			result.Outcome, result.Problem = OutcomeRefused, fmt.Sprintf("dead letter %d was not replayed: %s", letter.Sequence, notConfigured(target, configured))
			return result
		}
		return l.settle(ctx, result, l.options.Store.Replay(ctx, letter.Sequence, target))
	})
}

// Drop implements API.
func (l *Local) Drop(ctx context.Context, order Order) (Report, error) {
	if order.To != "" {
		return Report{}, &Refusal{"dropping dead letters does not accept another destination"}
	}
	return l.carryOut(ctx, order, func(letter queue.DeadLetter) Result {
		result := Result{ID: letter.Sequence, Outcome: OutcomeDropped, Destination: letter.Destination}
		return l.settle(ctx, result, l.options.Store.Drop(ctx, letter.Sequence))
	})
}

// carryOut applies act to every dead letter of an order. It stops after the store has failed,
// because each further attempt would wait for it.
func (l *Local) carryOut(ctx context.Context, order Order, act func(queue.DeadLetter) Result) (Report, error) {
	ids, more, err := l.selected(ctx, order)
	if err != nil {
		return Report{}, err
	}
	report := Report{Results: make([]Result, 0, len(ids)), More: more}
	failed := false
	for _, id := range ids {
		result := Result{ID: id, Outcome: OutcomeFailed, Problem: problemOf(id, storeProblem)}
		if !failed {
			letter, err := l.options.Store.DeadLetter(ctx, id)
			if err == nil {
				result = act(letter)
			} else {
				result = l.settle(ctx, result, err)
			}
		}
		failed = result.Outcome == OutcomeFailed
		report.Results = append(report.Results, result)
	}
	return report, nil
}

// settle turns an error of the store into an outcome.
func (l *Local) settle(ctx context.Context, result Result, err error) Result {
	switch {
	case errors.Is(err, queue.ErrNoDeadLetter):
		result.Outcome, result.Destination, result.Problem = OutcomeNotFound, "", fmt.Sprintf("there is no dead letter %d", result.ID)
	case err != nil:
		l.options.Logger.ErrorContext(ctx, "changing a dead letter failed", "id", result.ID, "cause", err)
		result.Outcome, result.Problem = OutcomeFailed, problemOf(result.ID, storeProblem)
	}
	return result
}

func problemOf(id uint64, problem string) string {
	return fmt.Sprintf("dead letter %d may be unchanged: %s; try again", id, problem)
}

// selected returns the ids of an order. For a destination, these are its dead letters at this time:
// alerts that fail again must not be replayed endlessly.
func (l *Local) selected(ctx context.Context, order Order) (ids []uint64, more bool, err error) {
	switch {
	case (len(order.IDs) > 0) == (order.Destination != ""):
		return nil, false, &Refusal{"name the ids of dead letters, or a destination to select all of its dead letters"}
	case len(order.IDs) > MaxOrder:
		return nil, false, &Refusal{fmt.Sprintf("%d ids were given; the limit is %d at a time", len(order.IDs), MaxOrder)}
	case len(order.IDs) > 0:
		return order.IDs, false, nil
	}
	if err := checkName(order.Destination); err != nil {
		return nil, false, err
	}
	for after := uint64(0); ; {
		page, err := l.options.Store.DeadLetters(ctx, order.Destination, after, MaxOrder)
		if err != nil || len(page) == 0 {
			return ids, false, err
		}
		for _, letter := range page {
			if len(ids) == MaxOrder {
				return ids, true, nil
			}
			ids, after = append(ids, letter.Sequence), letter.Sequence
		}
	}
}

func notConfigured(name string, configured []string) string {
	return fmt.Sprintf("the destination %s is not configured; name another one with -to: %s", name, listConfigured(configured))
}

func listConfigured(configured []string) string {
	if len(configured) == 0 {
		return "none is configured"
	}
	return "the configured destinations are " + strings.Join(configured, ", ")
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
