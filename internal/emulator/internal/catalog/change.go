package catalog

import (
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Action is what happened to a resource.
type Action string

// The actions of a change.
const (
	Create Action = "CREATE"
	Update Action = "UPDATE"
	Delete Action = "DELETE"
)

// Resource is the kind of thing that changed.
type Resource string

// The resources whose changes are reported.
const (
	BlueprintResource Resource = "blueprint"
	EntityResource    Resource = "entity"
)

// Change is one change of a blueprint or an entity.
type Change struct {
	Action    Action
	Resource  Resource
	Blueprint string
	Entity    string // empty for a blueprint
	// Before and After are the documents; nil on creation and deletion. They are immutable.
	Before, After *document.Object
	// BeforeMirrors and AfterMirrors are the values of the mirror properties of an entity; nil
	// where Before and After are.
	BeforeMirrors, AfterMirrors *document.Object
	At                          time.Time
	// Timers are the instants in the timer properties of the changed entity.
	Timers []time.Time
	Cause  Cause
	// Webhook is the URL of the blueprint's changelog destination, or "".
	Webhook string
}

// Cause says what led to a change.
type Cause struct {
	// Chain is the number of automations that triggered one another before it; 0 for a change made
	// through the API.
	Chain int
}

// Origin is Port's name for the cause of a change.
func (c Cause) Origin() string {
	if c.Chain > 0 {
		return "AUTOMATION"
	}
	return "API"
}

// BlueprintRename returns the identifiers of a blueprint before and after a change that renamed it.
func (c Change) BlueprintRename() (from, to string, renamed bool) {
	if c.Resource != BlueprintResource || c.Action != Update {
		return "", "", false
	}
	from, to = c.Before.Text("identifier"), c.After.Text("identifier")
	return from, to, from != to
}

// notifier reports changes with their causes.
type notifier struct {
	report func(Change) // may be nil
	// cause is the cause of the change in progress.
	cause Cause
}

func (n *notifier) blueprint(action Action, before, after *document.Object, at time.Time, d *definition) {
	n.notify(Change{
		Action: action, Resource: BlueprintResource, Blueprint: d.identifier,
		Before: before, After: after, At: at, Webhook: d.webhook,
	})
}

// image is an entity as events show it.
type image struct{ stored, mirrors *document.Object }

func (v *viewer) image(e *entity) image {
	return image{stored: v.snapshot(e), mirrors: v.mirrorValues(e)}
}

func (n *notifier) entity(action Action, before, after image, at time.Time, e *entity) {
	change := Change{
		Action: action, Resource: EntityResource, Blueprint: e.blueprint.definition.identifier, Entity: e.identifier,
		Before: before.stored, After: after.stored, BeforeMirrors: before.mirrors, AfterMirrors: after.mirrors,
		At: at, Webhook: e.blueprint.definition.webhook,
	}
	if after.stored != nil {
		for _, t := range e.timers() {
			change.Timers = append(change.Timers, t.at)
		}
	}
	n.notify(change)
}

func (n *notifier) notify(change Change) {
	change.Cause = n.cause
	if n.report != nil {
		n.report(change)
	}
}
