package acctest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider"
)

// Rewritten returns an environment with the same Port in which a function rewrites the responses to
// the provider, to simulate a Port that normalises, rounds or fills in values. The responses to
// Client are not rewritten.
func (e *Environment) Rewritten(t *testing.T, rewrite func(body string) string) *Environment {
	t.Helper()
	return e.through(t, func(*http.Request) {}, rewrite)
}

// Observed returns an environment with the same Port in which a function sees each request of the
// provider.
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
		ModifyResponse: func(response *http.Response) error {
			body, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			changed := rewrite(string(body))
			response.Body = io.NopCloser(bytes.NewBufferString(changed))
			response.ContentLength = int64(len(changed))
			response.Header.Set("Content-Length", strconv.Itoa(len(changed)))
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
