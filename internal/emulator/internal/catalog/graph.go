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
func (s set) contains(found query.Record) bool {
	r, ok := found.(record)
	if !ok {
		return false
	}
	_, in := s[r.entity.reference()]
	return in
}

// Related implements query.Graph. Upstream is what an entity depends on,
// downstream what depends on it; without a direction both count, each over any
// number of relations. The entities themselves are not related to themselves.
func (c *Catalog) Related(rule query.RelatedTo) query.Matcher {
	start := references(rule.Blueprint, rule.Identifiers)
	found := make(set)
	if rule.Direction != "downstream" {
		c.spread(start, found, func(e *entity) []reference { return e.upstream(rule.Required) })
	}
	if rule.Direction != "upstream" {
		c.spread(start, found, func(e *entity) []reference { return c.downstream(e, rule.Required) })
	}
	for _, r := range start {
		delete(found, r)
	}
	return found.contains
}

// spread adds everything that can be reached from start.
func (c *Catalog) spread(start []reference, found set, next func(*entity) []reference) {
	seen := make(set)
	for queue := start; len(queue) > 0; queue = queue[1:] {
		e := c.lookup(queue[0])
		if e == nil {
			continue
		}
		for _, r := range next(e) {
			if seen.add(r) {
				found.add(r)
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
func (c *Catalog) downstream(target *entity, required *bool) []reference {
	var sources []reference
	wanted := target.reference()
	for source := range c.dependents[wanted] {
		e := c.lookup(source)
		if e == nil {
			continue
		}
		if slices.Contains(e.upstream(required), wanted) {
			sources = append(sources, source)
		}
	}
	return sources
}

// Along implements query.Graph.
func (c *Catalog) Along(path query.Path) query.Matcher {
	if path.From == "" {
		return c.pathTo(path)
	}
	found := make(set)
	for _, r := range references(path.From, path.Identifiers) {
		if e := c.lookup(r); e != nil {
			for _, end := range c.walk(e, path.Steps) {
				found.add(end.reference())
			}
		}
	}
	return found.contains
}

// pathTo matches entities from which the path leads to one of the identifiers.
func (c *Catalog) pathTo(path query.Path) query.Matcher {
	wanted := make(map[string]bool, len(path.Identifiers))
	for _, identifier := range path.Identifiers {
		wanted[identifier] = true
	}
	return func(found query.Record) bool {
		r, ok := found.(record)
		if !ok {
			return false
		}
		for _, end := range c.walk(r.entity, path.Steps) {
			if wanted[end.identifier] {
				return true
			}
		}
		return false
	}
}

// walk returns where a path leads from an entity.
func (c *Catalog) walk(e *entity, steps []query.Step) []*entity {
	present := []*entity{e}
	for _, step := range steps {
		present = c.take(present, step)
	}
	return present
}

// take follows one step. Of a variable one every stop on the way counts.
func (c *Catalog) take(from []*entity, step query.Step) []*entity {
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
				if target := c.lookup(r); target != nil && reached.add(r) {
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
