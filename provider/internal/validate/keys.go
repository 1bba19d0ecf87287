package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DistinctKeys refuses a key that appears in two maps of an object. The maps separate by type what
// Port stores under one key, so one of the two values would be lost.
type DistinctKeys struct{}

var _ validator.Object = DistinctKeys{}

// Description implements validator.Describer.
func (DistinctKeys) Description(context.Context) string { return "a key may appear in only one map" }

// MarkdownDescription implements validator.Describer.
func (v DistinctKeys) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject implements validator.Object.
func (DistinctKeys) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	resp.Diagnostics.Append(keyCollector{firstMap: map[string]string{}}.visit(req.Path, req.ConfigValue.Attributes())...)
}

// keyCollector records the map in which each key appears first.
type keyCollector struct {
	firstMap map[string]string
}

func (c keyCollector) visit(at path.Path, attributes map[string]attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		switch value := attributes[name].(type) {
		case types.Object:
			diagnostics.Append(c.visit(at.AtName(name), value.Attributes())...)
		case types.Map:
			diagnostics.Append(c.check(at.AtName(name), name, value)...)
		}
	}
	return diagnostics
}

func (c keyCollector) check(at path.Path, name string, elements types.Map) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, key := range slices.Sorted(maps.Keys(elements.Elements())) {
		first, isDuplicate := c.firstMap[key]
		if !isDuplicate {
			c.firstMap[key] = name
			continue
		}
		diagnostics.AddAttributeError(at.AtMapKey(key), "Duplicate Key",
			fmt.Sprintf("The key %q also appears in %s. A key can have only one type: remove it from one of the two.", key, first))
	}
	return diagnostics
}
