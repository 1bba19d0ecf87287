// Package notifier empties the lane of one destination: it sends one message after the other, no
// faster than the destination takes them, and decides what becomes of those that fail. The
// application runs one notifier per destination, in every process; the queue lets one of them at a
// time serve the lane.
//
// What a notifier is about to send it notes first, and what it has sent afterwards: a crash in
// between leaves an alert of which the next notifier knows that it may have been sent. All that is
// known of an alert is in its row of the queue, so a notifier has no state of its own beyond the
// time of its last request.
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

// Renderer makes messages of deliveries. An error is permanent.
type Renderer interface {
	// Alert makes a message of its own.
	Alert(delivery queue.Delivery, notes message.Notes) (message.Message, error)
	// Line makes a line of a digest.
	Line(delivery queue.Delivery) (message.Line, error)
	// About names what a delivery is about, for logs; "" if that is not known.
	About(delivery queue.Delivery) string
}

// Recorder counts what happens.
type Recorder interface {
	// Delivered counts an alert, and how long after its event it was delivered.
	Delivered(destination string, after time.Duration)
	// Failed counts an attempt that failed, by the reason of the failure.
	Failed(destination, reason string)
	// Suppressed counts a delivery that had been sent before.
	Suppressed(destination string)
	// Buried counts an alert that has become a dead letter.
	Buried(destination string, reason queue.Reason)
	// Digested counts a digest that was delivered.
	Digested(destination string)
	// SentPlain counts a message that was delivered as plain text.
	SentPlain(destination string)
}

// Options describe a notifier.
type Options struct {
	// Destination is the name of the destination, and of its lane.
	Destination string
	// Webhook tells the webhook of the destination from others without giving it away. A
	// destination that was parked with another one is tried at once.
	Webhook string
	// Interval is the least time between two requests.
	Interval time.Duration
	// DigestAfter is how long the backlog may take to be sent one by one; when it would take
	// longer, alerts are gathered in digests.
	DigestAfter time.Duration
	// MaxAge is from when on an alert that fails is given up.
	MaxAge   time.Duration
	Outlet   Outlet
	Renderer Renderer
	Recorder Recorder
	Logger   *slog.Logger
	Now      func() time.Time
	// Jitter returns a random number from 0 to below 1.
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

// Destination is the name of the lane that the notifier serves.
func (n *Notifier) Destination() string { return n.options.Destination }

const (
	// idle is how long a lane in which nothing is to be done is left alone; its bell may ring
	// before.
	idle = time.Minute
	// page is how many items are looked at to choose the next message.
	page = 100
	// suspicious is after how many failures another alert is tried, to find out whether the
	// destination or the alert is the cause.
	suspicious = 5
	// finishPause is between two attempts to note what was sent, and lastAttempts is how many there
	// are at most once the listener is being stopped.
	finishPause  = time.Second
	lastAttempts = 5
)

// session is one time of serving the lane.
type session struct {
	Options
	lane queue.Lane
	// notBefore is when the next request may begin: the interval is counted from the answer to the
	// last one, so that however long requests travel, no two arrive closer to each other.
	notBefore time.Time
	// tried is the alert after whose failure another one was tried already.
	tried uint64
}

// Serve is a queue.Server. A request that has begun is finished when ctx ends, but not when the
// lane is lost.
func (n *Notifier) Serve(ctx context.Context, lane queue.Lane) error {
	// Whoever served the lane before may have sent something just now.
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

// status reads what is known of the destination. One that was parked with another webhook is tried
// at once.
func (s *session) status(ctx context.Context) (queue.Status, error) {
	status, err := s.lane.Status(ctx)
	if err != nil || status.ParkedSince.IsZero() || status.Webhook == s.Webhook {
		return status, err
	}
	s.Logger.InfoContext(ctx, "the destination is no longer parked", "cause", "its webhook was changed", "parked_since", status.ParkedSince)
	status = queue.Status{ResumedAt: s.Now()}
	return status, s.lane.SetStatus(ctx, status)
}

// blocked returns how long nothing may be sent.
func (s *session) blocked(status queue.Status) time.Duration {
	if status.ParkedSince.IsZero() && !status.Paused {
		return 0
	}
	return status.RetryAt.Sub(s.Now())
}

// waitForTurn keeps the rate. It reports false when ctx ends before.
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

// outgoing is a message that is to be sent: an alert, or a digest of several.
type outgoing struct {
	items []queue.Item
	// suspect is the alert that keeps failing, when this one is tried instead.
	suspect *queue.Item
}

// note notes with each alert how the request has ended.
func (o *outgoing) note(at time.Time, outcome, answer string) {
	attempt := queue.Attempt{At: at, Outcome: outcome, Answer: answer, Plain: o.items[0].Plain}
	if len(o.items) > 1 {
		attempt.Alerts = len(o.items)
	}
	for i := range o.items {
		o.items[i].Attempt = attempt
	}
}

// choose returns what is to be sent now, or how long to wait for it. Alerts that were moved aside
// are tried when their time has come; the others wait for the first of them.
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

// items reads the next items that are still to be sent. What was sent before is removed on the way.
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

// compose makes a digest of the first items when the backlog is long, and otherwise takes the first
// one.
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
			// One that cannot be rendered is found out when it is sent by itself.
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

// send sends a message and records what became of it.
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
	err = s.Outlet.Send(s.lane.Held(), content) //nolint:contextcheck // A request outlives ctx, and ends with the lane.
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

// render makes the message.
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
				// A reload has come in between: what is left goes with the next one.
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

// finish notes items as sent. They were: until that is noted, or the lane is lost, nothing else is
// done, since whoever reads the lane again would send them twice.
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

// delivered removes what was sent, and notes in the same step that it was.
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
	return s.moveAside(ctx, sent.suspect)
}
