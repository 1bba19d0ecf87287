package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// request is one API call, which becomes one or more HTTP requests.
type request struct {
	method string
	// path contains the segments after /v1, unescaped.
	path  []string
	query url.Values
	// body is encoded as JSON; nil sends none.
	body any
	// readOnly marks a POST that changes nothing and may be retried like a GET.
	readOnly bool
}

func (r request) changesNothing() bool { return r.method == http.MethodGet || r.readOnly }

// outcome is what is known about the effect of a request apart from its response.
type outcome struct {
	// mayHaveHappened says that at least one attempt may have taken effect although its response
	// was lost: the connection broke, a proxy responded instead of Port, or the response to a
	// success cannot be decoded.
	mayHaveHappened bool
	// respondedAt is the time of the response by the server's clock; zero if unknown.
	respondedAt time.Time
}

// explain adds [ErrOutcomeUnknown] to the error of a request that is not safe to retry, if the
// request may have taken effect.
func (o outcome) explain(err error) error {
	if !o.mayHaveHappened {
		return err
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// do sends a request with a token and decodes the response into target, unless target is nil. An
// error of the exchange is an [*Error] or a [*TransportError]; others concern the request itself,
// such as [ErrInvalidIdentifier].
func (c *Client) do(ctx context.Context, r request, target any) (outcome, error) {
	if r.changesNothing() {
		return c.send(ctx, c.reads, r, target)
	}
	defer c.changeCount.Add(1)
	return c.send(ctx, c.changes, r, target)
}

// remove is do for a deletion: if a retry after a lost response finds nothing, the first attempt
// succeeded.
func (c *Client) remove(ctx context.Context, r request, target any) error {
	outcome, err := c.do(ctx, r, target)
	if outcome.mayHaveHappened && errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (c *Client) send(ctx context.Context, via *http.Client, r request, target any) (outcome, error) {
	httpRequest, err := c.newRequest(ctx, r)
	if err != nil {
		return outcome{}, err
	}
	attempts := &retries{repeatable: r.method != http.MethodPost || r.readOnly}
	response, err := attempts.client(via, c.maxRetries).Do(httpRequest)
	result := outcome{mayHaveHappened: attempts.lost && !r.readOnly}
	if err != nil {
		return result, c.transportError(r, attempts, err)
	}
	defer func() { _ = response.Body.Close() }() // It is in memory, and closing it cannot fail.
	c.clock.learn(response.Header, time.Now())
	result.respondedAt = pause.ServerTime(response.Header, time.Time{})
	err = c.readResponse(r, response, target)
	if response.StatusCode < http.StatusMultipleChoices && errors.Is(err, ErrMalformedResponse) {
		result.mayHaveHappened = !r.readOnly
	}
	return result, err
}

func (c *Client) newRequest(ctx context.Context, r request) (*retryablehttp.Request, error) {
	address, err := c.address(r)
	if err != nil {
		return nil, err
	}
	var body any
	if r.body != nil {
		encoded, err := encode(r.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encoding the request: %w", r.method, r.route(), err)
		}
		body = []byte(encoded)
	}
	httpRequest, err := retryablehttp.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.route(), err)
	}
	httpRequest.Header.Set("Accept", "application/json")
	httpRequest.Header.Set("User-Agent", c.userAgent)
	if r.body != nil {
		httpRequest.Header.Set("Content-Type", "application/json")
	}
	return httpRequest, nil
}

// address is the URL of a request. An identifier that is empty, "." or ".." is refused, escaped or
// not: servers and proxies would resolve it and act on another resource.
func (c *Client) address(r request) (string, error) {
	for _, segment := range r.path {
		if segment == "" || segment == "." || segment == ".." {
			return "", fmt.Errorf("%s /v1/%s: %w: %q", r.method, strings.Join(r.path, "/"), ErrInvalidIdentifier, segment)
		}
	}
	address := c.base.String() + r.route()
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	return address, nil
}

// route is the path of a request, each segment escaped separately.
func (r request) route() string {
	escaped := make([]string, len(r.path))
	for i, segment := range r.path {
		escaped[i] = url.PathEscape(segment)
	}
	return "/v1/" + strings.Join(escaped, "/")
}

// transportError describes why there is no response. A self-explanatory error, such as that of the
// request for a token, is returned unchanged.
func (c *Client) transportError(r request, attempts *retries, err error) error {
	if noToken, ok := errors.AsType[*authError](err); ok {
		return noToken.err
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if failed, ok := errors.AsType[*attemptError](err); ok {
		err = failed.err
	}
	failure := &TransportError{
		Method: r.method, Route: r.route(), Attempts: attempts.count, Sent: attempts.lost,
		cause: err, reason: c.auth.redact(err.Error()),
	}
	if failure.reason != err.Error() {
		// Unwrapping the cause would still reveal the secret.
		failure.cause = nil
	}
	return failure
}
