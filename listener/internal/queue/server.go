package queue

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startTimeout bounds how long the embedded server may take until it answers.
const startTimeout = 30 * time.Second

// startServer runs a NATS server with JetStream inside this process. It opens no
// port, handles no signal and syncs every write to disk before it acknowledges.
func startServer(options Options) (*server.Server, error) {
	embedded, err := server.NewServer(&server.Options{
		ServerName:             "listener",
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
		MaxPayload:             int32(options.maxPayload()), //nolint:gosec // Open has checked MaxEvent.
		JetStream:              true,
		StoreDir:               options.Dir,
		SyncAlways:             true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      maxStore,
	})
	if err != nil {
		return nil, fmt.Errorf("configuring the event store: %w", err)
	}
	log := &serverLog{logger: options.Logger}
	embedded.SetLoggerV2(log, false, false, false)
	embedded.Start()
	if err := whyNotReady(embedded, log); err != nil {
		embedded.Shutdown()
		embedded.WaitForShutdown()
		return nil, fmt.Errorf("opening the event store in %s: %w", options.Dir, err)
	}
	return embedded, nil
}

// whyNotReady waits until the server takes connections. A server that failed to
// start only logs why, and would be waited for in vain.
func whyNotReady(embedded *server.Server, log *serverLog) error {
	if err := log.fatal(); err != nil {
		return err
	}
	if !embedded.ReadyForConnections(startTimeout) || !embedded.JetStreamEnabled() {
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

func (l *serverLog) Warnf(format string, v ...any) {
	l.logger.Warn("event store: " + fmt.Sprintf(format, v...))
}

func (l *serverLog) Errorf(format string, v ...any) {
	l.logger.Error("event store: " + fmt.Sprintf(format, v...))
}

func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastFatal = fmt.Errorf(format, v...)
}

// Debugf and Tracef are switched off in the server.
func (l *serverLog) Debugf(string, ...any) {}

func (l *serverLog) Tracef(string, ...any) {}
