package courier

import (
	"context"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

const (
	// idle is how long a lane in which nothing is to be done is left alone; the
	// lane may ring before.
	idle = time.Minute
	// suspicious is after how many failures another message is tried, to find
	// out whether the destination or the message is the cause.
	suspicious = 5
	// asideLimit bounds the messages that others do not wait for. Beyond it the
	// lane waits for its first message, as in an outage.
	asideLimit = 50
)

// round is one time of serving the lane.
type round struct {
	Options
	lane  queue.Lane
	state state
	// notBefore is when the next request may begin: the interval is counted from
	// the answer to the last one, so that however long requests travel, no two
	// arrive closer to each other.
	notBefore time.Time
}

// step sends one message, or waits until there is one to send.
func (r *round) step(ctx context.Context) error {
	if err := r.heedSignals(ctx); err != nil {
		return err
	}
	if wait := r.blocked(); wait > 0 {
		r.lane.Wait(ctx, wait)
		return nil
	}
	chosen, suspect, err := r.choose(ctx)
	if err != nil {
		return err
	}
	if chosen == nil {
		r.lane.Wait(ctx, r.untilNext())
		return nil
	}
	if !r.waitForTurn(ctx) {
		return nil
	}
	return r.deliver(ctx, chosen, suspect)
}

// waitForTurn keeps the rate. It reports false when ctx ends before.
func (r *round) waitForTurn(ctx context.Context) bool {
	turn := time.NewTimer(r.notBefore.Sub(r.Now()))
	defer turn.Stop()
	select {
	case <-turn.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// blocked returns how long nothing may be sent.
func (r *round) blocked() time.Duration {
	now := r.Now()
	if r.state.Parked != nil {
		return r.state.Parked.Probe.Sub(now)
	}
	return r.state.PausedUntil.Sub(now)
}

// choose returns the message that is to be sent now, if there is one. suspect is
// the message in whose place it is tried.
func (r *round) choose(ctx context.Context) (chosen, suspect *attempt, err error) {
	now := r.Now()
	var head *attempt
	for _, begun := range r.state.Attempts {
		if begun.Aside && !begun.Until.After(now) {
			return begun, nil, nil
		}
		if head == nil && !begun.Aside {
			head = begun
		}
	}
	switch {
	case head == nil:
		chosen, err = r.begin(ctx, true)
	case r.suspects(head):
		head.scouted = true
		if chosen, err = r.next(ctx, head); chosen != nil {
			suspect = head
		}
	case !head.Until.After(now):
		chosen = head
	}
	return chosen, suspect, err
}

// suspects reports whether another message should be tried in the place of one
// that keeps failing.
func (r *round) suspects(head *attempt) bool {
	return len(head.Items) == 1 && head.Failures > 0 && head.Failures%suspicious == 0 && !head.scouted &&
		r.state.Parked == nil && r.state.aside() < asideLimit
}

// next returns the message after the first one.
func (r *round) next(ctx context.Context, head *attempt) (*attempt, error) {
	for _, begun := range r.state.Attempts {
		if begun != head && !begun.Aside {
			return begun, nil
		}
	}
	return r.begin(ctx, false)
}

// untilNext returns how long it takes until a message that has failed is tried
// again: the first one, or one that is aside. The others wait for the first.
func (r *round) untilNext() time.Duration {
	wait, first := idle, true
	for _, begun := range r.state.Attempts {
		if begun.Aside || first {
			wait = min(wait, max(0, begun.Until.Sub(r.Now())))
		}
		first = first && begun.Aside
	}
	return wait
}

// begin makes a message of what comes next in the lane: an alert, or a digest if
// that is allowed and the backlog is long. It returns nil when nothing is left.
func (r *round) begin(ctx context.Context, digest bool) (*attempt, error) {
	known := r.state.known()
	first, found, err := r.take(ctx, 0, known)
	if err != nil || !found {
		return nil, err
	}
	begun := &attempt{Items: []reference{refer(first)}}
	if digest {
		if digest, err = r.backlogged(ctx, len(known)); err != nil {
			return nil, err
		}
	}
	if digest {
		if err := r.gather(ctx, begun, first, known); err != nil {
			return nil, err
		}
	}
	r.state.add(begun)
	return begun, nil
}

// take returns the first item after a sequence number that no attempt holds. What
// was sent before is removed on the way.
func (r *round) take(ctx context.Context, after uint64, known map[uint64]bool) (queue.Item, bool, error) {
	for {
		item, found, err := r.lane.Peek(ctx, after)
		if err != nil || !found {
			return queue.Item{}, false, err
		}
		after = item.Sequence
		if known[item.Sequence] {
			continue
		}
		sent, err := r.lane.Sent(ctx, item.Delivery)
		if err != nil {
			return queue.Item{}, false, err
		}
		if !sent {
			return item, true, nil
		}
		r.Recorder.Suppressed(r.Destination)
		r.Logger.InfoContext(ctx, "an alert is not sent, because it was sent before", "event", item.ShortIdentity(), "rule", item.Rule)
		if err := r.lane.Discard(ctx, item); err != nil {
			return queue.Item{}, false, err
		}
	}
}

// backlogged reports whether telling one by one would take too long.
func (r *round) backlogged(ctx context.Context, begun int) (bool, error) {
	pending, err := r.lane.Pending(ctx)
	if err != nil {
		return false, err
	}
	return time.Duration(pending-begun)*r.Interval > r.DigestAfter, nil
}

// gather adds items to a message until it is full.
func (r *round) gather(ctx context.Context, begun *attempt, first queue.Item, known map[uint64]bool) error {
	var digest message.Digest
	for item, found := first, true; found; {
		line, err := r.Renderer.Line(item.Delivery)
		// One that cannot be rendered is found out when it is sent by itself.
		if err != nil || !digest.Add(line) {
			return nil //nolint:nilerr // See above.
		}
		if !slices.ContainsFunc(begun.Items, func(held reference) bool { return held.Sequence == item.Sequence }) {
			begun.Items = append(begun.Items, refer(item))
		}
		if item, found, err = r.take(ctx, item.Sequence, known); err != nil {
			return err
		}
	}
	return nil
}
