package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

const (
	// defaultPause is the pause after a 429 without Retry-After.
	defaultPause = 30 * time.Second
	// maxPause limits the pause that a 429 may request.
	maxPause = time.Hour
	// maxCode is longer than any of Slack's error codes.
	maxCode = 100
)

// response is the response of a webhook.
type response struct {
	status int
	header http.Header
	body   []byte
}

// classify interprets a response. It returns nil only for a delivered message. A response without a
// Slack error code came from something else, such as a proxy, a captive portal or a load balancer.
func (r response) classify(now time.Time) *Failure {
	code, isSlacks := r.code()
	switch {
	case r.isDelivered():
		return nil
	case r.status == http.StatusTooManyRequests:
		return r.failure(ReasonRateLimited, code, r.pause(now))
	case r.status >= http.StatusInternalServerError:
		failure := r.failure(ReasonUnavailable, code, 0)
		failure.Ambiguous = true
		return failure
	case !isSlacks:
		failure := r.failure(ReasonIntercepted, "without a Slack error code", 0)
		// Whatever reported success may have passed the message on.
		failure.Ambiguous = r.status < http.StatusMultipleChoices
		return failure
	case r.status == http.StatusForbidden, r.status == http.StatusNotFound, r.status == http.StatusGone:
		return r.failure(ReasonDestination, code, 0)
	case r.status >= http.StatusMultipleChoices && r.status < http.StatusBadRequest,
		r.status == http.StatusUnauthorized, r.status == http.StatusProxyAuthRequired,
		r.status == http.StatusRequestTimeout, r.status == http.StatusTooEarly:
		// A webhook of Slack never responds with these.
		return r.failure(ReasonIntercepted, code, 0)
	}
	return r.failure(ReasonRefused, code, 0)
}

func (r response) failure(reason Reason, code string, pause time.Duration) *Failure {
	return &Failure{Reason: reason, Status: r.status, Pause: pause, detail: fmt.Sprintf("%d %s", r.status, code)}
}

// isDelivered reports whether the message was accepted, by Slack or by a compatible receiver that
// responds with JSON.
func (r response) isDelivered() bool {
	if r.status != http.StatusOK {
		return false
	}
	text := strings.TrimSpace(string(r.body))
	if strings.EqualFold(text, "ok") {
		return true
	}
	var result struct {
		OK      bool `json:"ok"`
		Success bool `json:"success"`
	}
	return json.Unmarshal(r.body, &result) == nil && (result.OK || result.Success)
}

// code returns Slack's error code, such as invalid_blocks, and whether there is one. It consists of
// lower-case letters, digits and underscores; with an underscore, it counts whatever the content
// type. Nothing else of a response is ever shown, because another server may return anything,
// including our own URL.
func (r response) code() (string, bool) {
	text := strings.TrimSpace(string(r.body))
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	isText := kind == "" || strings.EqualFold(strings.TrimSpace(kind), "text/plain")
	if !isText && !strings.Contains(text, "_") || text == "" || len(text) > maxCode || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "without a Slack error code", false
	}
	return text, true
}

// pause returns the pause that a 429 requests: its Retry-After header, otherwise "retry_after" in
// the body, in seconds.
func (r response) pause(now time.Time) time.Duration {
	if wait, ok := pause.RetryAfter(r.header, now); ok && wait > 0 {
		return min(wait, maxPause)
	}
	var body struct {
		RetryAfter json.Number `json:"retry_after"`
	}
	if json.Unmarshal(r.body, &body) != nil {
		return defaultPause
	}
	seconds, _ := body.RetryAfter.Float64() // An invalid number yields 0.
	if wait, ok := pause.OfSeconds(seconds); ok && wait > 0 {
		return min(wait, maxPause)
	}
	return defaultPause
}
