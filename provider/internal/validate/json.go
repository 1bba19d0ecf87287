package validate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// JSONElements checks that the texts in a map or a list of JSON are JSON. The
// framework validates an attribute by its type, and the elements of one only
// when a resource reads them, which is at apply.
type JSONElements struct{}

var (
	_ validator.Map  = JSONElements{}
	_ validator.List = JSONElements{}
)

// Description implements validator.Describer.
func (JSONElements) Description(context.Context) string { return "elements must be JSON" }

// MarkdownDescription implements validator.Describer.
func (v JSONElements) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap implements validator.Map.
func (JSONElements) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	resp.Diagnostics.Append(checkJSON(ctx, req.Path, req.ConfigValue)...)
}

// ValidateList implements validator.List.
func (JSONElements) ValidateList(ctx context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	resp.Diagnostics.Append(checkJSON(ctx, req.Path, req.ConfigValue)...)
}

func checkJSON(ctx context.Context, at path.Path, value attr.Value) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	switch value := value.(type) {
	case jsontype.Value:
		var resp xattr.ValidateAttributeResponse
		value.ValidateAttribute(ctx, xattr.ValidateAttributeRequest{Path: at}, &resp)
		return resp.Diagnostics
	case types.Map:
		for key, element := range value.Elements() {
			diagnostics.Append(checkJSON(ctx, at.AtMapKey(key), element)...)
		}
	case types.List:
		for i, element := range value.Elements() {
			diagnostics.Append(checkJSON(ctx, at.AtListIndex(i), element)...)
		}
	}
	return diagnostics
}
