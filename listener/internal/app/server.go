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

// What a connection may take before it is closed. A sender that is slower than
// this is broken or hostile.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// Beyond these the oldest one that is of no use is closed.
	publicConnections = 512
	adminConnections  = 64
)

// publicHandler serves what Port and supervisors may reach.
func (a *App) publicHandler() http.Handler {
	router := newRouter(a.options.Config.Webhook.Path)
	ingest.NewWebhook(ingest.Options{
		Path:     a.options.Config.Webhook.Path,
		MaxBody:  a.options.Config.Webhook.MaxBody,
		Verifier: &a.verifier,
		Store:    a.queue,
		Memory:   a.memory,
		Recorder: &refusals{Metrics: a.metrics, refused: a.auditLog.Refused},
		Arrivals: a.arrivals,
		Logger:   a.options.Logger,
	}).Register(router)
	a.registerHealth(router)
	return router
}

// newRouter returns a router that takes paths as they come: a redirect to a
// cleaner one would be followed without the event.
func newRouter(postedTo ...string) *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	router.NotFoundHandler = http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		http.Error(response, "There is nothing at this address.", http.StatusNotFound)
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		allowed := "GET, HEAD"
		if slices.Contains(postedTo, request.URL.Path) {
			allowed = "POST"
		}
		response.Header().Set("Allow", allowed)
		http.Error(response, "This address takes "+allowed+" only.", http.StatusMethodNotAllowed)
	})
	return router
}

// server describes a server of the listener.
type server struct {
	name, address string
	handler       http.Handler
	connections   int
	// tls is nil for plain HTTP.
	tls *tls.Config
}

// serve opens an address and serves it until the clean-up of that name.
func (a *App) serve(ctx context.Context, described server) (net.Addr, error) {
	name, address := described.name, described.address
	if err := config.CheckAddress(address); err != nil {
		return nil, fmt.Errorf("the %s address: %w", name, err)
	}
	opened, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s address: %w", name, err)
	}
	running, limited := a.newServer(described, opened)
	a.work.Go(func() {
		err := serveOn(running, limited, described)
		if !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("serving the %s address: %w", name, err))
		}
	})
	a.cleanups.push("closing the "+name+" address", func(ctx context.Context) error {
		if err := running.Shutdown(ctx); err != nil {
			return errors.Join(err, running.Close())
		}
		return nil
	})
	return opened.Addr(), nil
}

// newServer returns a server and the connections that it is to serve.
func (a *App) newServer(described server, opened net.Listener) (*http.Server, *connections) {
	limited := limitConnections(opened, described.connections)
	// HTTP/2 would let one connection bring any number of requests.
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
		ErrorLog:          log.New(&strangers{logger: a.options.Logger, address: described.name, sometimes: rate.Sometimes{Interval: complaintInterval}}, "", 0),
	}, limited
}

func serveOn(running *http.Server, listener net.Listener, described server) error {
	if described.tls != nil {
		return running.ServeTLS(listener, "", "")
	}
	return running.Serve(listener)
}

// strangers logs what a server says of connections, which anybody can make: the first
// line of a minute, and how many there were.
type strangers struct {
	logger    *slog.Logger
	address   string
	mu        sync.Mutex
	lines     int
	sometimes rate.Sometimes
}

// Write implements io.Writer for the logger of http.Server.
func (s *strangers) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines++
	s.sometimes.Do(func() {
		s.logger.Warn("a connection failed", "address", s.address, "cause", strings.TrimSpace(string(line)), "more_since_last", s.lines-1)
		s.lines = 0
	})
	return len(line), nil
}
