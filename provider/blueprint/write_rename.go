package blueprint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// This file determines which keys renamed_from renames, and renames them with Port's rename routes,
// which keep the values of the entities. A key that merely changes in a blueprint loses them.

// renamedKey is the renamed_from of one key in the plan or the state.
type renamedKey struct {
	from types.String
}

// move renames a key.
type move struct{ from, to string }

// findMoves returns the renames that a plan requires, sorted by new key. A rename is due if the
// state has the old key, and the new key is not in the state or is itself renamed in the same plan.
// Renames that the state already has are not repeated; otherwise two swapped keys would be swapped
// back.
func findMoves(state, plan map[string]renamedKey) []move {
	due := map[string]string{}
	for to, key := range plan {
		from := key.from.ValueString()
		_, exists := state[from]
		if key.from.IsNull() || key.from.IsUnknown() || from == to || !exists || state[to].from.Equal(key.from) {
			continue
		}
		due[to] = from
	}
	dropBlocked(due, state)
	var moves []move
	for _, to := range slices.Sorted(maps.Keys(due)) {
		moves = append(moves, move{from: due[to], to: to})
	}
	return moves
}

// dropBlocked removes the moves to a key that is in the state and stays, and the moves that depend
// on them.
func dropBlocked(due map[string]string, state map[string]renamedKey) {
	for {
		leaving := slices.Collect(maps.Values(due))
		blocked := len(due)
		maps.DeleteFunc(due, func(to, _ string) bool {
			_, taken := state[to]
			return taken && !slices.Contains(leaving, to)
		})
		if len(due) == blocked {
			return
		}
	}
}

// inOrder sorts moves so that each new key is free. In a cycle, one of the keys first moves to a
// temporary key.
func inOrder(moves []move) []move {
	pending := slices.Clone(moves)
	var ordered []move
	for len(pending) > 0 {
		free := slices.IndexFunc(pending, func(m move) bool {
			return !slices.ContainsFunc(pending, func(other move) bool { return other.from == m.to })
		})
		if free >= 0 {
			ordered = append(ordered, pending[free])
			pending = slices.Delete(pending, free, free+1)
			continue
		}
		aside := temporaryKey(pending[0].from)
		ordered = append(ordered, move{from: pending[0].from, to: aside})
		pending[0].from = aside
	}
	return ordered
}

// hasCycle reports whether keys are swapped.
func hasCycle(moves []move) bool { return len(inOrder(moves)) > len(moves) }

// temporaryKey returns a temporary name for a key whose name is needed for another one.
func temporaryKey(key string) string {
	hash := sha256.Sum256([]byte(key))
	return "renaming-" + hex.EncodeToString(hash[:8])
}

// renames are the moves of each kind of key that Port can rename.
type renames struct {
	properties, mirrors, relations []move
}

func findRenames(state, plan *model) renames {
	return renames{
		properties: findMoves(state.Properties.renamedKeys(), plan.Properties.renamedKeys()),
		mirrors:    findMoves(mirrorKeys(state.MirrorProperties), mirrorKeys(plan.MirrorProperties)),
		relations:  findMoves(relationKeys(state.Relations), relationKeys(plan.Relations)),
	}
}

// apply returns extra_json after the renames.
func (r renames) apply(extra map[string]any) map[string]any {
	if len(extra) == 0 || r.isEmpty() {
		return extra
	}
	applied := maps.Clone(extra)
	if outer, ok := extra["schema"].(map[string]any); ok {
		outer = maps.Clone(outer)
		outer["properties"] = moved(outer["properties"], r.properties)
		applied["schema"] = outer
	}
	applied["mirrorProperties"] = moved(extra["mirrorProperties"], r.mirrors)
	applied["relations"] = moved(extra["relations"], r.relations)
	maps.DeleteFunc(applied, func(_ string, value any) bool { return value == nil })
	return applied
}

// moved renames the keys of an object simultaneously.
func moved(object any, moves []move) any {
	before, ok := object.(map[string]any)
	if !ok {
		return object
	}
	after := maps.Clone(before)
	for _, m := range moves {
		delete(after, m.from)
	}
	for _, m := range moves {
		if value, exists := before[m.from]; exists {
			after[m.to] = value
		}
	}
	return after
}

func (r renames) isEmpty() bool { return len(r.properties)+len(r.mirrors)+len(r.relations) == 0 }

func (m *propertiesModel) renamedKeys() map[string]renamedKey {
	keys := map[string]renamedKey{}
	for key, common := range m.common() {
		keys[key] = renamedKey{from: common.RenamedFrom}
	}
	return keys
}

func mirrorKeys(mirrors map[string]mirrorModel) map[string]renamedKey {
	keys := map[string]renamedKey{}
	for key, mirror := range mirrors {
		keys[key] = renamedKey{from: mirror.RenamedFrom}
	}
	return keys
}

func relationKeys(relations map[string]relationModel) map[string]renamedKey {
	keys := map[string]renamedKey{}
	for key, relation := range relations {
		keys[key] = renamedKey{from: relation.RenamedFrom}
	}
	return keys
}

// renameRoute is one of the client's rename operations.
type renameRoute func(ctx context.Context, blueprint, from, to string) (*port.Blueprint, error)

// carryOut renames relations before properties and mirror properties, whose paths follow them. It
// returns a function that reverts all renames, for use if the rest of the change fails, so that the
// next plan finds the keys of the state. If a rename fails, the previous ones are reverted.
func (r renames) carryOut(ctx context.Context, client *port.BlueprintService, blueprint string) (undo func(context.Context) error, err error) {
	lingering, release := port.Linger(ctx)
	defer release()
	var undos []func(context.Context) error
	undo = func(ctx context.Context) error {
		var failures []error
		for _, back := range slices.Backward(undos) {
			failures = append(failures, back(ctx))
		}
		return errors.Join(failures...)
	}
	for _, kind := range []struct {
		rename renameRoute
		moves  []move
	}{
		{client.RenameRelation, r.relations},
		{client.RenameProperty, r.properties},
		{client.RenameMirror, r.mirrors},
	} {
		for _, m := range inOrder(kind.moves) {
			if _, err := kind.rename(ctx, blueprint, m.from, m.to); err != nil {
				return nil, errors.Join(fmt.Errorf("rename %q to %q: %w", m.from, m.to, err), undo(lingering))
			}
			undos = append(undos, m.undo(kind.rename, blueprint))
		}
	}
	return undo, nil
}

// undo returns the function that reverts a move.
func (m move) undo(rename renameRoute, blueprint string) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := rename(ctx, blueprint, m.to, m.from); err != nil {
			return fmt.Errorf("%q was renamed to %q, and renaming it back failed, so its values are now under %q: %w", m.from, m.to, m.to, err)
		}
		return nil
	}
}
