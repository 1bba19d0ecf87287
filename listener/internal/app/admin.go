package app

import (
	"net/http"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

// adminHandler serves what the operator may reach. What changes something is not
// taken from a page of another site that the operator's browser shows.
func (a *App) adminHandler() http.Handler {
	router := newRouter(admin.PostedTo()...)
	a.registerHealth(router)
	router.Handle("/metrics", a.metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	admin.NewLocal(admin.Options{
		Store:        a.queue,
		Destinations: func() []string { return a.destinations },
		Logger:       a.options.Logger,
		Now:          a.options.Now,
	}).Register(router)
	return http.NewCrossOriginProtection().Handler(router)
}
