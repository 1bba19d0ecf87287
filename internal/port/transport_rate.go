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

// The headers with which Port describes the rate limit of the organization or, for service accounts, of the user.
const (
	headerLimit     = "X-Ratelimit-Limit"
	headerRemaining = "X-Ratelimit-Remaining"
	headerPeriod    = "X-Ratelimit-Period"
	headerReset     = "X-Ratelimit-Reset"
)

const (
	// minEpoch is the number from which on a time is an epoch; below it counts the seconds to wait. It is documented
	// as an epoch, and clients in the wild read it as seconds.
	minEpoch = 1e8
	// minEpochMillis is the number from which on an epoch counts milliseconds.
	minEpochMillis = 1e11
	// maxEpoch bounds the seconds that fit a time.
	maxEpoch = 1e15
)

// rateLimitTransport lets requests wait for the rate limit together.
type rateLimitTransport struct {
	base http.RoundTripper
	gate *rateGate
}

// RoundTrip implements [http.RoundTripper].
func (t *rateLimitTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := t.gate.admit(request.Context()); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // A transport closes the body also when it fails; ours lies in memory.
		}
		return nil, err
	}
	response, err := t.base.RoundTrip(request)
	if err == nil {
		t.gate.learn(response.StatusCode, response.Header, time.Now())
	}
	return response, err
}

// rateGate is the picture that all calls of a client have of the rate limit. Its zero value knows nothing and lets
// everything pass.
//
// Within a period it counts down from what Port said is left, one for each request that it lets pass: answers come
// too late to hold back requests that are already on their way.
type rateGate struct {
	mutex sync.Mutex
	// closedUntil is when requests may go on after Port refused one.
	closedUntil time.Time
	// limit is how many requests a period takes; 0 when Port has not said, and then nothing below is known.
	limit  int
	period time.Duration
	// left is how many more requests may pass before ends: the end of the period, or maxWait if that comes earlier.
	left int
	ends time.Time
}

// admit waits until a request may be sent. It waits no longer than maxWait: after that the request goes, and Port may
// tell again what it thinks.
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

// reserve counts one request and returns 0 if it may be sent now, else how long to wait before asking again.
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

// startPeriod assumes a new period after the known one has ended. Without a known length there is nothing to assume.
func (g *rateGate) startPeriod(now time.Time) {
	if g.period <= 0 {
		g.limit = 0
		return
	}
	g.left = g.limit
	g.ends = now.Add(g.period)
}

// learn takes over what an answer says about the rate limit.
func (g *rateGate) learn(status int, header http.Header, now time.Time) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if status == http.StatusTooManyRequests {
		asked, ok := askedWait(status, header, now)
		if !ok {
			asked = repetition.First
		}
		g.closeUntil(now.Add(min(asked, maxWait)))
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

// update corrects the count. Of answers about the same period the lowest count is true, as they may arrive in any
// order; one about a later period starts again. Ends that differ by less than a second are the same, since Port counts
// in whole seconds.
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

// askedWait is how long an answer asks to wait before the next request; false if it does not ask. Besides Retry-After
// a 429 asks with the end of the period, if nothing is left of it.
func askedWait(status int, header http.Header, now time.Time) (time.Duration, bool) {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		return 0, false
	}
	if asked, ok := pause.Asked(header, now); ok {
		return asked, true
	}
	if remaining, ok := count(header, headerRemaining); !ok || remaining > 0 {
		return 0, false
	}
	return untilReset(header, now)
}

// untilReset reads how long the current period still takes, from an epoch or from seconds; from its whole length if
// Port does not say when it ends.
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

// count reads a header that holds a whole number.
func count(header http.Header, name string) (int, bool) {
	number, err := strconv.Atoi(strings.TrimSpace(header.Get(name)))
	return number, err == nil && number >= 0
}
