package catalog

import (
	"cmp"
	"slices"
)

// graph is the content of a catalog: blueprints, their entities and the relations between them. It
// neither renders entities nor reports changes.
type graph struct {
	blueprints map[string]*blueprint
	// dependents maps each target of a relation to the entities with that relation.
	dependents map[reference]map[reference]struct{}
	// sequence counts all blueprints and entities ever created; it orders lists.
	sequence uint64
}

// reference identifies an entity.
type reference struct{ blueprint, entity string }

func newGraph() *graph {
	return &graph{blueprints: make(map[string]*blueprint), dependents: make(map[reference]map[reference]struct{})}
}

// next returns the next number of the sequence.
func (g *graph) next() uint64 {
	g.sequence++
	return g.sequence
}

// find returns the blueprint, or a NotFound error.
func (g *graph) find(identifier string) (*blueprint, error) {
	b, ok := g.blueprints[identifier]
	if !ok {
		return nil, blueprintNotFound(identifier)
	}
	return b, nil
}

// ordered returns all blueprints in creation order.
func (g *graph) ordered() []*blueprint {
	all := make([]*blueprint, 0, len(g.blueprints))
	for _, b := range g.blueprints {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *blueprint) int { return cmp.Compare(a.sequence, b.sequence) })
	return all
}

// lookup returns the entity of a reference, or nil.
func (g *graph) lookup(r reference) *entity {
	b, ok := g.blueprints[r.blueprint]
	if !ok {
		return nil
	}
	return b.entities[r.entity]
}
