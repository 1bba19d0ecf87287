package courier

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const (
	// The delay before the next attempt is drawn from an interval that doubles
	// from the one to the other.
	shortestBackoff = time.Second
	longestBackoff  = 5 * time.Minute
	// probeInterval is between two attempts at a parked destination.
	probeInterval = 15 * time.Minute
)

// failed decides what becomes of a message, and of the lane, after a failure.
func (r *round) failed(ctx context.Context, chosen, suspect *attempt, failure *slack.Failure) error {
	switch failure.Reason {
	case slack.ReasonRateLimited:
		return r.pause(ctx, chosen, failure)
	case slack.ReasonDestination:
		return r.park(ctx, chosen, failure)
	case slack.ReasonRefused:
		r.moveAside(ctx, suspect)
		return r.refused(ctx, chosen, failure)
	case slack.ReasonUnavailable:
	}
	chosen.Uncertain = chosen.Uncertain || failure.Ambiguous
	if r.state.Parked != nil {
		// Whether the destination was mended is not known; the probe was none.
		r.state.Parked.Probe = r.Now().Add(probeInterval)
		return nil
	}
	if suspect != nil {
		r.log(ctx, slog.LevelWarn, "another alert fails as well; the destination is not available", chosen, failure)
		return nil
	}
	chosen.Failures++
	chosen.scouted = false
	after := backoff(chosen.Failures, r.Jitter())
	chosen.Until = r.Now().Add(after)
	r.log(ctx, slog.LevelWarn, "not delivered; it is tried again", chosen, failure, "failures", chosen.Failures, "again_in", after.Round(time.Millisecond))
	if len(chosen.Items) > 1 && chosen.Failures >= suspicious {
		r.takeApart(chosen)
	}
	return r.expire(ctx, chosen, failure)
}

// backoff returns how long to wait after a number of failures. jitter is random,
// from 0 to below 1: it keeps several listeners that failed together from trying
// again together.
func backoff(failures int, jitter float64) time.Duration {
	const doublings = 9 // from a second to beyond five minutes
	ceiling := min(shortestBackoff<<min(failures-1, doublings), longestBackoff)
	return time.Duration(jitter * float64(ceiling))
}

// pause leaves the destination alone for as long as it wants.
func (r *round) pause(ctx context.Context, chosen *attempt, failure *slack.Failure) error {
	r.resume(ctx, "it answers again")
	r.state.PausedUntil = r.Now().Add(failure.Pause)
	r.log(ctx, slog.LevelWarn, "the destination wants a pause", chosen, failure, "pause", failure.Pause)
	return r.expire(ctx, chosen, failure)
}

// park stops sending until somebody mends the destination.
func (r *round) park(ctx context.Context, chosen *attempt, failure *slack.Failure) error {
	signals, err := r.lane.Signals(ctx)
	if err != nil {
		return err
	}
	if r.state.Parked == nil {
		r.state.Parked = &parking{Since: r.Now(), Webhook: r.Webhook}
	}
	r.state.Parked.Cause = failure.Error()
	r.state.Parked.Probe = r.Now().Add(probeInterval)
	r.state.Signal = signals
	r.log(ctx, slog.LevelError, "the destination is parked: its webhook must be mended; alerts are kept, and do not age", chosen, failure, "probe_in", probeInterval)
	return nil
}

// resume ends the parking. Alerts age from now on.
func (r *round) resume(ctx context.Context, cause string) {
	if r.state.Parked == nil {
		return
	}
	r.Logger.InfoContext(ctx, "the destination is no longer parked", "cause", cause, "parked_since", r.state.Parked.Since)
	r.state.Parked, r.state.ResumedAt = nil, r.Now()
}

// heedSignals resumes a parked destination when the operator has asked for it.
func (r *round) heedSignals(ctx context.Context) error {
	if r.state.Parked == nil {
		return nil
	}
	signals, err := r.lane.Signals(ctx)
	if err != nil || signals <= r.state.Signal {
		return err
	}
	r.state.Signal = signals
	r.resume(ctx, "the operator has asked for it")
	return r.save(ctx)
}

// refused has a message sent once more as plain text, then taken apart if it is a
// digest, then given up.
func (r *round) refused(ctx context.Context, chosen *attempt, failure *slack.Failure) error {
	r.resume(ctx, "it answers again")
	switch {
	case !chosen.Plain:
		chosen.Plain, chosen.Until = true, time.Time{}
		r.log(ctx, slog.LevelWarn, "the message is refused; it is sent as plain text", chosen, failure)
		return nil
	case len(chosen.Items) > 1:
		r.log(ctx, slog.LevelWarn, "the digest is refused; its alerts are sent one by one", chosen, failure)
		r.takeApart(chosen)
		return nil
	}
	return r.giveUp(ctx, chosen, queue.ReasonRefused, failure)
}

// takeApart replaces a digest by its alerts.
func (r *round) takeApart(digest *attempt) {
	r.state.drop(digest)
	for _, item := range digest.Items {
		r.state.add(&attempt{Items: []reference{item}, Uncertain: digest.Uncertain, Until: digest.Until})
	}
}

// expire gives up what is too old to be tried again.
func (r *round) expire(ctx context.Context, chosen *attempt, failure *slack.Failure) error {
	old := slices.ContainsFunc(chosen.Items, func(item reference) bool { return r.age(item) > r.MaxAge })
	if !old {
		return nil
	}
	return r.giveUp(ctx, chosen, queue.ReasonExpired, failure)
}

// giveUp buries the items of a message: those that are too old, or all of them.
func (r *round) giveUp(ctx context.Context, chosen *attempt, reason queue.Reason, failure *slack.Failure) error {
	var kept []reference
	for _, held := range chosen.Items {
		if reason == queue.ReasonExpired && r.age(held) <= r.MaxAge {
			kept = append(kept, held)
			continue
		}
		item, found, err := r.lane.Peek(ctx, held.Sequence-1)
		if err != nil {
			return err
		}
		if !found || item.ID() != held.ID {
			continue
		}
		if err := r.bury(ctx, item, reason, failure); err != nil {
			return err
		}
	}
	chosen.Items = kept
	if len(kept) == 0 {
		r.state.drop(chosen)
	}
	return nil
}

// deliveryOf reads the parts of a delivery's name.
func deliveryOf(id string) queue.Delivery {
	destination, rest, _ := strings.Cut(id, ".")
	rule, identity, _ := strings.Cut(rest, ".")
	return queue.Delivery{Event: queue.Event{Identity: identity}, Destination: destination, Rule: rule}
}

func shortID(item reference) string { return deliveryOf(item.ID).ShortIdentity() }
