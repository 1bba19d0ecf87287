// Package pause computes and waits for the time before a retry. The client of Port, the listener
// and the emulator use it.
package pause

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Wait waits for a time, or returns the context's error as soon as the context ends.
func Wait(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Backoff is a pause that doubles with each failure.
type Backoff struct {
	// First is the maximum pause after the first failure, Longest the maximum after any.
	First, Longest time.Duration
}

// After returns the pause after a number of failures, at least 1. The jitter, a random number in
// [0, 1), is the fraction of the maximum pause: it spreads the retries of requests that failed
// together.
func (b Backoff) After(failures int, jitter float64) time.Duration {
	ceiling := b.First
	for range failures - 1 {
		if ceiling >= b.Longest {
			break
		}
		ceiling *= 2
	}
	return time.Duration(jitter * float64(min(ceiling, b.Longest)))
}

// RetryAfter returns the wait in the Retry-After header of a response: seconds, possibly
// fractional, or a date by the clock of the server. It reports false if there is none.
func RetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return OfSeconds(seconds)
	}
	moment, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(0, moment.Sub(ServerTime(header, now))), true
}

// ServerTime returns the time of a response by the clock of the server, or now if unknown. It makes
// a wrong local clock harmless.
func ServerTime(header http.Header, now time.Time) time.Time {
	moment, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return now
	}
	return moment
}

// maxSeconds limits a pause to a year, so that it fits a Duration.
const maxSeconds = 365 * 24 * 60 * 60

// OfSeconds converts seconds. It reports false if the number is not a valid wait.
func OfSeconds(seconds float64) (time.Duration, bool) {
	if math.IsNaN(seconds) || seconds < 0 {
		return 0, false
	}
	return time.Duration(min(seconds, maxSeconds) * float64(time.Second)), true
}
