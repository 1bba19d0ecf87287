package slack

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// defaultPause is for a 429 that does not say how long.
	defaultPause = 30 * time.Second
	// maxPause bounds what a 429 may ask for.
	maxPause = time.Hour
	// longestCode is more than any of Slack's error codes has.
	longestCode = 60
)

// answer is what came back from a webhook.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// classify reads an answer as Slack means it: nil only for a delivered message.
func (a answer) classify(now time.Time) *Failure {
	switch {
	case a.status == http.StatusOK && strings.TrimSpace(string(a.body)) == "ok":
		return nil
	case a.status == http.StatusTooManyRequests:
		return a.failure(ReasonRateLimited, a.pause(now))
	case a.status >= http.StatusInternalServerError:
		failure := a.failure(ReasonUnavailable, 0)
		failure.Ambiguous = true
		return failure
	case a.status == http.StatusForbidden, a.status == http.StatusNotFound, a.status == http.StatusGone,
		a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest:
		return a.failure(ReasonDestination, 0)
	}
	return a.failure(ReasonRefused, 0)
}

func (a answer) failure(reason Reason, pause time.Duration) *Failure {
	return &Failure{Reason: reason, Status: a.status, Pause: pause, detail: fmt.Sprintf("%d %s", a.status, a.code())}
}

// code returns Slack's word for what is wrong, such as invalid_blocks. Another
// server may answer with anything, our own URL included.
func (a answer) code() string {
	text := strings.TrimSpace(string(a.body))
	if text == "" || len(text) > longestCode || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "without an error code of Slack's"
	}
	return text
}

// pause returns how long a 429 wants to be left alone: Retry-After in seconds,
// whole or not, or as a date; else "retry_after" in the body.
func (a answer) pause(now time.Time) time.Duration {
	header := strings.TrimSpace(a.header.Get("Retry-After"))
	if pause, ok := readSeconds(header); ok {
		return pause
	}
	if date, err := http.ParseTime(header); err == nil && date.After(now) {
		return min(date.Sub(now), maxPause)
	}
	var body struct {
		RetryAfter json.Number `json:"retry_after"`
	}
	if json.Unmarshal(a.body, &body) == nil {
		if pause, ok := readSeconds(body.RetryAfter.String()); ok {
			return pause
		}
	}
	return defaultPause
}

// readSeconds reads a positive number of seconds.
func readSeconds(text string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0, false
	}
	return time.Duration(min(seconds, maxPause.Seconds()) * float64(time.Second)), true
}
