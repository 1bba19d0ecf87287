package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// The credentials of the emulators.
const (
	clientID     = "contract-client"
	clientSecret = "contract-secret"
)

// needDocument returns Port's document, or skips the test.
func needDocument(t *testing.T) *document {
	t.Helper()
	d, err := named()
	if err != nil {
		t.Fatal(err)
	}
	if d == nil {
		t.Skip("SKIPPED: " + variable + " names no OpenAPI document")
	}
	return d
}

// world is an emulator with a catalog, whose traffic is validated.
type world struct {
	client *port.Client
	// unlimited is a client that does not see the rate limit headers, and so exceeds the limit.
	unlimited *port.Client
	// present are the names of existing objects.
	present names

	document *document
	address  string
	token    string
	// invalidHost is another address of the emulator, for requests that are invalid on purpose.
	invalidHost string
}

// newWorld starts an emulator whose responses are added to seen.
func newWorld(t *testing.T, d *document, seen *exchanges, options emulator.Options) *world {
	t.Helper()
	options.ClientID, options.ClientSecret = clientID, clientSecret
	options.DeleteLag = time.Hour // A migration has to run for a while in order to be cancelled.
	backend, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	seed, err := os.Open("testdata/catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	defer seed.Close()
	if err := backend.Seed(seed); err != nil {
		t.Fatal(err)
	}
	if err := backend.Seed(strings.NewReader(seedActions)); err != nil {
		t.Fatal(err)
	}
	listen := func(expectViolation bool) string {
		server := httptest.NewServer(&checker{
			document: d, next: backend, report: func(violation string) { t.Error(violation) },
			observe: seen.add, expectViolation: expectViolation,
		})
		t.Cleanup(server.Close)
		return server.URL
	}
	w := &world{
		document: d, address: listen(false), invalidHost: strings.TrimPrefix(listen(true), "http://"),
		present: names{
			blueprint: "service", entity: "api", property: "tags", mirror: "region", relation: "runs_on", emptyBlueprint: "empty",
			action: "scale",
		},
	}
	w.client = w.connect(t, validCredentials())
	w.unlimited = w.connect(t, validCredentials(), port.WithTransport(unlimited{}), port.WithMaxRetries(0))
	migration, err := migrate(t.Context(), w.client, w.present)
	if err != nil {
		t.Fatal(err)
	}
	w.present.migration = migration.ID
	w.token = w.text(t, plainRequest{http.MethodPost, "/v1/auth/access_token", `{"clientId":"` + clientID + `","clientSecret":"` + clientSecret + `"}`}, "accessToken")
	if options.RateLimit == 0 {
		w.present.run = w.text(t, plainRequest{http.MethodPost, "/v1/actions/scale/runs", `{"entity":"api","properties":{}}`}, "run", "id")
		w.present.waiting = w.text(t, plainRequest{http.MethodPost, "/v1/actions/ask/runs", `{"properties":{}}`}, "run", "id")
	}
	return w
}

// text sends a request that must succeed, and returns the string at a path of keys in the response.
func (w *world) text(t *testing.T, p plainRequest, path ...string) string {
	t.Helper()
	body, err := w.sendPlain(t.Context(), nil, p)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	text, _ := value.(string)
	return text
}

func validCredentials() port.Option { return port.WithCredentials(clientID, clientSecret) }

// connect returns a client of the emulator.
func (w *world) connect(t *testing.T, options ...port.Option) *port.Client {
	t.Helper()
	client, err := port.New(w.address, options...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// altered is a transport that modifies the requests of one operation.
type altered struct {
	document  *document
	operation *operation
	alter     func(r *http.Request) error
}

// RoundTrip implements [http.RoundTripper].
func (a altered) RoundTrip(r *http.Request) (*http.Response, error) {
	if o, _, _ := a.document.find(r); o == a.operation {
		r = r.Clone(r.Context())
		if err := a.alter(r); err != nil {
			return nil, err
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// connectAltering returns a client with valid credentials whose requests of one operation are
// modified.
func (w *world) connectAltering(t *testing.T, o *operation, alter func(r *http.Request) error) *port.Client {
	t.Helper()
	return w.connect(t, validCredentials(), port.WithTransport(altered{document: w.document, operation: o, alter: alter}))
}

// withInvalidToken sets a token that the emulator has not issued.
func withInvalidToken(r *http.Request) error {
	r.Header.Set("Authorization", "Bearer of-a-credentials")
	return nil
}

// withLists wraps every value in the body in a list, which is invalid.
func (w *world) withLists(r *http.Request) error {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	for name, value := range body {
		body[name] = []any{value}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return w.send(r, text)
}

// withOversizedBody makes the body larger than Port accepts.
func (w *world) withOversizedBody(r *http.Request) error {
	return w.send(r, slices.Concat([]byte("["), bytes.Repeat([]byte(" "), 1<<20), []byte("]")))
}

// send replaces the body with an invalid one.
func (w *world) send(r *http.Request, body []byte) error {
	r.URL.Host = w.invalidHost
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

// withInvalidFlags sets query parameters to values that are not boolean.
func (w *world) withInvalidFlags(r *http.Request) error {
	r.URL.Host = w.invalidHost
	query := r.URL.Query()
	for name := range query {
		query.Set(name, "maybe")
	}
	r.URL.RawQuery = query.Encode()
	return nil
}

// unlimited is a transport that drops the rate limit headers.
type unlimited struct{}

// RoundTrip implements [http.RoundTripper].
func (unlimited) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		response.Header.Del("X-Ratelimit-Remaining")
	}
	return response, err
}

// exchanges collects responses by operation.
type exchanges struct {
	mutex     sync.Mutex
	responses map[*operation][]response
}

func (e *exchanges) add(o *operation, a response) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.responses == nil {
		e.responses = make(map[*operation][]response)
	}
	e.responses[o] = append(e.responses[o], a)
}

func (e *exchanges) of(o *operation) []response {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.responses[o]
}
