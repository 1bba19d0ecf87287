package blueprint

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// This file contains the checks that involve several attributes. Each skips unknown values.

// definition is a validator of an object whose attributes depend on each other.
type definition struct {
	description string
	check       func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics
}

var _ validator.Object = definition{}

func (d definition) Description(context.Context) string { return d.description }

func (d definition) MarkdownDescription(context.Context) string { return d.description }

func (d definition) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if !isKnown(req.ConfigValue) {
		return
	}
	resp.Diagnostics.Append(d.check(req.Path, req.ConfigValue.Attributes())...)
}

func stringDefinition() validator.Object {
	return definition{
		description: "default and enum_colors must agree with enum, min_length with max_length, and default with all of them and with pattern",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			diagnostics := checkEnum(at, attributes, sameText, textOf)
			diagnostics.Append(checkOrder(at, attributes, "min_length", "max_length")...)
			return append(diagnostics, checkTextDefault(at, attributes)...)
		},
	}
}

func numberDefinition() validator.Object {
	return definition{
		description: "default and enum_colors must agree with enum, minimum with maximum, and default with both",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			diagnostics := checkEnum(at, attributes, sameNumber, numberOf)
			diagnostics.Append(checkOrder(at, attributes, "minimum", "maximum")...)
			if value, ok := attributes["default"].(types.Number); ok && isKnown(value) {
				diagnostics.Append(checkWithin(at, attributes, value, "default", "minimum", "maximum")...)
			}
			return diagnostics
		},
	}
}

func arrayDefinition() validator.Object {
	return definition{
		description: "min_items must agree with max_items, and default with the item type",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			diagnostics := append(checkOrder(at, attributes, "min_items", "max_items"), checkFreeDefault(at, attributes)...)
			if length, known := defaultLength(attributes); known {
				diagnostics.Append(checkWithin(at, attributes, countOf(length), "number of elements of the default", "min_items", "max_items")...)
			}
			return diagnostics
		},
	}
}

// checkFreeDefault refuses a JSON default next to an item type, which has its own default.
func checkFreeDefault(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if !isKnown(attributes["default"]) {
		return nil
	}
	for _, kind := range slices.Sorted(maps.Keys(itemTypes)) {
		if isKnown(attributes[kind]) {
			diagnostics.AddAttributeError(at.AtName("default"), "Invalid Default",
				fmt.Sprintf("This default is for arrays without an item type. With %s, set the default there: %s = { default = [...] }.", kind, kind))
		}
	}
	return diagnostics
}

func stringItemsDefinition() validator.Object {
	return definition{
		description: "default and enum_colors must agree with enum",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			return checkEnum(at, attributes, sameText, textOf)
		},
	}
}

func numberItemsDefinition() validator.Object {
	return definition{
		description: "default and enum_colors must agree with enum",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			return checkEnum(at, attributes, sameNumber, numberOf)
		},
	}
}

func methodDefinition() validator.Object {
	return definition{
		description: "exactly one method must be set",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			var set []string
			for _, name := range slices.Sorted(maps.Keys(attributes)) {
				if attributes[name].IsUnknown() {
					return nil
				}
				if !attributes[name].IsNull() {
					set = append(set, name)
				}
			}
			if len(set) == 1 {
				return nil
			}
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Invalid Aggregation Method", fmt.Sprintf(
				"Exactly one of %s must be set, but the configuration sets %s.", list(slices.Sorted(maps.Keys(attributes))), list(set)))}
		},
	}
}

func ownershipDefinition() validator.Object {
	return definition{
		description: "path is required with Inherited",
		check: func(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
			if textOf(attributes["type"]) != "Inherited" || !attributes["path"].IsNull() {
				return nil
			}
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at.AtName("path"), "Missing Ownership Path",
				"With type = \"Inherited\", set path to the relations to follow to the owning entity, separated by dots.")}
		},
	}
}

// ValidateConfig runs the checks that involve several attributes.
func (r *blueprintResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	resp.Diagnostics.Append(checkDistinctKeys(ctx, req)...)
	resp.Diagnostics.Append(checkPaths(ctx, req)...)
	resp.Diagnostics.Append(checkFormerKeys(ctx, req)...)
}

// checkDistinctKeys refuses a key that both a property and a derived property have: an entity has
// both under its properties.
func checkDistinctKeys(ctx context.Context, req resource.ValidateConfigRequest) diag.Diagnostics {
	var properties types.Object
	diagnostics := req.Config.GetAttribute(ctx, path.Root("properties"), &properties)
	firstMap := map[string]string{}
	for name, value := range properties.Attributes() {
		if elements, ok := value.(types.Map); ok {
			for key := range elements.Elements() {
				firstMap[key] = "properties." + name
			}
		}
	}
	for _, name := range []string{"mirror_properties", "calculation_properties", "aggregation_properties"} {
		var elements types.Map
		diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(name), &elements)...)
		for _, key := range slices.Sorted(maps.Keys(elements.Elements())) {
			if first, taken := firstMap[key]; taken {
				diagnostics.AddAttributeError(path.Root(name).AtMapKey(key), "Duplicate Key",
					fmt.Sprintf("The key %q also appears in %s. An entity has both under the same key: rename one of the two.", key, first))
				continue
			}
			firstMap[key] = name
		}
	}
	return diagnostics
}

// checkFormerKeys refuses a renamed_from that names its own key, or that two keys have.
func checkFormerKeys(ctx context.Context, req resource.ValidateConfigRequest) diag.Diagnostics {
	properties, diagnostics := declaredProperties(ctx, req.Config.GetAttribute)
	relations, problems := declaredIn(ctx, req.Config.GetAttribute, path.Root("relations"), "relation")
	diagnostics.Append(problems...)
	mirrors, problems := declaredIn(ctx, req.Config.GetAttribute, path.Root("mirror_properties"), "mirror property")
	diagnostics.Append(problems...)
	for _, all := range []declarations{properties, relations, mirrors} {
		claimed := map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(all.byKey)) {
			from := all.byKey[key].from.ValueString()
			other, taken := claimed[from]
			switch at := all.byKey[key].at.AtName("renamed_from"); {
			case from == "":
			case from == key:
				diagnostics.AddAttributeError(at, "Invalid Former Key", fmt.Sprintf("%q cannot be renamed from itself. Remove renamed_from.", key))
			case taken:
				diagnostics.AddAttributeError(at, "Invalid Former Key", fmt.Sprintf("%q is already the renamed_from of %q. Only one of the two can have its values.", from, other))
			}
			claimed[from] = key
		}
	}
	return diagnostics
}

// checkPaths checks that paths start at a relation of the blueprint. Without relations in the
// configuration, they may be declared elsewhere.
func checkPaths(ctx context.Context, req resource.ValidateConfigRequest) diag.Diagnostics {
	var relations types.Map
	diagnostics := req.Config.GetAttribute(ctx, path.Root("relations"), &relations)
	if !isKnown(relations) {
		return diagnostics
	}
	var mirrors types.Map
	diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("mirror_properties"), &mirrors)...)
	for _, key := range slices.Sorted(maps.Keys(mirrors.Elements())) {
		at := path.Root("mirror_properties").AtMapKey(key).AtName("path")
		diagnostics.Append(checkPath(ctx, req, at, relations)...)
	}
	for _, parent := range []string{"ownership", "team_inheritance"} {
		diagnostics.Append(checkPath(ctx, req, path.Root(parent).AtName("path"), relations)...)
	}
	return diagnostics
}

func checkPath(ctx context.Context, req resource.ValidateConfigRequest, at path.Path, relations types.Map) diag.Diagnostics {
	var text types.String
	diagnostics := req.Config.GetAttribute(ctx, at, &text)
	if diagnostics.HasError() || !isKnown(text) {
		return diagnostics
	}
	first, _, _ := strings.Cut(text.ValueString(), ".")
	// Port's own relations, such as $team, are not declared.
	if _, declared := relations.Elements()[first]; declared || strings.HasPrefix(first, "$") {
		return diagnostics
	}
	diagnostics.AddAttributeError(at, "Unknown Relation", fmt.Sprintf(
		"The path %q starts at %q, which is not a relation of this blueprint. Its relations: %s.", text.ValueString(), first, list(slices.Sorted(maps.Keys(relations.Elements())))))
	return diagnostics
}

// checkEnum checks that the defaults and the keys of the colors are allowed values.
func checkEnum(at path.Path, attributes map[string]attr.Value, same func(attr.Value, string) bool, textOf func(attr.Value) string) diag.Diagnostics {
	enum, ok := attributes["enum"].(types.List)
	if !ok || !isKnown(enum) || len(enum.Elements()) == 0 || slices.ContainsFunc(enum.Elements(), isUnknown) {
		return nil
	}
	var allowed []string
	var diagnostics diag.Diagnostics
	for i, value := range enum.Elements() {
		if slices.ContainsFunc(enum.Elements()[:i], func(earlier attr.Value) bool { return same(earlier, textOf(value)) }) {
			diagnostics.AddAttributeError(at.AtName("enum").AtListIndex(i), "Duplicate Enum Value", fmt.Sprintf("%q appears twice.", textOf(value)))
		}
		allowed = append(allowed, textOf(value))
	}
	isAllowed := func(text string) bool {
		return slices.ContainsFunc(enum.Elements(), func(value attr.Value) bool { return same(value, text) })
	}
	for _, value := range defaults(attributes["default"]) {
		if isKnown(value) && !isAllowed(textOf(value)) {
			diagnostics.AddAttributeError(at.AtName("default"), "Invalid Default",
				fmt.Sprintf("The default %q is not one of the values that enum allows: %s.", textOf(value), list(allowed)))
		}
	}
	if colors, ok := attributes["enum_colors"].(types.Map); ok {
		for _, key := range slices.Sorted(maps.Keys(colors.Elements())) {
			if !isAllowed(key) {
				diagnostics.AddAttributeError(at.AtName("enum_colors").AtMapKey(key), "Invalid Enum Color",
					fmt.Sprintf("%q has a color but is not one of the values that enum allows: %s.", key, list(allowed)))
			}
		}
	}
	return diagnostics
}

func defaults(value attr.Value) []attr.Value {
	if elements, ok := value.(types.List); ok {
		return elements.Elements()
	}
	return []attr.Value{value}
}

func checkOrder(at path.Path, attributes map[string]attr.Value, smallest, largest string) diag.Diagnostics {
	low, lowOK := attributes[smallest].(types.Number)
	high, highOK := attributes[largest].(types.Number)
	if !lowOK || !highOK || !isKnown(low) || !isKnown(high) || low.ValueBigFloat().Cmp(high.ValueBigFloat()) <= 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at.AtName(smallest), "Invalid Range",
		fmt.Sprintf("%s is %s and must not be above %s, which is %s.", smallest, numberOf(low), largest, numberOf(high)))}
}

// checkWithin checks a default, or its length, against its limits.
func checkWithin(at path.Path, attributes map[string]attr.Value, size types.Number, subject, smallest, largest string) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	refuse := func(relation, name string, limit types.Number) {
		diagnostics.AddAttributeError(at.AtName("default"), "Invalid Default",
			fmt.Sprintf("The %s, %s, is %s %s, which is %s.", subject, numberOf(size), relation, name, numberOf(limit)))
	}
	low, lowOK := attributes[smallest].(types.Number)
	high, highOK := attributes[largest].(types.Number)
	if lowOK && isKnown(low) && size.ValueBigFloat().Cmp(low.ValueBigFloat()) < 0 {
		refuse("below", smallest, low)
	}
	if highOK && isKnown(high) && size.ValueBigFloat().Cmp(high.ValueBigFloat()) > 0 {
		refuse("above", largest, high)
	}
	return diagnostics
}

func checkTextDefault(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
	if !isKnown(attributes["default"]) {
		return nil
	}
	text := textOf(attributes["default"])
	diagnostics := checkWithin(at, attributes, countOf(utf8.RuneCountInString(text)), "length of the default", "min_length", "max_length")
	if pattern := textOf(attributes["pattern"]); pattern != "" && !validate.Matches(pattern, text) {
		diagnostics.AddAttributeError(at.AtName("default"), "Invalid Default", fmt.Sprintf("The default does not match the pattern %s.", pattern))
	}
	return diagnostics
}

// defaultLength returns the number of elements of an array's default, and false if there is none or
// it is unknown.
func defaultLength(attributes map[string]attr.Value) (length int, known bool) {
	if text, ok := attributes["default"].(jsontype.Value); ok && isKnown(text) {
		decoded, err := text.Decode()
		list, isList := decoded.([]any)
		return len(list), err == nil && isList
	}
	for kind := range itemTypes {
		items, _ := attributes[kind].(types.Object)
		if list, ok := items.Attributes()["default"].(types.List); ok && isKnown(list) {
			return len(list.Elements()), true
		}
	}
	return 0, false
}

func countOf(count int) types.Number { return types.NumberValue(big.NewFloat(float64(count))) }

func isKnown(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }

func isUnknown(value attr.Value) bool { return value.IsUnknown() }

func textOf(value attr.Value) string {
	if text, ok := value.(types.String); ok {
		return text.ValueString()
	}
	return ""
}

func numberOf(value attr.Value) string {
	if number, ok := value.(types.Number); ok && isKnown(number) {
		return convert.NumberText(number).String()
	}
	return ""
}

func sameText(value attr.Value, text string) bool { return textOf(value) == text }

func sameNumber(value attr.Value, text string) bool {
	return jsonvalue.EqualNumbers(json.Number(numberOf(value)), json.Number(text))
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ", ")
}
