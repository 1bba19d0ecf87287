package acctest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider"
)

// Rewritten returns an environment of the same Port whose answers to the
// provider pass through a function: a Port that normalises, rounds or fills in.
// The environment's client still gets the answers as they are.
func (e *Environment) Rewritten(t *testing.T, rewrite func(body string) string) *Environment {
	t.Helper()
	return e.through(t, func(*http.Request) {}, rewrite)
}

// Observed returns an environment of the same Port in which a function sees
// each request of the provider.
func (e *Environment) Observed(t *testing.T, see func(*http.Request)) *Environment {
	t.Helper()
	return e.through(t, see, func(body string) string { return body })
}

// through puts a proxy between the provider and Port.
func (e *Environment) through(t *testing.T, see func(*http.Request), rewrite func(body string) string) *Environment {
	t.Helper()
	target, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			see(r.In)
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(answer *http.Response) error {
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			changed := rewrite(string(body))
			answer.Body = io.NopCloser(bytes.NewBufferString(changed))
			answer.ContentLength = int64(len(changed))
			answer.Header.Set("Content-Length", strconv.Itoa(len(changed)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return &Environment{
		Client:  e.Client,
		URL:     e.URL,
		options: []provider.Option{provider.WithBaseURL(server.URL), provider.WithCredentials(ClientID, ClientSecret)},
	}
}

// Writes counts the requests since the last call that changed something, by
// method and route.
func (e *Environment) Writes(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, request := range e.requests(t) {
		if request.Method != http.MethodGet && request.Route != "/v1/auth/access_token" {
			counts[request.Method+" "+request.Route] = request.Count
		}
	}
	e.Control(t, http.MethodDelete, "/_emulator/requests", "")
	return counts
}

type requestCount struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Count  int    `json:"count"`
}

func (e *Environment) requests(t *testing.T) []requestCount {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/_emulator/requests", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var counted struct {
		Requests []requestCount `json:"requests"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&counted); err != nil {
		t.Fatal(err)
	}
	return counted.Requests
}
