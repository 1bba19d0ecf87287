package app

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/listener/internal/courier"
)

// What the operator may have done.
const (
	unparkPath = "/-/unpark"
	reloadPath = "/-/reload"
)

// adminHandler serves what the operator may reach. What changes something is not
// taken from a page of another site that the operator's browser shows.
func (a *App) adminHandler() http.Handler {
	router := newRouter(unparkPath, reloadPath)
	a.registerHealth(router)
	router.Handle("/metrics", a.metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(unparkPath, a.unpark).Methods(http.MethodPost)
	router.HandleFunc(reloadPath, a.answerReload).Methods(http.MethodPost)
	return http.NewCrossOriginProtection().Handler(router)
}

// unpark has a parked destination tried again, whichever process serves it.
func (a *App) unpark(response http.ResponseWriter, request *http.Request) {
	destinations := a.destinations()
	wanted := slices.Index(destinations, request.URL.Query().Get("destination"))
	if wanted < 0 {
		http.Error(response, "Name a destination: "+unparkPath+"?destination=…, one of "+strings.Join(destinations, ", ")+".", http.StatusNotFound)
		return
	}
	name := destinations[wanted]
	parked, err := a.parked(request, name)
	if err == nil && parked {
		err = a.queue.Signal(request.Context(), name)
	}
	switch {
	case err != nil:
		a.options.Logger.ErrorContext(request.Context(), "a destination cannot be unparked", "destination", name, "cause", err)
		http.Error(response, "The event store does not answer.", http.StatusServiceUnavailable)
	case parked:
		response.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(response, "The destination %s is tried again now.\n", name)
	default:
		_, _ = io.WriteString(response, "The destination "+name+" is not parked.\n")
	}
}

func (a *App) parked(request *http.Request, name string) (bool, error) {
	saved, err := a.queue.State(request.Context(), name)
	if err != nil {
		return false, err
	}
	status, err := courier.ReadStatus(saved)
	return status.Parked, err
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
