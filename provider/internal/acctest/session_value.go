package acctest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// This file holds what Terraform does with the values of a session: the proposed new state of a
// plan, and comparisons.

// proposedNew merges the prior state into a configuration, as Terraform does before it asks the
// provider for a plan: a computed attribute that is not configured keeps its prior value. An
// unknown object in a collection becomes an object with unknown attributes.
func proposedNew(t *testing.T, attributes []*tfprotov6.SchemaAttribute, wireType tftypes.Type, prior, config tftypes.Value) tftypes.Value {
	t.Helper()
	if config.IsNull() {
		return config
	}
	old, configured := members(t, prior), attributesOf(t, config)
	merged := map[string]tftypes.Value{}
	for _, attribute := range attributes {
		merged[attribute.Name] = proposedAttribute(t, attribute, old[attribute.Name], configured[attribute.Name])
	}
	return tftypes.NewValue(wireType, merged)
}

func proposedAttribute(t *testing.T, attribute *tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	t.Helper()
	switch {
	case config.IsNull() && attribute.Computed:
		if prior.Type() == nil {
			return config
		}
		return prior
	case config.IsNull() || !config.IsKnown() || attribute.NestedType == nil:
		return config
	case attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeMap:
		elementType := config.Type().(tftypes.Map).ElementType
		old, elements := members(t, prior), map[string]tftypes.Value{}
		for key, element := range members(t, config) {
			elements[key] = proposedNew(t, attribute.NestedType.Attributes, elementType, old[key], element)
		}
		return tftypes.NewValue(config.Type(), elements)
	case attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeList:
		elementType := config.Type().(tftypes.List).ElementType
		old, elements := listElements(t, prior), listElements(t, config)
		for i, element := range elements {
			var before tftypes.Value
			if i < len(old) {
				before = old[i]
			}
			elements[i] = proposedNew(t, attribute.NestedType.Attributes, elementType, before, element)
		}
		return tftypes.NewValue(config.Type(), elements)
	default:
		return proposedNew(t, attribute.NestedType.Attributes, config.Type(), prior, config)
	}
}

func listElements(t *testing.T, value tftypes.Value) []tftypes.Value {
	t.Helper()
	if value.Type() == nil || value.IsNull() || !value.IsKnown() {
		return nil
	}
	var out []tftypes.Value
	if err := value.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// members returns the attributes of an object or the elements of a map, and nil for a value that is
// null, unknown or absent.
func members(t *testing.T, value tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	if value.Type() == nil || value.IsNull() || !value.IsKnown() {
		return nil
	}
	var out map[string]tftypes.Value
	if err := value.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// attributesOf returns the attributes of an object, all of which are unknown if the object is.
func attributesOf(t *testing.T, object tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	wireType, isObject := object.Type().(tftypes.Object)
	if !isObject || object.IsKnown() {
		return members(t, object)
	}
	unknown := map[string]tftypes.Value{}
	for name, attributeType := range wireType.AttributeTypes {
		unknown[name] = tftypes.NewValue(attributeType, tftypes.UnknownValue)
	}
	return unknown
}

// differences returns the sorted paths of the leaves in which two values differ.
func differences(t *testing.T, before, after tftypes.Value) []string {
	t.Helper()
	diffs, err := before.Diff(after)
	if err != nil {
		t.Fatal(err)
	}
	var leaves []string
	for _, diff := range diffs {
		if len(diff.Path.Steps()) == 0 || isContainerOnBothSides(diff) || isNothingOnBothSides(diff) {
			continue
		}
		leaves = append(leaves, pathName(diff.Path))
	}
	slices.Sort(leaves)
	return slices.Compact(slices.DeleteFunc(leaves, func(leaf string) bool { return hasChild(leaves, leaf) }))
}

// isContainerOnBothSides reports whether a difference is between containers, whose members are
// listed themselves.
func isContainerOnBothSides(diff tftypes.ValueDiff) bool {
	return isContainer(diff.Value1) && isContainer(diff.Value2)
}

// isNothingOnBothSides reports whether a difference is between an attribute that is null and one
// whose object is null.
func isNothingOnBothSides(diff tftypes.ValueDiff) bool {
	_, isAttribute := diff.Path.LastStep().(tftypes.AttributeName)
	return isAttribute && isNothing(diff.Value1) && isNothing(diff.Value2)
}

func isNothing(value *tftypes.Value) bool { return value == nil || value.IsNull() }

func isContainer(value *tftypes.Value) bool {
	return value != nil && value.IsKnown() && !value.IsNull() && (value.Type().Is(tftypes.Object{}) || value.Type().Is(tftypes.Map{}))
}

// hasChild reports whether a longer path below this one is listed.
func hasChild(leaves []string, leaf string) bool {
	return slices.ContainsFunc(leaves, func(other string) bool {
		return len(other) > len(leaf) && other[:len(leaf)+1] == leaf+"."
	})
}

func pathName(at *tftypes.AttributePath) string {
	var name string
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			name = join(name, string(step))
		case tftypes.ElementKeyString:
			name = join(name, string(step))
		case tftypes.ElementKeyInt:
			// A list counts as one value.
			return name
		case tftypes.ElementKeyValue:
			return name
		}
	}
	return name
}

// inconsistencies returns the values that are known in a plan and differ after the apply.
func inconsistencies(t *testing.T, planned, applied tftypes.Value) []string {
	t.Helper()
	diffs, err := planned.Diff(applied)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, diff := range diffs {
		if len(diff.Path.Steps()) == 0 || isContainerOnBothSides(diff) || diff.Value1 == nil || !diff.Value1.IsKnown() {
			continue
		}
		all = append(all, fmt.Sprintf("%s was planned as %s and is %s", pathName(diff.Path), diff.Value1, diff.Value2))
	}
	return all
}
