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

// answer is the response of a webhook.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// classify interprets a response. It returns nil only for a delivered message. A response without a
// Slack error code came from something else, such as a proxy, a captive portal or a load balancer.
func (a answer) classify(now time.Time) *Failure {
	code, isSlacks := a.code()
	switch {
	case a.isDelivered():
		return nil
	case a.status == http.StatusTooManyRequests:
		return a.failure(ReasonRateLimited, code, a.pause(now))
	case a.status >= http.StatusInternalServerError:
		failure := a.failure(ReasonUnavailable, code, 0)
		failure.Ambiguous = true
		return failure
	case !isSlacks:
		failure := a.failure(ReasonIntercepted, "without a Slack error code", 0)
		// Whatever answered with success may have passed the message on.
		failure.Ambiguous = a.status < http.StatusMultipleChoices
		return failure
	case a.status == http.StatusForbidden, a.status == http.StatusNotFound, a.status == http.StatusGone:
		return a.failure(ReasonDestination, code, 0)
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest,
		a.status == http.StatusUnauthorized, a.status == http.StatusProxyAuthRequired,
		a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly:
		// Slack never answers a webhook with these.
		return a.failure(ReasonIntercepted, code, 0)
	}
	return a.failure(ReasonRefused, code, 0)
}

func (a answer) failure(reason Reason, code string, pause time.Duration) *Failure {
	return &Failure{Reason: reason, Status: a.status, Pause: pause, detail: fmt.Sprintf("%d %s", a.status, code)}
}

// isDelivered reports whether the message was accepted, by Slack or by a compatible receiver that
// answers in JSON.
func (a answer) isDelivered() bool {
	if a.status != http.StatusOK {
		return false
	}
	text := strings.TrimSpace(string(a.body))
	if strings.EqualFold(text, "ok") {
		return true
	}
	var said struct {
		OK      bool `json:"ok"`
		Success bool `json:"success"`
	}
	return json.Unmarshal(a.body, &said) == nil && (said.OK || said.Success)
}

// code returns Slack's error code, such as invalid_blocks, and whether there is one. It consists of
// lower-case letters, digits and underscores; with an underscore, it counts whatever the content
// type. Nothing else of a response is ever shown, because another server may return anything,
// including our own URL.
func (a answer) code() (string, bool) {
	text := strings.TrimSpace(string(a.body))
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	isText := kind == "" || strings.EqualFold(strings.TrimSpace(kind), "text/plain")
	if !isText && !strings.Contains(text, "_") || text == "" || len(text) > maxCode || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "without a Slack error code", false
	}
	return text, true
}

// pause returns the pause that a 429 requests: its Retry-After header, otherwise "retry_after" in
// the body, in seconds.
func (a answer) pause(now time.Time) time.Duration {
	if asked, ok := pause.Asked(a.header, now); ok && asked > 0 {
		return min(asked, maxPause)
	}
	var body struct {
		RetryAfter json.Number `json:"retry_after"`
	}
	if json.Unmarshal(a.body, &body) != nil {
		return defaultPause
	}
	seconds, _ := body.RetryAfter.Float64() // An invalid number yields 0.
	if asked, ok := pause.OfSeconds(seconds); ok && asked > 0 {
		return min(asked, maxPause)
	}
	return defaultPause
}
