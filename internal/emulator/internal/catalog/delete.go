package catalog

import "slices"

// DeleteEntity removes an entity. When others have a relation to it that is
// refused, unless withDependents removes those too.
func (c *Catalog) DeleteEntity(blueprint, identifier string, withDependents bool, cause Cause) error {
	defer c.writeFor(cause)()
	e, err := c.findEntity(blueprint, identifier)
	if err != nil {
		return err
	}
	return c.deleteAll([]*entity{e}, withDependents)
}

// DeleteEntities removes several entities of one blueprint, all or none, and
// returns the identifiers of those that were there.
//
// [?absent-bulk-delete] Identifiers without an entity are passed over.
func (c *Catalog) DeleteEntities(blueprint string, wanted []string, withDependents bool, cause Cause) ([]string, error) {
	defer c.writeFor(cause)()
	b, err := c.find(blueprint)
	if err != nil {
		return nil, err
	}
	var chosen []*entity
	var deleted []string
	seen := make(map[string]bool, len(wanted))
	for _, identifier := range wanted {
		if e, ok := b.entities[identifier]; ok && !seen[identifier] {
			seen[identifier] = true
			chosen = append(chosen, e)
			deleted = append(deleted, identifier)
		}
	}
	if err := c.deleteAll(chosen, withDependents); err != nil {
		return nil, err
	}
	return deleted, nil
}

// deleteAll removes the chosen entities, after those that depend on them.
func (c *Catalog) deleteAll(chosen []*entity, withDependents bool) error {
	doomed := c.withDependents(chosen)
	if len(doomed) > len(chosen) && !withDependents {
		dependent := doomed[len(chosen)]
		return refuse(HasDependents, "%d entities have a relation to what is to be deleted, the first is %q of blueprint %q",
			len(doomed)-len(chosen), dependent.identifier, dependent.blueprint.definition.identifier)
	}
	for _, e := range slices.Backward(doomed) {
		c.remove(e)
	}
	return nil
}

// withDependents returns the chosen entities, then all that have a relation to
// one of the entities before them.
func (c *Catalog) withDependents(chosen []*entity) []*entity {
	all := append([]*entity(nil), chosen...)
	seen := make(map[reference]bool, len(chosen))
	for _, e := range chosen {
		seen[e.reference()] = true
	}
	for i := 0; i < len(all); i++ {
		for _, source := range c.sourcesOf(all[i].reference()) {
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
	before := c.image(e)
	c.unlink(e)
	e.blueprint.remove(e)
	e.blueprint.deletion = c.now()
	c.notifyEntity(Delete, before, image{}, e.blueprint.deletion, e)
}

// DeleteAllEntities removes every entity of a blueprint, at once. With
// withBlueprint the blueprint goes too, by a migration whose identifier is
// returned.
func (c *Catalog) DeleteAllEntities(blueprint string, withBlueprint bool, cause Cause) (string, error) {
	defer c.writeFor(cause)()
	b, err := c.find(blueprint)
	if err != nil {
		return "", err
	}
	if withBlueprint {
		if err := c.checkDeletable(b); err != nil {
			return "", err
		}
	}
	if dependents := c.withDependents(b.order)[len(b.order):]; len(dependents) > 0 {
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
