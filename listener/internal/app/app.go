// Package app puts the listener together: it starts the store, the couriers and
// the servers in their order, and stops them in the reverse one. The command runs
// it; tests run it in process.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/courier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// Options are what a listener needs to know.
type Options struct {
	Config *config.Config
	// Listen is the public address, where Port posts events. Port 0 takes any
	// that is free.
	Listen string
	// AdminListen is the address of the operator.
	AdminListen string
	// Version is that of the program.
	Version string
	Logger  *slog.Logger
	// Now is the clock that ages are told by.
	Now func() time.Time
}

// App is a listener. It is started once and stopped once.
type App struct {
	options      Options
	verifier     *changelog.Verifier
	destinations []string
	metrics      *metrics.Metrics
	alerts       *alerts
	couriers     []*courier.Courier

	queue    queue.Queue
	addr     net.Addr
	admin    net.Addr
	serving  atomic.Bool
	cleanups cleanups
	work     sync.WaitGroup
	failed   chan error
}

// New checks the options and returns a listener that does nothing yet.
func New(options Options) (*App, error) {
	verifier, err := changelog.NewVerifier(reveal(options.Config.ClientSecrets), options.Config.Webhook.Tolerance, options.Now)
	if err != nil {
		return nil, err
	}
	app := &App{options: options, verifier: verifier, failed: make(chan error, 1)}
	for _, destination := range options.Config.Destinations {
		app.destinations = append(app.destinations, destination.Name)
	}
	app.metrics = metrics.New(options.Version, app.destinations)
	app.alerts = &alerts{
		rule: rule.DefaultHealth(), destinations: app.destinations, unmatched: app.metrics.Unmatched, logger: options.Logger,
	}
	for _, destination := range options.Config.Destinations {
		if err := app.addCourier(destination); err != nil {
			return nil, fmt.Errorf("destination %s: %w", destination.Name, err)
		}
	}
	return app, nil
}

func reveal(secrets []config.Secret) []string {
	revealed := make([]string, len(secrets))
	for i, secret := range secrets {
		revealed[i] = secret.Reveal()
	}
	return revealed
}

func (a *App) addCourier(destination config.Destination) error {
	outlet, err := slack.New(slack.Options{
		WebhookURL: destination.WebhookURL.Reveal(),
		UserAgent:  "port-listener/" + a.options.Version,
		Now:        a.options.Now,
	})
	if err != nil {
		return err
	}
	a.cleanups.push("closing the connections of destination "+destination.Name, func(context.Context) error {
		outlet.Close()
		return nil
	})
	a.couriers = append(a.couriers, courier.New(courier.Options{
		Destination: destination.Name,
		Interval:    destination.Interval,
		DigestAfter: destination.DigestAfter,
		MaxAge:      destination.MaxAge,
		Outlet:      outlet,
		Renderer:    a.alerts,
		Recorder:    a.metrics,
		Logger:      a.options.Logger,
		Now:         a.options.Now,
		Jitter:      rand.Float64,
	}))
	return nil
}

// Start starts everything, and returns when events are taken. After an error
// nothing is left running.
func (a *App) Start(ctx context.Context) error {
	if err := a.start(ctx); err != nil {
		return errors.Join(err, a.Stop(ctx))
	}
	return nil
}

func (a *App) start(ctx context.Context) error {
	opened, err := queue.Open(ctx, a.queueOptions())
	if err != nil {
		return err
	}
	a.queue = opened
	a.cleanups.push("closing the event store", func(context.Context) error { return opened.Close() })
	a.metrics.Watch(opened, a.destinations, a.options.Logger, a.options.Now)
	// The operator's address is closed after everything but the store, and can
	// say meanwhile that the listener is stopping.
	if a.admin, err = a.serve(ctx, server{name: "admin", address: a.options.AdminListen, handler: a.adminHandler(), connections: adminConnections}); err != nil {
		return err
	}
	a.startWorkers(ctx)
	public := server{name: "public", address: a.options.Listen, handler: a.publicHandler(), connections: publicConnections}
	public.certFile, public.keyFile = a.options.Config.Webhook.CertFile, a.options.Config.Webhook.KeyFile
	if a.addr, err = a.serve(ctx, public); err != nil {
		return err
	}
	if err := a.startSmee(ctx); err != nil {
		return err
	}
	a.serving.Store(true)
	return nil
}

// queueOptions translates the configuration. What was sent is remembered for
// longer than an event is kept and its alert is tried.
func (a *App) queueOptions() queue.Options {
	store := a.options.Config.Store
	var longest time.Duration
	for _, destination := range a.options.Config.Destinations {
		longest = max(longest, destination.MaxAge)
	}
	return queue.Options{
		Dir:      store.Dir,
		Sync:     store.Sync,
		MaxEvent: a.options.Config.Webhook.MaxBody,
		MaxBytes: store.MaxBytes,
		MaxAge:   store.MaxAge,
		SentFor:  store.MaxAge + longest + 24*time.Hour,
		External: queue.External{
			URL: store.NATS.URL.Reveal(), CredentialsFile: store.NATS.CredentialsFile, CAFile: store.NATS.CAFile, Replicas: store.NATS.Replicas,
		},
		Logger: a.options.Logger,
	}
}

// startWorkers evaluates events, serves the lanes, and clears those of
// destinations that are there no longer.
func (a *App) startWorkers(ctx context.Context) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { a.queue.Evaluate(working, a.alerts.evaluate) })
	workers.Go(func() { a.queue.Retire(working, a.destinations) })
	for _, courier := range a.couriers {
		workers.Go(func() { a.queue.Serve(working, courier.Destination(), courier.Serve) })
	}
	a.cleanups.push("finishing the deliveries at work", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, &workers)
	})
}

// Addr returns the public address as it was bound.
func (a *App) Addr() net.Addr { return a.addr }

// AdminAddr returns the address of the operator as it was bound.
func (a *App) AdminAddr() net.Addr { return a.admin }

// Failed yields an error when a part has ended that should not have. The
// listener should then be stopped.
func (a *App) Failed() <-chan error { return a.failed }

// fail reports the first failure; later ones follow from it.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// Stop takes no new events, finishes the requests and deliveries at work, and
// closes the store, in which everything else stays until the next start. It gives
// up waiting when ctx ends.
func (a *App) Stop(ctx context.Context) error {
	a.serving.Store(false)
	err := a.cleanups.run(ctx)
	return errors.Join(err, waitFor(ctx, &a.work))
}

// waitFor waits for a group, but not beyond ctx.
func waitFor(ctx context.Context, group *sync.WaitGroup) error {
	ended := make(chan struct{})
	go func() {
		group.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
