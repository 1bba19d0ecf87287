package message

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

const (
	// Slack's limits for one message, in characters after escaping, minus space for the header and
	// the context line.
	digestLimit       = 11_000 - 500
	maxDigestSections = 50 - 4 // sections
	// The maximum lengths of the parts of a line.
	lineNameLimit  = 120
	lineStateLimit = 100
	lineActorLimit = 60
)

// Line is a line of a digest.
type Line struct {
	// Text is escaped, and contains no line breaks.
	Text string
	// health means that it reports a change of health status.
	health bool
}

// Digest is a message with one line for each change, up to Slack's limits for a message.
type Digest struct {
	lines    []string
	sections []string
	size     int
	// health counts the lines that report a change of health status.
	health int
}

// Add adds a line. It returns false if the digest is full and the line must go into the next one.
func (d *Digest) Add(line Line) bool {
	size := utf8.RuneCountInString(line.Text) + 1
	if d.size+size > digestLimit {
		return false
	}
	last := len(d.sections) - 1
	if last >= 0 && utf8.RuneCountInString(d.sections[last])+size <= sectionLimit {
		d.sections[last] += "\n" + line.Text
	} else {
		if len(d.sections) == maxDigestSections {
			return false
		}
		d.sections = append(d.sections, line.Text)
	}
	d.lines, d.size = append(d.lines, line.Text), d.size+size
	if line.health {
		d.health++
	}
	return true
}

// Message returns the message. Its text also contains every line.
func (d *Digest) Message(notes Notes) Message {
	header := fmt.Sprintf("%d changes", len(d.lines))
	if d.health == len(d.lines) {
		header += " of health status"
	}
	note := "More changes than can be sent at one message a second" + notes.doubt()
	blocks := []slack.Block{
		slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, header, true, false)),
		slack.NewContextBlock("", markdown(note)),
	}
	for _, section := range d.sections {
		blocks = append(blocks, slack.NewSectionBlock(markdown(section), nil, nil))
	}
	return Message{Text: header + notes.doubt() + "\n" + strings.Join(d.lines, "\n"), Blocks: blocks}
}
