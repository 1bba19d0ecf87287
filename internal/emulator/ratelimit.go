package emulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// unlimited is the limit in the response headers if there is none.
const unlimited = 1_000_000

// limiter counts the requests of the organization in fixed periods.
type limiter struct {
	options Options

	mutex sync.Mutex
	start time.Time // of the current period
	used  int
}

// allowance is the rate limit in the headers of a response.
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

// turn begins a new period if the current one has ended.
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

// ceilUnix rounds a time up to a whole second, so that clients do not retry too early.
func ceilUnix(instant time.Time) int64 { return instant.Add(time.Second - 1).Unix() }

// addTo adds the headers to a response.
func (a allowance) addTo(r response) response {
	r.header.Set("X-Ratelimit-Limit", strconv.Itoa(a.limit))
	r.header.Set("X-Ratelimit-Remaining", strconv.Itoa(a.remaining))
	r.header.Set("X-Ratelimit-Period", strconv.Itoa(int(a.period/time.Second)))
	r.header.Set("X-Ratelimit-Reset", strconv.FormatInt(a.reset, 10))
	return r
}
