package entity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// read fetches the entity and rebuilds the state from it. What Port filled in is
// neither shown nor forgotten.
func (r *entityResource) read(ctx context.Context, state *model, known *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	current, err := r.backend.Entities.Refresh(ctx, blueprint, state.Identifier.ValueString())
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
	if state.isDeclared() {
		return fromAPI(blueprint, onlyListed(current, state, listed), state, nil)
	}
	if len(own.Team) == 0 && len(current.Team) > 0 {
		r.dropInheritedTeams(ctx, blueprint, current)
	}
	current.Properties = known.withoutFilled(current.Properties, listed)
	if unlisted := unlistedValues(current.Properties, listed); len(unlisted) > 0 {
		r.noteDefaults(ctx, blueprint, unlisted, known)
		current.Properties = known.withoutFilled(current.Properties, listed)
	}
	return fromAPI(blueprint, current, state, nil)
}

// dropInheritedTeams leaves out teams that Port computes. Of a blueprint that cannot
// be read nothing is known.
func (r *entityResource) dropInheritedTeams(ctx context.Context, blueprint string, current *port.Entity) {
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err == nil && inheritsTeams(definition) {
		current.Team = nil
	}
}

// readMoved looks for an entity that has gone along with its blueprint. If the
// blueprint was renamed and the entity's own part of that was not applied, with
// -target or because another part failed, the entity is below the new name: it
// is the one with our identifier and our time of creation. The state then names
// the new blueprint. If there is none it returns [port.ErrNotFound].
func (r *entityResource) readMoved(ctx context.Context, state *model, known *record) (*model, error) {
	gone := fmt.Errorf("entity %q: %w", state.address().String(), port.ErrNotFound)
	if state.IsUnread() {
		return nil, gone
	}
	switch _, err := r.backend.Client.Blueprints.Get(ctx, state.Blueprint.ValueString()); {
	case err == nil:
		return nil, gone
	case !errors.Is(err, port.ErrNotFound):
		return nil, err
	}
	query, err := json.Marshal(map[string]any{"combinator": "and", "rules": []any{
		map[string]any{"property": "$identifier", "operator": "=", "value": state.Identifier.ValueString()},
	}})
	if err != nil {
		return nil, err
	}
	result, err := r.backend.Client.Entities.Search(ctx, query, port.SearchOptions{GetEntityOptions: port.GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return nil, err
	}
	same := slices.DeleteFunc(result.Entities, func(entity port.Entity) bool {
		return entity.Identifier != state.Identifier.ValueString() || entity.CreatedAt != state.CreatedAt.ValueString()
	})
	if len(same) != 1 || same[0].Blueprint == "" {
		return nil, gone
	}
	moved := *state
	moved.Blueprint = types.StringValue(same[0].Blueprint)
	return r.read(ctx, &moved, known)
}

// readImported shows everything: what the configuration will list is not known
// here. Defaults are remembered, so that it may leave them out.
func (r *entityResource) readImported(ctx context.Context, current *port.Entity, state *model, known *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	definition := r.noteDefaults(ctx, blueprint, current.Properties, known)
	if len(current.Team) > 0 {
		r.dropInheritedTeams(ctx, blueprint, current)
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
