package ingest

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

const (
	// eventStream is the only media type in the Accept header: with others, smee.io responds with
	// an HTML page.
	eventStream = "text/event-stream"
	// lastEventHeader asks a server that keeps events for those after an id.
	lastEventHeader = "Last-Event-ID"
	// idLimit is far longer than any id.
	idLimit      = 256
	maxRedirects = 5
)

// CheckChannel returns an error if a URL cannot be that of a Smee channel. The error does not quote
// the URL, because anyone who knows it can read the events.
func CheckChannel(channel string) error {
	parsed, err := weburl.Parse(channel)
	if err != nil {
		return err
	}
	if parsed.Scheme == "http" && !isLoopback(parsed.Hostname()) {
		return errors.New("http is only allowed for a server on this machine, because events would be sent unencrypted; use https")
	}
	if strings.TrimSuffix(parsed.Path, "/") == "/new" {
		return errors.New("it creates a new channel each time: open it in a browser, and use the URL of the channel it redirects to")
	}
	return nil
}

func isLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// newChannelClient returns a client without a timeout for the whole request, which lasts as long as
// the connection.
func newChannelClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		network := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // The standard library documents its type.
		network.ResponseHeaderTimeout = headerTimeout
		// A compressed stream would delay events until a block is full.
		network.DisableCompression = true
		transport = network
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

// checkRedirect follows redirects to another path or port, or to https, but not to another host. It
// does not pass on the URL of the channel as a referrer.
func checkRedirect(request *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("the channel redirects more than %d times; check smee.url", maxRedirects)
	case !strings.EqualFold(request.URL.Hostname(), first.Hostname()):
		return fmt.Errorf("the channel redirects to another host, %q; if that is intended, use its URL as smee.url", request.URL.Host)
	case first.Scheme == "https" && request.URL.Scheme != "https":
		return errors.New("the channel redirects from https to http, which is not followed; check smee.url")
	}
	request.Header.Del("Referer")
	return nil
}

// connect requests the stream. The caller must close the body of the response.
func (s *Smee) connect(ctx context.Context) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.channel.String(), http.NoBody)
	if err != nil {
		return nil, withoutURL(err)
	}
	request.Header.Set("Accept", eventStream)
	request.Header.Set("Cache-Control", "no-cache")
	request.Header.Set("User-Agent", s.options.UserAgent)
	if s.lastEventID != "" {
		request.Header.Set(lastEventHeader, s.lastEventID)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	if err := s.checkResponse(response); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return response, nil
}

// checkResponse returns an error if the response is not an event stream.
func (s *Smee) checkResponse(response *http.Response) error {
	if status := response.StatusCode; status != http.StatusOK {
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			// The server may refuse the id, and would do so forever.
			s.lastEventID = ""
		}
		return fmt.Errorf("the channel responded with %d %s; check smee.url if this persists", status, http.StatusText(status))
	}
	mediaType, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || mediaType != eventStream {
		return fmt.Errorf("the channel responded with %.60q instead of %s; check that smee.url is the URL of a channel (on a gosmee server, its path begins with /events/)", mediaType, eventStream)
	}
	return nil
}

// remember keeps an id for the next connection if it is a valid header value.
func (s *Smee) remember(id string) {
	if len(id) <= idLimit && httpguts.ValidHeaderFieldValue(id) {
		s.lastEventID = id
	}
}

// withoutURL removes the URL that the HTTP client adds to its errors.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
