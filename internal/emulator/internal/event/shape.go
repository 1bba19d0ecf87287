package event

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/run"
)

// Origin is the author of every change in the emulator.
type Origin struct{ Organization, User string }

// Key is the ordering key of the messages about a change: one per entity or blueprint.
func Key(change catalog.Change) string {
	return string(change.Resource) + "\x00" + change.Blueprint + "\x00" + change.Entity
}

// ChangelogKind is the kind of a delivery to a changelog destination.
const ChangelogKind = "CHANGELOG"

// Changelog returns a change in the shape of a changelog destination, which is also that of the
// audit log. Keys are in the order in which Port writes them.
func Changelog(change catalog.Change, origin Origin) *document.Object {
	return document.New().
		With("action", string(change.Action)).
		With("resourceType", string(change.Resource)).
		With("status", "SUCCESS").
		With("trigger", document.New().
			With("by", origin.By()).
			With("at", document.Instant(change.At)).
			With("origin", change.Cause.Origin())).
		With("context", changelogContext(change)).
		With("diff", diff(changelogEntity(change.Before), changelogEntity(change.After)))
}

// changelogEntity returns an entity in the form of changelog events, which contain a team only if
// one is set.
func changelogEntity(entity *document.Object) *document.Object {
	if team, ok := entity.Value("team").([]any); !ok || len(team) > 0 {
		return entity
	}
	reduced := entity.Clone()
	reduced.Delete("team")
	return reduced
}

func changelogContext(change catalog.Change) *document.Object {
	context := document.New()
	if change.Resource == catalog.EntityResource {
		context.Set("entity", change.Entity)
	}
	return context.With("blueprint", change.Blueprint)
}

// Automation returns the change of an entity as an automation event.
func Automation(change catalog.Change, origin Origin) *document.Object {
	trigger := origin.trigger(change.Cause, change.At)
	return automation(string(change.Action), trigger, change.Blueprint, change.Entity, nil, diff(
		automationEntity(change.Before, change.BeforeMirrors), automationEntity(change.After, change.AfterMirrors)))
}

// TimerExpired returns the expiry of a timer as an automation event. [?timer-event] Its action and
// trigger are assumed; Port documents that the entity is under after.
func TimerExpired(timer catalog.Timer, origin Origin) *document.Object {
	trigger := document.New().
		With("by", document.New().With("orgId", origin.Organization)).
		With("origin", "AUTOMATION").
		With("at", document.Instant(timer.At))
	return automation("TIMER_EXPIRED", trigger, timer.Blueprint, timer.Entity, timer.Property,
		document.New().With("after", side(automationEntity(timer.After, timer.AfterMirrors))))
}

func automation(action string, trigger *document.Object, blueprint, entity string, property any, diff *document.Object) *document.Object {
	return document.New().
		With("action", action).
		With("resourceType", string(catalog.EntityResource)).
		With("trigger", trigger).
		With("context", document.New().
			With("blueprintIdentifier", blueprint).
			With("entityIdentifier", entity).
			With("propertyIdentifier", property)).
		With("diff", diff)
}

// Run returns the change of a run as an automation event.
func Run(id string, change run.Change, origin Origin) *document.Object {
	action := catalog.Update
	if change.Before == nil {
		action = catalog.Create
	}
	return document.New().
		With("id", id).
		With("resourceType", "run").
		With("action", string(action)).
		With("trigger", origin.trigger(change.Cause, change.At)).
		With("context", document.New().With("action", change.Action)).
		With("diff", diff(change.Before, change.After))
}

// trigger says who made a change, how and when.
func (o Origin) trigger(cause catalog.Cause, at time.Time) *document.Object {
	return document.New().
		With("by", o.By()).
		With("origin", cause.Origin()).
		With("at", document.Instant(at))
}

// automationEntity returns an entity in the form of automation events: title and icon are present
// even if they are not set, and the properties include mirror properties.
func automationEntity(entity, mirrors *document.Object) *document.Object {
	if entity == nil {
		return nil
	}
	filled := document.New().
		With("identifier", entity.Value("identifier")).
		With("title", entity.Value("title")).
		With("icon", entity.Value("icon")).
		With("blueprint", entity.Value("blueprint")).
		With("team", entity.Value("team"))
	return filled.Merge(entity).
		With("properties", entity.Object("properties").Clone().Merge(mirrors))
}

// By is the actor of a change.
func (o Origin) By() *document.Object {
	return document.New().With("orgId", o.Organization).With("userId", o.User)
}

// diff writes null for a missing side, and numbers as JavaScript does.
func diff(before, after *document.Object) *document.Object {
	return document.New().With("before", side(before)).With("after", side(after))
}

func side(entity *document.Object) any {
	if entity == nil {
		return nil
	}
	return document.MapNumbers(entity, document.SpellNumber)
}
