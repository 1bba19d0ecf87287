package message

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Slack's limits, in characters after escaping, and our own limits within them.
const (
	headerLimit  = 150
	sectionLimit = 3000
	// labelLimit prevents a name from filling the context line, and propertyLimit a property name
	// from filling the header.
	labelLimit    = 300
	propertyLimit = 60
	// summaryLimit is for one value in the top-level text, which is shown in notifications and must
	// make sense by itself.
	summaryLimit = 500
	// detailLimit is for one value in a list of many.
	detailLimit = 200
)

// late is the delay from which a message says how late it is.
const late = 5 * time.Minute

// timeFormat is the format of times in messages.
const timeFormat = "2006-01-02 15:04:05 UTC"

// healthProperty is the property of the worked example, which messages call "health status".
const healthProperty = "healthStatus"

// Alert is an event to be reported, and the rule that it matched.
type Alert struct {
	event  *changelog.Event
	rule   rule.Rule
	change rule.Change
	names  Names
}

// NewAlert returns the alert of an event for a rule. The rule need not match any more: it may have
// changed since it matched.
func NewAlert(event *changelog.Event, matched rule.Rule) Alert {
	return Alert{event: event, rule: matched, change: matched.Change(event)}
}

// WithNames returns the alert with names for the ids in it.
func (a Alert) WithNames(names Names) Alert {
	a.names = names
	return a
}

// Message returns the default message.
func (a Alert) Message(notes Notes) Message {
	return a.parts(notes).message()
}

// parts returns the parts of the default message.
func (a Alert) parts(notes Notes) parts {
	result := parts{context: a.context(notes)}
	if a.rule.Property == "" {
		result.header = a.headline()
		if body := a.details(); body != "" {
			result.body = []string{body}
		}
		return result
	}
	switch result.header = a.changeHeader(); rule.Action(a.event) {
	case changelog.ActionCreate:
		result.summary = a.section(createdAs, a.change.After, summaryLimit)
		result.body = []string{a.section(createdAs, a.change.After, sectionLimit)}
		return result
	case changelog.ActionDelete:
		result.header = a.headline()
	}
	result.summary = a.section("", a.change.Before, summaryLimit) + " → " + a.section("", a.change.After, summaryLimit)
	result.body = []string{a.section("*Before*\n", a.change.Before, sectionLimit), a.section("*Now*\n", a.change.After, sectionLimit)}
	return result
}

// createdAs precedes the initial value of a property.
const createdAs = "Created as "

// changeHeader names the entity and the property. If it is too long, only the name of the entity is
// truncated.
func (a Alert) changeHeader() string {
	before := "Change in "
	if a.tellsHealth() {
		before = a.sign(a.change.After).character + " " + before
	}
	after := " " + a.property()
	if a.rule.Recovers(a.change) {
		after += " (recovered)"
	}
	return before + escapeWithin(a.name(), headerLimit-utf8.RuneCountInString(before+after)) + after
}

// name returns a readable name of what changed.
func (a Alert) name() string {
	if a.event.ResourceType == changelog.ResourceRun {
		return a.runName()
	}
	for _, name := range []string{a.event.Title(), a.event.Context.Entity, a.event.Context.Blueprint} {
		if name = oneLine(name); name != "" {
			return name
		}
	}
	if a.event.ResourceType == changelog.ResourceEntity || a.event.ResourceType == "" {
		return "an entity"
	}
	return "a " + oneLine(a.event.ResourceType)
}

// runName names the action of the run, and its entity.
func (a Alert) runName() string {
	name := "a run"
	if action := oneLine(a.event.RunAction()); action != "" {
		name = "run of " + action
	}
	if entity := oneLine(a.event.RunEntity()); entity != "" {
		name += " on " + entity
	}
	return name
}

// property returns a readable name of the rule's property.
func (a Alert) property() string {
	if a.rule.Property == healthProperty {
		return "health status"
	}
	return escapeWithin(oneLine(a.rule.Property), propertyLimit)
}

// tellsHealth reports whether the rule's property is a health status.
func (a Alert) tellsHealth() bool {
	return a.rule.Property == healthProperty || len(a.rule.HealthyValues) > 0
}

// headline says what happened in one line, for rules without a property and for deletions.
func (a Alert) headline() string {
	name, happened := a.name(), a.happened()
	switch a.event.ResourceType {
	case changelog.ResourceRun:
		name = strings.ToUpper(name[:1]) + name[1:]
	case changelog.ResourceBlueprint:
		name = "Blueprint " + name
	}
	return escapeWithin(name, headerLimit-utf8.RuneCountInString(happened)) + happened
}

// happened says what happened, as the end of a sentence.
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
	return "its status is unknown"
}

// context says what changed, by identifiers, who changed it and when, and how late the message is.
// It names the rule unless the header already implies it.
func (a Alert) context(notes Notes) string {
	var items []string
	if identifier := escapeWithin(oneLine(a.identifier()), labelLimit); identifier != "" {
		items = append(items, a.linked(identifier))
	}
	if blueprint := escapeWithin(oneLine(a.blueprint()), labelLimit); blueprint != "" {
		items = append(items, blueprint)
	}
	items = append(items, "Triggered by "+a.actor(labelLimit))
	if at := a.event.HappenedAt(); !at.IsZero() {
		items = append(items, showTime(at))
	}
	if !a.tellsHealth() && a.rule.Name != "" {
		items = append(items, "rule "+escapeWithin(a.rule.Name, labelLimit))
	}
	return strings.Join(items, " · ") + a.remarks(notes)
}

// identifier returns the identifier of the run or entity. For a blueprint it is empty, because the
// context line already has the blueprint.
func (a Alert) identifier() string {
	if a.event.ResourceType == changelog.ResourceRun {
		return a.event.Context.RunID
	}
	return a.event.Context.Entity
}

// remarks returns what the message says about itself: that it is late, out of order or possibly a
// duplicate.
func (a Alert) remarks(notes Notes) string {
	text := ""
	if at := a.event.HappenedAt(); !at.IsZero() {
		if delay := notes.Now.Sub(at); delay >= late {
			text += " · " + coarse(delay) + " late"
		}
	}
	if notes.Overtaken {
		text += " · out of order: a newer change was already reported"
	}
	text += notes.doubt()
	if notes.Event != "" {
		text += " · event " + notes.Event
	}
	return text
}

// actor names who made the change, in at most limit characters.
func (a Alert) actor(limit int) string { return escapeWithin(a.userName(), limit) }

// userName returns the name of who made the change, otherwise the id.
func (a Alert) userName() string {
	for _, name := range []string{a.names.User, a.event.Trigger.By.Name, a.event.Trigger.By.Email} {
		if name = oneLine(name); name != "" {
			return name
		}
	}
	return a.user()
}

// user returns the id of the user, client or application, otherwise "Port".
func (a Alert) user() string {
	if name := oneLine(a.event.User()); name != "" {
		return name
	}
	return "Port"
}

func showTime(at time.Time) string { return at.UTC().Format(timeFormat) }

// coarse formats a delay in its largest sensible unit, at least minutes.
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

// section formats a value of the rule's property on one line, after a title and followed by its
// emoji if it has one, in at most limit characters.
func (a Alert) section(title string, value any, limit int) string {
	suffix := ""
	if a.tellsHealth() {
		suffix = " " + a.sign(value).code
	}
	return title + escapeWithin(oneLine(show(value)), limit-utf8.RuneCountInString(title+suffix)) + suffix
}

// sign is an emoji: its shortcode, which Slack displays in mrkdwn, and the character, which is
// displayed everywhere.
type sign struct{ code, character string }

// sign returns the emoji of a health status, also for unknown ones.
func (a Alert) sign(value any) sign {
	healthy := sign{":white_check_mark:", "✅"}
	if a.rule.Healthy(value) {
		return healthy
	}
	switch value {
	case "Healthy":
		return healthy
	case "Degraded":
		return sign{":construction:", "🚧"}
	case "Crashed":
		return sign{":octagonal_sign:", "🛑"}
	case "Restarting":
		return sign{":arrows_counterclockwise:", "🔄"}
	}
	return sign{":grey_question:", "❔"}
}

// show formats a value for people: a string unchanged, anything else as JSON, and "none" for null.
// An empty string is shown as JSON.
func show(value any) string {
	if value == nil {
		return "none"
	}
	if text, ok := value.(string); ok && text != "" {
		return text
	}
	written, err := changelog.Stringify(value)
	if err != nil {
		return "(a value that cannot be displayed)"
	}
	return string(written)
}

// Line returns the default line in a digest.
func (a Alert) Line() Line {
	text := "• *" + a.linked(escapeWithin(a.name(), lineNameLimit)) + "*"
	if identifier := oneLine(a.identifier()); identifier != "" && identifier != a.name() {
		text += " (" + escapeWithin(identifier, lineNameLimit) + ")"
	}
	action := rule.Action(a.event)
	if a.rule.Property == "" || action == changelog.ActionDelete {
		text += a.happened()
	}
	if a.rule.Property != "" {
		if a.rule.Property != healthProperty {
			text += " " + a.property()
		}
		text += ": " + a.lineChange(action)
	}
	text += " · " + a.actor(lineActorLimit)
	if at := a.event.HappenedAt(); !at.IsZero() {
		text += " · " + showTime(at)
	}
	return Line{Text: text, health: a.rule.Property == healthProperty}
}

// lineChange says briefly how the rule's property changed.
func (a Alert) lineChange(action string) string {
	now := a.section("", a.change.After, lineStateLimit)
	if action == changelog.ActionCreate {
		return "created as " + now
	}
	return a.section("", a.change.Before, lineStateLimit) + " → " + now
}
