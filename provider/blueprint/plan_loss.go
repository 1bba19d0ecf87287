package blueprint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// This file finds at plan time which values of entities an apply would delete:
// those of a property whose type changes, and those under a key that is replaced
// by another one.

// propertyTypes maps each map of properties in the configuration to the type
// that Port gives to its properties.
var propertyTypes = map[string]string{
	"string_props":  typeString,
	"number_props":  typeNumber,
	"boolean_props": typeBoolean,
	"object_props":  typeObject,
	"array_props":   typeArray,
}

// itemTypes maps each kind of array elements to the type that Port gives them.
var itemTypes = map[string]string{
	"string_items":  typeString,
	"number_items":  typeNumber,
	"boolean_items": typeBoolean,
	"object_items":  typeObject,
}

// declared is a property or a relation as a plan or a state has it. Unlike the
// model it can be read while other values are unknown.
type declared struct {
	renamedKey
	at         path.Path
	kind       string
	attributes map[string]attr.Value
}

// typeName is the type of a property for people, such as "array of string".
func (d declared) typeName() string {
	if item := d.itemType(); item != "" {
		return d.kind + " of " + item
	}
	return d.kind
}

// itemType is the type of an array's elements, or "" where that is open or not
// known yet.
func (d declared) itemType() string {
	found := ""
	for name, itemType := range itemTypes {
		value, exists := d.attributes[name]
		switch {
		case !exists || value.IsNull():
		case value.IsUnknown():
			return ""
		default:
			found = itemType
		}
	}
	return found
}

func (d declared) changesTypeTo(next declared) bool {
	if d.kind != next.kind {
		return true
	}
	old, fresh := d.itemType(), next.itemType()
	return old != "" && fresh != "" && old != fresh
}

// changesFormatTo compares formats that are known.
func (d declared) changesFormatTo(next declared) bool {
	old, hadFormat := d.attributes["format"].(types.String)
	fresh, hasFormat := next.attributes["format"].(types.String)
	return hadFormat && hasFormat && !old.IsUnknown() && !fresh.IsUnknown() && old.ValueString() != fresh.ValueString()
}

// declarations are properties or relations by key. They are partial while a map
// of them is not known.
type declarations struct {
	byKey   map[string]declared
	partial bool
}

type getter func(context.Context, path.Path, any) diag.Diagnostics

// planLosses compares the keys of state and plan.
func planLosses(ctx context.Context, req resource.ModifyPlanRequest, protected bool) diag.Diagnostics {
	before, diagnostics := declaredProperties(ctx, req.State.GetAttribute)
	after, found := declaredProperties(ctx, req.Plan.GetAttribute)
	diagnostics.Append(found...)
	diagnostics.Append(typeChanges(before.byKey, after.byKey, protected)...)
	diagnostics.Append(keyChanges("property", before, after)...)

	before, found = declaredIn(ctx, req.State.GetAttribute, path.Root("relations"), "relation")
	diagnostics.Append(found...)
	after, found = declaredIn(ctx, req.Plan.GetAttribute, path.Root("relations"), "relation")
	diagnostics.Append(found...)
	if _, areHandedOver, _ := relationsGone(ctx, req, req.Plan.GetAttribute); areHandedOver {
		return diagnostics
	}
	return append(diagnostics, keyChanges("relation", before, after)...)
}

func declaredProperties(ctx context.Context, get getter) (declarations, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	var whole types.Object
	diagnostics.Append(get(ctx, path.Root("properties"), &whole)...)
	all := declarations{byKey: map[string]declared{}, partial: whole.IsUnknown()}
	for collection, kind := range propertyTypes {
		found, problems := declaredIn(ctx, get, path.Root("properties").AtName(collection), kind)
		diagnostics.Append(problems...)
		maps.Copy(all.byKey, found.byKey)
		all.partial = all.partial || found.partial
	}
	return all, diagnostics
}

func declaredIn(ctx context.Context, get getter, at path.Path, kind string) (declarations, diag.Diagnostics) {
	var elements types.Map
	diagnostics := get(ctx, at, &elements)
	found := declarations{byKey: map[string]declared{}, partial: elements.IsUnknown()}
	for key, element := range elements.Elements() {
		object, _ := element.(types.Object)
		from, _ := object.Attributes()["renamed_from"].(types.String)
		found.byKey[key] = declared{renamedKey: renamedKey{from: from}, at: at.AtMapKey(key), kind: kind, attributes: object.Attributes()}
	}
	return found, diagnostics
}

func renamed(all map[string]declared) map[string]renamedKey {
	keys := make(map[string]renamedKey, len(all))
	for key, one := range all {
		keys[key] = one.renamedKey
	}
	return keys
}

// typeChanges refuses, or with protection off warns of, properties whose type
// changes, under their key or under the one that they are renamed from.
func typeChanges(before, after map[string]declared, protected bool) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	origin := map[string]string{}
	for key := range after {
		origin[key] = key
	}
	for _, m := range findMoves(renamed(before), renamed(after)) {
		origin[m.to] = m.from
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		old, existed := before[origin[key]]
		if existed && !old.changesTypeTo(after[key]) && old.changesFormatTo(after[key]) {
			diagnostics.AddAttributeWarning(after[key].at.AtName("format"), "Property Format Changes", formatChange(key, protected))
		}
		if !existed || !old.changesTypeTo(after[key]) {
			continue
		}
		changed := fmt.Sprintf("The type of property %q changed from %q to %q.", key, old.typeName(), after[key].typeName())
		if protected {
			diagnostics.AddAttributeError(after[key].at, "Property Type Changed", changed+
				" Port cannot convert its values: applying this would delete the value of every entity. "+
				"Give the property a new key, or set blueprint_property_type_change_protection = false in the provider block to accept the loss. "+
				"If the type was changed outside Terraform, configure the type that it has now.")
			continue
		}
		diagnostics.AddAttributeWarning(after[key].at, "Property Values Will Be Deleted", changed+
			" Port cannot convert its values: applying this deletes the value of every entity.")
	}
	return diagnostics
}

// formatChange says what an apply does about a format that changes. [?format-change] Port may
// still change it in place, as it did before the middle of 2026.
func formatChange(key string, protected bool) string {
	outcome := "the property is deleted and added again, which deletes the value of every entity."
	if protected {
		outcome = "the apply fails if the blueprint has entities. To keep their values, add a property with the new format under another key and copy the values to it."
	}
	return fmt.Sprintf("The format of property %q changes. Where Port refuses to change the format of a property that exists, %s", key, outcome)
}

// keyChanges warns of what becomes of values whose key changes.
func keyChanges(noun string, before, after declarations) diag.Diagnostics {
	moves := findMoves(renamed(before.byKey), renamed(after.byKey))
	diagnostics := exchanges(after.byKey, moves)
	diagnostics.Append(departures(after.byKey, moves)...)
	if after.partial {
		return diagnostics
	}
	return append(diagnostics, plainRenames(noun, before.byKey, after.byKey, moves)...)
}

// exchanges warns of keys that take each other's values.
func exchanges(after map[string]declared, moves []move) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if !hasCycle(moves) {
		return nil
	}
	for _, m := range moves {
		diagnostics.AddAttributeWarning(after[m.to].at.AtName("renamed_from"), "Values Will Be Exchanged", fmt.Sprintf(
			"Applying this gives %q the values that every entity has under %q. It does so once; remove renamed_from if that was done before.", m.to, m.from))
	}
	return diagnostics
}

// departures warns of keys that stay and lose their values to another one.
func departures(after map[string]declared, moves []move) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, m := range moves {
		_, stays := after[m.from]
		refilled := slices.ContainsFunc(moves, func(other move) bool { return other.to == m.from })
		if stays && !refilled {
			diagnostics.AddAttributeWarning(after[m.to].at.AtName("renamed_from"), "Values Will Be Moved", fmt.Sprintf(
				"Applying this moves the value that every entity has under %q to %q. %q stays, without values. If that is not what you want, remove renamed_from.", m.from, m.to, m.from))
		}
	}
	return diagnostics
}

// plainRenames warns where keys go and others come: what looks like a rename
// deletes values without renamed_from.
func plainRenames(noun string, before, after map[string]declared, moves []move) diag.Diagnostics {
	gone := missing(before, after)
	come := missing(after, before)
	for _, m := range moves {
		delete(gone, m.from)
		delete(come, m.to)
	}
	var diagnostics diag.Diagnostics
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		var candidates []string
		for _, other := range slices.Sorted(maps.Keys(come)) {
			if gone[key].typeName() == come[other].typeName() && !come[other].from.IsUnknown() {
				candidates = append(candidates, other)
			}
		}
		if len(candidates) == 0 {
			continue
		}
		diagnostics.AddAttributeWarning(come[candidates[0]].at, "Values Will Be Deleted", fmt.Sprintf(
			"Applying this deletes the %s %q with its value in every entity, and adds %s without any. If one of them is the same under a new key, set renamed_from = %q on it to keep the values.",
			noun, key, quoted(candidates), key))
	}
	return diagnostics
}

func missing(from, in map[string]declared) map[string]declared {
	out := map[string]declared{}
	for key, one := range from {
		if _, exists := in[key]; !exists {
			out[key] = one
		}
	}
	return out
}

func quoted(keys []string) string {
	return `"` + strings.Join(keys, `", "`) + `"`
}
