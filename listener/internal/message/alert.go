package message

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Slack's limits, in characters after escaping, and ours within them.
const (
	headerLimit  = 150
	sectionLimit = 3000
	// labelLimit keeps a name from filling a line of context, and propertyLimit one from filling a
	// header.
	labelLimit    = 300
	propertyLimit = 60
	// summaryLimit is for one value in the top-level text, which is shown in notifications and must
	// also make sense by itself.
	summaryLimit = 500
	// detailLimit is for one value of many.
	detailLimit = 200
)

// late is from when on a message says how late it is.
const late = 5 * time.Minute

// timeFormat is how a moment is shown.
const timeFormat = "2006-01-02 15:04:05 UTC"

// healthProperty is the property of the worked example, which is called what a person calls it.
const healthProperty = "healthStatus"

// Alert is an event to be reported, and the rule that selects it.
type Alert struct {
	event  *changelog.Event
	rule   rule.Rule
	change rule.Change
	names  Names
}

// NewAlert returns the alert of an event for a rule. The rule need not match: it may have been
// changed since it did.
func NewAlert(event *changelog.Event, wanted rule.Rule) Alert {
	return Alert{event: event, rule: wanted, change: wanted.Change(event)}
}

// WithNames returns the alert with what Port calls the things and people in it.
func (a Alert) WithNames(names Names) Alert {
	a.names = names
	return a
}

// Message reports the event in the way of a listener without templates.
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
	switch made.header = a.changeHeader(); rule.Action(a.event) {
	case changelog.ActionCreate:
		made.summary = a.section(createdAs, a.change.After, summaryLimit)
		made.body = []string{a.section(createdAs, a.change.After, sectionLimit)}
		return made
	case changelog.ActionDelete:
		made.header = a.headline()
	}
	made.summary = a.section("", a.change.Before, summaryLimit) + " → " + a.section("", a.change.After, summaryLimit)
	made.body = []string{a.section("*Before*\n", a.change.Before, sectionLimit), a.section("*Now*\n", a.change.After, sectionLimit)}
	return made
}

// createdAs stands before the first value that a property ever had.
const createdAs = "Created as "

// changeHeader names the entity and the property. When it is too long the name is cut, not the
// rest.
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

// name is what a person calls the thing that changed.
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

// runName says of what action it is a run, and on which entity.
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
	switch a.event.ResourceType {
	case changelog.ResourceRun:
		name = strings.ToUpper(name[:1]) + name[1:]
	case changelog.ResourceBlueprint:
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
	return "its status is unknown"
}

// context says what changed, by identifiers, who did it, when, and how late this message is if it
// is. Where the header does not say it, it also names the rule.
func (a Alert) context(notes Notes) string {
	var said []string
	if identifier := escapeWithin(oneLine(a.identifier()), labelLimit); identifier != "" {
		said = append(said, a.linked(identifier))
	}
	if blueprint := escapeWithin(oneLine(a.blueprint()), labelLimit); blueprint != "" {
		said = append(said, blueprint)
	}
	said = append(said, "Triggered by "+a.actor(labelLimit))
	if at := a.event.HappenedAt(); !at.IsZero() {
		said = append(said, showTime(at))
	}
	if !a.tellsHealth() && a.rule.Name != "" {
		said = append(said, "rule "+escapeWithin(a.rule.Name, labelLimit))
	}
	return strings.Join(said, " · ") + a.remarks(notes)
}

// identifier is that of the run, or of the entity. A blueprint has no other than its own, which is
// named beside it.
func (a Alert) identifier() string {
	if a.event.ResourceType == changelog.ResourceRun {
		return a.event.Context.RunID
	}
	return a.event.Context.Entity
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
		text += " · out of order: a newer change was already reported"
	}
	text += notes.doubt()
	if notes.Event != "" {
		text += " · event " + notes.Event
	}
	return text
}

// actor names who caused the change within a number of characters.
func (a Alert) actor(limit int) string { return escapeWithin(a.userName(), limit) }

// userName is what a person calls who caused the change, else the id.
func (a Alert) userName() string {
	for _, name := range []string{a.names.User, a.event.Trigger.By.Name, a.event.Trigger.By.Email} {
		if name = oneLine(name); name != "" {
			return name
		}
	}
	return a.user()
}

// user is a user, a client or an application by its id, else Port.
func (a Alert) user() string {
	if name := oneLine(a.event.User()); name != "" {
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

// section shows a value of the watched property in one line after a title, with its sign if it has
// any, within a limit.
func (a Alert) section(title string, value any, limit int) string {
	suffix := ""
	if a.tellsHealth() {
		suffix = " " + a.sign(value).code
	}
	return title + escapeWithin(oneLine(show(value)), limit-utf8.RuneCountInString(title+suffix)) + suffix
}

// sign is an emoji: by its code, which Slack draws in mrkdwn, and as the character, which is drawn
// everywhere.
type sign struct{ code, character string }

// sign returns the sign of a health status. Statuses that nobody listed are shown all the same.
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

// show returns a value as a person writes it: a text as it is, anything else as JSON, and "none"
// for what is absent.
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

// Line reports the event in one line of a digest.
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

// lineChange says in a few words how the watched property changed.
func (a Alert) lineChange(action string) string {
	now := a.section("", a.change.After, lineStateLimit)
	if action == changelog.ActionCreate {
		return "created as " + now
	}
	return a.section("", a.change.Before, lineStateLimit) + " → " + now
}
