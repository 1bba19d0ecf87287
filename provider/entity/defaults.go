package entity

import (
	"context"
	"maps"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Port gives a new entity the default of each property that it was created
// without. Such a value is nobody's change: as long as it is the default, and
// Terraform does not list the property, it is neither shown nor removed.

// withoutDefaults leaves out the values that are defaults and that the state
// does not list. Where the blueprint cannot be read, every value shows.
func (r *entityResource) withoutDefaults(ctx context.Context, blueprint string, values map[string]any, state *model) map[string]any {
	listed, err := state.Properties.toAPI()
	if err != nil {
		return values
	}
	unlisted := maps.Clone(values)
	maps.DeleteFunc(unlisted, func(key string, value any) bool {
		_, isListed := listed[key]
		return isListed || value == nil
	})
	if len(unlisted) == 0 {
		return values
	}
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err != nil {
		return values
	}
	shown := maps.Clone(values)
	for key, value := range unlisted {
		if isDefault(definition, key, value) {
			delete(shown, key)
		}
	}
	return shown
}

// keepDefaults adds to an update, which replaces the entity whole, the values
// that withoutDefaults left out of the plan.
func (r *entityResource) keepDefaults(ctx context.Context, blueprint, identifier string, desired *port.Entity) error {
	definition, err := r.backend.Blueprint(ctx, blueprint)
	if err != nil || !hasOtherDefaults(definition, desired.Properties) {
		return err
	}
	current, err := r.backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		return err
	}
	for key, value := range current.Properties {
		if _, listed := desired.Properties[key]; !listed && value != nil && isDefault(definition, key, value) {
			desired.Properties[key] = value
		}
	}
	return nil
}

// hasOtherDefaults reports whether a property that is not among the values has
// a default.
func hasOtherDefaults(definition *port.Blueprint, values map[string]any) bool {
	for key, property := range definition.Schema.Properties {
		if _, listed := values[key]; !listed && len(property.Default) > 0 {
			return true
		}
	}
	return false
}

func isDefault(definition *port.Blueprint, key string, value any) bool {
	text := definition.Schema.Properties[key].Default
	if len(text) == 0 {
		return false
	}
	fallback, err := jsonvalue.Decode(text)
	return err == nil && jsonvalue.Equal(fallback, value)
}
