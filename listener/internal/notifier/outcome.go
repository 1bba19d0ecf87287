package notifier

import (
	"context"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const (
	// probeInterval is the time between two attempts for a parked destination.
	probeInterval = 15 * time.Minute
	// parkAfter is how long responses may be intercepted before the destination is parked.
	parkAfter = time.Hour
	// asideLimit is the maximum number of alerts set aside. Beyond it, the lane waits for its first
	// alert, as in an outage.
	asideLimit = 50
)

// backoff is the pause before the next attempt. Its maximum is also the maximum delay after the end
// of an outage.
var backoff = pause.Backoff{First: time.Second, Longest: 15 * time.Second}

// failed handles a failure. The items are in the state before the attempt.
func (s *session) failed(ctx context.Context, tried *outgoing, status queue.Status, failure *slack.Failure) error {
	switch failure.Reason {
	case slack.ReasonRateLimited:
		return s.pause(ctx, tried, status, failure)
	case slack.ReasonDestination:
		return s.park(ctx, tried, status, failure)
	case slack.ReasonRefused:
		if err := s.recovered(ctx, status); err != nil {
			return err
		}
		if err := s.setAside(ctx, tried.suspect); err != nil {
			return err
		}
		return s.refused(ctx, tried, failure)
	case slack.ReasonUnavailable, slack.ReasonIntercepted:
	}
	return s.outage(ctx, tried, status, failure)
}

// outage records that the destination fails, and when to try the message again.
func (s *session) outage(ctx context.Context, tried *outgoing, status queue.Status, failure *slack.Failure) error {
	now := s.Now()
	if status.FailingSince.IsZero() {
		status.FailingSince = now
	}
	status.Cause, status.Paused = failure.Error(), false
	if failure.Reason == slack.ReasonIntercepted && now.Sub(status.FailingSince) >= parkAfter || !status.ParkedSince.IsZero() {
		return s.park(ctx, tried, status, failure)
	}
	if tried.suspect != nil {
		s.log(ctx, slog.LevelWarn, "another alert fails as well: the destination is unavailable", tried, failure)
		if failure.Ambiguous {
			tried.items[0].Uncertain = true
		}
		return s.lane.Note(ctx, tried.items...)
	}
	first := &tried.items[0]
	failures := first.Failures + 1
	after := max(backoff.After(failures, s.Jitter()), s.notBefore.Sub(now))
	status.RetryAt = now.Add(after)
	for i := range tried.items {
		tried.items[i].Failures, tried.items[i].RetryAt = failures, status.RetryAt
		tried.items[i].Uncertain = tried.items[i].Uncertain || failure.Ambiguous
		if len(tried.items) > 1 && failures >= suspicious {
			// The alerts of a digest that keeps failing are sent one by one, because any of them
			// may be the cause.
			tried.items[i].Failures, tried.items[i].Single = 0, true
		}
	}
	s.tried = 0
	s.log(ctx, slog.LevelWarn, "delivery failed; retrying", tried, failure, "failures", failures, "again_in", after.Round(time.Millisecond))
	if err := s.lane.SetStatus(ctx, status); err != nil {
		return err
	}
	return s.keepOrGiveUp(ctx, tried, status, failure)
}

// pause pauses the destination for as long as it requested. The attempt does not count.
func (s *session) pause(ctx context.Context, tried *outgoing, status queue.Status, failure *slack.Failure) error {
	resumedAt := status.ResumedAt
	if !status.ParkedSince.IsZero() {
		resumedAt = s.Now()
	}
	status = queue.Status{Paused: true, RetryAt: s.Now().Add(failure.Pause), Cause: failure.Error(), ResumedAt: resumedAt}
	s.log(ctx, slog.LevelWarn, "the destination asked for a pause", tried, failure, "pause", failure.Pause)
	if err := s.lane.SetStatus(ctx, status); err != nil {
		return err
	}
	return s.keepOrGiveUp(ctx, tried, status, failure)
}

// park stops sending until somebody fixes the destination. Its alerts do not age.
func (s *session) park(ctx context.Context, tried *outgoing, status queue.Status, failure *slack.Failure) error {
	now := s.Now()
	if status.ParkedSince.IsZero() {
		status.ParkedSince = now
	}
	status.Cause, status.RetryAt, status.Paused, status.Webhook = failure.Error(), now.Add(probeInterval), false, s.Webhook
	s.log(ctx, slog.LevelError, "the destination is parked: fix its webhook; its alerts are kept and do not age", tried, failure, "probe_in", probeInterval)
	for i := range tried.items {
		tried.items[i].Uncertain = tried.items[i].Uncertain || failure.Ambiguous
	}
	if err := s.lane.Note(ctx, tried.items...); err != nil {
		return err
	}
	return s.lane.SetStatus(ctx, status)
}

// recovered records that the destination responds again. Alerts that were parked age again from now
// on.
func (s *session) recovered(ctx context.Context, status queue.Status) error {
	fresh := queue.Status{ResumedAt: status.ResumedAt}
	switch {
	case !status.ParkedSince.IsZero():
		fresh.ResumedAt = s.Now()
		s.Logger.InfoContext(ctx, "the destination is no longer parked", "cause", "it responds again", "parked_since", status.ParkedSince)
	case !status.FailingSince.IsZero():
		s.Logger.InfoContext(ctx, "the destination responds again", "failing_since", status.FailingSince)
	}
	if status == fresh {
		return nil
	}
	return s.lane.SetStatus(ctx, fresh)
}

// refused handles a refused message: it is sent again as plain text; then, a digest is sent alert
// by alert; then, the alert is given up.
func (s *session) refused(ctx context.Context, tried *outgoing, failure *slack.Failure) error {
	first := tried.items[0]
	switch {
	case !first.Plain:
		s.log(ctx, slog.LevelWarn, "message refused; sending it as plain text", tried, failure)
	case len(tried.items) > 1:
		s.log(ctx, slog.LevelWarn, "digest refused; sending its alerts one by one", tried, failure)
	default:
		return s.bury(ctx, first, queue.ReasonRefused, failure)
	}
	for i := range tried.items {
		tried.items[i].RetryAt = time.Time{}
		// A single alert of a refused digest may be accepted with its blocks.
		tried.items[i].Plain, tried.items[i].Single = !first.Plain, tried.items[i].Single || first.Plain
	}
	return s.lane.Note(ctx, tried.items...)
}

// setAside sets aside an alert that keeps failing, because the destination has accepted another
// one.
func (s *session) setAside(ctx context.Context, suspect *queue.Item) error {
	if suspect == nil {
		return nil
	}
	items, err := s.lane.Items(ctx, 0, page)
	if err != nil {
		return err
	}
	aside := 0
	for _, item := range items {
		if item.Aside {
			aside++
		}
	}
	if aside >= asideLimit {
		return nil
	}
	suspect.Aside = true
	s.Logger.WarnContext(ctx, "alert set aside because it keeps failing while others are delivered",
		"event", suspect.ShortIdentity(), "rule", suspect.Rule, "failures", suspect.Failures)
	return s.lane.Note(ctx, *suspect)
}

// keepOrGiveUp records the items for the next attempt, and gives up those that are too old.
func (s *session) keepOrGiveUp(ctx context.Context, tried *outgoing, status queue.Status, failure *slack.Failure) error {
	var remaining []queue.Item
	for _, item := range tried.items {
		if s.age(item, status) <= s.MaxAge {
			remaining = append(remaining, item)
			continue
		}
		if err := s.bury(ctx, item, queue.ReasonExpired, failure); err != nil {
			return err
		}
	}
	return s.lane.Note(ctx, remaining...)
}

// age returns how long an alert has been pending, without the time while its destination was
// parked.
func (s *session) age(item queue.Item, status queue.Status) time.Duration {
	since := item.StoredAt
	if status.ResumedAt.After(since) {
		since = status.ResumedAt
	}
	return s.Now().Sub(since)
}

// bury turns an alert into a dead letter.
func (s *session) bury(ctx context.Context, item queue.Item, reason queue.Reason, cause error) error {
	if err := s.lane.Bury(ctx, item, reason); err != nil {
		return err
	}
	s.Recorder.Buried(s.Destination, reason)
	s.Logger.ErrorContext(ctx, "alert given up; it is now a dead letter", "event", item.ShortIdentity(), "rule", item.Rule,
		"about", s.Renderer.About(item.Delivery), "reason", reason, "cause", cause)
	return nil
}

// log reports a failure of a message.
func (s *session) log(ctx context.Context, level slog.Level, text string, tried *outgoing, failure *slack.Failure, more ...any) {
	first := tried.items[0]
	attributes := append([]any{"event", first.ShortIdentity(), "rule", first.Rule, "alerts", len(tried.items), "cause", failure}, more...)
	s.Logger.Log(ctx, level, text, attributes...)
}
