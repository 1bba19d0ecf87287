package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/net/netutil"

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
	// Connections beyond these wait until others are closed.
	publicConnections = 512
	adminConnections  = 64
)

// publicHandler serves what Port and supervisors may reach.
func (a *App) publicHandler() http.Handler {
	router := newRouter(a.options.Config.Webhook.Path)
	ingest.NewWebhook(ingest.Options{
		Path:     a.options.Config.Webhook.Path,
		MaxBody:  a.options.Config.Webhook.MaxBody,
		Verifier: a.verifier,
		Store:    a.queue,
		Recorder: a.metrics,
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
	// certFile and keyFile are "" for plain HTTP.
	certFile, keyFile string
}

// serve opens an address and serves it until the clean-up of that name.
func (a *App) serve(ctx context.Context, described server) (net.Addr, error) {
	name, address := described.name, described.address
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("the %s address %q must be a host and a port, such as 127.0.0.1:8080 or :8080", name, address)
	}
	opened, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s address: %w", name, err)
	}
	limited := netutil.LimitListener(opened, described.connections)
	running := &http.Server{
		Handler:           described.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.options.Logger.Handler(), slog.LevelWarn),
	}
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

func serveOn(running *http.Server, listener net.Listener, described server) error {
	if described.certFile != "" {
		return running.ServeTLS(listener, described.certFile, described.keyFile)
	}
	return running.Serve(listener)
}
