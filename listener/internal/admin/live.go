package admin

import (
	"context"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Live is what only a running listener knows and does.
type Live interface {
	// Configuration returns what applies now.
	Configuration() Configuration
	// Message returns the message of a delivery as the configuration makes it now.
	Message(delivery queue.Delivery, at time.Time) (message.Message, error)
	// Reload reads the configuration again, and says what it did. Its error lists what is wrong.
	Reload(ctx context.Context) (string, error)
}

// Configuration is what a listener runs by, without secrets.
type Configuration struct {
	Version string `json:"version"`
	// File is "" where the environment alone is the configuration.
	File string `json:"file,omitempty"`
	// StartedAt is when the listener started, and AppliedAt since when the configuration applies.
	StartedAt time.Time `json:"started_at"`
	AppliedAt time.Time `json:"applied_at"`
	// Reload is the last one; nil when there was none.
	Reload   *Reload          `json:"last_reload,omitempty"`
	Sections []config.Section `json:"sections"`
}

// Reload is a reading of the configuration.
type Reload struct {
	At         time.Time `json:"at"`
	Successful bool      `json:"successful"`
	// Said is what it did, or what is wrong with the configuration, a line each.
	Said string `json:"said"`
}

// Arrivals returns what has reached this process. What the store still has from before is read the
// first time.
func (l *Local) Arrivals(ctx context.Context) (arrivals.Arrivals, error) {
	l.recalling.Lock()
	defer l.recalling.Unlock()
	if !l.recalled {
		if err := l.recall(ctx); err != nil {
			return arrivals.Arrivals{}, err
		}
		l.recalled = true
	}
	return l.options.Arrivals.Seen(), nil
}

func (l *Local) recall(ctx context.Context) error {
	before := uint64(0)
	for scanned := 0; scanned < maxScanned; {
		events, err := l.options.Store.Events(ctx, before, MaxPage)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, event := range events {
			before = event.Number
			if origin := event.Explanation.Origin; origin.Source != "" {
				l.options.Arrivals.Recall(origin.Source, origin.Blueprint, event.ShortIdentity(), event.StoredAt)
			}
		}
		scanned += len(events)
	}
	return nil
}

// Message returns the message of a delivery of an event.
func (l *Local) Message(ctx context.Context, id, rule, destination string) (message.Message, error) {
	stored, err := l.event(ctx, id)
	if err != nil {
		return message.Message{}, err
	}
	for _, story := range stored.Explanation.Deliveries {
		if story.Rule != rule || story.Destination != destination {
			continue
		}
		at := story.At
		if at.IsZero() {
			at = l.options.Now()
		}
		made, err := l.options.Live.Message(queue.Delivery{Event: stored.Event, Rule: rule, Destination: destination}, at)
		if err != nil {
			return message.Message{}, &Refusal{"this event cannot be read, so it has no message"}
		}
		return made, nil
	}
	return message.Message{}, &Refusal{"this event has no delivery for this rule and destination"}
}

// Configuration returns what the running listener runs by.
func (l *Local) Configuration() Configuration { return l.options.Live.Configuration() }

// Reload has the running listener read its configuration again.
func (l *Local) Reload(ctx context.Context) (string, error) { return l.options.Live.Reload(ctx) }
