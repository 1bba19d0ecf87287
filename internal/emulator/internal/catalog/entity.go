package catalog

import (
	"cmp"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// entity is one version of an entity. It is immutable once it is in its blueprint: a change
// replaces it with a modified clone.
type entity struct {
	stamp
	blueprint  *blueprint
	identifier string
	sequence   uint64
	// title, icon and team are nil if they are not set; team is an array.
	title, icon, team any
	// source is the User-Agent of the last write.
	source string
	// properties and relations contain no nulls: null means absent.
	properties, relations *document.Object
}

// clone returns a copy that can be modified, except for the documents it shares.
func (e *entity) clone() *entity {
	clone := *e
	return &clone
}

func (e *entity) reference() reference {
	return reference{blueprint: e.blueprint.definition.identifier, entity: e.identifier}
}

// snapshot returns the entity as stored, without the values that are filled in or calculated on
// reading: for events, the responses to writes, and dumps.
func (v *viewer) snapshot(e *entity) *document.Object {
	d := document.New().With("identifier", e.identifier)
	e.addOptional(d)
	d.Set("team", v.teams(e))
	return e.addTo(d.With("properties", e.properties).With("relations", e.relations))
}

// addOptional adds title, icon and blueprint. [?absent-title] A title or an icon that is not set is
// omitted from responses, since the documented schema does not allow null.
func (e *entity) addOptional(d *document.Object) {
	if e.title != nil {
		d.Set("title", e.title)
	}
	if e.icon != nil {
		d.Set("icon", e.icon)
	}
	d.Set("blueprint", e.blueprint.definition.identifier)
}

// add appends a new entity.
func (b *blueprint) add(e *entity) {
	b.entities[e.identifier] = e
	b.order = append(b.order, e)
}

// replace stores a changed entity under its sequence number.
func (b *blueprint) replace(e *entity) {
	i, ok := b.position(e.sequence)
	if !ok {
		return
	}
	delete(b.entities, b.order[i].identifier)
	b.entities[e.identifier] = e
	b.order[i] = e
}

// remove removes an entity.
func (b *blueprint) remove(e *entity) {
	delete(b.entities, e.identifier)
	if i, ok := b.position(e.sequence); ok {
		b.order = slices.Delete(b.order, i, i+1)
	}
}

// position returns the index of an entity in the order, or where it would be.
func (b *blueprint) position(sequence uint64) (int, bool) {
	return slices.BinarySearchFunc(b.order, sequence, func(e *entity, s uint64) int { return cmp.Compare(e.sequence, s) })
}

// Entity returns one entity in the requested view.
func (c *Catalog) Entity(blueprint, identifier string, view View) (*document.Object, error) {
	defer c.read()()
	e, err := c.graph.findEntity(blueprint, identifier)
	if err != nil {
		return nil, err
	}
	return c.viewer.render(e, view), nil
}

// Entities returns all entities of a blueprint in creation order.
func (c *Catalog) Entities(blueprint string, view View) ([]any, error) {
	defer c.read()()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return nil, err
	}
	all := make([]any, len(b.order))
	for i, e := range b.order {
		all[i] = c.viewer.render(e, view)
	}
	return all, nil
}

// Count returns the number of entities of a blueprint.
func (c *Catalog) Count(blueprint string) (int, error) {
	defer c.read()()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return 0, err
	}
	return len(b.entities), nil
}

func (g *graph) findEntity(blueprint, identifier string) (*entity, error) {
	b, err := g.find(blueprint)
	if err != nil {
		return nil, err
	}
	e, ok := b.entities[identifier]
	if !ok {
		return nil, entityNotFound(blueprint, identifier)
	}
	return e, nil
}
