package app

import (
	"io"
	"net/http"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

// adminHandler serves what the operator may reach, but no page that the operator's
// browser shows.
func (a *App) adminHandler() http.Handler {
	router := newRouter(append(admin.PostedTo(), admin.ReloadPath)...)
	a.registerHealth(router)
	router.Handle("/metrics", a.metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	admin.NewLocal(admin.Options{
		Store:        a.queue,
		Destinations: a.destinations,
		Logger:       a.options.Logger,
		Now:          a.options.Now,
	}).Register(router)
	router.HandleFunc(admin.ReloadPath, a.answerReload).Methods(http.MethodPost)
	return admin.RefuseScripts(router)
}

// answerReload reads the configuration again. What is wrong with it is the answer.
func (a *App) answerReload(response http.ResponseWriter, request *http.Request) {
	said, err := a.Reload(request.Context())
	if err != nil {
		http.Error(response, "The configuration is not reloaded; the one before stays in use.\n"+err.Error(), http.StatusUnprocessableEntity)
		return
	}
	_, _ = io.WriteString(response, "The configuration is reloaded. "+said+"\n")
}
