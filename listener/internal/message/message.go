package message

import (
	"time"

	"github.com/slack-go/slack"
)

// Message is one Slack message: its blocks, and a text that says the same where blocks are not
// shown or not accepted.
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
	// PossiblySent says that an earlier attempt may have been delivered.
	PossiblySent bool
	// Overtaken says that a later change of the same thing was already reported.
	Overtaken bool
	// Event is the id of the event, where messages are to have it.
	Event string
}

func (n Notes) doubt() string {
	if n.PossiblySent {
		return " · may be a duplicate"
	}
	return ""
}
