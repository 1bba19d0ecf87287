package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// NoNulls refuses null elements of a map or a list, each on its own path.
type NoNulls struct{}

var (
	_ validator.Map  = NoNulls{}
	_ validator.List = NoNulls{}
)

// Description implements validator.Describer.
func (NoNulls) Description(context.Context) string { return "elements must not be null" }

// MarkdownDescription implements validator.Describer.
func (v NoNulls) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap implements validator.Map.
func (NoNulls) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		if elements[key].IsNull() {
			resp.Diagnostics.Append(nullElement(req.Path.AtMapKey(key)))
		}
	}
}

// ValidateList implements validator.List.
func (NoNulls) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	for i, element := range req.ConfigValue.Elements() {
		if element.IsNull() {
			resp.Diagnostics.Append(nullElement(req.Path.AtListIndex(i)))
		}
	}
}

func nullElement(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Null Element", fmt.Sprintf("%s is null. Remove it, or give it a value.", at))
}
