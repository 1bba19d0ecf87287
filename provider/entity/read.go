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

// read fetches the entity and rebuilds the state from it. Values that Port filled in stay out of
// the state and in the record.
func (r *entityResource) read(ctx context.Context, state *model, rec *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	current, err := r.Backend.Entities.Refresh(ctx, blueprint, state.Identifier.ValueString())
	if err != nil {
		return nil, err
	}
	if state.IsUnread() {
		return r.readImported(ctx, current, state, rec)
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
	current.Properties = rec.withoutFilled(current.Properties, listed)
	if unlisted := unlistedValues(current.Properties, listed); len(unlisted) > 0 {
		r.noteDefaults(ctx, blueprint, unlisted, rec)
		current.Properties = rec.withoutFilled(current.Properties, listed)
	}
	return fromAPI(blueprint, current, state, nil)
}

// dropInheritedTeams removes teams that Port computes. If the blueprint cannot be read, it keeps
// them.
func (r *entityResource) dropInheritedTeams(ctx context.Context, blueprint string, current *port.Entity) {
	definition, err := r.Backend.Blueprint(ctx, blueprint)
	if err == nil && inheritsTeams(definition) {
		current.Team = nil
	}
}

// readMoved looks for an entity that moved with its blueprint. If the blueprint was renamed and the
// update of the entity was not applied, because of -target or another failure, Port has the entity
// under the new name of the blueprint, with the same identifier and creation time. The state then
// names the new blueprint. If there is no such entity, it returns [port.ErrNotFound].
func (r *entityResource) readMoved(ctx context.Context, state *model, rec *record) (*model, error) {
	notFound := fmt.Errorf("entity %q: %w", state.address().String(), port.ErrNotFound)
	if state.IsUnread() {
		return nil, notFound
	}
	switch _, err := r.Backend.Client.Blueprints.Get(ctx, state.Blueprint.ValueString()); {
	case err == nil:
		return nil, notFound
	case !errors.Is(err, port.ErrNotFound):
		return nil, err
	}
	query, err := json.Marshal(map[string]any{"combinator": "and", "rules": []any{
		map[string]any{"property": "$identifier", "operator": "=", "value": state.Identifier.ValueString()},
	}})
	if err != nil {
		return nil, err
	}
	result, err := r.Backend.Client.Entities.Search(ctx, query, port.SearchOptions{GetEntityOptions: port.GetEntityOptions{ExcludeCalculated: true}})
	if err != nil {
		return nil, err
	}
	same := slices.DeleteFunc(result.Entities, func(entity port.Entity) bool {
		return entity.Identifier != state.Identifier.ValueString() || entity.CreatedAt != state.CreatedAt.ValueString()
	})
	if len(same) != 1 || same[0].Blueprint == "" {
		return nil, notFound
	}
	moved := *state
	moved.Blueprint = types.StringValue(same[0].Blueprint)
	return r.read(ctx, &moved, rec)
}

// readImported returns all values, because it does not know what the configuration will declare. It
// records which of them are defaults, so that the configuration may omit those.
func (r *entityResource) readImported(ctx context.Context, current *port.Entity, state *model, rec *record) (*model, error) {
	blueprint := state.Blueprint.ValueString()
	definition := r.noteDefaults(ctx, blueprint, current.Properties, rec)
	if len(current.Team) > 0 {
		r.dropInheritedTeams(ctx, blueprint, current)
	}
	refreshed, err := fromAPI(blueprint, current, nil, definition)
	if err != nil {
		return nil, err
	}
	refreshed.Timeouts = state.Timeouts
	return refreshed, nil
}

// noteDefaults records which values are the default of their property. It returns the blueprint, or
// nil if the blueprint cannot be read; then no value counts as a default.
func (r *entityResource) noteDefaults(ctx context.Context, blueprint string, values map[string]any, rec *record) *port.Blueprint {
	definition, err := r.Backend.Blueprint(ctx, blueprint)
	if err != nil {
		return nil
	}
	rec.noteDefaults(definition, values, nil)
	return definition
}

// unlistedValues returns the values that the state does not list.
func unlistedValues(values, listed map[string]any) map[string]any {
	unlisted := maps.Clone(values)
	maps.DeleteFunc(unlisted, func(key string, value any) bool {
		_, isListed := listed[key]
		return isListed || value == nil
	})
	return unlisted
}
