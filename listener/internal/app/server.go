package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/time/rate"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
)

// The limits of connections. A slower sender is broken or hostile.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// Beyond these numbers, the connection that has been idle longest is closed.
	publicConnections = 512
	adminConnections  = 64
)

// publicHandler returns the handler of the public address: the webhook and the probes.
func publicHandler(webhook ingest.Options, state *health) http.Handler {
	router := newRouter(webhook.Path)
	ingest.NewWebhook(webhook).Register(router)
	state.register(router)
	return router
}

// newRouter returns a router that does not redirect to cleaned paths, because a redirect would lose
// the body.
func newRouter(postedTo ...string) *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	router.NotFoundHandler = http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		http.Error(response, "Not found.", http.StatusNotFound)
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		allowed := "GET, HEAD"
		if slices.Contains(postedTo, request.URL.Path) {
			allowed = "POST"
		}
		response.Header().Set("Allow", allowed)
		http.Error(response, "Only "+allowed+" is allowed here.", http.StatusMethodNotAllowed)
	})
	return router
}

// server is the description of a server.
type server struct {
	name, address string
	handler       http.Handler
	connections   int
	// tls is nil for plain HTTP.
	tls *tls.Config
}

// servers serve the addresses of the listener.
type servers struct {
	logger *slog.Logger
	group  sync.WaitGroup
	// failed receives only the first failure, which causes the others.
	failed chan error
}

func newServers(logger *slog.Logger) *servers {
	return &servers{logger: logger, failed: make(chan error, 1)}
}

// open opens an address and serves it until it is closed.
func (s *servers) open(ctx context.Context, described server) (bound net.Addr, closeServer func(ctx context.Context) error, err error) {
	name, address := described.name, described.address
	if err := config.CheckAddress(address); err != nil {
		return nil, nil, fmt.Errorf("the %s address: %w", name, err)
	}
	opened, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the %s address: %w", name, err)
	}
	running, limited := newServer(described, opened, s.logger)
	s.group.Go(func() {
		err := serveOn(running, limited, described)
		if !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("serving the %s address: %w", name, err))
		}
	})
	return opened.Addr(), func(ctx context.Context) error {
		if err := running.Shutdown(ctx); err != nil {
			return errors.Join(err, running.Close())
		}
		return nil
	}, nil
}

// fail reports a failure if it is the first.
func (s *servers) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// wait waits until all servers are closed or ctx ends.
func (s *servers) wait(ctx context.Context) error { return waitFor(ctx, &s.group) }

// newServer returns a server and its connections.
func newServer(described server, opened net.Listener, logger *slog.Logger) (*http.Server, *connections) {
	limited := limitConnections(opened, described.connections)
	// With HTTP/2, one connection could send any number of requests at a time.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           pace(described.handler),
		ConnState:         limited.note,
		ConnContext:       withConnection,
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		TLSConfig:         described.tls,
		ErrorLog:          log.New(&connectionLog{logger: logger, address: described.name, sometimes: rate.Sometimes{Interval: complaintInterval}}, "", 0),
	}, limited
}

func serveOn(running *http.Server, listener net.Listener, described server) error {
	if described.tls != nil {
		return running.ServeTLS(listener, "", "")
	}
	return running.Serve(listener)
}

// connectionLog logs the connection errors of a server. Anybody can cause these, so it logs at most
// one line per minute, with the number of omitted lines.
type connectionLog struct {
	logger    *slog.Logger
	address   string
	mu        sync.Mutex
	lines     int
	sometimes rate.Sometimes
}

// Write implements io.Writer for the logger of http.Server.
func (s *connectionLog) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines++
	s.sometimes.Do(func() {
		s.logger.Warn("a connection failed", "address", s.address, "cause", strings.TrimSpace(string(line)), "more_since_last", s.lines-1)
		s.lines = 0
	})
	return len(line), nil
}
