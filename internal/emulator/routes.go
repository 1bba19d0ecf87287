package emulator

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// handler handles a call and returns a status and a document, or an error.
type handler func(*call) (int, *document.Object, error)

// route is one operation of the API. The template is that of Port's OpenAPI document, so that
// counters and faults are named after it.
type route struct {
	method, template string
	handle           handler
	// public operations require no token and are not rate limited.
	public bool
}

const (
	blueprintsTemplate = "/v1/blueprints"
	blueprintTemplate  = "/v1/blueprints/{identifier}"
	ofBlueprint        = "/v1/blueprints/{blueprint_identifier}"
	entityTemplate     = ofBlueprint + "/entities/{entity_identifier}"
)

// routes returns every operation. Fixed segments come before variables at the same position.
func (e *Emulator) routes() []route {
	runs, actions := e.automations.runs, e.automations.actions
	blueprints := &blueprints{catalog: e.catalog, actions: actions.store}
	entities := &entities{catalog: e.catalog, statusOf: e.statusOf}
	migrations := &migrations{catalog: e.catalog}
	return slices.Concat(runs.routes(), actions.routes(), entities.routes(runs.during), blueprints.routes(), migrations.routes(), []route{
		{method: http.MethodPost, template: "/v1/auth/access_token", handle: e.createToken, public: true},
		{method: http.MethodGet, template: "/v1/audit-log", handle: e.listEvents},
		{method: http.MethodGet, template: "/v1/users", handle: e.members.listUsers},
		{method: http.MethodGet, template: "/v1/apps", handle: e.members.listApps},
		{method: http.MethodGet, template: "/v1/organization", handle: e.organization.show},
		{method: http.MethodPut, template: "/v1/organization", handle: e.organization.replace},
		{method: http.MethodPatch, template: "/v1/organization", handle: e.organization.update},
	})
}

// buildRouter routes on the escaped path: an identifier may hold slashes, which must stay within
// their segment. The path comes before the method in each route: if mux checks methods first, it
// loses the method mismatch.
func (e *Emulator) buildRouter() {
	e.router = mux.NewRouter().UseEncodedPath().SkipClean(true)
	e.operations = make(map[operation]bool)
	for _, rt := range e.routes() {
		e.operations[operation{rt.method, rt.template}] = true
		e.operations[operation{"", rt.template}] = true
		e.router.Path(rt.template).Methods(rt.method).HandlerFunc(e.serve(rt))
	}
	e.routeControls()
	e.router.NotFoundHandler = e.serve(route{public: true, handle: func(c *call) (int, *document.Object, error) {
		return 0, nil, &failure{
			status: http.StatusNotFound, code: "route_not_found",
			message: "Route " + c.Method + ":" + c.URL.EscapedPath() + " was not found",
		}
	}})
	e.router.MethodNotAllowedHandler = e.serve(route{public: true, handle: func(c *call) (int, *document.Object, error) {
		return 0, nil, &failure{
			status: http.StatusMethodNotAllowed, code: "method_not_allowed",
			message: "Method " + c.Method + " is not allowed for " + c.URL.EscapedPath(),
		}
	}})
}

// serve returns the HTTP handler of an operation: it counts, waits, and applies faults to the
// response.
func (e *Emulator) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e.traffic.count(r.Method, rt.template)
		if !wait(r.Context(), e.options.Latency) {
			return
		}
		if f, ok := e.faults.take(r.Method, rt.template); ok {
			e.serveFault(w, r, rt, f)
			return
		}
		e.respond(r, rt).write(w)
	}
}

// respond handles a request as Port does.
func (e *Emulator) respond(r *http.Request, rt route) response {
	cause, limited, failed := e.admit(r, rt)
	if failed != nil {
		return limited.addTo(e.failed(failed))
	}
	status, body, err := rt.handle(&call{Request: r, emulator: e, query: r.URL.Query(), cause: cause})
	if err != nil {
		return limited.addTo(e.failed(err))
	}
	return limited.addTo(reply(status, body))
}

// admit checks the token, which contains the cause of the request, and the rate limit.
func (e *Emulator) admit(r *http.Request, rt route) (catalog.Cause, allowance, error) {
	if rt.public {
		return catalog.Cause{}, e.limiter.peek(), nil
	}
	token, err := e.tokens.check(r.Header.Get("Authorization"))
	if err != nil {
		return catalog.Cause{}, e.limiter.peek(), err
	}
	limited, err := e.limiter.take()
	return catalog.Cause{Chain: token.Chain}, limited, err
}

// wait delays a request; it returns false if the client disconnects first.
func wait(ctx context.Context, length time.Duration) bool {
	return length <= 0 || pause.Wait(ctx, length) == nil
}
