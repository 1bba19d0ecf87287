// Package courier empties the lane of one destination: it sends one message after
// the other, no faster than the destination takes them, and decides what becomes
// of those that fail. The application runs one courier per destination, in every
// process; the queue lets one of them at a time serve the lane.
//
// What a courier is about to send it notes in the lane first, and what it has
// sent afterwards: a crash in between leaves a message of which the next courier
// knows that it may have been sent.
package courier

import (
	"context"
	"log/slog"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
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

// Options describe a courier.
type Options struct {
	// Destination is the name of the destination, and of its lane.
	Destination string
	// Webhook tells the webhook of the destination from others without giving it
	// away. A destination that was parked with another one is tried at once.
	Webhook string
	// Interval is the least time between two requests.
	Interval time.Duration
	// DigestAfter is how long the backlog may take to be told one by one; when
	// it would take longer, alerts are gathered in digests.
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

// Courier serves the lane of one destination.
type Courier struct {
	options Options
}

// New returns a courier.
func New(options Options) *Courier {
	options.Logger = options.Logger.With("destination", options.Destination)
	return &Courier{options: options}
}

// Destination is the name of the lane that the courier serves.
func (c *Courier) Destination() string { return c.options.Destination }

// Serve is a queue.Server. A request that has begun is finished when ctx ends,
// but not when the lane is lost.
func (c *Courier) Serve(ctx context.Context, lane queue.Lane) error {
	// Whoever served the lane before may have sent something just now.
	round := &round{Options: c.options, lane: lane, notBefore: c.options.Now().Add(c.options.Interval)}
	if err := round.recover(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := round.step(ctx); err != nil {
			return err
		}
	}
	return nil
}
