package port

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// maxWait is the longest wait that a server can ask for.
const maxWait = 2 * time.Minute

// retries decides whether to retry one call and tracks its attempts. The attempts of a call are
// sequential, so it needs no lock.
type retries struct {
	// repeatable says that the request is safe to execute twice.
	repeatable bool
	// count is the number of attempts.
	count int
	// lost says that an attempt may have taken effect although its response was lost.
	lost bool
	// waitedLongest says that the call has waited for maxWait, although the server asked for more.
	waitedLongest bool
}

// client is a retrying client for this call alone, so that its policy can keep the state above.
func (r *retries) client(via *http.Client, maxRetries int) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   via,
		RetryMax:     maxRetries,
		CheckRetry:   r.check,
		Backoff:      r.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// check implements [retryablehttp.CheckRetry].
func (r *retries) check(ctx context.Context, response *http.Response, err error) (bool, error) {
	r.count++
	if err != nil {
		return r.checkError(ctx, err)
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		return r.checkWait(response), nil
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		// Proxies return this when they lose the connection to Port, which may have handled the
		// request.
		r.lost = true
		return r.repeatable && r.checkWait(response), nil
	default:
		return false, nil
	}
}

func (r *retries) checkError(ctx context.Context, err error) (bool, error) {
	var failed *attemptError
	if !errors.As(err, &failed) {
		return false, err
	}
	if failed.sent {
		r.lost = true
	}
	if ctx.Err() != nil || failed.permanent {
		return false, err
	}
	return r.repeatable || !failed.sent, nil
}

// checkWait allows one wait that is shorter than what the server asks for. The header may be
// misread; if the server still refuses after the longest wait, it was not.
func (r *retries) checkWait(response *http.Response) bool {
	wait, ok := requestedWait(response.StatusCode, response.Header, time.Now())
	if !ok || wait <= maxWait {
		return true
	}
	if r.waitedLongest {
		return false
	}
	r.waitedLongest = true
	return true
}

// backoff implements [retryablehttp.Backoff]: the wait that the server asks for, otherwise
// exponential backoff. Full jitter spreads parallel calls.
func (r *retries) backoff(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if wait, ok := requestedWait(response.StatusCode, response.Header, time.Now()); ok {
			return min(wait+repetition.After(1, jitter()), maxWait)
		}
	}
	return repetition.After(attempt+1, jitter())
}

// repetition is the backoff before a retry if the server does not ask for a wait.
var repetition = pause.Backoff{First: 500 * time.Millisecond, Longest: 30 * time.Second}

// jitter is a random number in [0, 1).
func jitter() float64 {
	return rand.Float64() //nolint:gosec // The jitter need not be secret.
}
