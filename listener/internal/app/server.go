package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/mux"

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
)

// publicHandler serves what Port and supervisors may reach.
func (a *App) publicHandler() http.Handler {
	router := newRouter(a.options.Config.Webhook.Path)
	ingest.NewWebhook(ingest.Options{
		Path:     a.options.Config.Webhook.Path,
		MaxBody:  a.options.Config.Webhook.MaxBody,
		Verifier: a.verifier,
		Store:    a.queue,
		Logger:   a.options.Logger,
	}).Register(router)
	a.registerHealth(router)
	return router
}

// adminHandler serves what the operator may reach.
func (a *App) adminHandler() http.Handler {
	router := newRouter("")
	a.registerHealth(router)
	return router
}

// newRouter returns a router that takes paths as they come: a redirect to a
// cleaner one would be followed without the event.
func newRouter(postedTo string) *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	router.NotFoundHandler = http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		http.Error(response, "There is nothing at this address.", http.StatusNotFound)
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		allowed := "GET, HEAD"
		if request.URL.Path == postedTo {
			allowed = "POST"
		}
		response.Header().Set("Allow", allowed)
		http.Error(response, "This address takes "+allowed+" only.", http.StatusMethodNotAllowed)
	})
	return router
}

// serve opens an address and serves it until the clean-up of that name.
func (a *App) serve(ctx context.Context, name, address string, handler http.Handler) (net.Addr, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("the %s address %q must be a host and a port, such as 127.0.0.1:8080 or :8080", name, address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s address: %w", name, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.options.Logger.Handler(), slog.LevelWarn),
	}
	a.work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("serving the %s address: %w", name, err))
		}
	})
	a.cleanups.push("closing the "+name+" address", func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
	return listener.Addr(), nil
}
