package port

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"
)

// newAuthenticator selects how to authenticate: a token takes precedence over credentials.
func newAuthenticator(c *Client, s *settings) authenticator {
	if !s.token.isEmpty() {
		return &staticToken{token: issuedToken{text: s.token}, clientSecrets: s.clientSecrets}
	}
	return &tokenSource{client: c, clientID: s.clientID, clientSecrets: s.clientSecrets}
}

// staticToken is a token that was issued to somebody else.
type staticToken struct {
	token         issuedToken
	clientSecrets []secret
}

func (t *staticToken) current(context.Context) (issuedToken, error) { return t.token, nil }

func (t *staticToken) successor(context.Context, issuedToken) (issuedToken, bool, error) {
	return issuedToken{}, false, nil
}

func (t *staticToken) redact(text string) string {
	return redactAll(t.clientSecrets, t.token.text.redact(text))
}

func (t *staticToken) hint(_ string, now time.Time) string {
	const remedy = "set a new token, or set a client id and secret so that tokens are renewed"
	expiry, known := tokenExpiry(t.token.text.reveal())
	switch {
	case known && expiry.Before(now):
		return "the token expired at " + expiry.UTC().Format(time.RFC3339) + ": " + remedy
	case known:
		return "the token has not expired, but Port does not accept it; it may belong to another region or organization"
	default:
		return "the token is wrong or has expired: " + remedy
	}
}

// tokenExpiry reads when a token expires, if it is a JSON Web Token with an expiry. It does not
// check the signature.
func tokenExpiry(token string) (time.Time, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}, false
	}
	var claims struct {
		Expiry *json.Number `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Expiry == nil {
		return time.Time{}, false
	}
	seconds, err := claims.Expiry.Float64()
	if err != nil || math.Abs(seconds) > maxEpoch {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// tokenPath is the path of the request for a token.
var tokenPath = [...]string{"auth", "access_token"}

// tokenSource requests tokens for credentials and caches each until shortly before it expires.
// Concurrent calls that need a token share one request.
type tokenSource struct {
	client        *Client
	clientID      string
	clientSecrets []secret

	mutex sync.Mutex
	token issuedToken
	fetch *tokenFetch
	// accepted is the index of the secret for which Port last issued a token. Only the caller who
	// requests the next one uses it.
	accepted int
}

// tokenFetch is a request for a token in flight. Its fields may be read once done is closed.
type tokenFetch struct {
	done  chan struct{}
	token issuedToken
	err   error
	// abandoned says that the caller who sent the request gave up, which says nothing about the
	// credentials.
	abandoned bool
}

func (s *tokenSource) current(ctx context.Context) (issuedToken, error) {
	return s.newerThan(ctx, 0)
}

func (s *tokenSource) successor(ctx context.Context, refused issuedToken) (issuedToken, bool, error) {
	token, err := s.newerThan(ctx, refused.number)
	return token, true, err
}

// newerThan returns a token with a number above the given one. The first caller to need a new one
// requests it, under its own context; the others wait, and one of them takes over if the first
// gives up.
func (s *tokenSource) newerThan(ctx context.Context, number int) (issuedToken, error) {
	for {
		token, fetch, mine := s.join(number)
		if fetch == nil {
			return token, nil
		}
		if mine {
			s.run(ctx, fetch)
			return fetch.token, fetch.err
		}
		select {
		case <-ctx.Done():
			return issuedToken{}, fmt.Errorf("waiting for a token: %w", ctx.Err())
		case <-fetch.done:
		}
		if !fetch.abandoned {
			return fetch.token, fetch.err
		}
	}
}

// join returns the token if it is recent enough, otherwise the request for the next one and whether
// the caller has to send it.
func (s *tokenSource) join(number int) (token issuedToken, fetch *tokenFetch, mine bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.token.number > number && !s.token.isStale(time.Now()) {
		return s.token, nil, false
	}
	if s.fetch != nil {
		return issuedToken{}, s.fetch, false
	}
	s.fetch = &tokenFetch{done: make(chan struct{}), token: issuedToken{number: s.token.number + 1}}
	return issuedToken{}, s.fetch, true
}

func (t issuedToken) isStale(now time.Time) bool {
	return !t.renewAt.IsZero() && !now.Before(t.renewAt)
}

// run sends the request for a token and shares the result.
func (s *tokenSource) run(ctx context.Context, fetch *tokenFetch) {
	began := time.Now()
	text, lifetime, err := s.ask(ctx)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	defer close(fetch.done)
	s.fetch = nil
	if err != nil {
		fetch.err = err
		fetch.abandoned = ctx.Err() != nil
		return
	}
	fetch.token.text = newSecret(text)
	if lifetime > 0 {
		fetch.token.renewAt = began.Add(lifetime - renewalMargin(lifetime))
	}
	s.token = fetch.token
}

// renewalMargin is how long before its expiry a token is renewed, so that it does not expire in
// flight.
func renewalMargin(lifetime time.Duration) time.Duration {
	return min(lifetime/10, time.Minute)
}

// maxTokenLifetime is the upper limit for a token's lifetime.
const maxTokenLifetime = 30 * 24 * time.Hour

// tokenRoute is the path of the request for a token.
const tokenRoute = "/v1/auth/access_token" //nolint:gosec // This is a path.

// ask requests a token with each secret in turn, starting with the one last accepted, until the
// status is not 401.
func (s *tokenSource) ask(ctx context.Context) (token string, lifetime time.Duration, err error) {
	for range s.clientSecrets {
		token, lifetime, err = s.askWith(ctx, s.clientSecrets[s.accepted])
		if !errors.Is(err, ErrUnauthorized) {
			break
		}
		s.accepted = (s.accepted + 1) % len(s.clientSecrets)
	}
	return token, lifetime, err
}

// askWith requests a token: POST /v1/auth/access_token. A lifetime of 0 means unknown: the token is
// used until Port refuses it.
func (s *tokenSource) askWith(ctx context.Context, clientSecret secret) (token string, lifetime time.Duration, err error) {
	call := request{
		method:   http.MethodPost,
		path:     tokenPath[:],
		body:     map[string]string{"clientId": s.clientID, "clientSecret": clientSecret.reveal()},
		readOnly: true,
	}
	var response tokenResponse
	if _, err := s.client.send(ctx, s.client.plain, call, &response); err != nil {
		return "", 0, err
	}
	return response.AccessToken, response.lifetime(), nil
}

// tokenResponse is the response to a request for a token.
type tokenResponse struct {
	AccessToken string      `json:"accessToken"`
	ExpiresIn   json.Number `json:"expiresIn"`
}

// lifetime is how long the token is valid, or 0 if the response does not say.
func (a *tokenResponse) lifetime() time.Duration {
	seconds, err := a.ExpiresIn.Float64()
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, maxTokenLifetime.Seconds()) * float64(time.Second))
}

func (a *tokenResponse) complete() error {
	if a.AccessToken == "" || !isHeaderValue(a.AccessToken) {
		return errors.New("the response contains no usable token")
	}
	return nil
}

func (s *tokenSource) redact(text string) string {
	s.mutex.Lock()
	token := s.token.text
	s.mutex.Unlock()
	return redactAll(s.clientSecrets, token.redact(text))
}

func (s *tokenSource) hint(route string, _ time.Time) string {
	if route == tokenRoute {
		return "check the client id and secret, and that the base URL matches their region"
	}
	return "Port refused a token that it had just issued; the credentials may have been revoked"
}
