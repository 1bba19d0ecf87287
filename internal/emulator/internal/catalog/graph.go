package catalog

import (
	"cmp"
	"slices"
)

// graph is the content of a catalog: blueprints, their entities, and what relates to
// what. It says neither how an entity is shown nor who is notified of a change.
type graph struct {
	blueprints map[string]*blueprint
	// dependents has, for every entity that is the target of a relation, the
	// entities that have that relation.
	dependents map[reference]map[reference]struct{}
	// sequence counts the blueprints and entities ever made; it orders lists.
	sequence uint64
}

// reference names an entity.
type reference struct{ blueprint, entity string }

func newGraph() *graph {
	return &graph{blueprints: make(map[string]*blueprint), dependents: make(map[reference]map[reference]struct{})}
}

// next returns the next number of the sequence.
func (g *graph) next() uint64 {
	g.sequence++
	return g.sequence
}

// find returns the blueprint, or the error that says it is not there.
func (g *graph) find(identifier string) (*blueprint, error) {
	b, ok := g.blueprints[identifier]
	if !ok {
		return nil, blueprintNotFound(identifier)
	}
	return b, nil
}

// ordered returns all blueprints in the order in which they were made.
func (g *graph) ordered() []*blueprint {
	all := make([]*blueprint, 0, len(g.blueprints))
	for _, b := range g.blueprints {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *blueprint) int { return cmp.Compare(a.sequence, b.sequence) })
	return all
}

// lookup returns the entity that a reference names, or nil.
func (g *graph) lookup(r reference) *entity {
	b, ok := g.blueprints[r.blueprint]
	if !ok {
		return nil
	}
	return b.entities[r.entity]
}
