// Package notifier sends the alerts in the lane of one destination: one message at a time, within
// the rate limit of the destination, and it decides how to handle failures. The application runs
// one notifier per destination in every process; the queue lets only one of them serve the lane at
// a time.
//
// A notifier records that it is about to send an alert, and afterwards that it has sent it. After a
// crash in between, the next notifier knows that the alert may have been sent. All state of an
// alert is in its row of the queue, so a notifier has no state except the time of its last request.
package notifier

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// Outlet delivers a message with one request. A failure is a *slack.Failure.
type Outlet interface {
	Send(ctx context.Context, content message.Message) error
}

// Renderer renders deliveries. Errors are permanent.
type Renderer interface {
	// Alert renders a delivery as a message.
	Alert(delivery queue.Delivery, notes message.Notes) (message.Message, error)
	// Line renders a delivery as a line of a digest.
	Line(delivery queue.Delivery) (message.Line, error)
	// About names what a delivery is about, for logs; "" if unknown.
	About(delivery queue.Delivery) string
}

// Recorder counts what happens.
type Recorder interface {
	// Delivered records a delivered alert and the time since its event.
	Delivered(destination string, after time.Duration)
	// Failed counts a failed attempt.
	Failed(destination, reason string)
	// Suppressed counts a delivery that was skipped because it had been sent before.
	Suppressed(destination string)
	// Buried counts a new dead letter.
	Buried(destination string, reason queue.Reason)
	// Digested counts a delivered digest.
	Digested(destination string)
	// SentPlain counts a message that was delivered as plain text.
	SentPlain(destination string)
}

// Options configure a Notifier.
type Options struct {
	// Destination is the name of the destination, and of its lane.
	Destination string
	// Webhook is the fingerprint of the destination's webhook. A destination that was parked with
	// another webhook is tried at once.
	Webhook string
	// Interval is the minimum time between two requests.
	Interval time.Duration
	// DigestAfter is the maximum time to send the backlog one by one; if that would take longer,
	// digests are sent.
	DigestAfter time.Duration
	// MaxAge is the age at which a failing alert is given up.
	MaxAge   time.Duration
	Outlet   Outlet
	Renderer Renderer
	Recorder Recorder
	Logger   *slog.Logger
	Now      func() time.Time
	// Jitter returns a random number in [0, 1).
	Jitter func() float64
}

// Notifier serves the lane of one destination.
type Notifier struct {
	options Options
}

// New returns a notifier.
func New(options Options) *Notifier {
	options.Logger = options.Logger.With("destination", options.Destination)
	return &Notifier{options: options}
}

// Destination returns the name of the destination.
func (n *Notifier) Destination() string { return n.options.Destination }

const (
	// idle is how long to wait in an empty lane without a signal.
	idle = time.Minute
	// page is how many items are read to choose the next message.
	page = 100
	// suspicious is the number of failures after which another alert is tried, to find out whether
	// the destination or the alert is the cause.
	suspicious = 5
	// finishPause is the pause between two attempts to record a delivery, and lastAttempts the
	// maximum number of attempts while the listener is being stopped.
	finishPause  = time.Second
	lastAttempts = 5
)

// session is the state of one call of Serve.
type session struct {
	Options
	lane queue.Lane
	// notBefore is when the next request may begin. The interval counts from the previous response,
	// so that requests never arrive closer together, whatever their latency.
	notBefore time.Time
	// tried is the failing alert after which another one was already tried.
	tried uint64
}

// Serve implements queue.Server. A request in progress is finished when ctx ends, but canceled when
// the lane is lost.
func (n *Notifier) Serve(ctx context.Context, lane queue.Lane) error {
	// The previous server of the lane may have just sent something.
	serving := &session{Options: n.options, lane: lane, notBefore: n.options.Now().Add(n.options.Interval)}
	for ctx.Err() == nil {
		if err := serving.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// step sends one message, or waits until there is one to send.
func (s *session) step(ctx context.Context) error {
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	if wait := s.blocked(status); wait > 0 {
		s.lane.Wait(ctx, wait)
		return nil
	}
	next, wait, err := s.choose(ctx)
	if err != nil {
		return err
	}
	if next == nil {
		s.lane.Wait(ctx, wait)
		return nil
	}
	if !s.waitForTurn(ctx) {
		return nil
	}
	return s.send(ctx, next, status)
}

// status reads the status of the destination. If it was parked with another webhook, it is
// unparked.
func (s *session) status(ctx context.Context) (queue.Status, error) {
	status, err := s.lane.Status(ctx)
	if err != nil || status.ParkedSince.IsZero() || status.Webhook == s.Webhook {
		return status, err
	}
	s.Logger.InfoContext(ctx, "the destination is no longer parked", "cause", "its webhook was changed", "parked_since", status.ParkedSince)
	status = queue.Status{ResumedAt: s.Now()}
	return status, s.lane.SetStatus(ctx, status)
}

// blocked returns for how long nothing may be sent.
func (s *session) blocked(status queue.Status) time.Duration {
	if status.ParkedSince.IsZero() && !status.Paused {
		return 0
	}
	return status.RetryAt.Sub(s.Now())
}

// waitForTurn waits for the rate limit. It returns false if ctx ends first.
func (s *session) waitForTurn(ctx context.Context) bool {
	turn := time.NewTimer(s.notBefore.Sub(s.Now()))
	defer turn.Stop()
	select {
	case <-turn.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// outgoing is a message to send: an alert, or a digest of several.
type outgoing struct {
	items []queue.Item
	// suspect is the failing alert instead of which this one is tried, if any.
	suspect *queue.Item
}

// note records the result of the request with each alert.
func (o *outgoing) note(at time.Time, outcome, response string) {
	attempt := queue.Attempt{At: at, Outcome: outcome, Response: response, Plain: o.items[0].Plain}
	if len(o.items) > 1 {
		attempt.Alerts = len(o.items)
	}
	for i := range o.items {
		o.items[i].Attempt = attempt
	}
}

// choose returns what to send now, or how long to wait. Alerts that were set aside are tried when
// they are due; the others are sent in order.
func (s *session) choose(ctx context.Context) (*outgoing, time.Duration, error) {
	items, err := s.items(ctx, 0)
	if err != nil {
		return nil, 0, err
	}
	now, wait := s.Now(), idle
	var waiting []queue.Item
	for _, item := range items {
		if !item.Aside {
			waiting = append(waiting, item)
			continue
		}
		due := item.RetryAt.Sub(now)
		if due <= 0 {
			return &outgoing{items: []queue.Item{item}}, 0, nil
		}
		wait = min(wait, due)
	}
	if len(waiting) == 0 {
		return nil, wait, nil
	}
	head := waiting[0]
	if s.suspects(head) && len(waiting) > 1 {
		s.tried = head.Sequence
		return &outgoing{items: waiting[1:2], suspect: &head}, 0, nil
	}
	if due := head.RetryAt.Sub(now); due > 0 {
		return nil, min(wait, due), nil
	}
	next, err := s.compose(ctx, waiting)
	return next, 0, err
}

// items reads the next items to send. It removes items that were sent before.
func (s *session) items(ctx context.Context, after uint64) ([]queue.Item, error) {
	items, err := s.lane.Items(ctx, after, page)
	if err != nil {
		return nil, err
	}
	var open []queue.Item
	for _, item := range items {
		if !item.WasSent {
			open = append(open, item)
			continue
		}
		s.Recorder.Suppressed(s.Destination)
		s.Logger.InfoContext(ctx, "alert skipped: it was already sent", "event", item.ShortIdentity(), "rule", item.Rule)
		if err := s.lane.Discard(ctx, item); err != nil {
			return nil, err
		}
	}
	if len(open) == 0 && len(items) > 0 {
		return s.items(ctx, items[len(items)-1].Sequence)
	}
	return open, nil
}

// suspects reports whether another alert should be tried instead of one that keeps failing: once
// after every few failures.
func (s *session) suspects(head queue.Item) bool {
	return head.Failures > 0 && head.Failures%suspicious == 0 && s.tried != head.Sequence
}

// compose returns a digest of the first items if the backlog is long, otherwise the first item.
func (s *session) compose(ctx context.Context, waiting []queue.Item) (*outgoing, error) {
	alone := &outgoing{items: waiting[:1]}
	if waiting[0].Single || len(waiting) == 1 {
		return alone, nil
	}
	pending, err := s.lane.Pending(ctx)
	if err != nil {
		return nil, err
	}
	if time.Duration(pending)*s.Interval <= s.DigestAfter {
		return alone, nil
	}
	var digest message.Digest
	gathered := &outgoing{}
	for {
		for _, item := range waiting {
			line, err := s.Renderer.Line(item.Delivery)
			// An item that cannot be rendered is handled when it is sent alone.
			if err != nil || item.Single || item.Aside || !digest.Add(line) {
				if len(gathered.items) == 0 {
					return alone, nil
				}
				return gathered, nil
			}
			gathered.items = append(gathered.items, item)
		}
		if waiting, err = s.items(ctx, waiting[len(waiting)-1].Sequence); err != nil || len(waiting) == 0 {
			return gathered, err
		}
	}
}

// send sends a message and records the result.
func (s *session) send(ctx context.Context, next *outgoing, status queue.Status) error {
	content, err := s.render(next)
	if err != nil {
		return s.bury(ctx, next.items[0], queue.ReasonUnreadable, err)
	}
	before := make([]queue.Item, len(next.items))
	copy(before, next.items)
	for i := range next.items {
		next.items[i].Uncertain = true
	}
	if err := s.lane.Note(ctx, next.items...); err != nil {
		return err
	}
	err = s.Outlet.Send(s.lane.Held(), content) //nolint:contextcheck // A request outlives ctx, but not the lane.
	s.notBefore = s.Now().Add(s.Interval)
	if err == nil {
		next.note(s.Now(), queue.AttemptDelivered, "")
		return s.delivered(ctx, next, status)
	}
	failure, ok := errors.AsType[*slack.Failure](err)
	if !ok {
		return err
	}
	s.Recorder.Failed(s.Destination, string(failure.Reason))
	next.items = before
	next.note(s.Now(), string(failure.Reason), failure.Error())
	return s.failed(ctx, next, status, failure)
}

// render renders the message.
func (s *session) render(next *outgoing) (message.Message, error) {
	first := next.items[0]
	notes := message.Notes{Now: s.Now(), PossiblySent: first.Uncertain, Overtaken: first.Overtaken}
	var content message.Message
	if len(next.items) == 1 {
		var err error
		if content, err = s.Renderer.Alert(first.Delivery, notes); err != nil {
			return content, err
		}
	} else {
		var digest message.Digest
		for i, item := range next.items {
			line, err := s.Renderer.Line(item.Delivery)
			if err != nil || !digest.Add(line) {
				// A reload has made the lines longer: the rest is sent with the next digest.
				next.items = next.items[:i]
				break
			}
			notes.PossiblySent = notes.PossiblySent || item.Uncertain
		}
		notes.Overtaken = false
		content = digest.Message(notes)
	}
	if first.Plain {
		content = content.Plain()
	}
	return content, nil
}

// finish records items as sent. It does not return until that succeeds or the lane is lost, because
// otherwise they would be sent twice.
func (s *session) finish(ctx context.Context, items []queue.Item) error {
	for attempt := 1; ; attempt++ {
		err := s.lane.Finish(ctx, items...)
		if err == nil || errors.Is(err, queue.ErrLaneLost) || s.lane.Held().Err() != nil || ctx.Err() != nil && attempt >= lastAttempts {
			return err
		}
		s.Logger.WarnContext(ctx, "recording a delivery failed; nothing else is sent until it succeeds", "alerts", len(items), "cause", err)
		again := time.NewTimer(finishPause)
		select {
		case <-again.C:
		case <-s.lane.Held().Done():
		}
	}
}

// delivered records the items as sent and removes them, in one transaction.
func (s *session) delivered(ctx context.Context, sent *outgoing, status queue.Status) error {
	if err := s.finish(ctx, sent.items); err != nil {
		return err
	}
	now := s.Now()
	for _, item := range sent.items {
		s.Recorder.Delivered(s.Destination, now.Sub(item.StoredAt))
	}
	if first := sent.items[0]; len(sent.items) == 1 {
		s.Logger.InfoContext(ctx, "alert delivered", "event", first.ShortIdentity(), "rule", first.Rule, "about", s.Renderer.About(first.Delivery))
	} else {
		s.Recorder.Digested(s.Destination)
		s.Logger.InfoContext(ctx, "digest delivered", "alerts", len(sent.items))
	}
	if sent.items[0].Plain {
		s.Recorder.SentPlain(s.Destination)
	}
	if err := s.recovered(ctx, status); err != nil {
		return err
	}
	return s.setAside(ctx, sent.suspect)
}
