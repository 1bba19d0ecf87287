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

// maxWait is the longest that a request waits because the server asks for it.
const maxWait = 2 * time.Minute

// retries decides about the repetitions of one call and remembers what its attempts did. The attempts of a call
// follow each other, so it needs no lock.
type retries struct {
	// repeatable says that a second execution does no harm.
	repeatable bool
	// count is how many attempts there were.
	count int
	// lost says that an attempt may have taken effect without a final answer.
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
		// Proxies answer so when they lose the connection to Port, which may have handled the request.
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

// checkWait allows one wait that is shorter than what the server asks for. What a header asks may be a
// misunderstanding; if the server still refuses after the longest wait, it is not.
func (r *retries) checkWait(response *http.Response) bool {
	asked, ok := askedWait(response.StatusCode, response.Header, time.Now())
	if !ok || asked <= maxWait {
		return true
	}
	if r.waitedLongest {
		return false
	}
	r.waitedLongest = true
	return true
}

// backoff implements [retryablehttp.Backoff]: what the server asks for, else an exponential time. Full jitter keeps
// parallel calls from coming back all at once.
func (r *retries) backoff(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if asked, ok := askedWait(response.StatusCode, response.Header, time.Now()); ok {
			return min(asked+repetition.After(1, jitter()), maxWait)
		}
	}
	return repetition.After(attempt+1, jitter())
}

// repetition is the wait before a repetition when the server does not ask for one.
var repetition = pause.Backoff{First: 500 * time.Millisecond, Longest: 30 * time.Second}

// jitter is a random number from 0 to below 1.
func jitter() float64 {
	return rand.Float64() //nolint:gosec // The jitter need not be secret.
}
