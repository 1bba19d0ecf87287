package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/page"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// adminHandler serves what the operator may reach.
func (a *App) adminHandler() http.Handler {
	router := newRouter(append(admin.PostedTo(), page.PostedTo()...)...)
	a.registerHealth(router)
	router.Handle("/metrics", a.metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	desk := admin.NewLocal(admin.Options{
		Store:        a.queue,
		Destinations: a.destinations,
		Live:         a,
		Arrivals:     a.arrivals,
		Logger:       a.options.Logger,
		Now:          a.options.Now,
	})
	desk.Register(router)
	guard := admin.NewGuard(admin.GuardOptions{
		Access: a.access, Loopback: isLoopback(a.options.AdminListen), LoginPath: page.LoginPath, Public: page.Public(), Now: a.options.Now,
	})
	page.New(page.Options{Desk: desk, Guard: guard, Version: a.options.Version, Logger: a.options.Logger, Now: a.options.Now}).Register(router)
	return guard.Protect(router)
}

// isLoopback reports whether only this machine reaches an address to listen at.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	parsed := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || parsed != nil && parsed.IsLoopback()
}

// access says who may use the admin address now.
func (a *App) access() admin.Access {
	configured := a.alerts.current.Load().Admin
	return admin.Access{Token: configured.Token.Reveal(), ReadOnlyToken: configured.ReadOnlyToken.Reveal(), AllowedHosts: configured.AllowedHosts}
}

// warnOfAdmin says that page and API are closed.
func (a *App) warnOfAdmin(ctx context.Context) {
	if !isLoopback(a.options.AdminListen) && a.access().Token == "" {
		a.options.Logger.WarnContext(ctx, "the admin address is not on the loopback interface and has no token: its page and API answer 403 until admin.token_file is set",
			"address", a.options.AdminListen)
	}
}

// reading is a reading of the configuration, and when one was successful last.
type reading struct {
	started, applied time.Time
	last             *admin.Reload
}

// note notes how a reload has ended.
func (a *App) note(reload admin.Reload) {
	a.readingMu.Lock()
	defer a.readingMu.Unlock()
	a.reading.last = &reload
	if reload.Successful {
		a.reading.applied = reload.At
	}
}

// Configuration implements admin.Live.
func (a *App) Configuration() admin.Configuration {
	a.readingMu.Lock()
	defer a.readingMu.Unlock()
	return admin.Configuration{
		Version: a.options.Version, File: a.options.ConfigFile, StartedAt: a.reading.started, AppliedAt: a.reading.applied, Reload: a.reading.last,
		Sections: a.alerts.current.Load().Describe(),
	}
}

// Message implements admin.Live.
func (a *App) Message(delivery queue.Delivery, at time.Time) (message.Message, error) {
	made, _, err := a.alerts.render(delivery, message.Notes{Now: at, Overtaken: delivery.Overtaken})
	return made, err
}
