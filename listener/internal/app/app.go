// Package app puts the listener together: it starts the store, the notifiers and
// the servers in their order, and stops them in the reverse one. The command runs
// it; tests run it in process.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/directory"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/sandbox"
)

// Options are what a listener needs to know.
type Options struct {
	// Config is what the listener begins with.
	Config *config.Config
	// Load reads the configuration again, for Reload, and tries its templates with try.
	Load func(try config.Try) (*config.Config, error)
	// Listen is the public address, where Port posts events. Port 0 takes any
	// that is free.
	Listen string
	// AdminListen is the address of the operator.
	AdminListen string
	// Version is that of the program.
	Version string
	// ConfigFile is the path of the file that Load reads; "" for none.
	ConfigFile string
	Logger     *slog.Logger
	// Now is the clock that ages are told by.
	Now func() time.Time
}

// App is a listener. It is started once and stopped once.
type App struct {
	options  Options
	verifier verifier
	identity identity
	port     portAPI
	auditLog *ingest.AuditLog
	metrics  *metrics.Metrics
	alerts   *alerts
	memory   *budget.Memory
	sandbox  *sandbox.Sandbox
	arrivals *arrivals.Log

	readingMu sync.Mutex
	reading   reading

	// loading is full while the configuration is replaced, and while workers are
	// started and stopped: see lock.
	loading chan struct{}
	// notifiers serve the lanes, by the name of their destination.
	notifiers map[string]*notifierWorker
	smee      *smeeWorker
	// removed is filled when destinations may have been removed.
	removed chan struct{}
	// workers are all that were started, also those that were stopped since.
	workers sync.WaitGroup

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
	app := &App{
		options: options, failed: make(chan error, 1), notifiers: make(map[string]*notifierWorker),
		loading: make(chan struct{}, 1), removed: make(chan struct{}, 1),
	}
	app.metrics = metrics.New(options.Version)
	app.memory = budget.NewMemory()
	app.arrivals = arrivals.New(options.Now)
	app.reading = reading{started: options.Now(), applied: options.Now()}
	worker, err := sandbox.Self()
	if err != nil {
		return nil, err
	}
	app.sandbox = sandbox.New(sandbox.Options{Command: worker, Memory: app.memory, Logger: options.Logger})
	names := directory.New(directory.Options{Client: app.port.Client, Recorder: app.metrics, Logger: options.Logger, Now: options.Now})
	app.alerts = &alerts{recorder: app.metrics, memory: app.memory, sandbox: app.sandbox, names: names, logger: options.Logger}
	made, err := app.prepare(options.Config)
	if err != nil {
		return nil, err
	}
	app.take(made)
	return app, nil
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
	a.auditLog = a.newAuditLog()
	a.cleanups.push("closing the event store", func(context.Context) error { return opened.Close() })
	a.metrics.Watch(opened, a.destinations, a.options.Logger, a.options.Now)
	a.cleanups.push("ending the requests for names", a.alerts.names.Close)
	a.cleanups.push("ending the process that evaluates conditions and templates", a.sandbox.Close)
	if a.options.Config.Evaluates() {
		if err := a.sandbox.Start(ctx); err != nil {
			return err
		}
	}
	// The operator's address is closed after everything but the store, and can
	// say meanwhile that the listener is stopping.
	if a.admin, err = a.serve(ctx, server{name: "admin", address: a.options.AdminListen, handler: a.adminHandler(), connections: adminConnections}); err != nil {
		return err
	}
	a.warnOfAdmin(ctx)
	if err := a.startWorkers(ctx); err != nil {
		return err
	}
	public := server{name: "public", address: a.options.Listen, handler: a.publicHandler(), connections: publicConnections, tls: a.identity.tlsConfig()}
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

// queueOptions translates the configuration. What was sent is remembered for
// longer than an event is kept and its alert is tried.
func (a *App) queueOptions() queue.Options {
	loaded := a.options.Config
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
		Logger:       a.options.Logger,
	}
}

// destinations are the names of the destinations that there are now.
func (a *App) destinations() []string { return a.alerts.current.Load().DestinationNames() }

func (a *App) hasDestination(name string) bool { return a.alerts.current.Load().HasDestination(name) }

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

// verifier is a changelog.Verifier that can be replaced while events arrive.
type verifier struct {
	current atomic.Pointer[changelog.Verifier]
}

// Verify verifies with the secrets that there are now.
func (v *verifier) Verify(signature, timestamp string, body []byte) ([]byte, error) {
	return v.current.Load().Verify(signature, timestamp, body)
}

// CheckHeaders implements ingest.Verifier.
func (v *verifier) CheckHeaders(signature, timestamp string) error {
	return v.current.Load().CheckHeaders(signature, timestamp)
}
