package catalog

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// set is a set of entities.
type set map[reference]struct{}

func (s set) add(r reference) bool {
	if _, ok := s[r]; ok {
		return false
	}
	s[r] = struct{}{}
	return true
}

// contains returns the matcher for membership.
func (s set) contains(candidate query.Record) bool {
	r, ok := candidate.(record)
	if !ok {
		return false
	}
	_, in := s[r.entity.reference()]
	return in
}

// Related implements query.Graph. Upstream is what an entity depends on, downstream what depends on
// it; without a direction both count, each over any number of relations. An entity is not related
// to itself.
func (g *graph) Related(rule query.RelatedTo) query.Matcher {
	start := references(rule.Blueprint, rule.Identifiers)
	results := make(set)
	if rule.Direction != "downstream" {
		g.spread(start, results, func(e *entity) []reference { return e.upstream(rule.Required) })
	}
	if rule.Direction != "upstream" {
		g.spread(start, results, func(e *entity) []reference { return g.downstream(e, rule.Required) })
	}
	for _, r := range start {
		delete(results, r)
	}
	return results.contains
}

// spread adds everything reachable from start to results.
func (g *graph) spread(start []reference, results set, next func(*entity) []reference) {
	seen := make(set)
	for queue := start; len(queue) > 0; queue = queue[1:] {
		e := g.lookup(queue[0])
		if e == nil {
			continue
		}
		for _, r := range next(e) {
			if seen.add(r) {
				results.add(r)
				queue = append(queue, r)
			}
		}
	}
}

// upstream returns the targets of the relations of an entity.
func (e *entity) upstream(required *bool) []reference {
	var targets []reference
	for name := range e.relations.All() {
		if r, ok := e.blueprint.definition.relations[name]; ok && (required == nil || r.required == *required) {
			targets = append(targets, references(r.target, identifiers(e.relations.Value(name)))...)
		}
	}
	return targets
}

// downstream returns the entities with a relation to an entity.
func (g *graph) downstream(target *entity, required *bool) []reference {
	var sources []reference
	self := target.reference()
	for source := range g.dependents[self] {
		e := g.lookup(source)
		if e == nil {
			continue
		}
		if slices.Contains(e.upstream(required), self) {
			sources = append(sources, source)
		}
	}
	return sources
}

// Along implements query.Graph.
func (g *graph) Along(path query.Path) query.Matcher {
	if path.From == "" {
		return g.pathTo(path)
	}
	results := make(set)
	for _, r := range references(path.From, path.Identifiers) {
		if e := g.lookup(r); e != nil {
			for _, end := range g.walk(e, path.Steps) {
				results.add(end.reference())
			}
		}
	}
	return results.contains
}

// pathTo matches entities from which the path leads to one of the identifiers.
func (g *graph) pathTo(path query.Path) query.Matcher {
	ends := make(map[string]bool, len(path.Identifiers))
	for _, identifier := range path.Identifiers {
		ends[identifier] = true
	}
	return func(candidate query.Record) bool {
		r, ok := candidate.(record)
		if !ok {
			return false
		}
		for _, end := range g.walk(r.entity, path.Steps) {
			if ends[end.identifier] {
				return true
			}
		}
		return false
	}
}

// walk returns the entities at the end of a path from an entity.
func (g *graph) walk(e *entity, steps []query.Step) []*entity {
	reached := []*entity{e}
	for _, step := range steps {
		reached = g.take(reached, step)
	}
	return reached
}

// take follows one step. A variable step yields every entity on the way.
func (g *graph) take(from []*entity, step query.Step) []*entity {
	reached := make(set)
	var stops []*entity
	for range step.Hops {
		var next []*entity
		for _, e := range from {
			relation, ok := e.blueprint.definition.relations[step.Relation]
			if !ok {
				continue
			}
			for _, r := range references(relation.target, identifiers(e.relations.Value(step.Relation))) {
				if target := g.lookup(r); target != nil && reached.add(r) {
					next = append(next, target)
				}
			}
		}
		stops = append(stops, next...)
		from = next
	}
	if step.Variable {
		return stops
	}
	return from
}

func references(blueprint string, identifiers []string) []reference {
	all := make([]reference, len(identifiers))
	for i, identifier := range identifiers {
		all[i] = reference{blueprint: blueprint, entity: identifier}
	}
	return all
}
