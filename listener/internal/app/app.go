// Package app puts the listener together: it starts the store, the senders and
// the servers in their order, and stops them in the reverse one. The command runs
// it; tests run it in process.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
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
	options  Options
	verifier *changelog.Verifier
	couriers []namedCourier

	queue    queue.Queue
	addr     net.Addr
	admin    net.Addr
	serving  atomic.Bool
	cleanups cleanups
	work     sync.WaitGroup
	failed   chan error
}

// namedCourier is a courier and the name of its position in the queue.
type namedCourier struct {
	*courier
	consumer string
}

// New checks the options and returns a listener that does nothing yet.
func New(options Options) (*App, error) {
	secrets := make([]string, len(options.Config.ClientSecrets))
	for i, secret := range options.Config.ClientSecrets {
		secrets[i] = secret.Reveal()
	}
	verifier, err := changelog.NewVerifier(secrets, options.Config.Webhook.Tolerance, options.Now)
	if err != nil {
		return nil, err
	}
	app := &App{options: options, verifier: verifier, failed: make(chan error, 1)}
	for _, destination := range options.Config.Destinations {
		if err := app.addCourier(destination); err != nil {
			return nil, fmt.Errorf("destination %s: %w", destination.Name, err)
		}
	}
	return app, nil
}

func (a *App) addCourier(destination config.Destination) error {
	outlet, err := slack.New(slack.Options{
		WebhookURL: destination.WebhookURL.Reveal(),
		Interval:   destination.Interval,
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
	a.couriers = append(a.couriers, namedCourier{
		consumer: "destination-" + destination.Name,
		courier: &courier{
			rule:   rule.DefaultHealth(),
			outlet: outlet,
			logger: a.options.Logger.With("destination", destination.Name),
			now:    a.options.Now,
		},
	})
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
	opened, err := queue.Open(ctx, queue.Options{
		Dir:      a.options.Config.Store.Dir,
		MaxEvent: a.options.Config.Webhook.MaxBody,
		MaxBytes: queue.DefaultMaxBytes,
		Logger:   a.options.Logger,
	})
	if err != nil {
		return err
	}
	a.queue = opened
	a.cleanups.push("closing the event store", func(context.Context) error { return opened.Close() })
	// The operator's address is closed after everything but the store, and can
	// say meanwhile that the listener is stopping.
	if a.admin, err = a.serve(ctx, "admin", a.options.AdminListen, a.adminHandler()); err != nil {
		return err
	}
	if err := a.startCouriers(ctx); err != nil {
		return err
	}
	if a.addr, err = a.serve(ctx, "public", a.options.Listen, a.publicHandler()); err != nil {
		return err
	}
	a.serving.Store(true)
	return nil
}

// startCouriers opens every position in the queue before any event can arrive,
// and sets the couriers to work.
func (a *App) startCouriers(ctx context.Context) error {
	consumers := make([]queue.Consumer, len(a.couriers))
	for i, courier := range a.couriers {
		consumer, err := a.queue.Consumer(ctx, courier.consumer)
		if err != nil {
			return err
		}
		consumers[i] = consumer
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var couriers sync.WaitGroup
	for i, courier := range a.couriers {
		couriers.Go(func() {
			if err := consumers[i].Run(working, courier.handle); err != nil {
				a.fail(fmt.Errorf("%s: %w", courier.consumer, err))
			}
		})
	}
	a.cleanups.push("finishing the deliveries at work", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, &couriers)
	})
	return nil
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
