package app

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/notifier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// retireInterval is how often the lanes of removed destinations are looked for.
const retireInterval = time.Minute

// worker is something that goes on until it is stopped.
type worker struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// startWorker runs work until it is stopped. It outlives ctx, but not the clean-up
// of the workers.
func (a *App) startWorker(ctx context.Context, work func(ctx context.Context)) *worker {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	started := &worker{stop: stop, ended: make(chan struct{})}
	a.workers.Go(func() {
		defer close(started.ended)
		defer stop()
		work(working)
	})
	return started
}

// notifierWorker serves the lane of one destination.
type notifierWorker struct {
	// worker is nil until it is started.
	*worker
	described config.Destination
	notifier  *notifier.Notifier
	outlet    *slack.Destination
}

// newNotifier returns a notifier that serves nothing yet.
func (a *App) newNotifier(described config.Destination) (*notifierWorker, error) {
	outlet, err := slack.New(slack.Options{
		WebhookURL: described.WebhookURL.Reveal(),
		UserAgent:  "port-listener/" + a.options.Version,
		Now:        a.options.Now,
	})
	if err != nil {
		return nil, err
	}
	return &notifierWorker{described: described, outlet: outlet, notifier: notifier.New(notifier.Options{
		Destination: described.Name,
		Webhook:     outlet.Fingerprint(),
		Interval:    described.Interval,
		DigestAfter: described.DigestAfter,
		MaxAge:      described.MaxAge,
		Outlet:      outlet,
		Renderer:    a.alerts,
		Recorder:    a.metrics,
		Logger:      a.options.Logger,
		Now:         a.options.Now,
		Jitter:      rand.Float64,
	})}, nil
}

// startWorkers evaluates events, serves the lanes, and clears those of
// destinations that are there no longer.
func (a *App) startWorkers(ctx context.Context) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	started := []*worker{
		a.startWorker(ctx, func(ctx context.Context) { a.queue.Evaluate(ctx, a.alerts.evaluate) }),
		a.startWorker(ctx, a.retire),
		a.startWorker(ctx, a.catchUp),
	}
	for _, created := range a.notifiers {
		a.startNotifier(ctx, created)
	}
	a.cleanups.push("finishing the deliveries at work", func(ctx context.Context) error {
		unlock, err := a.lock(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		for _, running := range started {
			running.stop()
		}
		for _, running := range a.notifiers {
			running.stop()
		}
		// Those that a reload has stopped may be at work still.
		return waitFor(ctx, &a.workers)
	})
	return nil
}

// startNotifier serves a lane as soon as the notifier that serves it, if there is
// one, has given it back.
func (a *App) startNotifier(ctx context.Context, created *notifierWorker) {
	created.worker = a.startWorker(ctx, func(ctx context.Context) {
		defer created.outlet.Close()
		a.queue.Serve(ctx, created.notifier.Destination(), created.notifier.Serve)
	})
}

// retire clears the lanes that no destination has: at once, after each reload, and
// now and then, since another listener that has not been told yet may still fill
// them.
func (a *App) retire(ctx context.Context) {
	again := time.NewTicker(retireInterval)
	defer again.Stop()
	for {
		err := a.queue.Retire(ctx, a.hasDestination, func(destination string) { a.metrics.Buried(destination, queue.ReasonRemoved) })
		if err != nil && ctx.Err() == nil {
			a.options.Logger.WarnContext(ctx, "removed destinations are looked for again", "cause", err, "again_in", retireInterval)
		}
		select {
		case <-again.C:
		case <-a.removed:
		case <-ctx.Done():
			return
		}
	}
}
