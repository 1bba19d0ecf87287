package blueprint

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
)

// The keys of the document of a system blueprint.
const (
	blueprintKey = "blueprint"
	structureKey = "structure"
)

// ruleResultBlueprint is the blueprint that Port does not update with PUT.
const ruleResultBlueprint = "_rule_result"

// protectedBlueprints are those that Port does not change at all.
var protectedBlueprints = []string{"_rule", "_scorecard_group"}

var (
	errNotSystem = errors.New("Port has no base structure of this blueprint, so it is not a system blueprint") //nolint:staticcheck // Port is a name.
	errProtected = errors.New("Port protects this blueprint and refuses every change of it")                   //nolint:staticcheck // Port is a name.
	errBaseKey   = errors.New("Port defines this key itself")                                                  //nolint:staticcheck // Port is a name.
	errKept      = errors.New("Port did not remove everything")                                                //nolint:staticcheck // Port is a name.
)

// systemStore presents the additions to a system blueprint as a document.
type systemStore struct {
	backend *backend.Backend
}

func (s systemStore) Get(ctx context.Context, key string) (document.Object, error) {
	current, err := s.backend.Client.Blueprints.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	structure, err := s.structure(ctx, key)
	if err != nil {
		return nil, err
	}
	return systemDocument(current, structure)
}

// systemDocument returns a system blueprint with its base structure.
func systemDocument(current, structure *port.Blueprint) (document.Object, error) {
	whole, err := toDocument(*current)
	if err != nil {
		return nil, err
	}
	base, err := toDocument(*structure)
	return document.Object{"identifier": current.Identifier, blueprintKey: whole, structureKey: base}, err
}

// structure returns the base structure. If there is none, that does not mean that the blueprint
// does not exist.
func (s systemStore) structure(ctx context.Context, identifier string) (*port.Blueprint, error) {
	structure, err := s.backend.SystemStructure(ctx, identifier)
	if errors.Is(err, port.ErrNotFound) {
		return nil, fmt.Errorf("%w (%s). Declare a blueprint of your own with port_blueprint", errNotSystem, err) //nolint:errorlint // See above.
	}
	return structure, err
}

// Create adds to the blueprint, which always exists.
func (s systemStore) Create(ctx context.Context, desired document.Object) (document.Object, error) {
	identifier, _ := desired["identifier"].(string)
	return s.Update(ctx, identifier, document.Object{blueprintKey: document.Object{}}, desired)
}

// Update replaces the additions in state with the desired ones.
func (s systemStore) Update(ctx context.Context, key string, state, desired document.Object) (document.Object, error) {
	before, err := decodeAdditions(state)
	if err != nil {
		return nil, err
	}
	after, err := decodeAdditions(desired)
	if err != nil {
		return nil, err
	}
	return s.write(ctx, key, before, after)
}

// Delete removes the additions in state.
func (s systemStore) Delete(ctx context.Context, key string, state document.Object) error {
	_, err := s.Update(ctx, key, state, document.Object{blueprintKey: document.Object{}})
	return err
}

func decodeAdditions(from document.Object) (*port.Blueprint, error) {
	return fromDocument[port.Blueprint](document.Child(from, blueprintKey))
}

// write replaces additions under the blueprint's lock. It sends nothing if nothing changes.
func (s systemStore) write(ctx context.Context, identifier string, removed, added *port.Blueprint) (document.Object, error) {
	unlock, err := s.backend.LockBlueprint(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	current, err := s.backend.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	structure, err := s.structure(ctx, identifier)
	if err != nil {
		return nil, err
	}
	body, err := extend(current, structure, removed, added)
	if err != nil {
		return nil, err
	}
	before, err := toDocument(*current)
	if err != nil {
		return nil, err
	}
	after, err := toDocument(*body)
	if err != nil {
		return nil, err
	}
	if jsonvalue.Equal(before, after) {
		return systemDocument(current, structure)
	}
	if slices.Contains(protectedBlueprints, identifier) {
		return nil, errProtected
	}
	defer s.backend.ForgetBlueprint(identifier)
	written, err := writer(s).write(ctx, identifier, current, body)
	if err != nil {
		return nil, err
	}
	return systemDocument(written.blueprint, structure)
}

// extend returns the current blueprint with other additions. It keeps what others added and unknown
// keys in the additions. It also keeps the base structure if an earlier addition has become part of
// it.
func extend(current, structure, before, after *port.Blueprint) (*port.Blueprint, error) {
	base := keysOf(structure)
	if taken := keysOf(onlyParts(after, base)).all(); len(taken) > 0 {
		return nil, fmt.Errorf("%w: %s. Choose other keys", errBaseKey, quoted(taken))
	}
	complete, err := toDocument(*onlyParts(current, keysOf(after)))
	if err != nil {
		return nil, err
	}
	desired, err := toDocument(*after)
	if err != nil {
		return nil, err
	}
	if err := overlay(complete, desired, (*model).bindings); err != nil {
		return nil, err
	}
	additions, err := fromDocument[port.Blueprint](complete)
	if err != nil {
		return nil, err
	}
	body := withParts(withoutParts(current, keysOf(withoutParts(before, base))), additions)
	switch {
	case after.IncludeInGlobalSearch != nil:
		body.IncludeInGlobalSearch = after.IncludeInGlobalSearch
	case before.IncludeInGlobalSearch != nil:
		body.IncludeInGlobalSearch = structure.IncludeInGlobalSearch
	}
	return body, nil
}

// rename renames keys under the blueprint's lock.
func (s systemStore) rename(ctx context.Context, identifier string, due renames) (undo func(context.Context) error, err error) {
	unlock, err := s.backend.LockBlueprint(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	defer s.backend.ForgetBlueprint(identifier)
	return due.carryOut(ctx, s.backend.Client.Blueprints, identifier)
}

// send replaces a blueprint with PUT /v1/blueprints/{identifier}, or PATCH for _rule_result, which
// does not support PUT.
func send(ctx context.Context, blueprints *port.BlueprintService, identifier string, body *port.Blueprint) (*port.Blueprint, error) {
	if identifier == ruleResultBlueprint {
		return sendPatch(ctx, blueprints, identifier, body)
	}
	return blueprints.Update(ctx, identifier, body)
}

// sendPatch sends whole collections. [?patch-depth] A PATCH either replaces each of them or merges
// into it; in the second case it cannot remove anything, so that must be reported.
func sendPatch(ctx context.Context, blueprints *port.BlueprintService, identifier string, body *port.Blueprint) (*port.Blueprint, error) {
	whole, err := toDocument(*body)
	if err != nil {
		return nil, err
	}
	patch := port.BlueprintPatch{}
	for _, key := range []string{"schema", "relations", "mirrorProperties", "calculationProperties", "aggregationProperties", "includeInGlobalSearch"} {
		patch[key] = whole[key]
	}
	patched, err := blueprints.Patch(ctx, identifier, patch)
	if err != nil {
		return nil, err
	}
	if left := keysOf(withoutParts(patched, keysOf(body))).all(); len(left) > 0 {
		return nil, fmt.Errorf("%w: %s. Delete it in Port's data model, and apply again", errKept, quoted(left))
	}
	return patched, nil
}
