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

// This file finds which values of entities an apply would delete: those of properties whose type
// changes, and those under keys that are replaced.

// propertyTypes maps the attributes of properties to Port's property types.
var propertyTypes = map[string]string{
	"string_props":  typeString,
	"number_props":  typeNumber,
	"boolean_props": typeBoolean,
	"object_props":  typeObject,
	"array_props":   typeArray,
}

// itemTypes maps the attributes of array properties to Port's item types.
var itemTypes = map[string]string{
	"string_items":  typeString,
	"number_items":  typeNumber,
	"boolean_items": typeBoolean,
	"object_items":  typeObject,
}

// declared is a property or relation in a plan or a state. Unlike the model, it can be read while
// other values are unknown.
type declared struct {
	renamedKey
	at         path.Path
	kind       string
	attributes map[string]attr.Value
}

// typeName returns the type of a property for messages, such as "array of string".
func (d declared) typeName() string {
	if item := d.itemType(); item != "" {
		return d.kind + " of " + item
	}
	return d.kind
}

// itemType returns the item type of an array, or "" if it is not set or unknown.
func (d declared) itemType() string {
	result := ""
	for name, itemType := range itemTypes {
		value, exists := d.attributes[name]
		switch {
		case !exists || value.IsNull():
		case value.IsUnknown():
			return ""
		default:
			result = itemType
		}
	}
	return result
}

func (d declared) changesTypeTo(next declared) bool {
	if d.kind != next.kind {
		return true
	}
	old, planned := d.itemType(), next.itemType()
	return old != "" && planned != "" && old != planned
}

// changesFormatTo compares formats if both are known.
func (d declared) changesFormatTo(next declared) bool {
	old, hadFormat := d.attributes["format"].(types.String)
	planned, hasFormat := next.attributes["format"].(types.String)
	return hadFormat && hasFormat && !old.IsUnknown() && !planned.IsUnknown() && old.ValueString() != planned.ValueString()
}

// declarations are properties or relations by key. They are partial if one of their maps is
// unknown.
type declarations struct {
	byKey   map[string]declared
	partial bool
}

type getter func(context.Context, path.Path, any) diag.Diagnostics

// planLosses compares the properties and relations of state and plan.
func planLosses(ctx context.Context, req resource.ModifyPlanRequest, protected bool) diag.Diagnostics {
	before, diagnostics := declaredProperties(ctx, req.State.GetAttribute)
	after, problems := declaredProperties(ctx, req.Plan.GetAttribute)
	diagnostics.Append(problems...)
	diagnostics.Append(typeChanges(before.byKey, after.byKey, protected)...)
	diagnostics.Append(keyChanges("property", before, after)...)

	before, problems = declaredIn(ctx, req.State.GetAttribute, path.Root("relations"), "relation")
	diagnostics.Append(problems...)
	after, problems = declaredIn(ctx, req.Plan.GetAttribute, path.Root("relations"), "relation")
	diagnostics.Append(problems...)
	if _, areHandedOver, _ := removedRelations(ctx, req, req.Plan.GetAttribute); areHandedOver {
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
		part, problems := declaredIn(ctx, get, path.Root("properties").AtName(collection), kind)
		diagnostics.Append(problems...)
		maps.Copy(all.byKey, part.byKey)
		all.partial = all.partial || part.partial
	}
	return all, diagnostics
}

func declaredIn(ctx context.Context, get getter, at path.Path, kind string) (declarations, diag.Diagnostics) {
	var elements types.Map
	diagnostics := get(ctx, at, &elements)
	result := declarations{byKey: map[string]declared{}, partial: elements.IsUnknown()}
	for key, element := range elements.Elements() {
		object, _ := element.(types.Object)
		from, _ := object.Attributes()["renamed_from"].(types.String)
		result.byKey[key] = declared{renamedKey: renamedKey{from: from}, at: at.AtMapKey(key), kind: kind, attributes: object.Attributes()}
	}
	return result, diagnostics
}

func renamed(all map[string]declared) map[string]renamedKey {
	keys := make(map[string]renamedKey, len(all))
	for key, one := range all {
		keys[key] = one.renamedKey
	}
	return keys
}

// typeChanges refuses type changes of properties, renamed or not. With the protection off, it warns
// about them.
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

// formatChange describes what an apply does about a changed format. [?format-change] Port may still
// change it in place, as it did before the middle of 2026.
func formatChange(key string, protected bool) string {
	outcome := "the property is deleted and added again, which deletes the value of every entity."
	if protected {
		outcome = "the apply fails while the blueprint has entities. To keep their values, add a property with the new format under another key and copy the values to it."
	}
	return fmt.Sprintf("The format of property %q changes. If Port refuses that, %s", key, outcome)
}

// keyChanges warns about values that are moved or deleted because keys change.
func keyChanges(noun string, before, after declarations) diag.Diagnostics {
	moves := findMoves(renamed(before.byKey), renamed(after.byKey))
	diagnostics := swappedKeys(after.byKey, moves)
	diagnostics.Append(movedKeys(after.byKey, moves)...)
	if after.partial {
		return diagnostics
	}
	return append(diagnostics, plainRenames(noun, before.byKey, after.byKey, moves)...)
}

// swappedKeys warns about keys that swap their values.
func swappedKeys(after map[string]declared, moves []move) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if !hasCycle(moves) {
		return nil
	}
	for _, m := range moves {
		diagnostics.AddAttributeWarning(after[m.to].at.AtName("renamed_from"), "Values Will Be Swapped", fmt.Sprintf(
			"Applying this gives %q the values that every entity has under %q. If that was already done, remove renamed_from.", m.to, m.from))
	}
	return diagnostics
}

// movedKeys warns about keys that stay in the plan but lose their values to another key.
func movedKeys(after map[string]declared, moves []move) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, m := range moves {
		_, stays := after[m.from]
		refilled := slices.ContainsFunc(moves, func(other move) bool { return other.to == m.from })
		if stays && !refilled {
			diagnostics.AddAttributeWarning(after[m.to].at.AtName("renamed_from"), "Values Will Be Moved", fmt.Sprintf(
				"Applying this moves the value that every entity has under %q to %q. %q stays, but without values. To keep them there, remove renamed_from.", m.from, m.to, m.from))
		}
	}
	return diagnostics
}

// plainRenames warns if some keys are removed and others of the same type are added: without
// renamed_from, a rename deletes the values.
func plainRenames(noun string, before, after map[string]declared, moves []move) diag.Diagnostics {
	removed := missing(before, after)
	added := missing(after, before)
	for _, m := range moves {
		delete(removed, m.from)
		delete(added, m.to)
	}
	var diagnostics diag.Diagnostics
	for _, key := range slices.Sorted(maps.Keys(removed)) {
		var candidates []string
		for _, other := range slices.Sorted(maps.Keys(added)) {
			if removed[key].typeName() == added[other].typeName() && !added[other].from.IsUnknown() {
				candidates = append(candidates, other)
			}
		}
		if len(candidates) == 0 {
			continue
		}
		diagnostics.AddAttributeWarning(added[candidates[0]].at, "Values Will Be Deleted", fmt.Sprintf(
			"Applying this deletes the %s %q with its value in every entity, and adds %s without values. If this is a rename, set renamed_from = %q on the new one to keep the values.",
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
