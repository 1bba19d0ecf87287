// Package pause is about the time before another attempt: how long it is, and waiting
// for it. The client of Port, the listener and the emulator repeat what fails with it.
package pause

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Wait returns after a time, or at once with the context's error when that ends.
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
	// First is the longest pause after the first failure, Longest that after any.
	First, Longest time.Duration
}

// After returns the pause after a number of failures, from 1. The jitter is random, from
// 0 to below 1, and is what the pause is of its longest: it keeps several that failed
// together from trying again together.
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

// Asked returns how long an answer asks to wait in its header Retry-After, in seconds,
// whole or not, or as a date, which is read by the clock of the server. It reports false
// when the answer does not ask.
func Asked(header http.Header, now time.Time) (time.Duration, bool) {
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

// ServerTime returns when an answer was given by the clock of the server, or now when it
// does not say. So a wrong clock on this side does no harm.
func ServerTime(header http.Header, now time.Time) time.Time {
	moment, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return now
	}
	return moment
}

// mostSeconds bounds a pause so that it can be calculated with: a year.
const mostSeconds = 365 * 24 * 60 * 60

// OfSeconds converts seconds. It reports false for what is no time to wait.
func OfSeconds(seconds float64) (time.Duration, bool) {
	if math.IsNaN(seconds) || seconds < 0 {
		return 0, false
	}
	return time.Duration(min(seconds, mostSeconds) * float64(time.Second)), true
}
