package port

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"sync/atomic"
)

// Client is a client of Port's API. It is safe for concurrent use; all its calls share one token
// and one view of the rate limit. The zero value is not usable: see [New].
type Client struct {
	Blueprints   *BlueprintService
	Entities     *EntityService
	Migrations   *MigrationService
	Organization *OrganizationService
	AuditLog     *AuditLogService
	Actions      *ActionService
	Users        *UserService

	base       *url.URL
	userAgent  string
	maxRetries int
	auth       authenticator
	// reads and changes send requests with a token; plain sends the requests for a token.
	reads, changes *http.Client
	plain          *http.Client

	changeCount *atomic.Uint64
	clock       *serverClock
}

// New returns a client of the API at baseURL, such as "https://api.us.getport.io", or of
// [DefaultBaseURL] when it is "". A trailing "/v1" is dropped. New sends nothing; the first request
// uses the credentials.
func New(baseURL string, options ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	if err != nil {
		return nil, err
	}
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	client := &Client{base: base, userAgent: s.userAgent, maxRetries: s.maxRetries, changeCount: &atomic.Uint64{}, clock: &serverClock{}}
	client.connect(s)
	client.Blueprints = &BlueprintService{client}
	client.Entities = &EntityService{client}
	client.Migrations = &MigrationService{client}
	client.Organization = &OrganizationService{client}
	client.AuditLog = &AuditLogService{client}
	client.Actions = &ActionService{client}
	client.Users = &UserService{client}
	return client, nil
}

// Changes counts the completed requests of this client that may have changed something. Data read
// at a lower count may be out of date.
func (c *Client) Changes() uint64 { return c.changeCount.Load() }

// connect stacks the transports. From the outside in: the token, the organization's rate limit, the
// timeout of an attempt, the network. Retries are above all of them.
func (c *Client) connect(s *settings) {
	base, gate := newBaseTransport(s), &rateGate{}
	limited := func(lingers bool) http.RoundTripper {
		attempts := &attemptTransport{base: base, timeout: s.requestTimeout, lingers: lingers, maxResponseSize: s.maxResponseSize}
		return &rateLimitTransport{base: attempts, gate: gate}
	}
	c.plain = newHTTPClient(limited(false))
	c.auth = newAuthenticator(c, s)
	c.reads = newHTTPClient(&authTransport{base: limited(false), auth: c.auth})
	c.changes = newHTTPClient(&authTransport{base: limited(true), auth: c.auth})
}

// newHTTPClient returns a client that follows no redirects: the API sends none, and a token must
// not travel to an address that the user did not name.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newBaseTransport returns the configured transport, or a new one that uses the proxy of the
// environment.
func newBaseTransport(s *settings) http.RoundTripper {
	if s.transport != nil {
		return s.transport
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = shared.Clone()
	}
	// All requests go to one host, many at a time; the default would close all but two connections
	// after each.
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	if s.rootCAs != nil {
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		transport.TLSClientConfig.RootCAs = s.rootCAs
	}
	return transport
}
