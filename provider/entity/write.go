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

// create makes the entity: POST /v1/blueprints/{blueprint}/entities, never over
// an existing one. One that exists is adopted if that is allowed.
func (r *entityResource) create(ctx context.Context, plan *model, known *record) (*port.Entity, error) {
	desired, err := plan.toAPI()
	if err != nil {
		return nil, err
	}
	known.Origin, known.Object = originCreated, rand.Text()
	if desired.Identifier != "" {
		unlock, err := r.backend.LockEntity(ctx, plan.address().key())
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	if err := r.summonTargets(ctx, plan); err != nil {
		return nil, err
	}
	created, err := r.backend.Entities.Create(ctx, plan.Blueprint.ValueString(), desired, plan.createOptions())
	if errors.Is(err, port.ErrExists) && r.backend.WasSummoned(plan.address().key()) {
		// The entity is this run's own, so destroying it deletes it.
		r.backend.Claim(plan.address().key(), known.Object)
		return r.adopt(ctx, plan, desired)
	}
	if errors.Is(err, port.ErrExists) && plan.adopts() {
		known.Origin = originAdopted
		// Also if it fails: whoever asked to adopt the entity does not want it deleted.
		r.backend.Claim(plan.address().key(), known.Object)
		return r.adopt(ctx, plan, desired)
	}
	if err != nil {
		return nil, err
	}
	r.backend.Claim(backend.EntityKey{Blueprint: plan.Blueprint.ValueString(), Identifier: created.Identifier}, known.Object)
	return created, nil
}

// summonTargets remembers the targets that Port is about to create for the relations
// of an entity. If one of them is declared as well, Terraform may create it at the
// same time, and that it exists then is no conflict.
func (r *entityResource) summonTargets(ctx context.Context, plan *model) error {
	if !plan.CreateMissingRelated.ValueBool() {
		return nil
	}
	relations := plan.Relations.toAPI()
	if len(relations) == 0 {
		return nil
	}
	definition, err := r.backend.Blueprint(ctx, plan.Blueprint.ValueString())
	if err != nil {
		return err
	}
	for name, value := range relations {
		relation, exists := definition.Relations[name]
		if !exists {
			continue // Port refuses the entity.
		}
		for _, identifier := range targets(value) {
			_, err := r.backend.Entities.Get(ctx, relation.Target, identifier)
			if errors.Is(err, port.ErrNotFound) {
				r.backend.Summon(backend.EntityKey{Blueprint: relation.Target, Identifier: identifier})
			} else if err != nil {
				return err
			}
		}
	}
	return nil
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
	addMissing(desired.Properties, defaults.Filled)
	return r.backend.Client.Entities.Update(ctx, blueprint, identifier, desired, plan.updateOptions())
}

// outcome is what became of an update.
type outcome struct {
	// entity is the entity as Port answered with it, or nil if Port was not asked.
	// Beside an error it is the entity in the blueprint that it was moved to, where
	// nothing was written.
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
	if changes.replacement != nil || changes.patch != nil {
		if err := r.summonTargets(ctx, plan); err != nil {
			return nil, err
		}
	}
	switch {
	case changes.replacement != nil:
		return r.backend.Client.Entities.Update(ctx, blueprint, identifier, changes.replacement, plan.updateOptions())
	case changes.patch != nil:
		return r.backend.Client.Entities.Patch(ctx, blueprint, identifier, changes.patch, plan.updateOptions())
	default:
		return nil, nil //nolint:nilnil // There is nothing to write, and so no answer.
	}
}

// errOtherBlueprint refuses to move an entity to a blueprint that the plan did
// not know to be another one.
var errOtherBlueprint = errors.New("the entity was planned to stay in its blueprint")

// follow takes the entity along where its blueprint was renamed. Port is
// expected to have moved it; if it has not although this run has renamed the
// blueprint, the entity is created again below the new name, and then the old
// one deleted. If no rename is known, nothing is written.
func (r *entityResource) follow(ctx context.Context, plan, state *model, known record) (outcome, error) {
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
	switch isRenamed := r.backend.Planned.Renames(from.Blueprint, to.Blueprint); {
	case err != nil:
		return outcome{}, err
	case moved != nil && before == nil:
	case !isRenamed:
		return outcome{}, fmt.Errorf("the blueprint %q is another one than %q: %w", to.Blueprint, from.Blueprint, errOtherBlueprint)
	case moved == nil:
		return r.transfer(ctx, plan, state, before)
	default:
		return outcome{}, fmt.Errorf("the blueprint %q has another entity %q: %w", to.Blueprint, to.Identifier, port.ErrExists)
	}
	answer, err := r.write(ctx, plan, state, known)
	if answer == nil || err != nil {
		return outcome{entity: moved}, err
	}
	return outcome{entity: answer, isAnswer: true}, nil
}

// The waits for a blueprint grow from the first to the last: about 8 seconds.
const (
	firstBlueprintWait = 250 * time.Millisecond
	lastBlueprintWait  = 4 * time.Second
)

// awaitBlueprint waits until a blueprint exists to which the plan moves an
// entity. If the configuration names it as text, Terraform may rename it at the
// same time as it updates its entities, or later.
func (r *entityResource) awaitBlueprint(ctx context.Context, identifier string) error {
	for wait := firstBlueprintWait; ; wait *= 2 {
		_, err := r.backend.Client.Blueprints.Get(ctx, identifier)
		switch {
		case !errors.Is(err, port.ErrNotFound):
			return err
		case wait > lastBlueprintWait:
			return fmt.Errorf("there is no blueprint %q: %w", identifier, errOtherBlueprint)
		}
		if err := r.backend.Wait(ctx, wait); err != nil {
			return err
		}
	}
}

// find reads an entity; it is nil if there is none.
func (r *entityResource) find(ctx context.Context, at address) (*port.Entity, error) {
	existing, err := r.backend.Client.Entities.Get(ctx, at.Blueprint, at.Identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if errors.Is(err, port.ErrNotFound) {
		return nil, nil //nolint:nilnil // Absence is an answer.
	}
	return existing, err
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
	if err := r.summonTargets(ctx, plan); err != nil {
		return outcome{}, err
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
// did not create. It leaves one alone that another object of this run has
// created or adopted, and reports that.
func (r *entityResource) remove(ctx context.Context, state *model, known record) (isLeft bool, err error) {
	key := state.address().key()
	unlock, err := r.backend.LockEntity(ctx, key)
	if err != nil {
		return false, err
	}
	defer unlock()
	if r.backend.BelongsToAnother(key, known.Object) {
		return true, nil
	}
	err = r.end(ctx, state, known)
	if err != nil && !errors.Is(err, port.ErrNotFound) {
		return false, err
	}
	r.backend.NoteDestroyed(key)
	return false, nil
}

func (r *entityResource) end(ctx context.Context, state *model, known record) error {
	blueprint, identifier := state.Blueprint.ValueString(), state.Identifier.ValueString()
	if !state.isDeclared() || known.Origin == originCreated {
		return r.backend.Entities.Delete(ctx, blueprint, identifier, state.deleteOptions())
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
