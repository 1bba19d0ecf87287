package emulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// unlimited is the limit that answers show when there is none.
const unlimited = 1_000_000

// limiter counts the requests of the organization in fixed periods.
type limiter struct {
	options Options

	mutex sync.Mutex
	start time.Time // of the present period
	used  int
}

// allowance is what the headers of an answer say about the rate limit.
type allowance struct {
	limit, remaining int
	period           time.Duration
	reset            int64
}

// take counts a request, or refuses it.
func (l *limiter) take() (allowance, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.turn()
	if l.options.RateLimit > 0 && l.used >= l.options.RateLimit {
		return l.allowance(), &failure{
			status: http.StatusTooManyRequests, code: "rate_limit_exceeded",
			message: "Too many requests, the limit is " + strconv.Itoa(l.options.RateLimit) +
				" in " + l.options.RateLimitPeriod.String(),
		}
	}
	l.used++
	return l.allowance(), nil
}

// peek returns the allowance without using any of it.
func (l *limiter) peek() allowance {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.turn()
	return l.allowance()
}

// reset begins a new period.
func (l *limiter) reset() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.start, l.used = time.Time{}, 0
}

// turn begins a new period when the present one is over.
func (l *limiter) turn() {
	now := l.options.Now()
	if now.Before(l.start.Add(l.options.RateLimitPeriod)) {
		return
	}
	l.start, l.used = now, 0
}

func (l *limiter) allowance() allowance {
	a := allowance{limit: unlimited, remaining: unlimited, period: l.options.RateLimitPeriod}
	if l.options.RateLimit > 0 {
		a.limit, a.remaining = l.options.RateLimit, l.options.RateLimit-l.used
	}
	end := l.start.Add(l.options.RateLimitPeriod)
	a.reset = ceilUnix(end)
	if l.options.RateLimitReset == ResetSeconds {
		a.reset = int64((end.Sub(l.options.Now()) + time.Second - 1) / time.Second)
	}
	return a
}

// ceilUnix returns the first whole second that is not before the instant: who
// waits for it does not come too early.
func ceilUnix(instant time.Time) int64 { return instant.Add(time.Second - 1).Unix() }

// addTo adds the headers to an answer.
func (a allowance) addTo(r response) response {
	r.header.Set("X-Ratelimit-Limit", strconv.Itoa(a.limit))
	r.header.Set("X-Ratelimit-Remaining", strconv.Itoa(a.remaining))
	r.header.Set("X-Ratelimit-Period", strconv.Itoa(int(a.period/time.Second)))
	r.header.Set("X-Ratelimit-Reset", strconv.FormatInt(a.reset, 10))
	return r
}
