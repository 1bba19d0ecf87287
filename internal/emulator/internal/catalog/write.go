package catalog

import (
	"crypto/rand"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// WriteOptions are the query parameters of the write operations on entities.
type WriteOptions struct {
	// Upsert lets a create overwrite an existing entity.
	Upsert bool
	// Merge, in addition to Upsert, makes that an update.
	Merge bool
	// ValidateOnly checks everything and writes nothing.
	ValidateOnly bool
	// CreateMissing creates the targets of relations that do not exist.
	CreateMissing bool
	// Source is the User-Agent of the writer.
	Source string
	// Cause is what led to the change.
	Cause Cause
}

// CreateEntity adds an entity and returns it, and whether it is new. It generates a missing
// identifier.
func (c *Catalog) CreateEntity(blueprint string, body *document.Object, options WriteOptions) (*document.Object, bool, error) {
	defer c.writeFor(options.Cause)()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return nil, false, err
	}
	return c.createEntity(b, body, options)
}

func (c *Catalog) createEntity(b *blueprint, body *document.Object, options WriteOptions) (*document.Object, bool, error) {
	identifier, err := c.viewer.identify(b, body)
	if err != nil {
		return nil, false, err
	}
	existing, exists := b.entities[identifier]
	if exists && !options.Upsert {
		return nil, false, refuse(Taken, "Entity with identifier %q of blueprint %q already exists", identifier, b.definition.identifier)
	}
	w := entityWrite{catalog: c, blueprint: b, existing: existing, options: options}
	switch {
	case !exists:
		w.draft = b.newEntity(identifier)
		w.draft.overwrite(body)
		w.draft.fillDefaults(body.Object("properties"))
	case options.Merge:
		w.draft = existing.clone()
		w.draft.merge(body)
	default:
		w.draft = existing.clone()
		w.draft.overwrite(body)
	}
	written, err := w.commit()
	return written, !exists, err
}

// ReplaceEntity replaces an entity. A body with a different identifier renames it, and relations to
// it are updated.
//
// [?defaults] Defaults are filled in on creation, but not on replacement.
func (c *Catalog) ReplaceEntity(blueprint, identifier string, body *document.Object, options WriteOptions) (*document.Object, error) {
	return c.changeEntity(blueprint, identifier, body, options, (*entity).overwrite)
}

// UpdateEntity changes the keys in the body and keeps the rest; null unsets a value.
func (c *Catalog) UpdateEntity(blueprint, identifier string, body *document.Object, options WriteOptions) (*document.Object, error) {
	return c.changeEntity(blueprint, identifier, body, options, (*entity).merge)
}

func (c *Catalog) changeEntity(
	blueprint, identifier string, body *document.Object, options WriteOptions, apply func(*entity, *document.Object),
) (*document.Object, error) {
	defer c.writeFor(options.Cause)()
	existing, err := c.graph.findEntity(blueprint, identifier)
	if err != nil {
		return nil, err
	}
	draft := existing.clone()
	apply(draft, body)
	if to := body.Text("identifier"); to != "" {
		draft.identifier = to
	}
	w := entityWrite{catalog: c, blueprint: existing.blueprint, existing: existing, draft: draft, options: options}
	return w.commit()
}

// identify returns the identifier in the body, the result of a query in its place, or a new one.
func (v *viewer) identify(b *blueprint, body *document.Object) (string, error) {
	switch identifier := body.Value("identifier").(type) {
	case string:
		return identifier, nil
	case *document.Object:
		matching, err := v.resolve(b.definition.identifier, "body/identifier", identifier)
		if err != nil {
			return "", err
		}
		if len(matching) != 1 {
			return "", refuse(Invalid, "body/identifier must find exactly one entity, it found %d", len(matching))
		}
		return matching[0], nil
	default:
		return rand.Text(), nil
	}
}

// newEntity returns an empty entity of the blueprint.
func (b *blueprint) newEntity(identifier string) *entity {
	return &entity{blueprint: b, identifier: identifier, properties: document.New(), relations: document.New()}
}

// overwrite replaces everything with the body.
func (e *entity) overwrite(body *document.Object) {
	e.title, e.icon, e.team = body.Value("title"), body.Value("icon"), teamList(body.Value("team"))
	e.properties = withoutNulls(body.Object("properties"))
	e.relations = withoutNulls(body.Object("relations"))
}

// merge updates the keys in the body.
func (e *entity) merge(body *document.Object) {
	for key, field := range map[string]*any{"title": &e.title, "icon": &e.icon, "team": &e.team} {
		if value, ok := body.Get(key); ok {
			*field = value
		}
	}
	e.team = teamList(e.team)
	e.properties = withoutNulls(e.properties.Clone().Merge(body.Object("properties")))
	e.relations = withoutNulls(e.relations.Clone().Merge(body.Object("relations")))
}

// teamList turns a team written as a string into a list, as Port returns it; anything else is
// unchanged.
func teamList(team any) any {
	if text, ok := team.(string); ok {
		return []any{text}
	}
	return team
}

// fillDefaults fills in the defaults of properties that were not sent. A property sent as null
// stays unset.
func (e *entity) fillDefaults(sent *document.Object) {
	for _, name := range e.blueprint.definition.names {
		p := e.blueprint.definition.properties[name]
		if p.hasDefault && p.fallback != nil && !sent.Has(name) {
			e.properties.Set(name, p.fallback)
		}
	}
}

func withoutNulls(values *document.Object) *document.Object {
	remaining := document.New()
	for key, value := range values.All() {
		if value != nil {
			remaining.Set(key, value)
		}
	}
	return remaining
}

// entityWrite is one write of an entity.
type entityWrite struct {
	catalog   *Catalog
	blueprint *blueprint
	existing  *entity // nil if the entity is new
	draft     *entity
	options   WriteOptions
	// missing are the relation targets to create.
	missing []reference
}

// commit validates the draft, stores it and returns it as stored.
func (w *entityWrite) commit() (*document.Object, error) {
	for _, step := range []func() error{w.checkIdentifier, w.resolveTeam, w.checkProperties, w.checkRelations} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if w.options.ValidateOnly {
		w.draft.stamp = w.catalog.stamper.created()
		return w.catalog.viewer.snapshot(w.draft), nil
	}
	w.createMissing()
	if w.existing == nil {
		return w.insert(), nil
	}
	return w.replace(), nil
}

func (w *entityWrite) insert() *document.Object {
	c, e := w.catalog, w.draft
	e.stamp = c.stamper.created()
	e.sequence = c.graph.next()
	e.source = w.options.Source
	w.blueprint.add(e)
	c.graph.link(e)
	after := c.viewer.image(e)
	c.notifier.entity(Create, image{}, after, e.createdAt, e)
	return after.stored
}

func (w *entityWrite) replace() *document.Object {
	c, e := w.catalog, w.draft
	before := c.viewer.image(w.existing)
	e.stamp = c.stamper.updated(w.existing.stamp)
	e.source = w.options.Source
	c.graph.unlink(w.existing)
	w.blueprint.replace(e)
	c.graph.link(e)
	if e.identifier != w.existing.identifier {
		c.graph.followRename(w.existing.reference(), e.identifier)
	}
	after := c.viewer.image(w.blueprint.entities[e.identifier])
	c.notifier.entity(Update, before, after, e.updatedAt, e)
	return after.stored
}

// createMissing creates the targets of relations. They have only an identifier, so they may lack
// what their blueprint requires.
func (w *entityWrite) createMissing() {
	for _, r := range w.missing {
		b := w.catalog.graph.blueprints[r.blueprint]
		if _, exists := b.entities[r.entity]; exists {
			continue
		}
		target := entityWrite{catalog: w.catalog, blueprint: b, draft: b.newEntity(r.entity), options: w.options}
		target.draft.fillDefaults(nil)
		target.insert()
	}
}
