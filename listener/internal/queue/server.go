package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	// startTimeout bounds how long the store may take until it answers.
	startTimeout = 30 * time.Second
	// maxMemory is for leases, which are small.
	maxMemory = 32 << 20
	// maxStore lies above any MaxBytes, which is the limit that counts: a server
	// limit next to it would refuse to open a store whose limit was lowered.
	maxStore = 1 << 40
)

// errNoServer says that the embedded server is just being started again.
var errNoServer = errors.New("the event store is not running")

// embedded is a NATS server with JetStream inside this process, and the directory
// that it works in. It opens no port and handles no signal.
type embedded struct {
	options Options
	lock    *flock.Flock

	mu      sync.Mutex
	running *server.Server
}

// start runs a server until stop.
func (e *embedded) start() error {
	created, err := server.NewServer(&server.Options{
		ServerName:             "listener",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		MaxPayload:             int32(e.options.maxPayload()), //nolint:gosec // complete has checked MaxEvent.
		JetStream:              true,
		StoreDir:               e.options.Dir,
		SyncAlways:             e.options.Sync == 0,
		SyncInterval:           e.options.Sync,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      maxStore,
	})
	if err != nil {
		return fmt.Errorf("configuring the event store: %w", err)
	}
	log := &serverLog{logger: e.options.Logger}
	created.SetLoggerV2(log, false, false, false)
	created.Start()
	if err := whyNotReady(created, log); err != nil {
		created.Shutdown()
		created.WaitForShutdown()
		return fmt.Errorf("opening the event store in %s: %w", e.options.Dir, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = created
	return nil
}

func (e *embedded) stop() {
	e.mu.Lock()
	running := e.running
	e.running = nil
	e.mu.Unlock()
	if running != nil {
		running.Shutdown()
		running.WaitForShutdown()
	}
}

func (e *embedded) restart() error {
	e.stop()
	return e.start()
}

// InProcessConn implements nats.InProcessConnProvider: the client connects again
// by itself when the server was started again.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == nil {
		return nil, errNoServer
	}
	return e.running.InProcessConn()
}

func (e *embedded) close() error {
	e.stop()
	if err := e.lock.Unlock(); err != nil {
		return fmt.Errorf("releasing the data directory: %w", err)
	}
	return nil
}

// whyNotReady waits until the server takes connections. A server that failed to
// start only logs why, and would be waited for in vain.
func whyNotReady(created *server.Server, log *serverLog) error {
	if err := log.fatal(); err != nil {
		return err
	}
	if !created.ReadyForConnections(startTimeout) || !created.JetStreamEnabled() {
		return fmt.Errorf("it did not answer within %s", startTimeout)
	}
	return nil
}

// serverLog hands the server's warnings and errors to our logger, and keeps the
// last fatal one.
type serverLog struct {
	logger *slog.Logger

	mu        sync.Mutex
	lastFatal error
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lastFatal
}

// Noticef is told of every step of starting and stopping, which is the server's
// affair.
func (l *serverLog) Noticef(format string, v ...any) {
	l.logger.Debug("event store: " + fmt.Sprintf(format, v...))
}

// Warnf implements the server's logger.
func (l *serverLog) Warnf(format string, v ...any) {
	l.logger.Warn("event store: " + fmt.Sprintf(format, v...))
}

// Errorf implements the server's logger.
func (l *serverLog) Errorf(format string, v ...any) {
	l.logger.Error("event store: " + fmt.Sprintf(format, v...))
}

// Fatalf implements the server's logger.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastFatal = fmt.Errorf(format, v...)
}

// Debugf and Tracef are switched off in the server.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef is switched off too.
func (l *serverLog) Tracef(string, ...any) {}
