package event

import (
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Origin says who is behind every change of the emulator.
type Origin struct{ Organization, User string }

// Changelog returns a change in the shape of a changelog destination, which is
// also that of the audit log. Keys are in the order in which Port writes them.
func Changelog(change catalog.Change, origin Origin) *document.Object {
	return document.New().
		With("action", string(change.Action)).
		With("resourceType", string(change.Resource)).
		With("status", "SUCCESS").
		With("trigger", document.New().
			With("by", origin.by()).
			With("at", document.Instant(change.At)).
			With("origin", "API")).
		With("context", changelogContext(change)).
		With("diff", diff(change.Before, change.After))
}

func changelogContext(change catalog.Change) *document.Object {
	context := document.New()
	if change.Resource == catalog.EntityResource {
		context.Set("entity", change.Entity)
	}
	return context.With("blueprint", change.Blueprint)
}

// Automation returns the change of an entity as the recommended automation posts
// it: the event, with the run beside its keys.
func Automation(change catalog.Change, origin Origin, run string) *document.Object {
	return document.New().
		With("action", string(change.Action)).
		With("resourceType", string(change.Resource)).
		With("trigger", document.New().
			With("by", origin.by()).
			With("origin", "API").
			With("at", document.Instant(change.At))).
		With("context", document.New().
			With("blueprintIdentifier", change.Blueprint).
			With("entityIdentifier", change.Entity).
			With("propertyIdentifier", nil)).
		With("diff", diff(automationEntity(change.Before), automationEntity(change.After))).
		With("run", document.New().With("id", run))
}

// automationEntity returns an entity in the form of automation events: title and
// icon are there when they are not set, and team is always an array.
func automationEntity(entity *document.Object) *document.Object {
	if entity == nil {
		return nil
	}
	filled := document.New().
		With("identifier", entity.Value("identifier")).
		With("title", entity.Value("title")).
		With("icon", entity.Value("icon")).
		With("blueprint", entity.Value("blueprint")).
		With("team", teams(entity.Value("team")))
	return filled.Merge(withoutKey(entity, "team"))
}

func teams(team any) []any {
	switch team := team.(type) {
	case []any:
		return team
	case string:
		return []any{team}
	default:
		return []any{}
	}
}

func withoutKey(object *document.Object, key string) *document.Object {
	rest := object.Clone()
	rest.Delete(key)
	return rest
}

func (o Origin) by() *document.Object {
	return document.New().With("orgId", o.Organization).With("userId", o.User)
}

// diff writes null for a side that is missing, and numbers as JavaScript spells
// them.
func diff(before, after *document.Object) *document.Object {
	return document.New().With("before", side(before)).With("after", side(after))
}

func side(entity *document.Object) any {
	if entity == nil {
		return nil
	}
	return document.MapNumbers(entity, document.SpellNumber)
}
