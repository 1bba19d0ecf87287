package app

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/courier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// retireInterval is how often the lanes of removed destinations are looked for:
// another listener that has not been told yet may still fill them.
const retireInterval = time.Minute

// worker is something that goes on until it is stopped.
type worker struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// startWorker runs work until it is stopped. It outlives ctx.
func startWorker(ctx context.Context, work func(ctx context.Context)) *worker {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	started := &worker{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(started.ended)
		work(working)
	}()
	return started
}

// finish stops the worker and waits for its end, but not beyond ctx.
func (w *worker) finish(ctx context.Context) error {
	w.stop()
	select {
	case <-w.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// courierWorker serves the lane of one destination.
type courierWorker struct {
	// worker is nil until it is started.
	*worker
	described config.Destination
	courier   *courier.Courier
	outlet    *slack.Destination
}

// newCourier returns a courier that serves nothing yet.
func (a *App) newCourier(described config.Destination) (*courierWorker, error) {
	outlet, err := slack.New(slack.Options{
		WebhookURL: described.WebhookURL.Reveal(),
		UserAgent:  "port-listener/" + a.options.Version,
		Now:        a.options.Now,
	})
	if err != nil {
		return nil, err
	}
	return &courierWorker{described: described, outlet: outlet, courier: courier.New(courier.Options{
		Destination: described.Name,
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
func (a *App) startWorkers(ctx context.Context) {
	a.loading.Lock()
	defer a.loading.Unlock()
	evaluating := startWorker(ctx, func(ctx context.Context) { a.queue.Evaluate(ctx, a.alerts.evaluate) })
	for _, created := range a.couriers {
		a.startCourier(ctx, created, nil)
	}
	a.startRetiring(ctx, nil)
	a.cleanups.push("finishing the deliveries at work", func(ctx context.Context) error {
		a.loading.Lock()
		defer a.loading.Unlock()
		ending := []*worker{evaluating, a.retiring}
		for _, running := range a.couriers {
			ending = append(ending, running.worker)
		}
		// All of them are told before one is waited for.
		for _, running := range ending {
			running.stop()
		}
		for _, running := range ending {
			if err := running.finish(ctx); err != nil {
				return err
			}
		}
		for _, running := range a.couriers {
			running.outlet.Close()
		}
		return nil
	})
}

// close waits for the end of a courier that was stopped.
func (c *courierWorker) close() {
	<-c.ended
	c.outlet.Close()
}

// startCourier serves a lane once the courier that has served it before, if there
// is one, has given it back: the lease does not keep two apart that belong to one
// process.
func (a *App) startCourier(ctx context.Context, created, before *courierWorker) {
	created.worker = startWorker(ctx, func(ctx context.Context) {
		if before != nil {
			before.close()
		}
		a.queue.Serve(ctx, created.courier.Destination(), created.courier.Serve)
	})
}

// startRetiring clears the lanes that no destination has, once the couriers that
// are gone have ended.
func (a *App) startRetiring(ctx context.Context, gone []*courierWorker) {
	kept := a.destinations()
	a.retiring = startWorker(ctx, func(ctx context.Context) {
		for _, before := range gone {
			before.close()
		}
		again := time.NewTicker(retireInterval)
		defer again.Stop()
		for ctx.Err() == nil {
			a.queue.Retire(ctx, kept, func(destination string) { a.metrics.Buried(destination, queue.ReasonRemoved) })
			select {
			case <-again.C:
			case <-ctx.Done():
			}
		}
	})
}
