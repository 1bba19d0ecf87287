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
	// defaultPause is for a 429 that does not say how long.
	defaultPause = 30 * time.Second
	// maxPause bounds what a 429 may ask for.
	maxPause = time.Hour
	// longestWord is more than any of Slack's error codes has.
	longestWord = 100
)

// answer is what came back from a webhook.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// classify reads an answer as Slack means it: nil only for a delivered message. An answer without a
// Slack error code did not come from Slack: a proxy, a captive portal or a load balancer has
// answered instead.
func (a answer) classify(now time.Time) *Failure {
	word, isSlacks := a.word()
	switch {
	case a.isDelivered():
		return nil
	case a.status == http.StatusTooManyRequests:
		return a.failure(ReasonRateLimited, word, a.pause(now))
	case a.status >= http.StatusInternalServerError:
		failure := a.failure(ReasonUnavailable, word, 0)
		failure.Ambiguous = true
		return failure
	case !isSlacks:
		failure := a.failure(ReasonIntercepted, "without a Slack error code", 0)
		// Whatever answers with success may have passed the message on.
		failure.Ambiguous = a.status < http.StatusMultipleChoices
		return failure
	case a.status == http.StatusForbidden, a.status == http.StatusNotFound, a.status == http.StatusGone:
		return a.failure(ReasonDestination, word, 0)
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest,
		a.status == http.StatusUnauthorized, a.status == http.StatusProxyAuthRequired,
		a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly:
		// Slack answers a webhook with none of these.
		return a.failure(ReasonIntercepted, word, 0)
	}
	return a.failure(ReasonRefused, word, 0)
}

func (a answer) failure(reason Reason, word string, pause time.Duration) *Failure {
	return &Failure{Reason: reason, Status: a.status, Pause: pause, detail: fmt.Sprintf("%d %s", a.status, word)}
}

// isDelivered reports whether a message was taken: by Slack, or by a receiver that speaks its
// format and answers in JSON.
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

// word returns Slack's word for what is wrong, such as invalid_blocks, and whether there is one:
// text of lower-case letters, digits and underscores. A word with an underscore counts whatever its
// type is said to be: no page consists of one. Another server may answer with anything, our own URL
// included, so nothing else is ever shown.
func (a answer) word() (string, bool) {
	text := strings.TrimSpace(string(a.body))
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	isText := kind == "" || strings.EqualFold(strings.TrimSpace(kind), "text/plain")
	if !isText && !strings.Contains(text, "_") || text == "" || len(text) > longestWord || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "without a Slack error code", false
	}
	return text, true
}

// pause returns how long a 429 asks to be left alone: by its header Retry-After, else by
// "retry_after" in the body, in seconds.
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
	seconds, _ := body.RetryAfter.Float64() // What is no number asks for no time.
	if asked, ok := pause.OfSeconds(seconds); ok && asked > 0 {
		return min(asked, maxPause)
	}
	return defaultPause
}
