package catalog

import (
	"cmp"
	"slices"
)

// targets yields every entity that e relates to, except itself.
func (e *entity) targets(yield func(reference) bool) {
	self := e.reference()
	for name, value := range e.relations.All() {
		r, ok := e.blueprint.definition.relations[name]
		if !ok {
			continue
		}
		for _, identifier := range identifiers(value) {
			target := reference{blueprint: r.target, entity: identifier}
			if target != self && !yield(target) {
				return
			}
		}
	}
}

// link adds the relations of an entity to the index of dependents.
func (g *graph) link(e *entity) {
	source := e.reference()
	for target := range e.targets {
		sources, ok := g.dependents[target]
		if !ok {
			sources = make(map[reference]struct{})
			g.dependents[target] = sources
		}
		sources[source] = struct{}{}
	}
}

// unlink removes them.
func (g *graph) unlink(e *entity) {
	source := e.reference()
	for target := range e.targets {
		delete(g.dependents[target], source)
		if len(g.dependents[target]) == 0 {
			delete(g.dependents, target)
		}
	}
}

// reindex rebuilds the index of dependents.
func (g *graph) reindex() {
	clear(g.dependents)
	for _, b := range g.blueprints {
		for _, e := range b.order {
			g.link(e)
		}
	}
}

// sourcesOf returns the entities with a relation to the target, in a stable order.
func (g *graph) sourcesOf(target reference) []*entity {
	sources := make([]*entity, 0, len(g.dependents[target]))
	for source := range g.dependents[target] {
		if e := g.lookup(source); e != nil {
			sources = append(sources, e)
		}
	}
	slices.SortFunc(sources, func(a, b *entity) int { return cmp.Compare(a.sequence, b.sequence) })
	return sources
}

// followRename updates the relations to an entity after its rename. [?implicit-changes] That does
// not count as a change of the entities that have them.
func (g *graph) followRename(old reference, identifier string) {
	for _, source := range g.sourcesOf(old) {
		g.unlink(source)
		moved := source.clone()
		moved.relations = source.relations.Clone()
		for name, value := range source.relations.All() {
			if source.blueprint.definition.relations[name].target == old.blueprint {
				moved.relations.Set(name, substitute(value, old.entity, identifier))
			}
		}
		moved.blueprint.replace(moved)
		g.link(moved)
	}
	delete(g.dependents, old)
}

// substitute replaces an identifier in the value of a relation.
func substitute(value any, from, to string) any {
	switch value := value.(type) {
	case string:
		if value == from {
			return to
		}
		return value
	case []any:
		list := slices.Clone(value)
		for i, item := range list {
			list[i] = substitute(item, from, to)
		}
		return list
	default:
		return value
	}
}
