package slack

import (
	"fmt"
	"time"
)

// Reason says what a failure to send is about, and with that what to do next. The set is closed, so
// that it can label a metric.
type Reason string

// The reasons for which a message was not delivered.
const (
	// ReasonUnavailable is an outage: 5xx, no answer, no connection. Try again later.
	ReasonUnavailable Reason = "unavailable"
	// ReasonIntercepted is an answer that did not come from Slack but from something in between,
	// such as a proxy: an outage, too.
	ReasonIntercepted Reason = "intercepted"
	// ReasonRateLimited is a 429: nothing is wrong with the message, and the destination takes none
	// before Failure.Pause is over.
	ReasonRateLimited Reason = "rate_limited"
	// ReasonDestination says that this webhook takes no message at all until somebody fixes it:
	// 403, 404 or 410 with a word of Slack's.
	ReasonDestination Reason = "destination"
	// ReasonRefused says that this very message is not acceptable. Sending it again gives the same
	// answer.
	ReasonRefused Reason = "refused"
)

// Failure is the error of a message that was not delivered. Its text never holds the webhook's URL,
// nor what an unknown server wrote.
type Failure struct {
	Reason Reason
	// Status is the HTTP status of the answer, 0 when there was none.
	Status int
	// Ambiguous says that the message may have been delivered all the same.
	Ambiguous bool
	// Pause is how long a rate-limited destination asks to be left alone.
	Pause time.Duration

	detail string
}

// Error words the failure for a log.
func (f *Failure) Error() string {
	switch f.Reason {
	case ReasonRateLimited:
		return fmt.Sprintf("Slack asked for a pause of %s (%s)", f.Pause, f.detail)
	case ReasonIntercepted:
		return fmt.Sprintf("the answer did not come from Slack but from something in between, such as a proxy (%s)", f.detail)
	case ReasonDestination:
		return fmt.Sprintf("Slack rejects every message for this webhook (%s)", f.detail)
	case ReasonRefused:
		return fmt.Sprintf("Slack refused the message (%s)", f.detail)
	case ReasonUnavailable:
		return fmt.Sprintf("Slack is unavailable (%s)", f.detail)
	}
	return f.detail
}
