package port

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

// The headers with which Port describes the rate limit of the organization or, for service
// accounts, of the user.
const (
	headerLimit     = "X-Ratelimit-Limit"
	headerRemaining = "X-Ratelimit-Remaining"
	headerPeriod    = "X-Ratelimit-Period"
	headerReset     = "X-Ratelimit-Reset"
)

const (
	// minEpoch is the lowest number that is an epoch; a lower number is a wait in seconds. The
	// header is documented as an epoch, but existing clients read it as seconds.
	minEpoch = 1e8
	// minEpochMillis is the lowest number that is an epoch in milliseconds.
	minEpochMillis = 1e11
	// maxEpoch is the upper limit for seconds in a time.
	maxEpoch = 1e15
)

// rateLimitTransport makes requests wait for the shared rate limit.
type rateLimitTransport struct {
	base http.RoundTripper
	gate *rateGate
}

// RoundTrip implements [http.RoundTripper].
func (t *rateLimitTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := t.gate.admit(request.Context()); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // A transport must close the body even if it fails; ours is in memory.
		}
		return nil, err
	}
	response, err := t.base.RoundTrip(request)
	if err == nil {
		t.gate.learn(response.StatusCode, response.Header, time.Now())
	}
	return response, err
}

// rateGate is the shared view of all calls of a client on the rate limit. Its zero value admits
// every request.
//
// Within a period it counts down from the remaining number that Port reported, one for each request
// it admits: responses arrive too late to limit requests already in flight.
type rateGate struct {
	mutex sync.Mutex
	// closedUntil is when requests may continue after Port refused one.
	closedUntil time.Time
	// limit is the number of requests per period; 0 if unknown, and then the fields below are
	// unknown too.
	limit  int
	period time.Duration
	// left is how many more requests may pass before ends: the end of the period, or maxWait if
	// that comes earlier.
	left int
	ends time.Time
}

// admit waits until a request may be sent, at most maxWait. After that the request is sent, and
// Port may refuse it again.
func (g *rateGate) admit(ctx context.Context) error {
	deadline := time.Now().Add(maxWait)
	for {
		now := time.Now()
		length := min(g.reserve(now), deadline.Sub(now))
		if length <= 0 {
			return nil
		}
		if err := pause.Wait(ctx, length); err != nil {
			return err
		}
	}
}

// reserve counts one request and returns 0 if it may be sent now, otherwise how long to wait before
// the next call.
func (g *rateGate) reserve(now time.Time) time.Duration {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if now.Before(g.closedUntil) {
		return g.closedUntil.Sub(now)
	}
	if g.limit == 0 {
		return 0
	}
	if !now.Before(g.ends) {
		g.startPeriod(now)
	}
	if g.limit > 0 && g.left <= 0 {
		return g.ends.Sub(now)
	}
	g.left--
	return 0
}

// startPeriod assumes a new period after the known one has ended. Without a known length there is
// nothing to assume.
func (g *rateGate) startPeriod(now time.Time) {
	if g.period <= 0 {
		g.limit = 0
		return
	}
	g.left = g.limit
	g.ends = now.Add(g.period)
}

// learn records what a response says about the rate limit.
func (g *rateGate) learn(status int, header http.Header, now time.Time) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if status == http.StatusTooManyRequests {
		wait, ok := requestedWait(status, header, now)
		if !ok {
			wait = repetition.First
		}
		g.closeUntil(now.Add(min(wait, maxWait)))
	}
	limit, hasLimit := count(header, headerLimit)
	remaining, hasRemaining := count(header, headerRemaining)
	reset, hasReset := untilReset(header, now)
	if !hasLimit || limit < 1 || !hasRemaining || !hasReset {
		return
	}
	if period, ok := count(header, headerPeriod); ok {
		g.period = time.Duration(period) * time.Second
	}
	g.update(limit, remaining, now.Add(min(reset, maxWait)))
}

func (g *rateGate) closeUntil(moment time.Time) {
	if moment.After(g.closedUntil) {
		g.closedUntil = moment
	}
}

// update corrects the count. Responses may arrive in any order, so within one period the lowest
// count is correct; a response about a later period starts again. Ends that differ by less than a
// second are the same, since Port counts in whole seconds.
func (g *rateGate) update(limit, remaining int, ends time.Time) {
	later := g.limit == 0 || ends.Sub(g.ends) >= time.Second
	earlier := g.limit != 0 && g.ends.Sub(ends) >= time.Second
	switch {
	case later:
		g.left, g.ends = remaining, ends
	case earlier:
		return
	default:
		g.left = min(g.left, remaining)
	}
	g.limit = limit
}

// requestedWait returns how long a response asks to wait before the next request; false if it does
// not ask. In addition to Retry-After, a 429 with no remaining requests asks to wait for the end of
// the period.
func requestedWait(status int, header http.Header, now time.Time) (time.Duration, bool) {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		return 0, false
	}
	if wait, ok := pause.RetryAfter(header, now); ok {
		return wait, true
	}
	if remaining, ok := count(header, headerRemaining); !ok || remaining > 0 {
		return 0, false
	}
	return untilReset(header, now)
}

// untilReset returns the rest of the current period, from an epoch or from seconds; its full length
// if Port does not say when it ends.
func untilReset(header http.Header, now time.Time) (time.Duration, bool) {
	text := header.Get(headerReset)
	if text == "" {
		text = header.Get(headerPeriod)
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, false
	}
	switch {
	case number > minEpochMillis:
		number = number/1000 - epochSeconds(pause.ServerTime(header, now))
	case number > minEpoch:
		number -= epochSeconds(pause.ServerTime(header, now))
	}
	return pause.OfSeconds(max(0, number))
}

func epochSeconds(moment time.Time) float64 { return float64(moment.UnixMilli()) / 1000 }

// count reads a header with an integer value.
func count(header http.Header, name string) (int, bool) {
	number, err := strconv.Atoi(strings.TrimSpace(header.Get(name)))
	return number, err == nil && number >= 0
}
