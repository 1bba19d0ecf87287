package port

import (
	"context"
	"net/http"
	"time"
)

// issuedToken is a token and its sequence number, which distinguishes a refused token from its
// successor even if Port issues the same text again.
type issuedToken struct {
	text   secret
	number int
	// renewAt is when to request the next one; zero if unknown.
	renewAt time.Time
}

// authenticator provides the token of requests. It is safe for concurrent use.
type authenticator interface {
	// current returns the token to be used now.
	current(ctx context.Context) (issuedToken, error)
	// successor returns a token newer than the refused one; false if tokens cannot be renewed.
	successor(ctx context.Context, refused issuedToken) (issuedToken, bool, error)
	// hint says how to fix a 401 that persists.
	hint(route string, now time.Time) string
	// redact removes secrets from a text.
	redact(text string) string
}

// authError is the failure to get a token. It ends the request that needed the token without
// retries, since the request for the token was already retried.
type authError struct{ err error }

func (e *authError) Error() string { return e.err.Error() }
func (e *authError) Unwrap() error { return e.err }

// authTransport adds a token to requests, and repeats a request once with a new token if Port
// refuses the old one.
type authTransport struct {
	base http.RoundTripper
	auth authenticator
}

// RoundTrip implements [http.RoundTripper].
func (t *authTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		// Only copies of the body are sent, but the contract requires closing the original.
		defer func() { _ = request.Body.Close() }()
	}
	token, err := t.auth.current(request.Context())
	if err != nil {
		return nil, &authError{err}
	}
	response, err := t.send(request, token)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	token, renewed, err := t.auth.successor(request.Context(), token)
	if !renewed {
		return response, err
	}
	_ = response.Body.Close() // The body is in memory.
	if err != nil {
		return nil, &authError{err}
	}
	return t.send(request, token)
}

// send sends a copy of the request, as the contract of RoundTripper forbids changing the original,
// and as the body is needed again when the token is refused.
func (t *authTransport) send(request *http.Request, token issuedToken) (*http.Response, error) {
	attempt := request.Clone(request.Context())
	attempt.Header.Set("Authorization", "Bearer "+token.text.reveal())
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		attempt.Body = body
	}
	return t.base.RoundTrip(attempt)
}
