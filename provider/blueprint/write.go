package blueprint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
)

// change is what an update does to a blueprint.
type change struct {
	// desired is what the attributes say, without those that the configuration leaves to
	// others.
	desired model
	// released are the keys that this resource declared until now of attributes whose
	// elements others may declare too.
	released declaredKeys
	// previousExtra and extra are extra_json before and after.
	previousExtra, extra map[string]any
	renames              renames
}

// result is what came of a write.
type result struct {
	blueprint *port.Blueprint
	// refusal is why Port did not take the changelog destination, if it refused
	// the blueprint because of it.
	refusal error
}

// create makes a blueprint with POST /v1/blueprints. [?relation-target] Port may want the target
// of a relation to exist, also where it is the blueprint itself: then it is made
// without what points at itself first.
func (r *blueprintResource) create(ctx context.Context, desired *port.Blueprint, options port.CreateBlueprintOptions) (result, error) {
	lingering, release := port.Linger(ctx)
	defer release()
	created, err := acceptWithoutDestination(desired, func(blueprint *port.Blueprint) (*port.Blueprint, error) {
		return r.backend.Client.Blueprints.Create(ctx, blueprint, options)
	})
	if !errors.Is(err, port.ErrInvalid) || !pointsAtItself(desired) {
		return created, err
	}
	if _, stepErr := r.backend.Client.Blueprints.Create(ctx, withoutConnections(desired), options); stepErr != nil {
		return result{}, err
	}
	created, err = writer{r.backend}.replace(ctx, desired.Identifier, desired)
	if err != nil {
		// Left alone, it would be in nobody's state.
		return result{}, errors.Join(err, r.backend.Client.Blueprints.Delete(lingering, desired.Identifier, port.DeleteBlueprintOptions{}))
	}
	return created, nil
}

// update changes a blueprint. Nobody else of this provider configuration writes
// it between our read and our write.
func (r *blueprintResource) update(ctx context.Context, identifier string, c change) (result, error) {
	lock := r.backend.LockBlueprint
	if c.desired.Identifier.ValueString() != identifier || !c.renames.isEmpty() {
		lock = r.backend.LockForRename
	}
	unlock, err := lock(ctx, identifier)
	if err != nil {
		return result{}, err
	}
	defer unlock()
	defer r.backend.ForgetBlueprint(identifier)
	lingering, release := port.Linger(ctx)
	defer release()
	undo, err := c.renames.carryOut(ctx, r.backend.Client.Blueprints, identifier)
	if err != nil {
		return result{}, err
	}
	updated, err := r.overwrite(ctx, identifier, c)
	if err == nil {
		return updated, nil
	}
	if renamed := r.findRenamed(lingering, identifier, c.desired.Identifier.ValueString()); renamed != nil {
		return result{blueprint: renamed}, nil
	}
	if undoErr := undo(lingering); undoErr != nil {
		return result{}, fmt.Errorf("%w; taking back the renames that were done before failed as well: %s", err, undoErr) //nolint:errorlint // What to do next follows from the first error alone.
	}
	return result{}, err
}

// findRenamed looks for the blueprint under its new identifier after an update
// failed. If it is there, and no longer under the old one, only the answer was
// lost: the write that renames is the last one, and carries everything.
func (r *blueprintResource) findRenamed(ctx context.Context, from, to string) *port.Blueprint {
	if from == to {
		return nil
	}
	if _, err := r.backend.Client.Blueprints.Get(ctx, from); !errors.Is(err, port.ErrNotFound) {
		return nil
	}
	renamed, err := r.backend.Client.Blueprints.Get(ctx, to)
	if err != nil {
		return nil
	}
	return renamed
}

// errTypeChanged refuses to change the type of a property, of which the plan has
// not said anything, because it would delete values.
var errTypeChanged = errors.New("the type of a property was changed at Port since Terraform read it")

// errFormatKept refuses to change the format of a property by making it again,
// because that would delete values.
var errFormatKept = errors.New("Port does not change the format of a property that exists") //nolint:staticcheck // Port is a name.

// overwrite reads, merges and writes.
func (r *blueprintResource) overwrite(ctx context.Context, identifier string, c change) (result, error) {
	current, err := r.backend.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return result{}, err
	}
	body, err := c.body(current)
	if err != nil {
		return result{}, err
	}
	if isSame(current, body) {
		return result{blueprint: current}, nil
	}
	return writer{r.backend}.write(ctx, identifier, current, body)
}

// isSame reports whether a body says what Port has already, but for when and by whom it
// was written. A collection that is empty is like one that is absent.
func isSame(current, body *port.Blueprint) bool {
	read, written := *current, *body
	for _, blueprint := range []*port.Blueprint{&read, &written} {
		blueprint.CreatedAt, blueprint.CreatedBy, blueprint.UpdatedAt, blueprint.UpdatedBy = "", "", "", ""
		blueprint.MirrorProperties = nilIfEmpty(blueprint.MirrorProperties)
		blueprint.CalculationProperties = nilIfEmpty(blueprint.CalculationProperties)
		blueprint.AggregationProperties = nilIfEmpty(blueprint.AggregationProperties)
		blueprint.Relations = nilIfEmpty(blueprint.Relations)
	}
	before, err := json.Marshal(read)
	if err != nil {
		return false
	}
	after, err := json.Marshal(written)
	return err == nil && jsonvalue.EqualText(string(before), string(after))
}

func nilIfEmpty[V any](collection map[string]V) map[string]V {
	if len(collection) == 0 {
		return nil
	}
	return collection
}

// writer writes blueprints that exist.
type writer struct {
	backend *backend.Backend
}

// write replaces the current blueprint by another one, which may have properties of
// another type or format.
func (w writer) write(ctx context.Context, identifier string, current, body *port.Blueprint) (result, error) {
	retyped := retypedKeys(body, current)
	if len(retyped) > 0 && w.backend.TypeChangeProtection {
		return result{}, fmt.Errorf("%w: %s", errTypeChanged, quoted(retyped))
	}
	if len(retyped) > 0 {
		return w.remake(ctx, identifier, body, retyped)
	}
	updated, err := w.replace(ctx, identifier, body)
	if !errors.Is(err, port.ErrFormatChange) {
		return updated, err
	}
	reformatted := reformattedKeys(body, current)
	if w.backend.TypeChangeProtection {
		count, countErr := w.backend.Client.Entities.Count(ctx, identifier)
		if countErr != nil || count > 0 {
			return result{}, fmt.Errorf("%w: %s: %w", errFormatKept, quoted(reformatted), err)
		}
	}
	return w.remake(ctx, identifier, body, reformatted)
}

// remake deletes properties and adds them again, with the values that entities have
// under them lost: Port may refuse to change a type or a format in place, and has
// nothing against a property that goes and one that comes. The last write renames.
func (w writer) remake(ctx context.Context, identifier string, body *port.Blueprint, keys []string) (result, error) {
	if _, err := w.replace(ctx, identifier, without(body, identifier, keys)); err != nil {
		return result{}, err
	}
	return w.replace(ctx, identifier, body)
}

func (w writer) replace(ctx context.Context, identifier string, body *port.Blueprint) (result, error) {
	return acceptWithoutDestination(body, func(blueprint *port.Blueprint) (*port.Blueprint, error) {
		return send(ctx, w.backend.Client.Blueprints, identifier, blueprint)
	})
}

// acceptWithoutDestination sends a blueprint, and once more without its changelog
// destination if Port refuses it. [?changelog-destination] Since Port removed the destinations from
// production it either ignores or refuses them; configurations that still have
// one go on working in both cases.
func acceptWithoutDestination(blueprint *port.Blueprint, send func(*port.Blueprint) (*port.Blueprint, error)) (result, error) {
	sent, err := send(blueprint)
	if blueprint.ChangelogDestination == nil || !errors.Is(err, port.ErrInvalid) {
		return result{blueprint: sent}, err
	}
	reduced := *blueprint
	reduced.ChangelogDestination = nil
	sent, reducedErr := send(&reduced)
	if reducedErr != nil {
		return result{}, err
	}
	return result{blueprint: sent, refusal: err}, nil
}

// body is the current blueprint with what the attributes say. What no attribute stands
// for stays: keys that nobody models, properties of types that Port added later, limits
// of the elements of a list.
func (c change) body(current *port.Blueprint) (*port.Blueprint, error) {
	whole, err := toDocument(*current)
	if err != nil {
		return nil, err
	}
	dropExtra(whole, c.renames.apply(c.previousExtra), c.extra)
	for attribute, key := range map[string]string{"relations": "relations", "mirror_properties": "mirrorProperties", "aggregation_properties": "aggregationProperties"} {
		elements, exists := whole[key].(document.Object)
		if !exists {
			continue
		}
		maps.DeleteFunc(elements, func(name string, _ any) bool {
			return slices.Contains(c.released[attribute], name) && !slices.Contains(c.declared(attribute), name)
		})
	}
	document.Write(whole, c.desired.bindings())
	mergeExtra(whole, c.extra)
	return fromDocument[port.Blueprint](whole)
}

// declared are the keys of an attribute that the change declares.
func (c change) declared(attribute string) []string {
	switch attribute {
	case "relations":
		return slices.Collect(maps.Keys(c.desired.Relations))
	case "mirror_properties":
		return slices.Collect(maps.Keys(c.desired.MirrorProperties))
	default:
		return slices.Collect(maps.Keys(c.desired.AggregationProperties))
	}
}

// pointsAtItself reports whether a relation or an aggregation property targets
// the blueprint that has it.
func pointsAtItself(blueprint *port.Blueprint) bool {
	for _, relation := range blueprint.Relations {
		if relation.Target == blueprint.Identifier {
			return true
		}
	}
	for _, aggregation := range blueprint.AggregationProperties {
		if aggregation.Target == blueprint.Identifier {
			return true
		}
	}
	return false
}

// withoutConnections is the blueprint without its relations and all that relies
// on them.
func withoutConnections(blueprint *port.Blueprint) *port.Blueprint {
	reduced := *blueprint
	reduced.Relations, reduced.AggregationProperties, reduced.MirrorProperties = nil, nil, nil
	reduced.CalculationProperties, reduced.Ownership, reduced.TeamInheritance = nil, nil, nil
	return &reduced
}

// retypedKeys lists the properties whose type, or whose elements' type, changes.
func retypedKeys(desired, current *port.Blueprint) []string {
	var keys []string
	for key, property := range desired.Schema.Properties {
		old, exists := current.Schema.Properties[key]
		if exists && changesType(old, property) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// reformattedKeys lists the properties whose format changes.
func reformattedKeys(desired, current *port.Blueprint) []string {
	var keys []string
	for key, property := range desired.Schema.Properties {
		old, exists := current.Schema.Properties[key]
		if exists && !equalText(old.Format, property.Format) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// equalText compares optional texts, of which an empty one is none.
func equalText(a, b *string) bool {
	return (a == nil || *a == "") == (b == nil || *b == "") && (a == nil || b == nil || *a == *b)
}

func changesType(old, next port.Property) bool {
	if old.Type != next.Type {
		return true
	}
	return hasItemKind(old.Items) && hasItemKind(next.Items) && old.Items.Type != next.Items.Type
}

// without is the blueprint under an identifier and without some properties.
func without(blueprint *port.Blueprint, identifier string, keys []string) *port.Blueprint {
	reduced := *blueprint
	reduced.Identifier = identifier
	reduced.Schema.Properties = maps.Clone(blueprint.Schema.Properties)
	for _, key := range keys {
		delete(reduced.Schema.Properties, key)
	}
	reduced.Schema.Required = nil
	return &reduced
}
