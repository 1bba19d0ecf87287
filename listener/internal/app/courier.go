package app

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const (
	// The delay before the next attempt is drawn from an interval that doubles
	// from the one to the other.
	shortestBackoff = time.Second
	longestBackoff  = 5 * time.Minute
	// brokenBackoff is for a webhook that somebody has to mend: it is asked
	// again as often as nobody minds.
	brokenBackoff = time.Minute
	// maxAge is from when on an alert is not tried again.
	maxAge = 24 * time.Hour
)

// outlet delivers a message. A failure is a *slack.Failure.
type outlet interface {
	Send(ctx context.Context, content message.Message) (slack.Receipt, error)
}

// courier decides about each stored event whether one destination must be told,
// tells it, and decides what becomes of a failure.
type courier struct {
	rule   rule.Health
	outlet outlet
	logger *slog.Logger
	now    func() time.Time
}

// handle is a queue.Handler.
func (c *courier) handle(ctx context.Context, delivery queue.Delivery) queue.Verdict {
	event, err := changelog.Parse(delivery.Body)
	if err != nil {
		c.logger.ErrorContext(ctx, "a stored event cannot be read and is dropped", "event", delivery.ShortIdentity(), "error", err)
		return queue.Done()
	}
	change, ok := c.rule.Match(event)
	if !ok {
		return queue.Done()
	}
	logger := c.logger.With("event", delivery.ShortIdentity(), "blueprint", event.Context.Blueprint, "entity", event.Context.Entity, "attempt", delivery.Attempt)
	receipt, err := c.outlet.Send(ctx, message.Health(event, change, c.now()))
	if err != nil {
		return c.decide(ctx, logger, delivery, err)
	}
	if receipt.Refusal != nil {
		logger.WarnContext(ctx, "alert delivered as plain text", "cause", receipt.Refusal)
		return queue.Done()
	}
	logger.InfoContext(ctx, "alert delivered")
	return queue.Done()
}

// decide says what becomes of an alert that was not delivered.
func (c *courier) decide(ctx context.Context, logger *slog.Logger, delivery queue.Delivery, err error) queue.Verdict {
	failure, ok := errors.AsType[*slack.Failure](err)
	if !ok || failure.Reason == slack.ReasonRefused {
		logger.ErrorContext(ctx, "alert dropped: no attempt can succeed", "cause", err)
		return queue.Done()
	}
	if c.now().Sub(delivery.StoredAt) > maxAge {
		logger.ErrorContext(ctx, "alert dropped: it could not be delivered for too long", "after", maxAge, "cause", err)
		return queue.Done()
	}
	after := retryAfter(failure, delivery.Attempt, rand.Float64()) //nolint:gosec // Nobody gains by guessing a delay.
	level, text := slog.LevelWarn, "alert not delivered; it is tried again"
	if failure.Reason == slack.ReasonDestination {
		level, text = slog.LevelError, "alert not delivered: the webhook of this destination must be replaced; alerts are kept"
	}
	logger.Log(ctx, level, text, "cause", failure, "again_in", after.Round(time.Millisecond))
	return queue.Again(after)
}

// retryAfter returns how long to wait after a failed attempt, counted from 1.
// jitter is random, from 0 to below 1: it keeps several listeners that failed
// together from trying again together.
func retryAfter(failure *slack.Failure, attempt int, jitter float64) time.Duration {
	switch failure.Reason {
	case slack.ReasonRateLimited:
		return failure.Pause
	case slack.ReasonDestination:
		return brokenBackoff
	case slack.ReasonUnavailable, slack.ReasonRefused:
	}
	const doublings = 9 // from a second to beyond five minutes
	ceiling := min(shortestBackoff<<min(attempt-1, doublings), longestBackoff)
	return time.Duration(jitter * float64(ceiling))
}
