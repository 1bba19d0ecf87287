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

// change is an update of a blueprint.
type change struct {
	// desired is the planned model without the attributes that the configuration leaves to others.
	desired model
	// released are the keys that this resource has declared before, of attributes whose elements
	// others may declare too.
	released declaredKeys
	// previousExtra and extra are extra_json before and after the update.
	previousExtra, extra map[string]any
	renames              renames
}

// result is the result of a write.
type result struct {
	blueprint *port.Blueprint
	// refusal is Port's error about the changelog destination, if the blueprint was written without
	// it.
	refusal error
}

// create creates a blueprint with POST /v1/blueprints. [?relation-target] Port may require the
// target of a relation to exist, even if it is the blueprint itself: then the blueprint is first
// created without the relations to itself.
func (r *blueprintResource) create(ctx context.Context, desired *port.Blueprint, options port.CreateBlueprintOptions) (result, error) {
	lingering, release := port.Linger(ctx)
	defer release()
	created, err := acceptWithoutDestination(desired, func(blueprint *port.Blueprint) (*port.Blueprint, error) {
		return r.Backend.Client.Blueprints.Create(ctx, blueprint, options)
	})
	if !errors.Is(err, port.ErrInvalid) || !pointsAtItself(desired) {
		return created, err
	}
	if _, stepErr := r.Backend.Client.Blueprints.Create(ctx, withoutConnections(desired), options); stepErr != nil {
		return result{}, err
	}
	created, err = writer{r.Backend}.replace(ctx, desired.Identifier, desired)
	if err != nil {
		// Otherwise the blueprint would be in no state.
		return result{}, errors.Join(err, r.Backend.Client.Blueprints.Delete(lingering, desired.Identifier, port.DeleteBlueprintOptions{}))
	}
	return created, nil
}

// update changes a blueprint under its lock: nothing else in this provider configuration writes it
// between the read and the write.
func (r *blueprintResource) update(ctx context.Context, identifier string, c change) (result, error) {
	lock := r.Backend.LockBlueprint
	if c.desired.Identifier.ValueString() != identifier || !c.renames.isEmpty() {
		lock = r.Backend.LockForRename
	}
	unlock, err := lock(ctx, identifier)
	if err != nil {
		return result{}, err
	}
	defer unlock()
	defer r.Backend.ForgetBlueprint(identifier)
	lingering, release := port.Linger(ctx)
	defer release()
	undo, err := c.renames.carryOut(ctx, r.Backend.Client.Blueprints, identifier)
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
		return result{}, fmt.Errorf("%w; reverting the renames failed as well: %s", err, undoErr) //nolint:errorlint // Only the first error determines the advice.
	}
	return result{}, err
}

// findRenamed returns the blueprint under its new identifier after an update failed. If it exists
// there, and not under the old one, only the response was lost, because the write that renames is
// the last one and contains all changes.
func (r *blueprintResource) findRenamed(ctx context.Context, from, to string) *port.Blueprint {
	if from == to {
		return nil
	}
	if _, err := r.Backend.Client.Blueprints.Get(ctx, from); !errors.Is(err, port.ErrNotFound) {
		return nil
	}
	renamed, err := r.Backend.Client.Blueprints.Get(ctx, to)
	if err != nil {
		return nil
	}
	return renamed
}

// errTypeChanged means that a type change that the plan did not show would delete values.
var errTypeChanged = errors.New("the type of a property was changed in Port after Terraform read it")

// errFormatKept means that the format can only change by deleting the property, which would delete
// values.
var errFormatKept = errors.New("Port does not change the format of an existing property") //nolint:staticcheck // Port is a name.

// overwrite reads, merges and writes.
func (r *blueprintResource) overwrite(ctx context.Context, identifier string, c change) (result, error) {
	current, err := r.Backend.Client.Blueprints.Get(ctx, identifier)
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
	return writer{r.Backend}.write(ctx, identifier, current, body)
}

// isSame reports whether a body equals what Port has, apart from timestamps and authors. Empty and
// absent collections are equal.
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

// writer writes existing blueprints.
type writer struct {
	backend *backend.Backend
}

// write replaces the current blueprint. Properties may change their type or format.
func (w writer) write(ctx context.Context, identifier string, current, body *port.Blueprint) (result, error) {
	retyped := retypedKeys(body, current)
	if len(retyped) > 0 && w.backend.TypeChangeProtection {
		return result{}, fmt.Errorf("%w: %s", errTypeChanged, quoted(retyped))
	}
	if len(retyped) > 0 {
		return w.recreate(ctx, identifier, body, retyped)
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
	return w.recreate(ctx, identifier, body, reformatted)
}

// recreate deletes properties, with their values in all entities, and adds them again, because Port
// may refuse to change a type or a format in place. The last write renames.
func (w writer) recreate(ctx context.Context, identifier string, body *port.Blueprint, keys []string) (result, error) {
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

// acceptWithoutDestination sends a blueprint, and again without its changelog destination if Port
// refuses it. [?changelog-destination] Since Port removed the destinations from production, it
// either ignores or refuses them; configurations with a destination continue to work in both cases.
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

// body returns the current blueprint with the planned attributes. Keys without an attribute stay:
// unknown keys, properties of types that Port added later, constraints of list items.
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

// declared returns the keys that the change declares for an attribute.
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

// pointsAtItself reports whether a relation or an aggregation property targets its own blueprint.
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

// withoutConnections returns the blueprint without its relations and everything that depends on
// them.
func withoutConnections(blueprint *port.Blueprint) *port.Blueprint {
	reduced := *blueprint
	reduced.Relations, reduced.AggregationProperties, reduced.MirrorProperties = nil, nil, nil
	reduced.CalculationProperties, reduced.Ownership, reduced.TeamInheritance = nil, nil, nil
	return &reduced
}

// retypedKeys returns the properties whose type or item type changes.
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

// reformattedKeys returns the properties whose format changes.
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

// equalText compares optional strings; nil and empty are equal.
func equalText(a, b *string) bool {
	return (a == nil || *a == "") == (b == nil || *b == "") && (a == nil || b == nil || *a == *b)
}

func changesType(old, next port.Property) bool {
	if old.Type != next.Type {
		return true
	}
	return hasItemKind(old.Items) && hasItemKind(next.Items) && old.Items.Type != next.Items.Type
}

// without returns the blueprint with an identifier and without some properties.
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
