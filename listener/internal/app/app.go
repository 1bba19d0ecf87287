// Package app assembles the listener: it starts the store, the notifiers and the servers, and stops
// them in reverse order. The command runs it; tests run it in process.
package app

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// Options configure an App.
type Options struct {
	// Config is the initial configuration.
	Config *config.Config
	// Load reads the configuration again for Reload, and tests its templates with try.
	Load func(try config.Try) (*config.Config, error)
	// Listen is the public address, where Port posts events. Port 0 means any free port.
	Listen string
	// AdminListen is the admin address.
	AdminListen string
	// Version is the version of the program.
	Version string
	// ConfigFile is the path of the file that Load reads, or "".
	ConfigFile string
	Logger     *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// App is a listener. It can be started and stopped once.
type App struct {
	options  Options
	metrics  *metrics.Metrics
	memory   *budget.Memory
	sandbox  *sandbox.Sandbox
	arrivals *arrivals.Log
	alerts   *alerts
	settings *settings
	operator *operator

	// loading is held while the configuration is replaced, and while workers are started or
	// stopped.
	loading   lock
	workers   workers
	notifiers *notifiers
	smee      *smee
	catchUp   *catchUp

	queue    queue.Queue
	servers  *servers
	addr     net.Addr
	admin    net.Addr
	serving  atomic.Bool
	cleanups cleanups
}

// New checks the options and returns a listener that does nothing yet.
func New(options Options) (*App, error) {
	program, err := sandbox.Self()
	if err != nil {
		return nil, err
	}
	app := &App{
		options: options, metrics: metrics.New(options.Version), memory: budget.NewMemory(), arrivals: arrivals.New(options.Now),
		loading: newLock(), servers: newServers(options.Logger),
	}
	app.sandbox = sandbox.New(sandbox.Options{Command: program, Memory: app.memory, Logger: options.Logger})
	app.settings = &settings{version: options.Version, now: options.Now, metrics: app.metrics, sandbox: app.sandbox}
	names := directory.New(directory.Options{Client: app.settings.port.Client, Recorder: app.metrics, Logger: options.Logger, Now: options.Now})
	app.alerts = &alerts{recorder: app.metrics, memory: app.memory, sandbox: app.sandbox, names: names, logger: options.Logger}
	app.settings.alerts = app.alerts
	app.operator = newOperator(options, app.metrics, app.alerts, app.arrivals, app.Reload)
	app.notifiers = &notifiers{
		userAgent: userAgent(options.Version), renderer: app.alerts, metrics: app.metrics, logger: options.Logger, now: options.Now,
		workers: &app.workers, current: make(map[string]*notifierWorker), removed: make(chan struct{}, 1),
	}
	if err := app.configure(options.Config); err != nil {
		return nil, err
	}
	return app, nil
}

// configure applies the initial configuration.
func (a *App) configure(loaded *config.Config) error {
	next, err := a.settings.prepare(loaded)
	if err != nil {
		return err
	}
	created, err := a.notifiers.prepare(loaded.Destinations)
	if err != nil {
		return err
	}
	a.settings.apply(next)
	a.notifiers.add(created)
	return nil
}

// userAgent returns the User-Agent for requests to other services.
func userAgent(version string) string { return "port-listener/" + version }

// Start starts everything, and returns once events are accepted. After an error, nothing is left
// running.
func (a *App) Start(ctx context.Context) error {
	if err := a.start(ctx); err != nil {
		return errors.Join(err, a.Stop(ctx))
	}
	return nil
}

func (a *App) start(ctx context.Context) error {
	if err := a.openStore(ctx); err != nil {
		return err
	}
	a.cleanups.push("canceling the lookups of names", a.alerts.names.Close)
	a.cleanups.push("stopping the process that evaluates conditions and templates", a.sandbox.Close)
	if a.options.Config.Evaluates() {
		if err := a.sandbox.Start(ctx); err != nil {
			return err
		}
	}
	state := &health{queue: a.queue, logger: a.options.Logger, serving: a.serving.Load}
	// The admin address is closed after everything except the store, so that it can report that the
	// listener is stopping.
	var err error
	if a.admin, err = a.serve(ctx, server{name: "admin", address: a.options.AdminListen, handler: a.operator.handler(a.queue, state), connections: adminConnections}); err != nil {
		return err
	}
	a.operator.warnOfAccess(ctx)
	if err := a.startWorkers(ctx); err != nil {
		return err
	}
	public := server{name: "public", address: a.options.Listen, handler: publicHandler(a.webhookOptions(), state), connections: publicConnections, tls: a.settings.identity.tlsConfig()}
	if a.addr, err = a.serve(ctx, public); err != nil {
		return err
	}
	a.arrivals.Report(ingest.SourceWebhook, "listening", "at "+a.addr.String()+a.options.Config.Webhook.Path)
	if err := a.startSmee(ctx); err != nil {
		return err
	}
	a.serving.Store(true)
	return nil
}

// openStore opens the event store, and passes it to the parts that use it.
func (a *App) openStore(ctx context.Context) error {
	opened, err := queue.Open(ctx, queueOptions(a.options.Config, a.options.Logger))
	if err != nil {
		return err
	}
	a.cleanups.push("closing the event store", func(context.Context) error { return opened.Close() })
	a.metrics.Watch(opened, a.alerts.destinations, a.options.Logger, a.options.Now)
	a.queue, a.notifiers.queue = opened, opened
	a.catchUp = newCatchUp(opened, a.alerts.current.Load, ingest.AuditLogOptions{
		Client:   a.settings.port.Client,
		MaxBody:  a.options.Config.Webhook.MaxBody,
		Memory:   a.memory,
		Recorder: a.metrics,
		CatchUp:  &auditLogLink{CatchUp: a.metrics.CatchUp(), arrivals: a.arrivals},
		Arrivals: a.arrivals,
		Logger:   a.options.Logger,
		Now:      a.options.Now,
		Jitter:   rand.Float64,
	})
	a.smee = &smee{
		userAgent: userAgent(a.options.Version), verifier: &a.settings.verifier, queue: opened, memory: a.memory, metrics: a.metrics,
		arrivals: a.arrivals, logger: a.options.Logger, workers: &a.workers,
	}
	return nil
}

// serve opens an address, and serves it until its clean-up runs.
func (a *App) serve(ctx context.Context, described server) (net.Addr, error) {
	bound, closeServer, err := a.servers.open(ctx, described)
	if err != nil {
		return nil, err
	}
	a.cleanups.push("closing the "+described.name+" address", closeServer)
	return bound, nil
}

// startWorkers starts evaluating events, serving the lanes, clearing lanes of removed destinations,
// and reading the audit log.
func (a *App) startWorkers(ctx context.Context) error {
	unlock, err := a.loading.acquire(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	started := []*worker{
		a.workers.start(ctx, func(ctx context.Context) { a.queue.Evaluate(ctx, a.alerts.evaluate) }),
		a.workers.start(ctx, func(ctx context.Context) { a.notifiers.retire(ctx, a.alerts.hasDestination) }),
		a.workers.start(ctx, a.catchUp.run),
	}
	a.notifiers.start(ctx, a.notifiers.current)
	a.cleanups.push("finishing the deliveries in progress", func(ctx context.Context) error {
		unlock, err := a.loading.acquire(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		for _, running := range started {
			running.stop()
		}
		a.notifiers.stop()
		// Notifiers that a reload stopped may still be finishing.
		return a.workers.wait(ctx)
	})
	return nil
}

// startSmee starts receiving from the Smee channel, if there is one. When the listener stops, it
// leaves the channel first, so that nothing new arrives.
func (a *App) startSmee(ctx context.Context) error {
	unlock, err := a.loading.acquire(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	first, err := a.smee.prepare(a.options.Config)
	if err != nil {
		return err
	}
	a.smee.use(ctx, first)
	a.cleanups.push("leaving the Smee channel", func(ctx context.Context) error {
		unlock, err := a.loading.acquire(ctx)
		if err != nil {
			return err
		}
		defer unlock()
		return a.smee.stop(ctx)
	})
	return nil
}

// webhookOptions returns the options of the webhook.
func (a *App) webhookOptions() ingest.Options {
	return ingest.Options{
		Path:     a.options.Config.Webhook.Path,
		MaxBody:  a.options.Config.Webhook.MaxBody,
		Verifier: &a.settings.verifier,
		Store:    a.queue,
		Memory:   a.memory,
		Recorder: &refusals{Metrics: a.metrics, refused: a.catchUp.auditLog.Refused},
		Arrivals: a.arrivals,
		Logger:   a.options.Logger,
	}
}

// queueOptions returns the options of the store. Sent deliveries are remembered longer than an
// event is kept and its alert is retried.
func queueOptions(loaded *config.Config, logger *slog.Logger) queue.Options {
	store := loaded.Store
	return queue.Options{
		Dir:          store.Dir,
		Sync:         store.Sync,
		MaxEvent:     loaded.Webhook.MaxBody,
		MaxBytes:     store.MaxBytes,
		MaxAge:       store.MaxAge,
		RecogniseFor: loaded.CatchUp.MaxAge + time.Hour,
		SentFor:      store.MaxAge + loaded.LongestAge() + 24*time.Hour,
		PostgresURL:  store.PostgresURL.Reveal(),
		Logger:       logger,
	}
}

// Addr returns the bound public address.
func (a *App) Addr() net.Addr { return a.addr }

// AdminAddr returns the bound admin address.
func (a *App) AdminAddr() net.Addr { return a.admin }

// Failed receives an error when a part ends unexpectedly. The listener should then be stopped.
func (a *App) Failed() <-chan error { return a.servers.failed }

// Stop stops accepting events, finishes the requests and deliveries in progress, and closes the
// store, which keeps everything else until the next start. It stops waiting when ctx ends.
func (a *App) Stop(ctx context.Context) error {
	a.serving.Store(false)
	err := a.cleanups.run(ctx)
	return errors.Join(err, a.servers.wait(ctx))
}
