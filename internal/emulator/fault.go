package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// drop is when a fault cuts the connection.
type drop string

const (
	dropBefore   drop = "before"   // before the request is handled
	dropAfter    drop = "after"    // after it is handled, without a response
	dropTruncate drop = "truncate" // in the middle of the response
)

// fault is an injected fault of a route. Without a status the request is handled as usual, and the
// delay, the headers and the drop apply to its response.
type fault struct {
	method   string // empty for every method
	template string
	status   int
	header   map[string]string // an empty value removes the header
	body     any               // a string is sent as it is, anything else as JSON
	hasBody  bool
	delay    time.Duration
	drop     drop
	// log changes which entries the audit log shows, and their order.
	log logBehaviour
	// hold blocks the request until it is closed; nil does not block.
	hold <-chan struct{}
	// left is how many more times it applies; negative means until it is deleted.
	left int
}

// faults is the list of faults in creation order; the first that matches a request applies to it.
type faults struct {
	mutex sync.Mutex
	list  []*fault
	// cleared is closed when the current faults are deleted. It outlives a fault that is used up,
	// as do the requests that the fault holds.
	cleared chan struct{}
	// held receives a value for each held request.
	held chan struct{}
}

func newFaults() faults {
	return faults{cleared: make(chan struct{}), held: make(chan struct{})}
}

func (f *faults) add(added *fault, hold bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if hold {
		added.hold = f.cleared
	}
	f.list = append(f.list, added)
}

func (f *faults) clear() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.list = nil
	close(f.cleared)
	f.cleared = make(chan struct{})
}

// ClearFaults deletes all faults and lets the requests that they hold proceed. Call it before
// waiting for a server's open requests to end.
func (e *Emulator) ClearFaults() { e.faults.clear() }

// Held yields one value for each request that a fault holds, as soon as it does. A test that
// receives from it knows that the request has arrived.
func (e *Emulator) Held() <-chan struct{} { return e.faults.held }

// keep holds a request until the faults are deleted. Its body has already been read, and it is
// handled even if its client has disconnected, as Port would.
func (f *faults) keep(r *http.Request, gate <-chan struct{}) *http.Request {
	var arrived bytes.Buffer
	_, _ = io.CopyN(&arrived, r.Body, bodyLimit+drainLimit) // The handler gets the same error.
	select {
	case f.held <- struct{}{}:
		<-gate
	case <-gate:
	}
	held := r.WithContext(context.WithoutCancel(r.Context()))
	held.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&arrived, r.Body), r.Body}
	return held
}

// take returns the fault for a request and counts one use.
func (f *faults) take(method, template string) (fault, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, candidate := range f.list {
		if candidate.left == 0 || candidate.template != template || candidate.method != "" && candidate.method != method {
			continue
		}
		if candidate.left > 0 {
			candidate.left--
		}
		return *candidate, true
	}
	return fault{}, false
}

// serveFault applies a fault to a request. To cut the connection it panics with
// http.ErrAbortHandler.
func (e *Emulator) serveFault(w http.ResponseWriter, r *http.Request, rt route, f fault) {
	if f.hold != nil {
		r = e.faults.keep(r, f.hold)
	}
	if !wait(r.Context(), f.delay) || f.drop == dropBefore {
		panic(http.ErrAbortHandler)
	}
	result := e.faultResponse(r, rt, f)
	if f.drop == dropAfter {
		panic(http.ErrAbortHandler)
	}
	if f.drop == dropTruncate {
		result.writeHeader(w)
		_, _ = w.Write(result.body[:len(result.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	result.write(w)
}

func (e *Emulator) faultResponse(r *http.Request, rt route, f fault) response {
	var result response
	if f.status == 0 {
		result = e.respond(r.WithContext(context.WithValue(r.Context(), logBehaviourKey{}, f.log)), rt)
	} else {
		result = e.limiter.peek().addTo(f.response())
	}
	for name, value := range f.header {
		if value == "" {
			result.header.Del(name)
			continue
		}
		result.header.Set(name, value)
	}
	return result
}

// response is the response of a fault with a status.
func (f fault) response() response {
	text, isText := f.body.(string)
	switch {
	case !f.hasBody:
		return errorResponse(f.status, "fault", "An injected fault of the emulator: "+strconv.Itoa(f.status))
	case isText:
		return response{status: f.status, header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, body: []byte(text)}
	default:
		return response{
			status: f.status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
			body: document.Append(nil, f.body),
		}
	}
}

// readFault reads a fault whose shape is already validated.
func (e *Emulator) readFault(body *document.Object) (*fault, error) {
	f := &fault{
		method:   strings.ToUpper(body.Text("method")),
		template: body.Text("route"),
		drop:     drop(body.Text("drop")),
		header:   make(map[string]string),
	}
	f.body, f.hasBody = body.Get("body")
	for name, value := range body.Object("headers").All() {
		f.header[name], _ = value.(string)
	}
	if !e.operations[operation{f.method, f.template}] {
		return nil, unprocessable(fmt.Sprintf("body/route must be the path template of an operation of the API, not %q",
			strings.TrimSpace(f.method+" "+f.template)))
	}
	var err error
	if f.status, err = optionalInteger(body, "status"); err != nil {
		return nil, err
	}
	if f.status != 0 && (f.status < http.StatusOK || f.status > 599) {
		return nil, unprocessable("body/status must be 0 or between 200 and 599")
	}
	if f.left, err = optionalInteger(body, "times"); err != nil {
		return nil, err
	}
	if f.left < 0 {
		return nil, unprocessable("body/times must NOT be negative")
	}
	if f.left == 0 {
		f.left = -1
	}
	if f.delay, err = optionalDuration(body, "delay"); err != nil {
		return nil, err
	}
	if f.log.lag, err = optionalDuration(body, "lag"); err != nil {
		return nil, err
	}
	f.log.shuffle = body.Value("shuffle") == true
	return f, nil
}

func optionalDuration(body *document.Object, key string) (time.Duration, error) {
	text := body.Text(key)
	if text == "" {
		return 0, nil
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 {
		return 0, unprocessable("body/" + key + " must be a duration such as 1s or 250ms")
	}
	return value, nil
}

func optionalInteger(body *document.Object, key string) (int, error) {
	if !body.Has(key) {
		return 0, nil
	}
	value, err := strconv.Atoi(string(document.Append(nil, body.Value(key))))
	if err != nil {
		return 0, unprocessable("body/" + key + " must be integer")
	}
	return value, nil
}
