package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// health handles health probes.
type health struct {
	queue  queue.Queue
	logger *slog.Logger
	// serving reports whether the listener has started and is not stopping.
	serving func() bool
}

// register adds the routes of the probes. Neither response depends on Slack: a restart would not
// fix Slack, and events are accepted while it is unavailable.
func (h *health) register(router *mux.Router) {
	router.HandleFunc("/healthz", reportHealth).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc("/readyz", h.reportReadiness).Methods(http.MethodGet, http.MethodHead)
}

// reportHealth reports that the process is running.
func reportHealth(response http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(response, "ok\n")
}

// reportReadiness reports whether an event that arrived now would be stored. It also reports losses
// of a damaged store, which do not make the listener unready.
func (h *health) reportReadiness(response http.ResponseWriter, request *http.Request) {
	if !h.serving() {
		http.Error(response, "The listener is starting or stopping.", http.StatusServiceUnavailable)
		return
	}
	if err := h.queue.Check(request.Context()); err != nil {
		h.logger.ErrorContext(request.Context(), "not ready", "cause", err)
		http.Error(response, "The event store does not answer or is not writable.", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(response, "ok\n")
	damage := h.queue.Damage()
	if damage.Lost > 0 {
		_, _ = fmt.Fprintf(response, "The event store was damaged: %d stored events or alerts were lost.\n", damage.Lost)
	}
	if damage.Aside != "" {
		_, _ = fmt.Fprintf(response, "The damaged store is kept in the data directory under %q. Remove it and restart the listener to clear this message.\n", "damaged")
	}
}
