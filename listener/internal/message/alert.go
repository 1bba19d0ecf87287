package message

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Slack's limits, in characters after escaping, and ours within them.
const (
	headerLimit  = 150
	sectionLimit = 3000
	// labelLimit keeps a name from filling a line of context, and propertyLimit
	// one from filling a header.
	labelLimit    = 300
	propertyLimit = 60
	// summaryLimit is for one value in the top-level text, which is shown in
	// notifications and must also make sense by itself.
	summaryLimit = 500
	// detailLimit is for one value of many.
	detailLimit = 200
)

// late is from when on a message says how late it is.
const late = 5 * time.Minute

// timeFormat is how a moment is shown.
const timeFormat = "2006-01-02 15:04:05 UTC"

// healthProperty is the property of the worked example, which is called what a
// person calls it.
const healthProperty = "healthStatus"

// Alert is an event that somebody is told of, and the rule that wants it.
type Alert struct {
	event  *changelog.Event
	rule   rule.Rule
	change rule.Change
}

// NewAlert returns the alert of an event for a rule. The rule need not match: it
// may have been changed since it did.
func NewAlert(event *changelog.Event, wanted rule.Rule) Alert {
	return Alert{event: event, rule: wanted, change: wanted.Change(event)}
}

// Message tells of the event in the way of a listener that nobody gave templates.
func (a Alert) Message(notes Notes) Message {
	return a.parts(notes).message()
}

// parts makes the parts of the message.
func (a Alert) parts(notes Notes) parts {
	made := parts{context: a.context(notes)}
	if a.rule.Property == "" {
		made.header = a.headline()
		if body := a.details(); body != "" {
			made.body = []string{body}
		}
		return made
	}
	made.header = a.changeHeader()
	if rule.Action(a.event) == changelog.ActionDelete {
		made.header = a.headline()
	}
	made.summary = a.state(a.change.Before, summaryLimit) + " → " + a.state(a.change.After, summaryLimit)
	made.body = []string{a.section("*Before*\n", a.change.Before), a.section("*Now*\n", a.change.After)}
	return made
}

// changeHeader names the entity and the property. When it is too long the name is
// cut, not the rest.
func (a Alert) changeHeader() string {
	const before = "Change in "
	after := " " + a.property()
	if a.rule.Recovers(a.change) {
		after += " (recovered)"
	}
	return before + escapeWithin(a.name(), headerLimit-len(before)-utf8.RuneCountInString(after)) + after
}

// name is what a person calls the thing that changed.
func (a Alert) name() string {
	if name := oneLine(a.event.Title()); name != "" {
		return name
	}
	if a.event.ResourceType == changelog.ResourceEntity || a.event.ResourceType == "" {
		return "an entity"
	}
	return "a " + oneLine(a.event.ResourceType)
}

// property is what a person calls the watched property.
func (a Alert) property() string {
	if a.rule.Property == healthProperty {
		return "health status"
	}
	return escapeWithin(oneLine(a.rule.Property), propertyLimit)
}

// tellsHealth reports whether the watched property has healthy values.
func (a Alert) tellsHealth() bool {
	return a.rule.Property == healthProperty || len(a.rule.HealthyValues) > 0
}

// headline says in a line what happened, where no property is watched.
func (a Alert) headline() string {
	name, happened := a.name(), a.happened()
	if a.event.ResourceType == changelog.ResourceRun {
		name = "Run of " + name
	}
	if a.event.ResourceType == changelog.ResourceBlueprint {
		name = "Blueprint " + name
	}
	return escapeWithin(name, headerLimit-utf8.RuneCountInString(happened)) + happened
}

// happened says what became of the thing.
func (a Alert) happened() string {
	switch action := rule.Action(a.event); {
	case a.event.ResourceType == changelog.ResourceRun:
		return ": " + escapeWithin(oneLine(a.runStatus()), propertyLimit)
	case action == changelog.ActionCreate:
		return " was created"
	case action == changelog.ActionUpdate:
		return " was updated"
	case action == changelog.ActionDelete:
		return " was deleted"
	case a.event.IsTimer() && a.event.Context.Property != "":
		return ": the timer " + escapeWithin(oneLine(a.event.Context.Property), propertyLimit) + " has expired"
	case a.event.IsTimer():
		return ": a timer has expired"
	case action == "":
		return ": something happened"
	default:
		return ": " + escapeWithin(oneLine(action), propertyLimit)
	}
}

func (a Alert) runStatus() string {
	for _, status := range []string{a.event.Diff.After.Text("status"), a.event.Status, a.event.Action} {
		if status != "" {
			return status
		}
	}
	return "its status is not known"
}

// context says who, when, and how late this message is if it is. Where the header
// does not say it, it also names the blueprint and the rule.
func (a Alert) context(notes Notes) string {
	text := "Triggered by " + a.actor(labelLimit)
	if at := a.event.HappenedAt(); !at.IsZero() {
		text += " · " + showTime(at)
	}
	if !a.tellsHealth() {
		if blueprint := oneLine(a.event.Context.Blueprint); blueprint != "" {
			text += " · blueprint " + escapeWithin(blueprint, labelLimit)
		}
		if a.rule.Name != "" {
			text += " · rule " + escapeWithin(a.rule.Name, labelLimit)
		}
	}
	return text + a.remarks(notes)
}

// remarks is what the message says about itself, if there is anything.
func (a Alert) remarks(notes Notes) string {
	text := ""
	if at := a.event.HappenedAt(); !at.IsZero() {
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
func (a Alert) actor(limit int) string { return escapeWithin(a.user(), limit) }

func (a Alert) user() string {
	by := a.event.Trigger.By
	if name := oneLine(by.UserID); name != "" && !by.ByPort {
		return name
	}
	return "Port"
}

func showTime(at time.Time) string { return at.UTC().Format(timeFormat) }

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

func (a Alert) section(title string, value any) string {
	return title + a.state(value, sectionLimit-utf8.RuneCountInString(title))
}

// state shows a value of the watched property, with its emoji if it has any,
// within a limit.
func (a Alert) state(value any, limit int) string {
	suffix := ""
	if a.tellsHealth() {
		suffix = " " + a.emoji(value)
	}
	return escapeWithin(show(value), limit-utf8.RuneCountInString(suffix)) + suffix
}

// emoji returns the sign of a health status. Statuses that nobody listed are
// shown all the same.
func (a Alert) emoji(value any) string {
	if a.rule.Healthy(value) {
		return ":white_check_mark:"
	}
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

// Line tells of the event in one line of a digest.
func (a Alert) Line() Line {
	text := "• *" + escapeWithin(a.name(), lineNameLimit) + "*"
	if a.rule.Property != "" && rule.Action(a.event) == changelog.ActionDelete {
		text += a.happened()
	}
	switch a.rule.Property {
	case "":
		text += a.happened()
	case healthProperty:
		text += ": " + a.lineState(a.change.Before) + " → " + a.lineState(a.change.After)
	default:
		text += " " + a.property() + ": " + a.lineState(a.change.Before) + " → " + a.lineState(a.change.After)
	}
	text += " · " + a.actor(lineActorLimit)
	if at := a.event.HappenedAt(); !at.IsZero() {
		text += " · " + showTime(at)
	}
	return Line{Text: text, health: a.rule.Property == healthProperty}
}

// lineState shows a value without the line breaks that it may have.
func (a Alert) lineState(value any) string {
	suffix := ""
	if a.tellsHealth() {
		suffix = " " + a.emoji(value)
	}
	return escapeWithin(oneLine(show(value)), lineStateLimit-utf8.RuneCountInString(suffix)) + suffix
}
