package blueprint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

var _ envelope.Follower = aggregationsStore{}

// aggregationsStore gives the aggregation properties of a blueprint the form of a
// document of their own.
type aggregationsStore struct {
	partStore
}

// aggregationsKey is where a blueprint at Port has its aggregation properties.
const aggregationsKey = "aggregationProperties"

func (s aggregationsStore) Get(ctx context.Context, blueprint string) (document.Object, error) {
	current, err := s.backend.Client.Blueprints.Get(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	return s.document(ctx, current)
}

// Follow finds the aggregation properties under the new name of their blueprint.
func (s aggregationsStore) Follow(ctx context.Context, _, createdAt string) (document.Object, error) {
	return s.follow(ctx, createdAt, func(blueprint *port.Blueprint) (document.Object, error) { return s.document(ctx, blueprint) })
}

// document is that of the aggregation properties of a blueprint, without those that
// Port itself defines.
func (s aggregationsStore) document(ctx context.Context, blueprint *port.Blueprint) (document.Object, error) {
	whole, err := toDocument(*blueprint)
	if err != nil {
		return nil, err
	}
	base, err := s.base(ctx, blueprint.Identifier)
	if err != nil {
		return nil, err
	}
	properties := document.Child(whole, aggregationsKey)
	maps.DeleteFunc(properties, func(key string, _ any) bool { _, isBase := base[key]; return isBase })
	of := partDocument(blueprint)
	of["properties"] = properties
	return of, nil
}

// base are the aggregation properties that Port itself defines: those of the base
// structure of a system blueprint, whose identifier begins with "_".
func (s aggregationsStore) base(ctx context.Context, blueprint string) (map[string]port.AggregationProperty, error) {
	if !strings.HasPrefix(blueprint, "_") {
		return nil, nil
	}
	structure, err := s.backend.SystemStructure(ctx, blueprint)
	if errors.Is(err, port.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return structure.AggregationProperties, nil
}

// Create takes over aggregation properties that are as they are desired, or that the
// blueprint has handed over, and never overwrites or deletes others.
func (s aggregationsStore) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	blueprint, _ := desired["blueprint"].(string)
	base, err := s.base(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	written, err := s.create(ctx, blueprint, func(whole document.Object) error {
		current := document.Child(whole, aggregationsKey)
		if err := setAggregations(whole, desired, base); err != nil {
			return err
		}
		after := document.Child(whole, aggregationsKey)
		maps.DeleteFunc(current, func(key string, of any) bool {
			return jsonvalue.Equal(of, after[key]) || s.backend.WasHandedOver(blueprint, "aggregation_properties", key)
		})
		if len(current) > 0 {
			return fmt.Errorf("the blueprint %q already has aggregation properties that the configuration does not declare, or declares differently: %s: %w",
				blueprint, quoted(slices.Sorted(maps.Keys(current))), port.ErrExists)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.document(ctx, written)
}

// Update replaces the aggregation properties of a blueprint.
func (s aggregationsStore) Update(ctx context.Context, blueprint string, _, desired document.Object) (document.Object, error) {
	base, err := s.base(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	written, err := s.write(ctx, blueprint, func(whole document.Object) error { return setAggregations(whole, desired, base) })
	if err != nil {
		return nil, err
	}
	return s.document(ctx, written)
}

// Delete removes the aggregation properties that the state has: others were added after
// Terraform had read the blueprint.
func (s aggregationsStore) Delete(ctx context.Context, blueprint string, state document.Object) error {
	_, err := s.write(ctx, blueprint, func(whole document.Object) error {
		rest, ours := document.Child(whole, aggregationsKey), document.Child(state, "properties")
		maps.DeleteFunc(rest, func(key string, _ any) bool { _, isOurs := ours[key]; return isOurs })
		whole[aggregationsKey] = rest
		return nil
	})
	return err
}

// setAggregations puts the desired aggregation properties into a blueprint, each over
// the one that it has under the same key. Those that Port itself defines stay.
func setAggregations(whole, desired document.Object, base map[string]port.AggregationProperty) error {
	current, next := document.Child(whole, aggregationsKey), document.Child(desired, "properties")
	for key := range next {
		if _, exists := current[key]; !exists {
			continue
		}
		merged := document.Child(current, key)
		if err := overlay(merged, document.Child(next, key), (*aggregationModel).bindings); err != nil {
			return fmt.Errorf("aggregation property %q: %w", key, err)
		}
		next[key] = merged
	}
	for key := range base {
		if of, exists := current[key]; exists && next[key] == nil {
			next[key] = of
		}
	}
	whole[aggregationsKey] = next
	return nil
}
