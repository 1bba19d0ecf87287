package blueprint

import (
	"context"
	"fmt"
	"maps"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// relationStore presents a relation, which Port stores in its blueprint, as a document.
type relationStore struct {
	partStore
}

var _ envelope.Follower = relationStore{}

func (s relationStore) Get(ctx context.Context, key string) (document.Object, error) {
	blueprint, relation, _ := envelope.SplitKey(key)
	current, err := s.backend.Client.Blueprints.Get(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	return relationDocument(current, relation)
}

// Follow finds the relation under the new name of its blueprint.
func (s relationStore) Follow(ctx context.Context, key, createdAt string) (document.Object, error) {
	_, relation, _ := envelope.SplitKey(key)
	return s.follow(ctx, createdAt, func(blueprint *port.Blueprint) (document.Object, error) { return relationDocument(blueprint, relation) })
}

// relationDocument returns a relation with all mirror properties of its blueprint.
func relationDocument(blueprint *port.Blueprint, relation string) (document.Object, error) {
	whole, err := toDocument(*blueprint)
	if err != nil {
		return nil, err
	}
	of, exists := document.Child(whole, "relations")[relation]
	if !exists {
		return nil, fmt.Errorf("the blueprint %q has no relation %q: %w", blueprint.Identifier, relation, port.ErrNotFound)
	}
	part := partDocument(blueprint)
	part["identifier"], part["relation"], part["mirrorProperties"] = relation, of, document.Child(whole, "mirrorProperties")
	return part, nil
}

// Create adds the relation to a blueprint that does not have it, or takes it over with its mirror
// properties if the blueprint has handed it over.
func (s relationStore) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	blueprint, _ := desired["blueprint"].(string)
	relation, _ := desired["identifier"].(string)
	written, err := s.create(ctx, blueprint, func(whole document.Object) error {
		_, exists := document.Child(whole, "relations")[relation]
		if exists && !s.backend.WasHandedOver(blueprint, "relations", relation) {
			return fmt.Errorf("the blueprint %q already has a relation %q: %w", blueprint, relation, port.ErrExists)
		}
		before := document.Child(whole, "mirrorProperties")
		maps.DeleteFunc(before, func(key string, mirror any) bool {
			return !leadsOver(mirror, relation) || !s.backend.WasHandedOver(blueprint, "mirror_properties", key)
		})
		// Keys of an existing relation that have no attribute stay.
		next := document.Child(document.Child(whole, "relations"), relation)
		if err := overlay(next, document.Child(desired, "relation"), (*relationModel).bindings); err != nil {
			return err
		}
		desired["relation"] = next
		return setRelation(whole, relation, document.Object{"mirrorProperties": before}, desired)
	})
	if err != nil {
		return nil, err
	}
	return relationDocument(written, relation)
}

// Update changes the relation. It renames it with the route that keeps the related entities, and
// reverts that if the rest fails.
func (s relationStore) Update(ctx context.Context, key string, state, desired document.Object) (document.Object, error) {
	blueprint, from, _ := envelope.SplitKey(key)
	to, _ := desired["identifier"].(string)
	if from != to {
		if err := s.rename(ctx, blueprint, from, to); err != nil {
			return nil, err
		}
	}
	written, err := s.write(ctx, blueprint, func(whole document.Object) error { return setRelation(whole, to, state, desired) })
	if err == nil {
		return relationDocument(written, to)
	}
	if from != to {
		lingering, release := port.Linger(ctx)
		defer release()
		if undoErr := s.rename(lingering, blueprint, to, from); undoErr != nil {
			return nil, fmt.Errorf("%w; reverting the rename failed as well: %s", err, undoErr) //nolint:errorlint // Only the first error determines the advice.
		}
	}
	return nil, err
}

func (s relationStore) rename(ctx context.Context, blueprint, from, to string) error {
	unlock, err := s.backend.LockForRename(ctx, blueprint)
	if err != nil {
		return err
	}
	defer unlock()
	defer s.backend.ForgetBlueprint(blueprint)
	_, err = s.backend.Client.Blueprints.RenameRelation(ctx, blueprint, from, to)
	return err
}

// Delete removes the relation and all mirror properties over it, which cannot exist without it.
func (s relationStore) Delete(ctx context.Context, key string, _ document.Object) error {
	blueprint, relation, _ := envelope.SplitKey(key)
	_, err := s.write(ctx, blueprint, func(whole document.Object) error {
		relations, mirrors := document.Child(whole, "relations"), document.Child(whole, "mirrorProperties")
		if _, exists := relations[relation]; !exists {
			return port.ErrNotFound
		}
		delete(relations, relation)
		maps.DeleteFunc(mirrors, func(_ string, mirror any) bool { return leadsOver(mirror, relation) })
		whole["relations"], whole["mirrorProperties"] = relations, mirrors
		return nil
	})
	return err
}

// setRelation sets a relation and its mirror properties in a blueprint. It removes mirror
// properties that the state has and that are no longer desired.
func setRelation(whole document.Object, relation string, state, desired document.Object) error {
	relations, mirrors := document.Child(whole, "relations"), document.Child(whole, "mirrorProperties")
	before, after := document.Child(state, "mirrorProperties"), document.Child(desired, "mirrorProperties")
	for key, mirror := range after {
		current, exists := mirrors[key]
		if _, isOwn := before[key]; exists && !isOwn && !jsonvalue.Equal(current, mirror) {
			return fmt.Errorf("the blueprint already has a different mirror property %q: %w", key, port.ErrExists)
		}
	}
	for key := range before {
		delete(mirrors, key)
	}
	maps.Copy(mirrors, after)
	relations[relation] = desired["relation"]
	whole["relations"], whole["mirrorProperties"] = relations, mirrors
	return nil
}
