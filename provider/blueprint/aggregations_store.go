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

// aggregationsStore presents the aggregation properties of a blueprint as a document.
type aggregationsStore struct {
	partStore
}

// aggregationsKey is the key of the aggregation properties in a blueprint.
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

// document returns the aggregation properties of a blueprint, except for those that Port defines.
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

// base returns the aggregation properties that Port defines: those in the base structure of a
// system blueprint, whose identifier begins with "_".
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

// Create takes over aggregation properties that equal the desired ones or that the blueprint has
// handed over. It never overwrites or deletes others.
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

// Delete removes the aggregation properties that the state has. Others were added after Terraform
// read the blueprint.
func (s aggregationsStore) Delete(ctx context.Context, blueprint string, state document.Object) error {
	_, err := s.write(ctx, blueprint, func(whole document.Object) error {
		rest, own := document.Child(whole, aggregationsKey), document.Child(state, "properties")
		maps.DeleteFunc(rest, func(key string, _ any) bool { _, isOwn := own[key]; return isOwn })
		whole[aggregationsKey] = rest
		return nil
	})
	return err
}

// setAggregations sets the desired aggregation properties in a blueprint, each merged into the
// existing one. Those that Port defines stay.
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
