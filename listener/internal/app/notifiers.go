package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/notifier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// retireInterval is how often to look for lanes of removed destinations.
const retireInterval = time.Minute

// notifiers serve the lanes of the destinations, with one worker each.
type notifiers struct {
	userAgent string
	renderer  notifier.Renderer
	metrics   *metrics.Metrics
	logger    *slog.Logger
	now       func() time.Time
	workers   *workers
	// queue is set before the first notifier is started.
	queue queue.Queue
	// current are the notifiers in use, keyed by destination.
	current map[string]*notifierWorker
	// removed signals that destinations may have been removed.
	removed chan struct{}
}

// notifierWorker serves the lane of one destination.
type notifierWorker struct {
	// worker is nil until it is started.
	*worker
	destination config.Destination
	notifier    *notifier.Notifier
	outlet      *slack.Destination
}

// prepare returns notifiers for new and changed destinations, without using them yet.
func (n *notifiers) prepare(destinations []config.Destination) (map[string]*notifierWorker, error) {
	prepared := make(map[string]*notifierWorker)
	for _, destination := range destinations {
		if existing, ok := n.current[destination.Name]; ok && existing.destination.Equal(destination) {
			continue
		}
		created, err := n.create(destination)
		if err != nil {
			return nil, fmt.Errorf("destination %s: %w", destination.Name, err)
		}
		prepared[destination.Name] = created
	}
	return prepared, nil
}

// create returns a notifier that is not started yet.
func (n *notifiers) create(destination config.Destination) (*notifierWorker, error) {
	outlet, err := slack.New(slack.Options{
		WebhookURL: destination.WebhookURL.Reveal(),
		UserAgent:  n.userAgent,
		Now:        n.now,
	})
	if err != nil {
		return nil, err
	}
	return &notifierWorker{destination: destination, outlet: outlet, notifier: notifier.New(notifier.Options{
		Destination: destination.Name,
		Webhook:     outlet.Fingerprint(),
		Interval:    destination.Interval,
		DigestAfter: destination.DigestAfter,
		MaxAge:      destination.MaxAge,
		Outlet:      outlet,
		Renderer:    n.renderer,
		Recorder:    n.metrics,
		Logger:      n.logger,
		Now:         n.now,
		Jitter:      rand.Float64,
	})}, nil
}

// add registers prepared notifiers, without starting them.
func (n *notifiers) add(prepared map[string]*notifierWorker) { maps.Copy(n.current, prepared) }

// start starts notifiers. Each serves its lane as soon as its predecessor has released it.
func (n *notifiers) start(ctx context.Context, added map[string]*notifierWorker) {
	for _, created := range added {
		created.worker = n.workers.start(ctx, func(ctx context.Context) {
			defer created.outlet.Close()
			n.queue.Serve(ctx, created.notifier.Destination(), created.notifier.Serve)
		})
	}
}

// stopReplaced stops the notifiers that are replaced or whose destinations are no longer
// configured, and returns their number. Requests in progress are finished.
func (n *notifiers) stopReplaced(prepared map[string]*notifierWorker, configured func(destination string) bool) int {
	stopped := 0
	for name, existing := range n.current {
		if prepared[name] == nil && configured(name) {
			continue
		}
		existing.stop()
		delete(n.current, name)
		stopped++
	}
	return stopped
}

// stop stops all notifiers.
func (n *notifiers) stop() {
	for _, existing := range n.current {
		existing.stop()
	}
}

// lookForRemoved makes retire run now.
func (n *notifiers) lookForRemoved() {
	select {
	case n.removed <- struct{}{}:
	default:
	}
}

// retire clears the lanes of destinations that are not configured: at startup, after each reload,
// and every retireInterval, because another listener that has not reloaded yet may still fill them.
func (n *notifiers) retire(ctx context.Context, configured func(destination string) bool) {
	again := time.NewTicker(retireInterval)
	defer again.Stop()
	for {
		err := n.queue.Retire(ctx, configured, func(destination string) { n.metrics.Buried(destination, queue.ReasonRemoved) })
		if err != nil && ctx.Err() == nil {
			n.logger.WarnContext(ctx, "cleaning up removed destinations failed; retrying", "cause", err, "again_in", retireInterval)
		}
		select {
		case <-again.C:
		case <-n.removed:
		case <-ctx.Done():
			return
		}
	}
}
