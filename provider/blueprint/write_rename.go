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

// This file finds out which keys renamed_from renames, and carries it out with
// Port's rename routes, which keep the values of the entities. A key that is
// merely another one in the next blueprint loses them.

// renamedKey is what the plan or the state says about one key.
type renamedKey struct {
	from types.String
}

// move renames a key.
type move struct{ from, to string }

// findMoves lists the renames that a plan asks for, by key. One is due when the
// old key is in the state, and the new one is not or is itself moved away in the
// same plan. What the state shows as renamed already is not renamed again:
// without that, two keys that were swapped would be swapped back.
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

// dropBlocked removes the moves to a key that is in the state and stays there,
// and with each of them those that relied on it.
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

// inOrder sorts moves so that each finds its new key free. A cycle is broken by
// moving one of its keys out of the way first.
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

// hasCycle reports whether keys are exchanged for one another.
func hasCycle(moves []move) bool { return len(inOrder(moves)) > len(moves) }

// temporaryKey names a key for the time that its own name is needed for another.
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

// apply gives extra_json as it reads after the renames.
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

// moved renames keys of an object, all at once.
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

// carryOut renames relations before properties and mirror properties, whose
// paths follow them. It returns the function that takes all of it back, for
// when the change that the renames are part of fails: the next plan must find
// the keys that it knows. If a rename itself fails, the others are taken back.
func (r renames) carryOut(ctx context.Context, client *port.BlueprintService, blueprint string) (undo func(context.Context) error, err error) {
	lingering, release := port.Linger(ctx)
	defer release()
	var done []func(context.Context) error
	undo = func(ctx context.Context) error {
		var failures []error
		for _, back := range slices.Backward(done) {
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
			done = append(done, m.backWith(kind.rename, blueprint))
		}
	}
	return undo, nil
}

// backWith returns the function that takes a move back.
func (m move) backWith(rename renameRoute, blueprint string) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := rename(ctx, blueprint, m.to, m.from); err != nil {
			return fmt.Errorf("%q was renamed to %q, and renaming it back failed, so its values are under %q now: %w", m.from, m.to, m.to, err)
		}
		return nil
	}
}
