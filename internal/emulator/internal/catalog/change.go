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

// The resources whose changes are told.
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
	// Before and After are the documents; nil on creation and deletion. They are
	// never changed afterwards.
	Before, After *document.Object
	At            time.Time
	// Webhook is the URL of the blueprint's changelog destination, or "".
	Webhook string
}

// BlueprintRename returns the identifiers of a blueprint before and after a
// change that renamed it.
func (c Change) BlueprintRename() (from, to string, renamed bool) {
	if c.Resource != BlueprintResource || c.Action != Update {
		return "", "", false
	}
	from, to = c.Before.Text("identifier"), c.After.Text("identifier")
	return from, to, from != to
}

func (c *Catalog) notifyBlueprint(action Action, before, after *document.Object, at time.Time, d *definition) {
	c.notify(Change{
		Action: action, Resource: BlueprintResource, Blueprint: d.identifier,
		Before: before, After: after, At: at, Webhook: d.webhook,
	})
}

func (c *Catalog) notifyEntity(action Action, before, after *document.Object, at time.Time, e *entity) {
	c.notify(Change{
		Action: action, Resource: EntityResource, Blueprint: e.blueprint.definition.identifier, Entity: e.identifier,
		Before: before, After: after, At: at, Webhook: e.blueprint.definition.webhook,
	})
}

func (c *Catalog) notify(change Change) {
	if c.config.Notify != nil {
		c.config.Notify(change)
	}
}
