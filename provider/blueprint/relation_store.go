package blueprint

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// relationStore gives a relation, which Port keeps inside its blueprint, the form of
// a document of its own.
type relationStore struct {
	backend *backend.Backend
}

func (s relationStore) Get(ctx context.Context, key string) (document.Object, error) {
	blueprint, relation, _ := envelope.SplitKey(key)
	current, err := s.backend.Client.Blueprints.Get(ctx, blueprint)
	if err != nil {
		return nil, err
	}
	return relationDocument(current, relation)
}

// relationDocument is a relation with all the mirror properties of its blueprint.
func relationDocument(blueprint *port.Blueprint, relation string) (document.Object, error) {
	whole, err := toDocument(*blueprint)
	if err != nil {
		return nil, err
	}
	of, exists := document.Child(whole, "relations")[relation]
	if !exists {
		return nil, fmt.Errorf("the blueprint %q has no relation %q: %w", blueprint.Identifier, relation, port.ErrNotFound)
	}
	return document.Object{
		"blueprint": blueprint.Identifier, "identifier": relation, "relation": of, "mirrorProperties": document.Child(whole, "mirrorProperties"),
	}, nil
}

// Create adds the relation to a blueprint that has none of this key.
func (s relationStore) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	blueprint, _ := desired["blueprint"].(string)
	relation, _ := desired["identifier"].(string)
	written, err := writeParts(ctx, s.backend, blueprint, func(whole document.Object) error {
		if _, exists := document.Child(whole, "relations")[relation]; exists {
			return fmt.Errorf("the blueprint %q has a relation %q: %w", blueprint, relation, port.ErrExists)
		}
		return setRelation(whole, relation, document.Object{}, desired)
	})
	if errors.Is(err, port.ErrNotFound) {
		return nil, fmt.Errorf("%w (the blueprint %q does not exist: to create it first, refer to its resource, port_blueprint.<name>.identifier)", err, blueprint)
	}
	if err != nil {
		return nil, err
	}
	return relationDocument(written, relation)
}

// Update changes the relation. It renames it by the route that keeps what entities
// relate to, and takes that back if the rest fails.
func (s relationStore) Update(ctx context.Context, key string, state, desired document.Object) (document.Object, error) {
	blueprint, from, _ := envelope.SplitKey(key)
	to, _ := desired["identifier"].(string)
	if from != to {
		if err := s.rename(ctx, blueprint, from, to); err != nil {
			return nil, err
		}
	}
	written, err := writeParts(ctx, s.backend, blueprint, func(whole document.Object) error { return setRelation(whole, to, state, desired) })
	if err == nil {
		return relationDocument(written, to)
	}
	if from != to {
		lingering, release := port.Linger(ctx)
		defer release()
		if undoErr := s.rename(lingering, blueprint, to, from); undoErr != nil {
			return nil, fmt.Errorf("%w; taking back the rename that was done before failed as well: %s", err, undoErr) //nolint:errorlint // What to do next follows from the first error alone.
		}
	}
	return nil, err
}

func (s relationStore) rename(ctx context.Context, blueprint, from, to string) error {
	unlock, err := s.backend.LockBlueprint(ctx, blueprint)
	if err != nil {
		return err
	}
	defer unlock()
	defer s.backend.ForgetBlueprint(blueprint)
	_, err = s.backend.Client.Blueprints.RenameRelation(ctx, blueprint, from, to)
	return err
}

// Delete removes the relation with all mirror properties over it, which mean nothing
// without it.
func (s relationStore) Delete(ctx context.Context, key string, _ document.Object) error {
	blueprint, relation, _ := envelope.SplitKey(key)
	_, err := writeParts(ctx, s.backend, blueprint, func(whole document.Object) error {
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

// setRelation puts a relation and its mirror properties into a blueprint. It removes
// those mirror properties that the state has and that are no longer desired.
func setRelation(whole document.Object, relation string, state, desired document.Object) error {
	relations, mirrors := document.Child(whole, "relations"), document.Child(whole, "mirrorProperties")
	before, after := document.Child(state, "mirrorProperties"), document.Child(desired, "mirrorProperties")
	for key, mirror := range after {
		current, exists := mirrors[key]
		if _, isOurs := before[key]; exists && !isOurs && !jsonvalue.Equal(current, mirror) {
			return fmt.Errorf("the blueprint has another mirror property %q: %w", key, port.ErrExists)
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

// writeParts reads a blueprint, changes it and writes it back whole. Nobody else of
// this provider configuration writes it in between.
func writeParts(ctx context.Context, b *backend.Backend, identifier string, change func(whole document.Object) error) (*port.Blueprint, error) {
	unlock, err := b.LockBlueprint(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	current, err := b.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	whole, err := toDocument(*current)
	if err != nil {
		return nil, err
	}
	if err := change(whole); err != nil {
		return nil, err
	}
	body, err := fromDocument(whole)
	if err != nil {
		return nil, err
	}
	defer b.ForgetBlueprint(identifier)
	return b.Client.Blueprints.Update(ctx, identifier, body)
}
