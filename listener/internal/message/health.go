package message

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Slack's limits, in characters after escaping, and ours within them.
const (
	headerLimit  = 150
	sectionLimit = 3000
	// labelLimit keeps a name from filling a line of context.
	labelLimit = 300
	// summaryLimit is for one value in the top-level text, which is shown in
	// notifications and must also make sense by itself.
	summaryLimit = 500
)

// late is from when on a message says how late it is.
const late = 5 * time.Minute

// timeFormat is how a moment is shown.
const timeFormat = "2006-01-02 15:04:05 UTC"

// Health tells of a change of an entity's health.
func Health(event *changelog.Event, change rule.Change, notes Notes) Message {
	header := header(event)
	context := context(event, notes)
	return Message{
		Text: fmt.Sprintf("%s: %s → %s. %s", header, state(change.Before, summaryLimit), state(change.After, summaryLimit), context),
		Blocks: []slack.Block{
			slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, header, false, false)),
			slack.NewDividerBlock(),
			slack.NewContextBlock("", markdown(context)),
			section("*Before*\n", change.Before),
			section("*Now*\n", change.After),
			slack.NewDividerBlock(),
		},
	}
}

// header names the entity. When it is too long the name is cut, not the rest.
func header(event *changelog.Event) string {
	const before, after = "Change in ", " health status"
	name := oneLine(event.Title())
	if name == "" {
		name = "an entity"
	}
	return before + escapeWithin(name, headerLimit-len(before)-len(after)) + after
}

// context says who, when, and how late this message is if it is.
func context(event *changelog.Event, notes Notes) string {
	text := "Triggered by " + escapeWithin(actor(event.Trigger.By), labelLimit)
	if at := event.HappenedAt(); !at.IsZero() {
		text += " · " + at.UTC().Format(timeFormat)
		if delay := notes.Now.Sub(at); delay >= late {
			text += " · " + coarse(delay) + " late"
		}
	}
	if notes.Overtaken {
		text += " · late: a newer change was told before"
	}
	return text + notes.doubt()
}

// actor names who caused the change: a user or a client by its id, else Port.
func actor(by changelog.Actor) string {
	if name := oneLine(by.UserID); name != "" && !by.ByPort {
		return name
	}
	return "Port"
}

// coarse words a delay of minutes or more in its largest sensible unit.
func coarse(delay time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case delay < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(delay.Minutes()))
	case delay < 2*day:
		return fmt.Sprintf("%d hours", int(delay.Hours()))
	}
	return fmt.Sprintf("%d days", int(delay/day))
}

func section(title string, value any) *slack.SectionBlock {
	return slack.NewSectionBlock(markdown(title+state(value, sectionLimit-utf8.RuneCountInString(title))), nil, nil)
}

// markdown keeps Slack from finding links, channels and people in a text that
// did not mark them as such: mentions come from the configuration alone.
func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// state shows a value of the health property with its emoji, within a limit.
func state(value any, limit int) string {
	suffix := " " + emoji(value)
	return escapeWithin(show(value), limit-utf8.RuneCountInString(suffix)) + suffix
}

// emoji returns the sign of a health status. Statuses that nobody listed are
// shown all the same.
func emoji(value any) string {
	switch value {
	case "Healthy":
		return ":white_check_mark:"
	case "Degraded":
		return ":construction:"
	case "Crashed":
		return ":octagonal_sign:"
	case "Restarting":
		return ":arrows_counterclockwise:"
	}
	return ":grey_question:"
}

// show returns a value as a person writes it: a text as it is, anything else as
// JSON, and "none" for what is absent.
func show(value any) string {
	if value == nil {
		return "none"
	}
	if text, ok := value.(string); ok && text != "" {
		return text
	}
	written, err := changelog.Stringify(value)
	if err != nil {
		return "(a value that cannot be shown)"
	}
	return string(written)
}
