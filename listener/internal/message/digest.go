package message

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

const (
	// Slack's limits for one message, in characters after escaping, with room
	// for the header and the line below it.
	digestLimit = 11_000 - 500
	digestMost  = 50 - 4 // sections
	// The parts of a line are cut at these lengths.
	lineNameLimit  = 120
	lineStateLimit = 100
	lineActorLimit = 60
)

// HealthLine tells of a change of an entity's health in one line of a digest.
func HealthLine(event *changelog.Event, change rule.Change) string {
	name := oneLine(event.Title())
	if name == "" {
		name = "an entity"
	}
	line := "• *" + escapeWithin(name, lineNameLimit) + "*: " + lineState(change.Before) + " → " + lineState(change.After) +
		" · " + escapeWithin(actor(event.Trigger.By), lineActorLimit)
	if at := event.HappenedAt(); !at.IsZero() {
		line += " · " + at.UTC().Format(timeFormat)
	}
	return line
}

// lineState shows a value without the line breaks that it may have.
func lineState(value any) string {
	suffix := " " + emoji(value)
	return escapeWithin(oneLine(show(value)), lineStateLimit-utf8.RuneCountInString(suffix)) + suffix
}

// Digest is a message of many lines, one for each change. It takes as many as
// Slack allows in one message.
type Digest struct {
	lines    []string
	sections []string
	size     int
}

// Add adds a line. It reports false, and adds nothing, when the line belongs into
// the next digest.
func (d *Digest) Add(line string) bool {
	size := utf8.RuneCountInString(line) + 1
	if d.size+size > digestLimit {
		return false
	}
	last := len(d.sections) - 1
	if last >= 0 && utf8.RuneCountInString(d.sections[last])+size <= sectionLimit {
		d.sections[last] += "\n" + line
	} else {
		if len(d.sections) == digestMost {
			return false
		}
		d.sections = append(d.sections, line)
	}
	d.lines, d.size = append(d.lines, line), d.size+size
	return true
}

// Message returns the digest as it is sent. Its text holds every line as well.
func (d *Digest) Message(notes Notes) Message {
	header := fmt.Sprintf("%d changes of health status", len(d.lines))
	note := "More changes than one message a second can tell" + notes.doubt()
	blocks := []slack.Block{
		slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, header, false, false)),
		slack.NewContextBlock("", markdown(note)),
	}
	for _, section := range d.sections {
		blocks = append(blocks, slack.NewSectionBlock(markdown(section), nil, nil))
	}
	return Message{Text: header + notes.doubt() + "\n" + strings.Join(d.lines, "\n"), Blocks: blocks}
}
