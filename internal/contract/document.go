package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gorilla/mux"
)

// The environment variables with the paths of the OpenAPI document and of a second one with the
// operations on runs and permissions of actions, which the first lacks.
const (
	variable     = "PORT_OPENAPI_SPEC"
	runsVariable = "PORT_OPENAPI_RUNS_SPEC"
)

// document is an OpenAPI document for the validation of traffic. It is used unchanged: routes match
// any host, so its servers need no change for an emulator.
type document struct {
	router     *mux.Router
	operations map[string]*operation // by name
	exceptions []exception
}

// operation is one method of one path.
type operation struct {
	// name is the name in reports and exceptions: the method and the path template, as in "GET
	// /v1/blueprints/{identifier}".
	name      string
	route     *routers.Route
	request   *form         // nil if the operation has no body
	responses map[int]*form // by status
}

// named loads the document that the environment names, or returns nil if it names none. Loading
// takes a quarter of a second, hence once per process.
var named = sync.OnceValues(func() (*document, error) {
	path := os.Getenv(variable)
	if path == "" {
		return nil, nil
	}
	paths := []string{path}
	if runs := os.Getenv(runsVariable); runs != "" {
		paths = append(paths, runs)
	}
	return load(exceptions(), paths...)
})

// load reads an OpenAPI document from one or several files. The exceptions say what else responses
// may contain.
func load(exceptions []exception, paths ...string) (*document, error) {
	// kin-openapi's own router takes the first matching path and checks the method afterwards. It
	// would refuse to read an entity named "bulk", because …/entities/bulk accepts only POST.
	d := &document{router: mux.NewRouter().UseEncodedPath().SkipClean(true), operations: make(map[string]*operation), exceptions: exceptions}
	// They come first: a documented path may have a variable at the same position.
	for _, e := range exceptions {
		if method, path, found := strings.Cut(e.undocumented, " "); found {
			d.router.Path(path).Methods(method).Name(e.undocumented)
		}
	}
	for _, path := range paths {
		if err := d.add(path); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// add adds the operations of a file.
func (d *document) add(path string) error {
	loaded, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return fmt.Errorf("loading the OpenAPI document: %w", err)
	}
	for _, path := range loaded.Paths.InMatchingOrder() {
		item := loaded.Paths.Value(path)
		for method, described := range item.Operations() {
			o, err := newOperation(&routers.Route{Spec: loaded, Path: path, PathItem: item, Method: method, Operation: described})
			if err != nil {
				return fmt.Errorf("reading the OpenAPI document: %s %s: %w", method, path, err)
			}
			d.operations[o.name] = o
			d.router.Path(path).Methods(method).Name(o.name)
		}
	}
	return nil
}

func newOperation(route *routers.Route) (*operation, error) {
	o := &operation{name: route.Method + " " + route.Path, route: route, responses: make(map[int]*form)}
	if body := route.Operation.RequestBody; body != nil {
		o.request = newForm(body.Value.Content, body.Value.Required)
		o.request.isRequest = true
	}
	for key, response := range route.Operation.Responses.Map() {
		status, err := strconv.Atoi(key)
		if err != nil {
			return nil, fmt.Errorf("the response %q is not for a single status: %w", key, err)
		}
		o.responses[status] = newForm(response.Value.Content, len(response.Value.Content) > 0)
	}
	return o, nil
}

// find returns the operation of a request and the variables in its path, unescaped. The operation
// is nil if the document lacks it; then allowed says whether an exception permits it.
func (d *document) find(r *http.Request) (o *operation, variables map[string]string, allowed bool) {
	var match mux.RouteMatch
	if !d.router.Match(r, &match) || match.MatchErr != nil {
		return nil, nil, false
	}
	variables = make(map[string]string, len(match.Vars))
	for name, escaped := range match.Vars {
		text, err := url.PathUnescape(escaped)
		if err != nil { // net/url has already refused such a path.
			text = escaped
		}
		variables[name] = text
	}
	return d.operations[match.Route.GetName()], variables, true
}
