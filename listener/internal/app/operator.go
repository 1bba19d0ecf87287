package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/page"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// operator serves the admin address: the page and the API.
type operator struct {
	options  Options
	metrics  *metrics.Metrics
	alerts   *alerts
	arrivals *arrivals.Log
	// reload implements admin.Live.
	reload func(ctx context.Context) (string, error)

	mu         sync.Mutex
	loadStatus loadStatus
}

func newOperator(
	options Options, counters *metrics.Metrics, rendered *alerts, arrived *arrivals.Log, reload func(ctx context.Context) (string, error),
) *operator {
	return &operator{
		options: options, metrics: counters, alerts: rendered, arrivals: arrived, reload: reload,
		loadStatus: loadStatus{started: options.Now(), applied: options.Now()},
	}
}

// handler returns the handler of the admin address.
func (o *operator) handler(opened queue.Queue, state *health) http.Handler {
	router := newRouter(append(admin.PostedTo(), page.PostedTo()...)...)
	state.register(router)
	router.Handle("/metrics", o.metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	backend := admin.NewLocal(admin.Options{
		Store:        opened,
		Destinations: o.alerts.destinations,
		Live:         o,
		Arrivals:     o.arrivals,
		Logger:       o.options.Logger,
		Now:          o.options.Now,
	})
	backend.Register(router)
	guard := admin.NewGuard(admin.GuardOptions{
		Access: o.access, Loopback: isLoopback(o.options.AdminListen), LoginPath: page.LoginPath, Public: page.Public(), Now: o.options.Now,
	})
	page.New(page.Options{API: backend, Guard: guard, Version: o.options.Version, Logger: o.options.Logger, Now: o.options.Now}).Register(router)
	return guard.Protect(router)
}

// isLoopback reports whether a listen address is reachable only from this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	parsed := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || parsed != nil && parsed.IsLoopback()
}

// access returns who may currently use the admin address.
func (o *operator) access() admin.Access {
	configured := o.alerts.current.Load().Admin
	return admin.Access{Token: configured.Token.Reveal(), ReadOnlyToken: configured.ReadOnlyToken.Reveal(), AllowedHosts: configured.AllowedHosts}
}

// warnOfAccess logs that the page and the API are inaccessible.
func (o *operator) warnOfAccess(ctx context.Context) {
	if !isLoopback(o.options.AdminListen) && o.access().Token == "" {
		o.options.Logger.WarnContext(ctx, "the admin address is not on the loopback interface and has no token: the page and the API respond with 403 until admin.token_file is set",
			"address", o.options.AdminListen)
	}
}

// loadStatus is the last reload of the configuration, and the time of the last successful one.
type loadStatus struct {
	started, applied time.Time
	last             *admin.Reload
}

// note records the result of a reload.
func (o *operator) note(reload admin.Reload) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.loadStatus.last = &reload
	if reload.Successful {
		o.loadStatus.applied = reload.At
	}
}

// Configuration implements admin.Live.
func (o *operator) Configuration() admin.Configuration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return admin.Configuration{
		Version: o.options.Version, File: o.options.ConfigFile, StartedAt: o.loadStatus.started, AppliedAt: o.loadStatus.applied, Reload: o.loadStatus.last,
		Sections: o.alerts.current.Load().Describe(),
	}
}

// Message implements admin.Live.
func (o *operator) Message(delivery queue.Delivery, at time.Time) (message.Message, error) {
	rendered, _, err := o.alerts.render(delivery, message.Notes{Now: at, Overtaken: delivery.Overtaken})
	return rendered, err
}

// Reload implements admin.Live.
func (o *operator) Reload(ctx context.Context) (string, error) { return o.reload(ctx) }
