package catalog

import "slices"

// DeleteEntity removes an entity. If others relate to it, that is refused unless withDependents is
// set, which removes them too.
func (c *Catalog) DeleteEntity(blueprint, identifier string, withDependents bool, cause Cause) error {
	defer c.writeFor(cause)()
	e, err := c.graph.findEntity(blueprint, identifier)
	if err != nil {
		return err
	}
	return c.deleteAll([]*entity{e}, withDependents)
}

// DeleteEntities removes several entities of one blueprint, all or none, and returns the
// identifiers of those that existed.
//
// [?absent-bulk-delete] Identifiers without an entity are ignored.
func (c *Catalog) DeleteEntities(blueprint string, requested []string, withDependents bool, cause Cause) ([]string, error) {
	defer c.writeFor(cause)()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return nil, err
	}
	var selected []*entity
	var deleted []string
	seen := make(map[string]bool, len(requested))
	for _, identifier := range requested {
		if e, ok := b.entities[identifier]; ok && !seen[identifier] {
			seen[identifier] = true
			selected = append(selected, e)
			deleted = append(deleted, identifier)
		}
	}
	if err := c.deleteAll(selected, withDependents); err != nil {
		return nil, err
	}
	return deleted, nil
}

// deleteAll removes the selected entities, after those that depend on them.
func (c *Catalog) deleteAll(selected []*entity, withDependents bool) error {
	deleted := c.graph.withDependents(selected)
	if len(deleted) > len(selected) && !withDependents {
		dependent := deleted[len(selected)]
		return refuse(HasDependents, "%d entities have a relation to an entity to be deleted, the first is %q of blueprint %q",
			len(deleted)-len(selected), dependent.identifier, dependent.blueprint.definition.identifier)
	}
	for _, e := range slices.Backward(deleted) {
		c.remove(e)
	}
	return nil
}

// withDependents returns the selected entities, then all that have a relation to one of the
// entities before them.
func (g *graph) withDependents(selected []*entity) []*entity {
	all := append([]*entity(nil), selected...)
	seen := make(map[reference]bool, len(selected))
	for _, e := range selected {
		seen[e.reference()] = true
	}
	for i := 0; i < len(all); i++ {
		for _, source := range g.sourcesOf(all[i].reference()) {
			if !seen[source.reference()] {
				seen[source.reference()] = true
				all = append(all, source)
			}
		}
	}
	return all
}

// remove takes one entity out of the catalog.
func (c *Catalog) remove(e *entity) {
	before := c.viewer.image(e)
	c.graph.unlink(e)
	e.blueprint.remove(e)
	e.blueprint.deletion = c.stamper.now()
	c.notifier.entity(Delete, before, image{}, e.blueprint.deletion, e)
}

// DeleteAllEntities removes every entity of a blueprint, at once. With withBlueprint it also
// deletes the blueprint, by a migration whose identifier is returned.
func (c *Catalog) DeleteAllEntities(blueprint string, withBlueprint bool, cause Cause) (string, error) {
	defer c.writeFor(cause)()
	b, err := c.graph.find(blueprint)
	if err != nil {
		return "", err
	}
	if withBlueprint {
		if err := c.graph.checkDeletable(b); err != nil {
			return "", err
		}
	}
	if dependents := c.graph.withDependents(b.order)[len(b.order):]; len(dependents) > 0 {
		return "", refuse(HasDependents, "%d entities have a relation to entities of blueprint %q", len(dependents), blueprint)
	}
	if !withBlueprint {
		c.clear(b)
		return "", nil
	}
	return c.startDeletion(b), nil
}

// clear removes all entities of a blueprint.
func (c *Catalog) clear(b *blueprint) {
	for len(b.order) > 0 {
		c.remove(b.order[len(b.order)-1])
	}
}
