package entity

import (
	"context"
	"maps"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// read fetches the entity and rebuilds the state from it. What Port filled in is
// neither shown nor forgotten.
func (r *entityResource) read(ctx context.Context, state *model, known *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	current, err := r.backend.Entity(ctx, blueprint, state.Identifier.ValueString())
	if err != nil {
		return nil, err
	}
	if state.IsUnread() {
		return r.readImported(ctx, current, state, known)
	}
	own, err := state.toAPI()
	if err != nil {
		return nil, err
	}
	listed := own.Properties
	known.restoreAttributes(current, own)
	current.Properties = known.asSent(current.Properties, listed)
	if state.isDeclared() {
		return fromAPI(blueprint, onlyListed(current, state, listed), state, nil)
	}
	if len(own.Team) == 0 && len(current.Team) > 0 {
		r.dropInheritedTeams(ctx, blueprint, current, known)
	}
	if unlisted := unlistedValues(current.Properties, listed); len(unlisted) > 0 {
		r.noteDefaults(ctx, blueprint, unlisted, known)
		current.Properties = known.asSent(current.Properties, listed)
	}
	return fromAPI(blueprint, current, state, nil)
}

// dropInheritedTeams leaves out teams that Port computes, and remembers them. Of
// a blueprint that cannot be read nothing is known.
func (r *entityResource) dropInheritedTeams(ctx context.Context, blueprint string, current *port.Entity, known *record) {
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err != nil || !inheritsTeams(definition) {
		return
	}
	known.remember(teamKey, attributesOf(current)[teamKey])
	current.Team = nil
}

// readImported shows everything: what the configuration will list is not known
// here. Defaults are remembered, so that it may leave them out.
func (r *entityResource) readImported(ctx context.Context, current *port.Entity, state *model, known *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	definition := r.noteDefaults(ctx, blueprint, current.Properties, known)
	if len(current.Team) > 0 {
		r.dropInheritedTeams(ctx, blueprint, current, known)
	}
	fresh, err := fromAPI(blueprint, current, nil, definition)
	if err != nil {
		return nil, err
	}
	fresh.Timeouts = state.Timeouts
	return fresh, nil
}

// noteDefaults remembers which values are the default of their property, and
// returns the blueprint. Where that cannot be read, no value counts as one, and
// it is nil.
func (r *entityResource) noteDefaults(ctx context.Context, blueprint string, values map[string]any, known *record) *port.Blueprint {
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err != nil {
		return nil
	}
	known.noteDefaults(definition, values, nil)
	return definition
}

// unlistedValues are the values that the state does not list.
func unlistedValues(values, listed map[string]any) map[string]any {
	unlisted := maps.Clone(values)
	maps.DeleteFunc(unlisted, func(key string, value any) bool {
		_, isListed := listed[key]
		return isListed || value == nil
	})
	return unlisted
}
