package entity

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// create makes the entity: POST /v1/blueprints/{blueprint}/entities, never over
// an existing one. One that exists is adopted if that is allowed.
func (r *entityResource) create(ctx context.Context, plan *model, known *record) (*port.Entity, error) {
	desired, err := plan.toAPI()
	if err != nil {
		return nil, err
	}
	known.Origin = originCreated
	created, err := r.backend.Client.Entities.Create(ctx, plan.Blueprint.ValueString(), desired, plan.createOptions())
	if errors.Is(err, port.ErrExists) && plan.adopts() {
		known.Origin = originAdopted
		return r.adopt(ctx, plan, desired)
	}
	return created, err
}

// adopt writes the plan over an entity that exists: what is declared of it, or
// all of it but for the defaults that Port filled in.
func (r *entityResource) adopt(ctx context.Context, plan *model, desired *port.Entity) (*port.Entity, error) {
	blueprint, identifier := plan.Blueprint.ValueString(), plan.Identifier.ValueString()
	if plan.isDeclared() {
		patch, err := plan.declaration()
		if err != nil {
			return nil, err
		}
		return r.backend.Client.Entities.Patch(ctx, blueprint, identifier, patch, plan.updateOptions())
	}
	current, err := r.backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		return nil, err
	}
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	var defaults record
	defaults.noteDefaults(definition, current.Properties, desired.Properties)
	addMissing(desired.Properties, defaults.Answers)
	return r.backend.Client.Entities.Update(ctx, blueprint, identifier, desired, plan.updateOptions())
}

// outcome is what became of an update.
type outcome struct {
	// entity is the entity as Port answered with it, or nil if Port was not asked.
	entity *port.Entity
	// isAnswer says that it is the answer to a write.
	isAnswer bool
	// leftover is why the entity that another replaces could not be deleted.
	leftover error
}

// update writes the difference between plan and state, if there is one.
func (r *entityResource) update(ctx context.Context, plan, state *model, known record) (outcome, error) {
	if !plan.Blueprint.Equal(state.Blueprint) {
		return r.follow(ctx, plan, state, known)
	}
	answer, err := r.write(ctx, plan, state, known)
	return outcome{entity: answer, isAnswer: answer != nil}, err
}

// write sends the difference: PUT or PATCH …/entities/{identifier} below the
// planned blueprint.
func (r *entityResource) write(ctx context.Context, plan, state *model, known record) (*port.Entity, error) {
	changes, err := plan.changeFrom(state, known)
	if err != nil {
		return nil, err
	}
	blueprint, identifier := plan.Blueprint.ValueString(), state.Identifier.ValueString()
	switch {
	case changes.replacement != nil:
		return r.backend.Client.Entities.Update(ctx, blueprint, identifier, changes.replacement, plan.updateOptions())
	case changes.patch != nil:
		return r.backend.Client.Entities.Patch(ctx, blueprint, identifier, changes.patch, plan.updateOptions())
	default:
		return nil, nil //nolint:nilnil // There is nothing to write, and so no answer.
	}
}

// follow takes the entity along where this run has renamed its blueprint. Port
// is expected to have moved it; if it has not, the entity is made anew below the
// new name, and then the old one deleted.
func (r *entityResource) follow(ctx context.Context, plan, state *model, known record) (outcome, error) {
	before, err := r.find(ctx, state.address())
	if err != nil {
		return outcome{}, err
	}
	moved, err := r.find(ctx, address{Blueprint: plan.Blueprint.ValueString(), Identifier: state.Identifier.ValueString()})
	switch {
	case err != nil:
		return outcome{}, err
	case moved == nil:
		return r.transfer(ctx, plan, state, before)
	case before != nil:
		return outcome{}, fmt.Errorf("the blueprint %s has another entity %q: %w",
			plan.Blueprint.ValueString(), state.Identifier.ValueString(), port.ErrExists)
	}
	answer, err := r.write(ctx, plan, state, known)
	if answer == nil {
		return outcome{entity: moved}, err
	}
	return outcome{entity: answer, isAnswer: true}, err
}

// find reads an entity; it is nil if there is none.
func (r *entityResource) find(ctx context.Context, at address) (*port.Entity, error) {
	found, err := r.backend.Client.Entities.Get(ctx, at.Blueprint, at.Identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if errors.Is(err, port.ErrNotFound) {
		return nil, nil //nolint:nilnil // Absence is an answer.
	}
	return found, err
}

// transfer creates the planned entity, with what others wrote to the old one if
// only a part is declared, and deletes the old one.
func (r *entityResource) transfer(ctx context.Context, plan, state *model, before *port.Entity) (outcome, error) {
	desired, err := plan.toAPI()
	if err != nil {
		return outcome{}, err
	}
	if plan.isDeclared() && before != nil {
		desired = overlaid(before, desired)
	}
	answer, err := r.backend.Client.Entities.Create(ctx, plan.Blueprint.ValueString(), desired, plan.createOptions())
	done := outcome{entity: answer, isAnswer: true}
	if err != nil || before == nil {
		return done, err
	}
	err = r.backend.Client.Entities.Delete(ctx, state.Blueprint.ValueString(), state.Identifier.ValueString(), state.deleteOptions())
	if !errors.Is(err, port.ErrNotFound) {
		done.leftover = err
	}
	return done, nil
}

// overlaid is an entity with everything that another one lists.
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

// remove deletes the entity, or unsets what is declared of one that Terraform
// did not create.
func (r *entityResource) remove(ctx context.Context, state *model, known record) error {
	err := r.end(ctx, state, known)
	if errors.Is(err, port.ErrNotFound) {
		return nil
	}
	return err
}

func (r *entityResource) end(ctx context.Context, state *model, known record) error {
	blueprint, identifier := state.Blueprint.ValueString(), state.Identifier.ValueString()
	if !state.isDeclared() || known.Origin == originCreated {
		return r.backend.Client.Entities.Delete(ctx, blueprint, identifier, state.deleteOptions())
	}
	patch, err := state.surrender()
	if err != nil || patch == nil {
		return err
	}
	_, err = r.backend.Client.Entities.Patch(ctx, blueprint, identifier, patch, state.updateOptions())
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
