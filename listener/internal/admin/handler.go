package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// The paths of the API. Responses are JSON, except those to unparking and reloading, which are
// text.
const (
	// destinationsPath, with GET, responds with {"destinations": [Destination…]}.
	destinationsPath = "/-/destinations"
	// unparkPath, with POST and ?destination=NAME, responds with 202 if the destination was parked,
	// 200 if it was not, and 404 if there is no such destination.
	unparkPath = "/-/unpark"
	// lettersPath, with GET and ?destination=NAME&after=ID&limit=N, all of which are optional,
	// responds with {"dead_letters": [DeadLetter…]}. Pass the last id as after for the next page;
	// an empty page ends the list.
	lettersPath = "/-/dlq"
	// replayPath and dropPath, with POST and an Order, respond with a Report.
	replayPath = "/-/dlq/replay"
	dropPath   = "/-/dlq/drop"
	// eventsPath, with GET and the fields of an EventQuery as parameters, responds with an
	// EventPage; with the id of an event appended, it responds with an Event.
	eventsPath = "/-/events"
	// messagePath, appended to the path of an event, with GET and ?rule=NAME&destination=NAME,
	// responds with the message of a delivery: {"text": …, "blocks": […]}.
	messagePath = "/message"
	// arrivalsPath, with GET, responds with an arrivals.Arrivals, and configurationPath with a
	// Configuration.
	arrivalsPath      = "/-/arrivals"
	configurationPath = "/-/configuration"
	// reloadPath, with POST, reloads the configuration. The response is 200, or 422 with every
	// mistake in the configuration, both as text.
	reloadPath = "/-/reload"
)

// orderLimit is ample for MaxOrder ids.
const orderLimit = 64 << 10

type destinationsResponse struct {
	Destinations []Destination `json:"destinations"`
}

type lettersResponse struct {
	DeadLetters []DeadLetter `json:"dead_letters"`
}

// problemResponse is the response to a refused request, with status 400, or to a failure of the
// store, with status 503.
type problemResponse struct {
	Error string `json:"error"`
}

// handler serves a Local.
type handler struct {
	local  *Local
	logger *slog.Logger
}

// Register adds the routes of the API to a router, which must be served through a Guard. The routes
// that need a running listener are only added with Options.Live.
func (l *Local) Register(router *mux.Router) {
	serving := &handler{local: l, logger: l.options.Logger}
	router.HandleFunc(destinationsPath, serving.destinations).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(lettersPath, serving.letters).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(eventsPath, serving.events).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(eventsPath+"/{id}", serving.event).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(eventsPath+"/{id}"+messagePath, serving.message).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(arrivalsPath, serving.arrivals).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(configurationPath, serving.configuration).Methods(http.MethodGet, http.MethodHead)
	router.HandleFunc(reloadPath, serving.reload).Methods(http.MethodPost)
	router.HandleFunc(unparkPath, serving.unpark).Methods(http.MethodPost)
	router.HandleFunc(replayPath, serving.replay).Methods(http.MethodPost)
	router.HandleFunc(dropPath, serving.drop).Methods(http.MethodPost)
}

// PostedTo returns the paths that only accept POST.
func PostedTo() []string { return []string{unparkPath, replayPath, dropPath, reloadPath} }

func (h *handler) destinations(response http.ResponseWriter, request *http.Request) {
	destinations, err := h.local.Destinations(request.Context())
	h.respond(response, request, destinationsResponse{destinations}, err)
}

// unpark makes the process that serves a parked destination try it again.
func (h *handler) unpark(response http.ResponseWriter, request *http.Request) {
	configured := h.local.options.Destinations()
	index := slices.Index(configured, request.URL.Query().Get("destination"))
	if index < 0 {
		http.Error(response, "Name a destination: "+unparkPath+"?destination=…, one of "+strings.Join(configured, ", ")+".", http.StatusNotFound)
		return
	}
	name := configured[index]
	parked, err := h.local.Unpark(request.Context(), name)
	switch {
	case err != nil:
		h.logger.ErrorContext(request.Context(), "unparking a destination failed", "destination", name, "cause", err)
		http.Error(response, "The event store does not answer.", http.StatusServiceUnavailable)
	case parked:
		response.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(response, "The destination %s is being retried now.\n", name)
	default:
		_, _ = io.WriteString(response, "The destination "+name+" is not parked.\n")
	}
}

func (h *handler) letters(response http.ResponseWriter, request *http.Request) {
	query, err := readQuery(request)
	if err != nil {
		h.respond(response, request, nil, err)
		return
	}
	page, err := h.local.DeadLetters(request.Context(), query)
	h.respond(response, request, lettersResponse{page}, err)
}

// readQuery reads the query for a page of dead letters.
func readQuery(request *http.Request) (Query, error) {
	values := request.URL.Query()
	query := Query{Destination: values.Get("destination")}
	var err error
	if text := values.Get("after"); text != "" {
		if query.After, err = strconv.ParseUint(text, 10, 64); err != nil {
			return query, &Refusal{"after must be the id of a dead letter"}
		}
	}
	query.Limit, err = readLimit(values)
	return query, err
}

func (h *handler) events(response http.ResponseWriter, request *http.Request) {
	query, err := ReadEventQuery(request.URL.Query())
	if err != nil {
		h.respond(response, request, nil, err)
		return
	}
	page, err := h.local.Events(request.Context(), query)
	h.respond(response, request, page, err)
}

func (h *handler) event(response http.ResponseWriter, request *http.Request) {
	event, err := h.local.Event(request.Context(), mux.Vars(request)["id"])
	h.respond(response, request, event, err)
}

func (h *handler) message(response http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	content, err := h.local.Message(request.Context(), mux.Vars(request)["id"], query.Get("rule"), query.Get("destination"))
	h.respond(response, request, content, err)
}

func (h *handler) arrivals(response http.ResponseWriter, request *http.Request) {
	latest, err := h.local.Arrivals(request.Context())
	h.respond(response, request, latest, err)
}

func (h *handler) configuration(response http.ResponseWriter, request *http.Request) {
	h.respond(response, request, h.local.Configuration(), nil)
}

// reload reloads the configuration, and responds with the mistakes if there are any.
func (h *handler) reload(response http.ResponseWriter, request *http.Request) {
	text, err := h.local.Reload(request.Context())
	if err != nil {
		http.Error(response, "The configuration was not reloaded; the previous one stays in use.\n"+err.Error(), http.StatusUnprocessableEntity)
		return
	}
	_, _ = io.WriteString(response, "The configuration was reloaded. "+text+"\n")
}

// ReadEventQuery reads a query for events from URL parameters.
func ReadEventQuery(values url.Values) (EventQuery, error) {
	query := EventQuery{
		Entity: values.Get("entity"), Blueprint: values.Get("blueprint"), Rule: values.Get("rule"), Source: values.Get("source"),
		Outcome: queue.Outcome(values.Get("outcome")),
	}
	var err error
	if text := values.Get("before"); text != "" {
		if query.Before, err = strconv.ParseUint(text, 10, 63); err != nil {
			return query, &Refusal{"before must be the number of an event"}
		}
	}
	query.Limit, err = readLimit(values)
	return query, err
}

// Values returns the query as parameters for ReadEventQuery.
func (q EventQuery) Values() url.Values {
	values := make(url.Values)
	for key, text := range map[string]string{"entity": q.Entity, "blueprint": q.Blueprint, "rule": q.Rule, "source": q.Source, "outcome": string(q.Outcome)} {
		if text != "" {
			values.Set(key, text)
		}
	}
	if q.Before != 0 {
		values.Set("before", strconv.FormatUint(q.Before, 10))
	}
	if q.Limit != 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values
}

// readLimit reads the limit, or returns 0 if there is none.
func readLimit(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return 0, &Refusal{fmt.Sprintf("the limit must be a number between 1 and %d", MaxPage)}
	}
	return limit, nil
}

func (h *handler) replay(response http.ResponseWriter, request *http.Request) {
	order, err := readOrder(response, request)
	if err != nil {
		h.respond(response, request, nil, err)
		return
	}
	report, err := h.local.Replay(request.Context(), order)
	h.respond(response, request, report, err)
}

func (h *handler) drop(response http.ResponseWriter, request *http.Request) {
	order, err := readOrder(response, request)
	if err != nil {
		h.respond(response, request, nil, err)
		return
	}
	report, err := h.local.Drop(request.Context(), order)
	h.respond(response, request, report, err)
}

func readOrder(response http.ResponseWriter, request *http.Request) (Order, error) {
	var order Order
	decoder := json.NewDecoder(http.MaxBytesReader(response, request.Body, orderLimit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&order); err != nil || !ended(decoder) {
		return order, &Refusal{`the body must be a JSON object such as {"ids": [1, 2]} or {"destination": "default"}, with "to" for another destination`}
	}
	return order, nil
}

// ended reports whether nothing follows the decoded value.
func ended(decoder *json.Decoder) bool {
	_, err := decoder.Token()
	return errors.Is(err, io.EOF)
}

// respond writes the content, or the error.
func (h *handler) respond(response http.ResponseWriter, request *http.Request, content any, err error) {
	status := http.StatusOK
	if refusal, refused := errors.AsType[*Refusal](err); refused {
		status, content = http.StatusBadRequest, problemResponse{refusal.Reason}
	} else if err != nil {
		h.logger.ErrorContext(request.Context(), "responding to the operator failed", "path", request.URL.Path, "cause", err)
		status, content = http.StatusServiceUnavailable, problemResponse{storeProblem}
	}
	if err := writeJSON(response, status, content); err != nil {
		h.logger.WarnContext(request.Context(), "writing the response to the operator failed", "cause", err)
	}
}

func writeJSON(response http.ResponseWriter, status int, content any) error {
	response.Header().Set("Content-Type", jsonType)
	response.Header().Set("Cache-Control", "no-store")
	response.Header().Set("X-Content-Type-Options", "nosniff")
	response.WriteHeader(status)
	return json.NewEncoder(response).Encode(content)
}
