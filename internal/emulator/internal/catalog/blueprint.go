package catalog

import (
	"maps"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// blueprint is a definition with its entities.
type blueprint struct {
	stamp
	definition *definition
	sequence   uint64
	entities   map[string]*entity
	// order has the entities in creation order, the order of lists and pages.
	order []*entity
	// deletion is when an entity was last deleted.
	deletion time.Time
}

// render returns the document of a blueprint as the API returns it.
func (b *blueprint) render() *document.Object { return b.addTo(b.definition.document.Clone()) }

// Blueprint returns one blueprint.
func (c *Catalog) Blueprint(identifier string) (*document.Object, error) {
	defer c.read()()
	b, err := c.graph.find(identifier)
	if err != nil {
		return nil, err
	}
	return b.render(), nil
}

// Blueprints returns all blueprints in creation order.
func (c *Catalog) Blueprints() []any {
	defer c.read()()
	var all []any
	for _, b := range c.graph.ordered() {
		all = append(all, b.render())
	}
	return all
}

// CreateBlueprint adds a blueprint, with a catalog page on request, and returns it.
func (c *Catalog) CreateBlueprint(body *document.Object, withPage bool) (*document.Object, error) {
	defer c.write()()
	if err := c.checkDestination(body); err != nil {
		return nil, err
	}
	d, err := define(c.graph.withoutDangling(body, ""), c.config.Destination)
	if err != nil {
		return nil, err
	}
	if err := c.graph.checkFree(d.identifier); err != nil {
		return nil, err
	}
	if err := c.graph.checkTargets(d, ""); err != nil {
		return nil, err
	}
	b := c.graph.addBlueprint(d, c.stamper.created())
	if withPage {
		c.addPage(d.identifier, d.document.Text("title"), b.stamp)
	}
	after := b.render()
	c.notifier.blueprint(Create, nil, after, b.createdAt, d)
	return after, nil
}

func (g *graph) addBlueprint(d *definition, s stamp) *blueprint {
	b := &blueprint{stamp: s, definition: d, sequence: g.next(), entities: make(map[string]*entity)}
	g.blueprints[d.identifier] = b
	return b
}

// ReplaceBlueprint replaces a blueprint: whatever the body omits is deleted. A body with a
// different identifier renames it. [?rule-results] The blueprint of rule results cannot be
// replaced, only updated, as Port's own client does.
func (c *Catalog) ReplaceBlueprint(identifier string, body *document.Object) (*document.Object, error) {
	defer c.write()()
	b, err := c.graph.find(identifier)
	if err != nil {
		return nil, err
	}
	if err := c.checkDestination(body); err != nil {
		return nil, err
	}
	if identifier == ruleResultBlueprint {
		return nil, refuse(Invalid, "Blueprint %q cannot be replaced, only updated", identifier)
	}
	if !body.Has("identifier") {
		body = document.New().With("identifier", identifier).Merge(body)
	}
	return c.redefine(b, body)
}

// UpdateBlueprint replaces the keys that the body has and keeps the others.
//
// [?patch-depth] Port documents that PATCH merges, but not how deep. The schema object in the body
// must have all properties, so keys are assumed to be replaced one level deep.
func (c *Catalog) UpdateBlueprint(identifier string, body *document.Object) (*document.Object, error) {
	defer c.write()()
	b, err := c.graph.find(identifier)
	if err != nil {
		return nil, err
	}
	if err := c.checkDestination(body); err != nil {
		return nil, err
	}
	return c.redefine(b, b.definition.document.Clone().Merge(body))
}

// redefine gives a blueprint a new definition and removes the values of its entities that are no
// longer defined.
func (c *Catalog) redefine(b *blueprint, body *document.Object) (*document.Object, error) {
	if err := checkSystemChange(b, body); err != nil {
		return nil, err
	}
	d, err := define(c.graph.withoutDangling(body, b.definition.identifier), c.config.Destination)
	if err != nil {
		return nil, err
	}
	if err := c.checkRedefinition(b, d); err != nil {
		return nil, err
	}
	before := b.render()
	c.install(b, d)
	b.stamp = c.stamper.updated(b.stamp)
	after := b.render()
	c.notifier.blueprint(Update, before, after, b.updatedAt, d)
	return after, nil
}

// checkRedefinition validates a new definition against the existing catalog.
func (c *Catalog) checkRedefinition(b *blueprint, d *definition) error {
	current := b.definition.identifier
	if err := checkSystem(current, d); err != nil {
		return err
	}
	if d.identifier != current {
		if err := c.graph.checkFree(d.identifier); err != nil {
			return err
		}
	}
	if err := c.graph.checkTargets(d, current); err != nil {
		return err
	}
	if err := b.checkFormats(d); err != nil {
		return err
	}
	return b.checkEntities(d)
}

// checkDestination refuses a changelog destination if the catalog is configured to.
func (c *Catalog) checkDestination(body *document.Object) error {
	if c.config.Destination == RefuseDestination && body.Has("changelogDestination") {
		return refuse(Invalid, "body must NOT have additional properties: 'changelogDestination'")
	}
	return nil
}

// checkFormats refuses to change the format of a property that keeps its type. [?format-change] It
// is unknown whether Port also refuses that without entities, or when a format is added or removed;
// the emulator always refuses.
func (b *blueprint) checkFormats(d *definition) error {
	for _, name := range d.names {
		old, ok := b.definition.properties[name]
		if changed := d.properties[name]; ok && changed.kind.Type == old.kind.Type && changed.kind.Format != old.kind.Format {
			return refuseProperty(FormatChange, name, "The format of property %q of blueprint %q cannot change from %q to %q",
				name, b.definition.identifier, old.kind.Format, changed.kind.Format)
		}
	}
	return nil
}

// checkFree refuses the identifier of an existing blueprint.
func (g *graph) checkFree(identifier string) error {
	if _, taken := g.blueprints[identifier]; taken {
		return refuse(Taken, "Blueprint with identifier %q already exists", identifier)
	}
	return nil
}

// checkTargets refuses relations and aggregations whose target does not exist. A blueprint may
// refer to itself, by its new identifier or, during a rename, by the current one.
func (g *graph) checkTargets(d *definition, current string) error {
	exists := func(target string) bool {
		_, ok := g.blueprints[target]
		return ok || target == d.identifier || target == current
	}
	for _, key := range d.relationKeys {
		if target := d.relations[key].target; !exists(target) {
			return refuse(Invalid, "body/relations/%s/target must be an existing blueprint, %q was not found", key, target)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.aggregations)) {
		if target := d.aggregations[key].target; !exists(target) {
			return refuse(Invalid, "body/aggregationProperties/%s/target must be an existing blueprint, %q was not found", key, target)
		}
	}
	return nil
}

// checkEntities refuses a definition that would change the meaning of existing values.
//
// [?type-change] Port documents that the type of a property cannot be changed; whether that applies
// without entities, and to relations, is unknown.
func (b *blueprint) checkEntities(d *definition) error {
	if len(b.entities) == 0 {
		return nil
	}
	for name, old := range b.definition.properties {
		changed, ok := d.properties[name]
		if ok && changed.kind.Type != old.kind.Type {
			return refuseProperty(Invalid, name, "body/schema/properties/%s/type must NOT change from %s to %s while the blueprint has entities",
				name, old.kind.Type, changed.kind.Type)
		}
	}
	for name, old := range b.definition.relations {
		changed, ok := d.relations[name]
		if !ok || changed.many == old.many && (changed.target == old.target || old.target == b.definition.identifier && changed.target == d.identifier) {
			continue
		}
		if slices.ContainsFunc(b.order, func(e *entity) bool { return e.relations.Has(name) }) {
			return refuse(Invalid, "body/relations/%s must NOT change its target or its cardinality while entities use it", name)
		}
	}
	return nil
}

// install applies a validated definition and its consequences.
func (c *Catalog) install(b *blueprint, d *definition) {
	old := b.definition
	b.definition = d
	b.dropUndefined(old)
	if d.identifier != old.identifier {
		c.renameBlueprint(b, old.identifier)
	}
	if d.identifier != old.identifier || !sameKeys(old.relations, d.relations) {
		c.graph.reindex()
	}
}

// dropUndefined removes the values of properties and relations that are no longer defined.
// [?implicit-changes] It does not count as a change of the entities.
func (b *blueprint) dropUndefined(old *definition) {
	if sameKeys(old.properties, b.definition.properties) && sameKeys(old.relations, b.definition.relations) {
		return
	}
	for _, e := range b.order {
		remaining := e.clone()
		remaining.properties = only(e.properties, b.definition.properties)
		remaining.relations = only(e.relations, b.definition.relations)
		b.replace(remaining)
	}
}

// renameBlueprint moves a blueprint to its new identifier and updates all references to it.
func (c *Catalog) renameBlueprint(b *blueprint, from string) {
	to := b.definition.identifier
	delete(c.graph.blueprints, from)
	c.graph.blueprints[to] = b
	for _, other := range c.graph.blueprints {
		other.definition = other.definition.retargeted(from, to)
	}
	for _, p := range c.pages {
		if p.blueprint == from {
			p.blueprint = to
		}
	}
}

// retargeted returns the definition with every target from changed to to.
func (d *definition) retargeted(from, to string) *definition {
	changed := *d
	changed.relations = maps.Clone(d.relations)
	changed.aggregations = maps.Clone(d.aggregations)
	for key, r := range d.relations {
		if r.target == from {
			moved := *r
			moved.target = to
			changed.relations[key] = &moved
			changed.document = changed.document.Updated(to, "relations", key, "target")
		}
	}
	for key, a := range d.aggregations {
		if a.target == from {
			moved := *a
			moved.target = to
			changed.aggregations[key] = &moved
			changed.document = changed.document.Updated(to, "aggregationProperties", key, "target")
		}
	}
	return &changed
}

// DeleteBlueprint removes a blueprint without entities that no other blueprint refers to.
func (c *Catalog) DeleteBlueprint(identifier string) error {
	defer c.write()()
	b, err := c.graph.find(identifier)
	if err != nil {
		return err
	}
	if err := c.graph.checkDeletable(b); err != nil {
		return err
	}
	if len(b.entities) > 0 {
		return refuse(HasDependents, "Blueprint %q has %d entities, delete them first", identifier, len(b.entities))
	}
	if c.stamper.now().Before(b.deletion.Add(c.config.DeleteLag)) {
		return refuse(HasDependents, "Blueprint %q has entities whose deletion is not complete yet", identifier)
	}
	c.removeBlueprint(b)
	return nil
}

// checkDeletable refuses to delete a blueprint that others refer to. [?targeted-blueprint] It is
// unknown whether Port deletes the target of a relation of another blueprint; the emulator refuses.
func (g *graph) checkDeletable(b *blueprint) error {
	identifier := b.definition.identifier
	if isSystem(identifier) {
		return refuse(Invalid, "Blueprint %q belongs to the system and cannot be deleted", identifier)
	}
	for _, other := range g.ordered() {
		if other != b && other.definition.pointsAt(identifier) {
			return refuse(HasDependents, "Blueprint %q is the target of blueprint %q", identifier, other.definition.identifier)
		}
	}
	return nil
}

func (d *definition) pointsAt(target string) bool {
	for _, r := range d.relations {
		if r.target == target {
			return true
		}
	}
	for _, a := range d.aggregations {
		if a.target == target {
			return true
		}
	}
	return false
}

func (c *Catalog) removeBlueprint(b *blueprint) {
	identifier := b.definition.identifier
	delete(c.graph.blueprints, identifier)
	maps.DeleteFunc(c.pages, func(_ string, p *page) bool { return p.blueprint == identifier })
	c.notifier.blueprint(Delete, b.render(), nil, c.stamper.now(), b.definition)
}

// sameKeys reports whether two maps have the same keys.
func sameKeys[V any](a, b map[string]V) bool {
	if len(a) != len(b) {
		return false
	}
	for key := range a {
		if _, ok := b[key]; !ok {
			return false
		}
	}
	return true
}

// only returns the members of values that are defined.
func only[V any](values *document.Object, defined map[string]V) *document.Object {
	remaining := document.New()
	for key, value := range values.All() {
		if _, ok := defined[key]; ok {
			remaining.Set(key, value)
		}
	}
	return remaining
}
