package message

import (
	"time"

	"github.com/slack-go/slack"
)

// Message is a Slack message: its blocks, and an equivalent text for where blocks are not shown or
// not accepted.
type Message struct {
	Text   string
	Blocks []slack.Block
}

// Plain returns the message without its blocks.
func (m Message) Plain() Message { return Message{Text: m.Text} }

// Notes are what a message says about itself.
type Notes struct {
	// Now is the time of sending.
	Now time.Time
	// PossiblySent means that an earlier attempt may have been delivered.
	PossiblySent bool
	// Overtaken means that a newer change of the same entity was already reported.
	Overtaken bool
	// Event is the id of the event if messages should contain it, otherwise "".
	Event string
}

func (n Notes) doubt() string {
	if n.PossiblySent {
		return " · may be a duplicate"
	}
	return ""
}
