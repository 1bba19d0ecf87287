package emulator

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
)

// ownAPI handles webhooks to Port's own API within the process.
type ownAPI struct {
	emulator *Emulator
	// served is the address at which the emulator is reached, if known.
	served atomic.Pointer[string]
}

// portHosts are the hosts of Port's API.
func portHosts() map[string]bool {
	return map[string]bool{
		"api.getport.io": true, "api.port.io": true, "api.us.getport.io": true, "api.us.port.io": true,
	}
}

// Includes implements [event.Inward].
func (o *ownAPI) Includes(target *url.URL) bool {
	if portHosts()[target.Hostname()] {
		return true
	}
	served := o.served.Load()
	return served != nil && target.Host == *served
}

// Do implements [event.Inward]. The token that it adds contains the number of automations that led
// to the request, so that a loop through the API is detected as a chain.
func (o *ownAPI) Do(request *http.Request, chain int) (*http.Response, error) {
	token, err := o.emulator.tokens.issue(chain)
	if err != nil {
		return nil, err
	}
	inward := request.Clone(request.Context())
	inward.Header.Set("Authorization", "Bearer "+token)
	if inward.Body == nil {
		inward.Body = http.NoBody
	}
	w := &responseBuffer{header: make(http.Header)}
	if err := o.serve(w, inward); err != nil {
		return nil, err
	}
	return w.response(request), nil
}

// serve handles a request, even during shutdown. A fault that cuts the connection panics.
func (o *ownAPI) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New("the emulator cut the connection")
		}
	}()
	o.emulator.router.ServeHTTP(w, r)
	return nil
}

// responseBuffer buffers a response.
type responseBuffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (b *responseBuffer) Header() http.Header { return b.header }

// WriteHeader implements [http.ResponseWriter].
func (b *responseBuffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write implements [http.ResponseWriter].
func (b *responseBuffer) Write(data []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(data)
}

func (b *responseBuffer) response(request *http.Request) *http.Response {
	b.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: b.status, Status: http.StatusText(b.status), Header: b.header, Request: request,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(&b.body), ContentLength: int64(b.body.Len()),
	}
}
