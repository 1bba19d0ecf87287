package port

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultBaseURL is the address of Port's API in the EU, the default of a client.
const DefaultBaseURL = "https://api.getport.io"

const (
	defaultUserAgent      = "terraform-provider-port"
	defaultMaxRetries     = 5
	defaultRequestTimeout = 30 * time.Second
)

// Option configures a [Client]. [New] reports the first option that is wrong.
type Option func(*settings) error

type settings struct {
	clientID        string
	clientSecrets   []secret
	token           secret
	userAgent       string
	maxRetries      int
	requestTimeout  time.Duration
	maxResponseSize int64
	transport       http.RoundTripper
	rootCAs         *x509.CertPool
}

// WithCredentials authenticates with a client id and a client secret, for which Port issues tokens.
// There may be several secrets during a rotation: if Port refuses one with 401, the next is tried.
func WithCredentials(id, clientSecret string, others ...string) Option {
	return func(s *settings) error {
		all := append([]string{clientSecret}, others...)
		if id == "" || slices.Contains(all, "") {
			return errors.New("port: the client id and secret must both be set")
		}
		s.clientID, s.clientSecrets = id, nil
		for _, text := range all {
			s.clientSecrets = append(s.clientSecrets, newSecret(text))
		}
		return nil
	}
}

// WithToken authenticates with a token that was issued elsewhere, and that this client cannot
// renew. It takes precedence over [WithCredentials].
func WithToken(token string) Option {
	return func(s *settings) error {
		if token == "" || !isHeaderValue(token) {
			return errors.New("port: the token is empty or contains a space, a control character or a non-ASCII character")
		}
		s.token = newSecret(token)
		return nil
	}
}

// WithUserAgent sets the User-Agent header, such as "terraform-provider-port/1.2.3".
func WithUserAgent(userAgent string) Option {
	return func(s *settings) error {
		if userAgent == "" || !isHeaderValue(strings.ReplaceAll(userAgent, " ", "")) {
			return fmt.Errorf("port: user agent %q is not a valid header value", userAgent)
		}
		s.userAgent = userAgent
		return nil
	}
}

// WithMaxRetries sets how often a failed request is retried, where that is safe; 0 means never.
func WithMaxRetries(retries int) Option {
	return func(s *settings) error {
		if retries < 0 {
			return fmt.Errorf("port: max retries is %d and must not be negative", retries)
		}
		s.maxRetries = retries
		return nil
	}
}

// WithRequestTimeout limits one attempt of a request, including reading the response. Waits between
// attempts do not count.
func WithRequestTimeout(timeout time.Duration) Option {
	return func(s *settings) error {
		if timeout <= 0 {
			return fmt.Errorf("port: request timeout is %s and must be positive", timeout)
		}
		s.requestTimeout = timeout
		return nil
	}
}

// WithMaxResponseSize limits the size of a response in bytes, uncompressed; the default is 64 MiB.
// If a response is larger, the error is [ErrResponseTooLarge].
func WithMaxResponseSize(size int64) Option {
	return func(s *settings) error {
		if size < 1 {
			return fmt.Errorf("port: max response size is %d and must be positive", size)
		}
		s.maxResponseSize = size
		return nil
	}
}

// WithTransport replaces the transport that carries single requests. The default is that of
// net/http, with the proxy of the environment.
func WithTransport(transport http.RoundTripper) Option {
	return func(s *settings) error {
		if transport == nil {
			return errors.New("port: transport must not be nil")
		}
		s.transport = transport
		return nil
	}
}

// WithRootCAs sets the certificate authorities that may vouch for the server, instead of the
// system's.
func WithRootCAs(pool *x509.CertPool) Option {
	return func(s *settings) error {
		if pool == nil {
			return errors.New("port: root CAs must not be nil")
		}
		s.rootCAs = pool
		return nil
	}
}

// isHeaderValue reports whether text is printable ASCII without spaces.
func isHeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func newSettings(options []Option) (*settings, error) {
	s := &settings{
		userAgent:       defaultUserAgent,
		maxRetries:      defaultMaxRetries,
		requestTimeout:  defaultRequestTimeout,
		maxResponseSize: maxResponseSize,
	}
	for _, option := range options {
		if err := option(s); err != nil {
			return nil, err
		}
	}
	if s.token.isEmpty() && len(s.clientSecrets) == 0 {
		return nil, errors.New("port: neither credentials nor a token are set")
	}
	if s.transport != nil && s.rootCAs != nil {
		return nil, errors.New("port: root CAs and a transport must not both be set; set the root CAs of the transport")
	}
	return s, nil
}

// ErrBaseURL is wrapped by the errors that say why [New] refuses a base URL.
var ErrBaseURL = errors.New("port: the base URL")

// CheckBaseURL returns an error when [New] would refuse a base URL. It wraps [ErrBaseURL].
func CheckBaseURL(text string) error {
	_, err := parseBaseURL(text)
	return err
}

// parseBaseURL checks a base URL and drops trailing slashes and one "/v1", which users often add.
func parseBaseURL(text string) (*url.URL, error) {
	if text == "" {
		text = DefaultBaseURL
	}
	base, err := url.Parse(text)
	if err != nil {
		// A parse error repeats the URL, which may contain a password.
		if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
			return nil, fmt.Errorf("%w must start with http:// or https://", ErrBaseURL)
		}
		return nil, fmt.Errorf("%w cannot be parsed", ErrBaseURL)
	}
	switch {
	case base.User != nil:
		return nil, fmt.Errorf("%w must not contain a user or a password", ErrBaseURL)
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("%w %q must start with http:// or https://", ErrBaseURL, text)
	case base.Hostname() == "":
		return nil, fmt.Errorf("%w %q has no host", ErrBaseURL, text)
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, fmt.Errorf("%w %q must not contain a query or a fragment", ErrBaseURL, text)
	}
	path := strings.TrimRight(base.EscapedPath(), "/")
	path = strings.TrimRight(strings.TrimSuffix(path, "/v1"), "/")
	return base.Parse(base.Scheme + "://" + base.Host + path)
}
