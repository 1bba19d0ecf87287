package catalog

import (
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// RenameProperty renames a property; every entity keeps its value, and mirror properties and
// aggregations that refer to it are updated.
func (c *Catalog) RenameProperty(blueprint, from, to string) (*document.Object, error) {
	defer c.write()()
	b, err := c.graph.findFor(blueprint, to)
	if err != nil {
		return nil, err
	}
	if _, ok := b.definition.properties[from]; !ok {
		return nil, refuse(NotFound, "Property %q of blueprint %q was not found", from, blueprint)
	}
	outer := b.definition.document.Object("schema")
	body := b.definition.document.
		Updated(outer.Object("properties").Renamed(from, to), "schema", "properties")
	if required := outer.List("required"); required != nil {
		body = body.Updated(substitute(required, from, to), "schema", "required")
	}
	return c.renamed(b, body, func(e *entity) { e.properties = e.properties.Renamed(from, to) }, propertyRename{blueprint: b, from: from, to: to})
}

// RenameMirror renames a mirror property.
func (c *Catalog) RenameMirror(blueprint, from, to string) (*document.Object, error) {
	defer c.write()()
	b, err := c.graph.findFor(blueprint, to)
	if err != nil {
		return nil, err
	}
	if _, ok := b.definition.mirrors[from]; !ok {
		return nil, refuse(NotFound, "Mirror property %q of blueprint %q was not found", from, blueprint)
	}
	body := b.definition.document.
		Updated(b.definition.document.Object("mirrorProperties").Renamed(from, to), "mirrorProperties")
	return c.renamed(b, body, func(*entity) {}, propertyRename{blueprint: b, from: from, to: to})
}

// RenameRelation renames a relation; every entity keeps its targets, and every path that uses it is
// updated.
func (c *Catalog) RenameRelation(blueprint, from, to string) (*document.Object, error) {
	defer c.write()()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return nil, err
	}
	if _, ok := b.definition.relations[from]; !ok {
		return nil, refuse(NotFound, "Relation %q of blueprint %q was not found", from, blueprint)
	}
	if _, taken := b.definition.relations[to]; taken {
		return nil, refuse(Taken, "Relation %q of blueprint %q already exists", to, blueprint)
	}
	body := b.definition.document.Updated(b.definition.document.Object("relations").Renamed(from, to), "relations")
	return c.renamed(b, body, func(e *entity) { e.relations = e.relations.Renamed(from, to) }, relationRename{blueprint: b, from: from, to: to})
}

// findFor returns a blueprint, provided that a property name is free in it.
func (g *graph) findFor(blueprint, name string) (*blueprint, error) {
	b, err := g.find(blueprint)
	if err != nil {
		return nil, err
	}
	if _, taken := b.definition.properties[name]; taken || slices.Contains(b.definition.calculated, name) {
		return nil, refuse(Taken, "Property %q of blueprint %q already exists", name, blueprint)
	}
	return b, nil
}

// pathRename is the effect of a rename on paths.
type pathRename interface {
	// rewrite returns the path with the new name. The owners are the blueprints whose property or
	// relation each segment is; nil if unknown.
	rewrite(path []string, owners []*blueprint) []string
}

// propertyRename renames a property: the end of a path.
type propertyRename struct {
	blueprint *blueprint
	from, to  string
}

func (t propertyRename) rewrite(path []string, owners []*blueprint) []string {
	last := len(path) - 1
	if path[last] != t.from || owners[last] != t.blueprint {
		return path
	}
	changed := slices.Clone(path)
	changed[last] = t.to
	return changed
}

// relationRename renames a relation: any other segment of a path.
type relationRename struct {
	blueprint *blueprint
	from, to  string
}

func (s relationRename) rewrite(path []string, owners []*blueprint) []string {
	changed := slices.Clone(path)
	for i := range path[:len(path)-1] {
		if path[i] == s.from && owners[i] == s.blueprint {
			changed[i] = s.to
		}
	}
	return changed
}

// renamed installs a definition that differs in one name. It reports a change of the blueprint
// itself, but not of blueprints whose paths are updated, since nobody wrote them.
func (c *Catalog) renamed(b *blueprint, body *document.Object, apply func(*entity), rename pathRename) (*document.Object, error) {
	bodies := (&follower{graph: c.graph, rename: rename}).documents(b, body)
	definitions := make(map[*blueprint]*definition, len(bodies))
	for other, rewritten := range bodies {
		d, err := define(rewritten, c.config.Destination)
		if err != nil {
			return nil, err
		}
		definitions[other] = d
	}
	if err := checkSystem(b.definition.identifier, definitions[b]); err != nil {
		return nil, err
	}
	before := b.render()
	for other, d := range definitions {
		other.definition = d
	}
	for _, e := range b.order {
		changed := e.clone()
		apply(changed)
		b.replace(changed)
	}
	b.stamp = c.stamper.updated(b.stamp)
	after := b.render()
	c.notifier.blueprint(Update, before, after, b.updatedAt, b.definition)
	return after, nil
}

// follower lets paths follow a rename: of mirror properties, of ownerships, and of the filters of
// aggregations.
type follower struct {
	graph  *graph
	rename pathRename
}

// documents returns the blueprint's new document and those of all blueprints with a path that has
// to follow.
func (f *follower) documents(b *blueprint, body *document.Object) map[*blueprint]*document.Object {
	bodies := map[*blueprint]*document.Object{b: body}
	for _, other := range f.graph.blueprints {
		for name, path := range other.definition.mirrors {
			rewritten := f.rename.rewrite(path, f.graph.owners(other, path))
			if slices.Equal(rewritten, path) {
				continue
			}
			if _, ok := bodies[other]; !ok {
				bodies[other] = other.definition.document
			}
			if !bodies[other].Object("mirrorProperties").Has(name) {
				continue // This is the mirror property being renamed.
			}
			bodies[other] = bodies[other].Updated(strings.Join(rewritten, "."), "mirrorProperties", name, "path")
		}
		current, ok := bodies[other]
		if !ok {
			current = other.definition.document
		}
		if changed := f.steps(other, current); changed != current {
			bodies[other] = changed
		}
	}
	return bodies
}

// steps returns a document whose paths of relations follow a rename, or the document itself if none
// has to.
func (f *follower) steps(b *blueprint, body *document.Object) *document.Object {
	follow := func(start *blueprint, path []string) ([]string, bool) {
		// A rename of a relation does not change the last segment of a path, so add one.
		whole := append(slices.Clone(path), "")
		rewritten := f.rename.rewrite(whole, f.graph.owners(start, whole))
		return rewritten[:len(path)], !slices.Equal(rewritten, whole)
	}
	if path := body.Object("ownership").Text("path"); path != "" {
		if rewritten, changed := follow(b, strings.Split(path, ".")); changed {
			body = body.Updated(strings.Join(rewritten, "."), "ownership", "path")
		}
	}
	for key, a := range b.definition.aggregations {
		if a.path == nil {
			continue
		}
		start := f.graph.blueprints[f.graph.pathStart(b, a)]
		if start == nil {
			continue
		}
		if rewritten, changed := follow(start, a.path.Relations()); changed {
			filter, _ := body.Object("aggregationProperties").Object(key).List("pathFilter")[0].(*document.Object)
			body = body.Updated([]any{filter.Clone().With("path", toList(rewritten))}, "aggregationProperties", key, "pathFilter")
		}
	}
	return body
}

// owners returns, for each segment of a path, the blueprint whose relation or, at the end, property
// it is.
func (g *graph) owners(start *blueprint, path []string) []*blueprint {
	owners := make([]*blueprint, len(path))
	for i, segment := range path {
		owners[i] = start
		r, ok := start.definition.relations[segment]
		if !ok {
			break
		}
		if start = g.blueprints[r.target]; start == nil {
			break
		}
	}
	return owners
}
