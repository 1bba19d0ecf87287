package entity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// create creates the entity with POST /v1/blueprints/{blueprint}/entities, which never overwrites
// one. It adopts an existing entity if that is allowed.
func (r *entityResource) create(ctx context.Context, plan *model, rec *record) (*port.Entity, error) {
	desired, err := plan.toAPI()
	if err != nil {
		return nil, err
	}
	rec.Origin, rec.Object = originCreated, rand.Text()
	if desired.Identifier != "" {
		unlock, err := r.Backend.LockEntity(ctx, plan.address().key())
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	if err := r.recordMissingTargets(ctx, plan); err != nil {
		return nil, err
	}
	created, err := r.Backend.Entities.Create(ctx, plan.Blueprint.ValueString(), desired, plan.createOptions())
	if errors.Is(err, port.ErrExists) && r.Backend.IsUnclaimedRelationTarget(plan.address().key()) {
		// Port created the entity in this run, for a relation, so destroying the resource deletes
		// it.
		r.Backend.Claim(plan.address().key(), rec.Object)
		return r.adopt(ctx, plan, desired)
	}
	if errors.Is(err, port.ErrExists) && plan.adopts() {
		rec.Origin = originAdopted
		// Claim it even if adopting fails: an entity to adopt must not be deleted.
		r.Backend.Claim(plan.address().key(), rec.Object)
		return r.adopt(ctx, plan, desired)
	}
	if err != nil {
		return nil, err
	}
	r.Backend.Claim(backend.EntityKey{Blueprint: plan.Blueprint.ValueString(), Identifier: created.Identifier}, rec.Object)
	return created, nil
}

// recordMissingTargets records the related entities that Port is about to create. If the
// configuration declares one of them too, Terraform may create it at the same time, and its
// existence is then no conflict.
func (r *entityResource) recordMissingTargets(ctx context.Context, plan *model) error {
	if !plan.CreateMissingRelated.ValueBool() {
		return nil
	}
	relations := plan.Relations.toAPI()
	if len(relations) == 0 {
		return nil
	}
	definition, err := r.Backend.Blueprint(ctx, plan.Blueprint.ValueString())
	if err != nil {
		return err
	}
	for name, value := range relations {
		relation, exists := definition.Relations[name]
		if !exists {
			continue // Port refuses the entity.
		}
		for _, identifier := range targets(value) {
			_, err := r.Backend.Entities.Get(ctx, relation.Target, identifier)
			if errors.Is(err, port.ErrNotFound) {
				r.Backend.MarkCreatedByRelation(backend.EntityKey{Blueprint: relation.Target, Identifier: identifier})
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt writes the plan to an existing entity: only the declared values, or all of it except for
// defaults that Port filled in.
func (r *entityResource) adopt(ctx context.Context, plan *model, desired *port.Entity) (*port.Entity, error) {
	blueprint, identifier := plan.Blueprint.ValueString(), plan.Identifier.ValueString()
	if plan.isDeclared() {
		patch, err := plan.declaredPatch()
		if err != nil {
			return nil, err
		}
		return r.Backend.Client.Entities.Patch(ctx, blueprint, identifier, patch, plan.updateOptions())
	}
	current, err := r.Backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		return nil, err
	}
	definition, err := r.Backend.Blueprint(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	var defaults record
	defaults.noteDefaults(definition, current.Properties, desired.Properties)
	addMissing(desired.Properties, defaults.Filled)
	return r.Backend.Client.Entities.Update(ctx, blueprint, identifier, desired, plan.updateOptions())
}

// outcome is the result of an update.
type outcome struct {
	// entity is the entity in Port's response, nil without a request. With an error, it is the
	// entity in the blueprint that it moved to, where nothing was written.
	entity *port.Entity
	// isWritten reports whether entity is the response to a write.
	isWritten bool
	// deleteErr is the error from deleting the entity that was created again elsewhere.
	deleteErr error
}

// update writes the difference between plan and state, if any.
func (r *entityResource) update(ctx context.Context, plan, state *model, rec record) (outcome, error) {
	if !plan.Blueprint.Equal(state.Blueprint) {
		return r.followBlueprint(ctx, plan, state, rec)
	}
	response, err := r.write(ctx, plan, state, rec)
	return outcome{entity: response, isWritten: response != nil}, err
}

// write sends the difference with PUT or PATCH /v1/blueprints/{blueprint}/entities/{identifier}, to
// the planned blueprint.
func (r *entityResource) write(ctx context.Context, plan, state *model, rec record) (*port.Entity, error) {
	changes, err := plan.changeFrom(state, rec)
	if err != nil {
		return nil, err
	}
	blueprint, identifier := plan.Blueprint.ValueString(), state.Identifier.ValueString()
	if changes.replacement != nil || changes.patch != nil {
		if err := r.recordMissingTargets(ctx, plan); err != nil {
			return nil, err
		}
	}
	switch {
	case changes.replacement != nil:
		return r.Backend.Client.Entities.Update(ctx, blueprint, identifier, changes.replacement, plan.updateOptions())
	case changes.patch != nil:
		return r.Backend.Client.Entities.Patch(ctx, blueprint, identifier, changes.patch, plan.updateOptions())
	default:
		return nil, nil //nolint:nilnil // There is nothing to write.
	}
}

// errOtherBlueprint means that the entity would move to a different blueprint, while the plan
// assumed that it is the same one.
var errOtherBlueprint = errors.New("the entity was planned to stay in its blueprint")

// followBlueprint updates an entity whose blueprint was renamed. Port normally moves the entity. If
// it did not although this run has renamed the blueprint, the entity is created under the new name,
// and then the old one is deleted. If no rename is known, nothing is written.
func (r *entityResource) followBlueprint(ctx context.Context, plan, state *model, rec record) (outcome, error) {
	from, to := state.address(), address{Blueprint: plan.Blueprint.ValueString(), Identifier: state.Identifier.ValueString()}
	moved, err := r.find(ctx, to)
	if err == nil && moved == nil {
		if err := r.awaitBlueprint(ctx, to.Blueprint); err != nil {
			return outcome{}, err
		}
		moved, err = r.find(ctx, to)
	}
	if err != nil {
		return outcome{}, err
	}
	before, err := r.find(ctx, from)
	switch isRenamed := r.Backend.Planned.Renames(from.Blueprint, to.Blueprint); {
	case err != nil:
		return outcome{}, err
	case moved != nil && before == nil:
	case !isRenamed:
		return outcome{}, fmt.Errorf("the blueprint %q is not a new name of %q: %w", to.Blueprint, from.Blueprint, errOtherBlueprint)
	case moved == nil:
		return r.recreate(ctx, plan, state, before)
	default:
		return outcome{}, fmt.Errorf("the blueprint %q has another entity %q: %w", to.Blueprint, to.Identifier, port.ErrExists)
	}
	response, err := r.write(ctx, plan, state, rec)
	if response == nil || err != nil {
		return outcome{entity: moved}, err
	}
	return outcome{entity: response, isWritten: true}, nil
}

// The delays between checks for a blueprint double from first to last, about 8 seconds in total.
const (
	firstBlueprintWait = 250 * time.Millisecond
	lastBlueprintWait  = 4 * time.Second
)

// awaitBlueprint waits for the blueprint that the plan moves an entity to. If the configuration
// names it literally, Terraform may rename the blueprint while it updates the entities, or later.
func (r *entityResource) awaitBlueprint(ctx context.Context, identifier string) error {
	for wait := firstBlueprintWait; ; wait *= 2 {
		_, err := r.Backend.Client.Blueprints.Get(ctx, identifier)
		switch {
		case !errors.Is(err, port.ErrNotFound):
			return err
		case wait > lastBlueprintWait:
			return fmt.Errorf("there is no blueprint %q: %w", identifier, errOtherBlueprint)
		}
		if err := r.Backend.Wait(ctx, wait); err != nil {
			return err
		}
	}
}

// find returns an entity, nil if it does not exist.
func (r *entityResource) find(ctx context.Context, at address) (*port.Entity, error) {
	existing, err := r.Backend.Client.Entities.Get(ctx, at.Blueprint, at.Identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if errors.Is(err, port.ErrNotFound) {
		return nil, nil //nolint:nilnil // Absence is a result.
	}
	return existing, err
}

// recreate creates the planned entity and deletes the old one. If only a part is declared, it
// copies the values of others.
func (r *entityResource) recreate(ctx context.Context, plan, state *model, before *port.Entity) (outcome, error) {
	desired, err := plan.toAPI()
	if err != nil {
		return outcome{}, err
	}
	if plan.isDeclared() && before != nil {
		desired = overlaid(before, desired)
	}
	if err := r.recordMissingTargets(ctx, plan); err != nil {
		return outcome{}, err
	}
	response, err := r.Backend.Client.Entities.Create(ctx, plan.Blueprint.ValueString(), desired, plan.createOptions())
	result := outcome{entity: response, isWritten: true}
	if err != nil || before == nil {
		return result, err
	}
	err = r.Backend.Client.Entities.Delete(ctx, state.Blueprint.ValueString(), state.Identifier.ValueString(), state.deleteOptions())
	if !errors.Is(err, port.ErrNotFound) {
		result.deleteErr = err
	}
	return result, nil
}

// overlaid returns under with everything that over sets.
func overlaid(under, over *port.Entity) *port.Entity {
	all := *under
	all.Identifier = over.Identifier
	all.Properties, all.Relations = maps.Clone(under.Properties), maps.Clone(under.Relations)
	maps.Copy(all.Properties, over.Properties)
	maps.Copy(all.Relations, over.Relations)
	if over.Title != nil {
		all.Title = over.Title
	}
	if over.Icon != nil {
		all.Icon = over.Icon
	}
	if over.Team != nil {
		all.Team = over.Team
	}
	return &all
}

// remove deletes the entity, or unsets the declared values if Terraform did not create it. If
// another resource has created or adopted the entity in this run, it leaves the entity alone and
// returns true.
func (r *entityResource) remove(ctx context.Context, state *model, rec record) (isLeft bool, err error) {
	key := state.address().key()
	unlock, err := r.Backend.LockEntity(ctx, key)
	if err != nil {
		return false, err
	}
	defer unlock()
	if r.Backend.BelongsToAnother(key, rec.Object) {
		return true, nil
	}
	err = r.deleteOrUnset(ctx, state, rec)
	if err != nil && !errors.Is(err, port.ErrNotFound) {
		return false, err
	}
	r.Backend.MarkDestroyed(key)
	return false, nil
}

func (r *entityResource) deleteOrUnset(ctx context.Context, state *model, rec record) error {
	blueprint, identifier := state.Blueprint.ValueString(), state.Identifier.ValueString()
	if !state.isDeclared() || rec.Origin == originCreated {
		return r.Backend.Entities.Delete(ctx, blueprint, identifier, state.deleteOptions())
	}
	patch, err := state.unsetPatch()
	if err != nil || patch == nil {
		return err
	}
	_, err = r.Backend.Client.Entities.Patch(ctx, blueprint, identifier, patch, state.updateOptions())
	return err
}

func (m *model) createOptions() port.CreateEntityOptions {
	return port.CreateEntityOptions{CreateMissingRelated: m.CreateMissingRelated.ValueBool(), RunID: m.RunID.ValueString()}
}

func (m *model) updateOptions() port.UpdateEntityOptions {
	return port.UpdateEntityOptions{CreateMissingRelated: m.CreateMissingRelated.ValueBool(), RunID: m.RunID.ValueString()}
}

func (m *model) deleteOptions() port.DeleteEntityOptions {
	return port.DeleteEntityOptions{Dependents: m.DeleteDependents.ValueBool(), RunID: m.RunID.ValueString()}
}
