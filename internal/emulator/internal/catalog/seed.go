package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Seed is a catalog as documents: what Dump writes and Load reads.
type Seed struct {
	// Blueprints and Entities have the form of the API's responses.
	Blueprints, Entities []any
	// Pages has {identifier, blueprint, title} for each catalog page.
	Pages []any
}

// Dump returns the whole catalog.
func (c *Catalog) Dump() Seed {
	defer c.read()()
	seed := Seed{Blueprints: []any{}, Entities: []any{}, Pages: []any{}}
	for _, b := range c.graph.ordered() {
		seed.Blueprints = append(seed.Blueprints, b.render())
		for _, e := range b.order {
			seed.Entities = append(seed.Entities, c.viewer.snapshot(e))
		}
	}
	for _, identifier := range slices.Sorted(maps.Keys(c.pages)) {
		seed.Pages = append(seed.Pages, c.pages[identifier].render())
	}
	return seed
}

// Load adds the content of a seed, atomically and without notifying anybody. Blueprints and
// entities may refer to each other in any order. A system blueprint replaces the existing one; any
// other must be new.
func (c *Catalog) Load(seed Seed) error {
	defer c.write()()
	staged := c.stage()
	if err := (&loader{staged}).load(seed); err != nil {
		return err
	}
	c.adopt(staged.graph)
	c.pages = staged.pages
	return nil
}

// stage returns a copy of the catalog, to be filled and then either adopted or discarded.
func (c *Catalog) stage() *Catalog {
	staged := &Catalog{config: c.config, stamper: c.stamper, pages: maps.Clone(c.pages)}
	staged.adopt(newGraph())
	staged.graph.sequence = c.graph.sequence
	for identifier, b := range c.graph.blueprints {
		copied := *b
		copied.entities = make(map[string]*entity, len(b.entities))
		copied.order = nil
		for _, e := range b.order {
			moved := e.clone()
			moved.blueprint = &copied
			copied.add(moved)
		}
		staged.graph.blueprints[identifier] = &copied
	}
	return staged
}

// loader fills a staged catalog from a seed.
type loader struct{ catalog *Catalog }

// load fills a staged catalog: first all blueprints, then all entities without their relations,
// then the relations.
func (l *loader) load(seed Seed) error {
	for _, step := range []func(Seed) error{l.loadBlueprints, l.loadEntities, l.loadPages} {
		if err := step(seed); err != nil {
			return err
		}
	}
	for _, b := range l.catalog.graph.blueprints {
		slices.SortStableFunc(b.order, func(x, y *entity) int { return cmp.Compare(x.sequence, y.sequence) })
	}
	l.catalog.graph.reindex()
	return nil
}

func (l *loader) loadBlueprints(seed Seed) error {
	for i, item := range seed.Blueprints {
		body, _ := item.(*document.Object)
		if err := l.loadBlueprint(body); err != nil {
			return fmt.Errorf("blueprints/%d (%s): %w", i, body.Text("identifier"), err)
		}
	}
	for i, item := range seed.Blueprints {
		body, _ := item.(*document.Object)
		if err := l.catalog.graph.checkTargets(l.catalog.graph.blueprints[body.Text("identifier")].definition, ""); err != nil {
			return fmt.Errorf("blueprints/%d (%s): %w", i, body.Text("identifier"), err)
		}
	}
	return nil
}

func (l *loader) loadBlueprint(body *document.Object) error {
	d, err := define(body, l.catalog.config.Destination)
	if err != nil {
		return err
	}
	s, err := l.catalog.stamper.readStamp(body)
	if err != nil {
		return err
	}
	existing, exists := l.catalog.graph.blueprints[d.identifier]
	switch {
	case !exists:
		l.catalog.graph.addBlueprint(d, s)
		return nil
	case !isSystem(d.identifier):
		return l.catalog.graph.checkFree(d.identifier)
	}
	if err := checkSystem(d.identifier, d); err != nil {
		return err
	}
	existing.definition, existing.stamp = d, s
	return nil
}

func (l *loader) loadEntities(seed Seed) error {
	drafts := make([]*entityWrite, len(seed.Entities))
	for i, item := range seed.Entities {
		body, _ := item.(*document.Object)
		w, err := l.loadEntity(body)
		if err != nil {
			return fmt.Errorf("entities/%d (%s of blueprint %s): %w", i, body.Text("identifier"), body.Text("blueprint"), err)
		}
		drafts[i] = w
	}
	for i, w := range drafts {
		if err := w.checkRelations(); err != nil {
			return fmt.Errorf("entities/%d (%s of blueprint %s): %w", i, w.draft.identifier, w.blueprint.definition.identifier, err)
		}
	}
	return nil
}

// loadEntity adds an entity without checking its relations. The returned draft is the entity in the
// catalog.
func (l *loader) loadEntity(body *document.Object) (*entityWrite, error) {
	b, err := l.catalog.graph.find(body.Text("blueprint"))
	if err != nil {
		return nil, err
	}
	identifier, ok := body.Value("identifier").(string)
	if !ok {
		return nil, refuse(Invalid, "it must have an identifier")
	}
	w := &entityWrite{catalog: l.catalog, blueprint: b, draft: b.newEntity(identifier)}
	w.draft.overwrite(body)
	for _, step := range []func() error{w.checkIdentifier, w.resolveTeam, w.checkProperties} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if w.draft.stamp, err = l.catalog.stamper.readStamp(body); err != nil {
		return nil, err
	}
	w.draft.sequence = l.catalog.graph.next()
	b.add(w.draft)
	return w, nil
}

func (l *loader) loadPages(seed Seed) error {
	for i, item := range seed.Pages {
		body, _ := item.(*document.Object)
		target, ok := l.catalog.graph.blueprints[body.Text("blueprint")]
		if !ok {
			return fmt.Errorf("pages/%d: %w", i, blueprintNotFound(body.Text("blueprint")))
		}
		identifier := body.Text("identifier")
		if identifier == "" {
			return fmt.Errorf("pages/%d: %w", i, refuse(Invalid, "it must have an identifier"))
		}
		l.catalog.pages[identifier] = &page{
			stamp: target.stamp, identifier: identifier, title: body.Text("title"), blueprint: body.Text("blueprint"),
		}
	}
	return nil
}

// readStamp reads the creation and update metadata of a dump; the defaults are now and the actor.
func (k stamper) readStamp(body *document.Object) (stamp, error) {
	s := k.created()
	for key, field := range map[string]*time.Time{"createdAt": &s.createdAt, "updatedAt": &s.updatedAt} {
		value, ok := body.Get(key)
		if !ok {
			continue
		}
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return s, refuse(Invalid, "%s must match format \"date-time\"", key)
		}
		*field = at.UTC().Truncate(time.Millisecond)
	}
	for key, field := range map[string]*string{"createdBy": &s.createdBy, "updatedBy": &s.updatedBy} {
		if text := body.Text(key); text != "" {
			*field = text
		}
	}
	return s, nil
}
