package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Wrap returns a handler that forwards all traffic to an emulator and validates it against the
// OpenAPI document that PORT_OPENAPI_SPEC names. Each violation is an error of the test, reported
// once. Without the variable, it returns the handler unchanged.
//
// The control endpoints under /_emulator/ are not part of Port's API and are not validated. Neither
// are responses of injected faults with a status, which are invalid on purpose, nor truncated
// responses.
func Wrap(tb testing.TB, emulator http.Handler) http.Handler {
	tb.Helper()
	d, err := named()
	if err != nil {
		tb.Fatal(err)
	}
	return wrap(tb, d, emulator)
}

func wrap(tb testing.TB, d *document, emulator http.Handler) http.Handler {
	tb.Helper()
	if d == nil {
		return emulator
	}
	return &checker{document: d, next: emulator, report: func(violation string) { tb.Error("contract: " + violation) }}
}

// checker is the handler that validates traffic against a document.
type checker struct {
	document *document
	next     http.Handler
	report   func(violation string)
	// observe, if set, is called for every validated response.
	observe func(*operation, response)
	// expectViolation is for requests that are invalid on purpose: it reports requests without a
	// violation.
	expectViolation bool

	faults   faults
	mutex    sync.Mutex
	reported map[string]bool
}

// controlPrefix begins the paths of the emulator's own endpoints.
const controlPrefix = "/_emulator/"

// ServeHTTP forwards a request and its response, and validates both.
func (c *checker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := readAhead(r)
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		c.faults.note(r, body)
		c.next.ServeHTTP(w, r)
		return
	}
	o, variables, allowed := c.document.find(r)
	if o == nil {
		if !allowed {
			c.violated(r.Method+" "+r.URL.Path, errors.New("the document has no such operation"))
		}
		c.next.ServeHTTP(w, r)
		return
	}
	c.checkRequest(o, r, variables, body)
	record := &recorder{ResponseWriter: w}
	// A fault that cuts the connection panics, which skips the code below.
	c.next.ServeHTTP(record, r)
	if r.Context().Err() != nil && record.status == 0 {
		return // The client disconnected, and the emulator did not respond.
	}
	a := record.response()
	a.flags = r.URL.Query()
	if c.faults.cover(o, a.status) {
		return
	}
	if err := c.document.checkResponse(o, a); err != nil {
		c.violated(o.name, fmt.Errorf("response %d: %w", a.status, err))
	}
	if c.observe != nil {
		c.observe(o, a)
	}
}

func (c *checker) checkRequest(o *operation, r *http.Request, variables map[string]string, body []byte) {
	mistakes := o.checkRequest(r, variables, body)
	if c.expectViolation {
		if len(mistakes) == 0 {
			c.violated(o.name, errExpectedViolation)
		}
		return
	}
	for _, mistake := range mistakes {
		c.violated(o.name, mistake)
	}
}

var errExpectedViolation = errors.New("request: the document allows a request that should be invalid")

// violated reports each violation only once: a test may send hundreds of the same.
func (c *checker) violated(operation string, mistake error) {
	violation := operation + ": " + mistake.Error()
	c.mutex.Lock()
	reported := c.reported[violation]
	if c.reported == nil {
		c.reported = make(map[string]bool)
	}
	c.reported[violation] = true
	c.mutex.Unlock()
	if !reported {
		c.report(violation)
	}
}

// readAhead returns the body of a request and restores it for the next reader, including the error
// at its end, if any.
func readAhead(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	again := io.Reader(bytes.NewReader(body))
	if err != nil {
		again = io.MultiReader(again, failingReader{err})
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{again, r.Body}
	return body
}

// failingReader is the end of a truncated body.
type failingReader struct{ err error }

// Read always fails.
func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// recorder forwards a response and keeps a copy.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(data)
	return r.ResponseWriter.Write(data)
}

// Unwrap lets [http.ResponseController] flush the response.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) response() response {
	status := r.status
	if status == 0 {
		status = http.StatusOK // net/http sends this status if a handler writes nothing.
	}
	return response{status: status, contentType: r.Header().Get("Content-Type"), body: r.body.Bytes()}
}
