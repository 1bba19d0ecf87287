package contract

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// These tests use a small document of their own, and show that violations are reported.

// trial is one exchange.
type trial struct {
	method, target, body string
	header               http.Header
	response             response
}

// reading returns a valid exchange.
func reading() *trial {
	return &trial{
		method: http.MethodGet, target: "/v1/things/a%2Fb?flag=true&kinds=a&kinds=b",
		header: http.Header{"Authorization": {"Bearer token"}},
		response: response{
			status: http.StatusOK, contentType: "application/json; charset=utf-8",
			body: []byte(`{"ok":true,"things":[{"name":"a"},{"name":null}]}`),
		},
	}
}

// writing returns a valid exchange with a body.
func writing() *trial {
	return &trial{
		method: http.MethodPut, target: "/v1/things/a",
		body:     `{"name":"A","page":"https://things.test/a","born":"2026-01-28T10:00:00Z","labels":{"a":1},"size":"huge"}`,
		header:   http.Header{"Content-Type": {"application/json"}},
		response: response{status: http.StatusNoContent},
	}
}

// run sends the exchange through a checker and returns what it reports.
func (x *trial) run(t *testing.T, c *checker) []string {
	t.Helper()
	var violations []string
	c.report = func(violation string) { violations = append(violations, violation) }
	c.next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != x.body {
			t.Errorf("the emulator read %q, %v; want %q", body, err, x.body)
		}
		w.Header().Set("Content-Type", x.response.contentType)
		w.WriteHeader(x.response.status)
		_, _ = w.Write(x.response.body)
	})
	request := httptest.NewRequestWithContext(t.Context(), x.method, x.target, strings.NewReader(x.body))
	request.Header = x.header
	recorder := httptest.NewRecorder()
	c.ServeHTTP(recorder, request)
	if recorder.Code != x.response.status || recorder.Body.String() != string(x.response.body) {
		t.Errorf("the client got %d %s, want %d %s", recorder.Code, recorder.Body, x.response.status, x.response.body)
	}
	return violations
}

func newChecker(t *testing.T, exceptions ...exception) *checker {
	t.Helper()
	d, err := load(exceptions, "testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return &checker{document: d}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	const (
		get = "GET /v1/things/{thing}: "
		put = "PUT /v1/things/{thing}: "
	)
	cases := map[string]struct {
		trial *trial
		alter func(x *trial)
		want  []string // prefixes of the violations
	}{
		"a good read":  {trial: reading(), alter: func(*trial) {}},
		"a good write": {trial: writing(), alter: func(*trial) {}},
		"a name that is also a path segment": {trial: reading(), alter: func(x *trial) {
			x.target = "/v1/things/special?flag=true"
		}},
		"a documented error": {trial: reading(), alter: func(x *trial) {
			x.response.status, x.response.body = http.StatusNotFound, []byte(`{"ok":false,"error":"not_found"}`)
		}},
		"a control endpoint": {trial: reading(), alter: func(x *trial) { x.target = "/_emulator/requests" }},

		"an unknown path": {trial: reading(), alter: func(x *trial) { x.target = "/v1/other" }, want: []string{
			"GET /v1/other: the document has no such operation",
		}},
		"an unknown method": {trial: reading(), alter: func(x *trial) { x.method = http.MethodDelete }, want: []string{
			"DELETE /v1/things/a/b: the document has no such operation",
		}},
		"no token": {trial: reading(), alter: func(x *trial) { x.header.Del("Authorization") }, want: []string{
			get + "request: security requirements failed: the Authorization header contains no token",
		}},
		"no required parameter": {trial: reading(), alter: func(x *trial) { x.target = "/v1/things/a" }, want: []string{
			get + `request: parameter "flag" in query has an error: value is required but missing`,
		}},
		"a parameter of another type": {trial: reading(), alter: func(x *trial) { x.target = "/v1/things/a?flag=yes" }, want: []string{
			get + `request: parameter "flag" in query has an error: value yes: an invalid boolean`,
		}},
		"an invalid value of a parameter": {trial: reading(), alter: func(x *trial) { x.target += "&kinds=c" }, want: []string{
			get + `request: parameter "kinds" in query has an error`,
		}},
		"a misspelled parameter": {trial: reading(), alter: func(x *trial) { x.target += "&kind=a" }, want: []string{
			get + `request: the document has no query parameter "kind" here`,
		}},
		"a path that violates the pattern": {trial: reading(), alter: func(x *trial) { x.target = "/v1/things/A?flag=true" }, want: []string{
			get + `request: parameter "thing" in path has an error`,
		}},
		"an undocumented body": {trial: reading(), alter: func(x *trial) { x.body = "{}" }, want: []string{
			get + "request body: the document has no body here",
		}},
		"no body": {trial: writing(), alter: func(x *trial) { x.body = "" }, want: []string{put + "request body: it is missing"}},
		"a body that is not JSON": {trial: writing(), alter: func(x *trial) { x.body = `{"name":` }, want: []string{
			put + "request body: it is not JSON",
		}},
		"a body of another media type": {trial: writing(), alter: func(x *trial) { x.header.Set("Content-Type", "text/plain") }, want: []string{
			put + `request body: the document has no Content-Type "text/plain" here`,
		}},
		"an unknown key and a missing one": {trial: writing(), alter: func(x *trial) { x.body = `{"nam":"A","nama":"B"}` }, want: []string{
			put + "request body: at /: additional properties 'nam', 'nama' not allowed; at /: missing property 'name'",
		}},
		"a value of another type": {trial: writing(), alter: func(x *trial) { x.body = `{"name":1}` }, want: []string{
			put + "request body: at /name: got number, want string",
		}},
		"an invalid URL": {trial: writing(), alter: func(x *trial) { x.body = `{"name":"A","page":"a"}` }, want: []string{
			put + "request body: at /page: 'a' is not valid url: is not absolute",
		}},
		"an invalid time": {trial: writing(), alter: func(x *trial) { x.body = `{"name":"A","born":"today"}` }, want: []string{
			put + "request body: at /born: 'today' is not valid date-time",
		}},
		"a key that violates its pattern": {trial: writing(), alter: func(x *trial) { x.body = `{"name":"A","labels":{"B":1}}` }, want: []string{
			put + "request body: at /: 'B' does not match pattern '^[a-z]+$'; at a key of some object: invalid propertyName 'B'",
		}},
		"none of several forms": {trial: writing(), alter: func(x *trial) { x.body = `{"name":"A","size":"small"}` }, want: []string{
			put + "request body: at /size: 'oneOf' failed, none matched; at /size: got string, want number; at /size: value must be 'huge'",
		}},

		"an unknown status": {trial: reading(), alter: func(x *trial) { x.response.status = http.StatusAccepted }, want: []string{
			get + "response 202: the document has no status 202 here",
		}},
		"a response with an extra key": {trial: reading(), alter: func(x *trial) {
			x.response.body = []byte(`{"ok":true,"things":[{"name":"a","age":1}]}`)
		}, want: []string{get + "response 200: at /things/0: additional properties 'age' not allowed"}},
		"a response in the wrong form": {trial: reading(), alter: func(x *trial) { x.response.body = []byte(`{"ok":false,"things":null}`) }, want: []string{
			get + "response 200: at /ok: value must be true; at /things: got null, want array",
		}},
		"an error in the wrong form": {trial: reading(), alter: func(x *trial) {
			x.response.status, x.response.body = http.StatusNotFound, []byte(`{"ok":true}`)
		}, want: []string{get + "response 404: at /: missing property 'error'; at /ok: value must be false"}},
		"an empty response": {trial: reading(), alter: func(x *trial) { x.response.body = nil }, want: []string{get + "response 200: it is missing"}},
		"a response of another media type": {trial: reading(), alter: func(x *trial) { x.response.contentType = "text/html" }, want: []string{
			get + `response 200: the document has no Content-Type "text/html" here`,
		}},
		"an undocumented response body": {trial: writing(), alter: func(x *trial) {
			x.response.status, x.response.body = http.StatusNoContent, []byte("{}")
		}, want: []string{put + "response 204: the document has no body here"}},
		"both wrong": {trial: reading(), alter: func(x *trial) {
			x.target, x.response.status = "/v1/things/a", http.StatusAccepted
		}, want: []string{get + `request: parameter "flag"`, get + "response 202"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.alter(c.trial)
			compare(t, c.trial.run(t, newChecker(t)), c.want)
		})
	}
}

// compare checks that each violation has the expected prefix.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("reported\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	const get = "GET /v1/things/{thing}"
	extraKey := func(x *trial) { x.response.body = []byte(`{"ok":true,"things":[{"name":"a"},{"name":"b","age":1}]}`) }
	extraStatus := func(body string) func(x *trial) {
		return func(x *trial) { x.response.status, x.response.body = http.StatusConflict, []byte(body) }
	}
	cases := map[string]struct {
		exception exception
		change    func(x *trial)
		want      []string
	}{
		"a key": {exception{operations: []string{get}, keys: []string{"things.age"}}, extraKey, nil},
		"a key elsewhere": {exception{keys: []string{"age"}}, extraKey, []string{
			get + ": response 200: at /things/1: additional properties 'age' not allowed",
		}},
		"a key of another operation": {exception{operations: []string{"PUT /v1/things/{thing}"}, keys: []string{"things.age"}}, extraKey, []string{
			get + ": response 200",
		}},
		"a status":                 {exception{status: 409, like: 404}, extraStatus(`{"ok":false,"error":"taken"}`), nil},
		"a status in another form": {exception{status: 409, like: 404}, extraStatus(`{"ok":false}`), []string{get + ": response 409: at /: missing property 'error'"}},
		"another status":           {exception{status: 429, like: 404}, extraStatus(`{"ok":false,"error":"taken"}`), []string{get + ": response 409: the document has no status"}},
		"a success":                {exception{status: 409}, extraStatus(`{"ok":true,"thing":1}`), nil},
		"not a success":            {exception{status: 409}, extraStatus(`{"ok":false}`), []string{get + ": response 409: at /ok: value must be true"}},
		"an operation": {exception{undocumented: "GET /v1/others/{other}"}, func(x *trial) {
			x.target = "/v1/others/a%2Fb"
		}, nil},
		"an operation with another method": {exception{undocumented: "PUT /v1/others/{other}"}, func(x *trial) {
			x.target = "/v1/others/a"
		}, []string{"GET /v1/others/a: the document has no such operation"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := reading()
			c.change(x)
			compare(t, x.run(t, newChecker(t, c.exception)), c.want)
		})
	}
}

func TestViolationIsReportedOnce(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	x := reading()
	x.response.status = http.StatusAccepted
	if got := append(x.run(t, c), x.run(t, c)...); len(got) != 1 {
		t.Errorf("reported %q, want one report", got)
	}
}

func TestExpectedViolation(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	c.expectViolation = true
	compare(t, reading().run(t, c), []string{"GET /v1/things/{thing}: request: the document allows"})
	x := writing()
	x.body = "[]"
	compare(t, x.run(t, c), nil)
}

// TestFaults shows which responses are not validated because a test injected them.
func TestFaults(t *testing.T) {
	t.Parallel()
	const route = "/v1/things/{thing}"
	unknown := []string{"GET " + route + ": response 202"}
	cases := map[string]struct {
		controls []string // method, path and body
		want     []string
	}{
		"none":                   {nil, unknown},
		"this one":               {[]string{`POST /_emulator/faults {"method":"GET","route":"` + route + `","status":202}`}, nil},
		"of any method":          {[]string{`POST /_emulator/faults {"route":"` + route + `","status":202}`}, nil},
		"of another method":      {[]string{`POST /_emulator/faults {"method":"PUT","route":"` + route + `","status":202}`}, unknown},
		"of another route":       {[]string{`POST /_emulator/faults {"method":"GET","route":"/v1/things/special","status":202}`}, unknown},
		"with another status":    {[]string{`POST /_emulator/faults {"method":"GET","route":"` + route + `","status":503}`}, unknown},
		"without a status":       {[]string{`POST /_emulator/faults {"method":"GET","route":"` + route + `","delay":"1ms"}`}, unknown},
		"one that is not JSON":   {[]string{`POST /_emulator/faults {`}, unknown},
		"one that is deleted":    {[]string{`POST /_emulator/faults {"route":"` + route + `","status":202}`, "DELETE /_emulator/faults "}, unknown},
		"one that is reset":      {[]string{`POST /_emulator/faults {"route":"` + route + `","status":202}`, "POST /_emulator/reset "}, unknown},
		"one that is only shown": {[]string{`POST /_emulator/faults {"route":"` + route + `","status":202}`, "GET /_emulator/requests "}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := newChecker(t)
			for _, control := range c.controls {
				method, rest, _ := strings.Cut(control, " ")
				path, body, _ := strings.Cut(rest, " ")
				x := &trial{method: method, target: path, body: body, response: response{status: http.StatusTeapot}}
				compare(t, x.run(t, checked), nil)
			}
			x := reading()
			x.response.status = http.StatusAccepted
			compare(t, x.run(t, checked), c.want)
			// The request is still validated.
			x.target = "/v1/things/a"
			compare(t, x.run(t, checked), []string{`GET /v1/things/{thing}: request: parameter "flag"`})
		})
	}
}

// TestTruncatedResponse shows that a truncated response passes through unchanged and is not
// validated.
func TestTruncatedResponse(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	c.report = func(violation string) { t.Error(violation) }
	c.next = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"ok":`))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		panic(http.ErrAbortHandler)
	})
	server := httptest.NewServer(c)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/things/a?flag=true", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer token")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); string(body) != `{"ok":` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, %v; want the first part and its unexpected end", body, err)
	}
}

// TestBodyReadError shows that the emulator gets the error of reading a body.
func TestBodyReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	c := newChecker(t)
	c.report = func(string) {}
	c.next = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); string(body) != "{" || !errors.Is(err, broken) {
			t.Errorf("read %q, %v; want the beginning and the error", body, err)
		}
	})
	body := io.MultiReader(strings.NewReader("{"), failingReader{broken})
	c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v1/things/a", body))
}

func TestWrapWithoutDocument(t *testing.T) {
	t.Parallel()
	inner := http.NewServeMux()
	if outer := wrap(t, nil, inner); outer != http.Handler(inner) {
		t.Errorf("got %T, want the handler itself", outer)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"testdata/absent.json", "testdata"} {
		if _, err := load(nil, path); err == nil {
			t.Errorf("loaded %s", path)
		}
	}
}
