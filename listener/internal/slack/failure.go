package slack

import (
	"fmt"
	"time"
)

// Reason is the kind of a failure, which determines how to handle it. The set is closed, so that it
// can label a metric.
type Reason string

// The reasons why a message was not delivered.
const (
	// ReasonUnavailable is an outage: 5xx, no response, no connection. Try again later.
	ReasonUnavailable Reason = "unavailable"
	// ReasonIntercepted is a response that did not come from Slack but from something in between,
	// such as a proxy. It is handled as an outage.
	ReasonIntercepted Reason = "intercepted"
	// ReasonRateLimited is a 429: the destination accepts no message until Failure.Pause is over.
	ReasonRateLimited Reason = "rate_limited"
	// ReasonDestination means that this webhook accepts no messages until somebody fixes it: 403,
	// 404 or 410 with a Slack error code.
	ReasonDestination Reason = "destination"
	// ReasonRefused means that Slack does not accept this message. Sending it again would have the
	// same result.
	ReasonRefused Reason = "refused"
)

// Failure is the error of a message that was not delivered. Its text never contains the URL of the
// webhook or the content of an unknown server.
type Failure struct {
	Reason Reason
	// Status is the HTTP status of the response, or 0 if there was none.
	Status int
	// Ambiguous means that the message may have been delivered nevertheless.
	Ambiguous bool
	// Pause is the pause that a rate-limited destination requests.
	Pause time.Duration

	detail string
}

// Error implements error.
func (f *Failure) Error() string {
	switch f.Reason {
	case ReasonRateLimited:
		return fmt.Sprintf("Slack asked for a pause of %s (%s)", f.Pause, f.detail)
	case ReasonIntercepted:
		return fmt.Sprintf("the response did not come from Slack but from something in between, such as a proxy (%s)", f.detail)
	case ReasonDestination:
		return fmt.Sprintf("Slack rejects every message for this webhook (%s)", f.detail)
	case ReasonRefused:
		return fmt.Sprintf("Slack refused the message (%s)", f.detail)
	case ReasonUnavailable:
		return fmt.Sprintf("Slack is unavailable (%s)", f.detail)
	}
	return f.detail
}
