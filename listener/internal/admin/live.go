package admin

import (
	"context"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Live is the part of the API that only a running listener provides.
type Live interface {
	// Configuration returns the active configuration.
	Configuration() Configuration
	// Message renders the message of a delivery with the current configuration.
	Message(delivery queue.Delivery, at time.Time) (message.Message, error)
	// Reload reloads the configuration, and returns a summary of the changes. Its error lists the
	// mistakes.
	Reload(ctx context.Context) (string, error)
}

// Configuration is the active configuration of a listener, without secrets.
type Configuration struct {
	Version string `json:"version"`
	// File is "" if there is no configuration file.
	File string `json:"file,omitempty"`
	// StartedAt is when the listener started, and AppliedAt when the configuration was applied.
	StartedAt time.Time `json:"started_at"`
	AppliedAt time.Time `json:"applied_at"`
	// Reload is the last reload, or nil.
	Reload   *Reload          `json:"last_reload,omitempty"`
	Sections []config.Section `json:"sections"`
}

// Reload is the result of a reload of the configuration.
type Reload struct {
	At         time.Time `json:"at"`
	Successful bool      `json:"successful"`
	// Text is a summary of the changes, or the mistakes, one per line.
	Text string `json:"said"`
}

// Arrivals returns what this process received. The first call adds earlier events from the store.
func (l *Local) Arrivals(ctx context.Context) (arrivals.Arrivals, error) {
	l.recalling.Lock()
	defer l.recalling.Unlock()
	if !l.recalled {
		if err := l.recall(ctx); err != nil {
			return arrivals.Arrivals{}, err
		}
		l.recalled = true
	}
	return l.options.Arrivals.Snapshot(), nil
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
		rendered, err := l.options.Live.Message(queue.Delivery{Event: stored.Event, Rule: rule, Destination: destination}, at)
		if err != nil {
			return message.Message{}, &Refusal{"this event cannot be read, so it has no message"}
		}
		return rendered, nil
	}
	return message.Message{}, &Refusal{"this event has no delivery for this rule and destination"}
}

// Configuration returns the active configuration of the running listener.
func (l *Local) Configuration() Configuration { return l.options.Live.Configuration() }

// Reload makes the running listener reload its configuration.
func (l *Local) Reload(ctx context.Context) (string, error) { return l.options.Live.Reload(ctx) }
