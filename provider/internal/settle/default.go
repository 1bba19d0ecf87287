package settle

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DefaultBool plans a value for an optional and computed attribute of a nested object that the
// configuration omits. The framework's defaults cannot distinguish an omitted attribute from an
// attribute of an unknown object, and plan the default for both; Terraform then refuses the plan,
// or the apply once the object is known. The attributes of an object that is not configured at all
// stay as they are, because the configuration does not manage it.
type DefaultBool bool

// DefaultString is [DefaultBool] for a string.
type DefaultString string

// DefaultStrings is [DefaultBool] for a list of strings.
type DefaultStrings []string

// DefaultEmptySet is [DefaultBool] for a set whose default is empty.
type DefaultEmptySet struct{}

var (
	_ planmodifier.Set    = DefaultEmptySet{}
	_ planmodifier.Bool   = DefaultBool(false)
	_ planmodifier.String = DefaultString("")
	_ planmodifier.List   = DefaultStrings{}
)

// Description implements planmodifier.Describer.
func (d DefaultBool) Description(context.Context) string { return fmt.Sprintf("Defaults to %t.", d) }

// MarkdownDescription implements planmodifier.Describer.
func (d DefaultBool) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// PlanModifyBool implements planmodifier.Bool.
func (d DefaultBool) PlanModifyBool(ctx context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if isOmitted(ctx, req.Config, req.Path, req.ConfigValue, &resp.Diagnostics) {
		resp.PlanValue = types.BoolValue(bool(d))
	}
}

// Description implements planmodifier.Describer.
func (d DefaultString) Description(context.Context) string { return fmt.Sprintf("Defaults to %q.", d) }

// MarkdownDescription implements planmodifier.Describer.
func (d DefaultString) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (d DefaultString) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if isOmitted(ctx, req.Config, req.Path, req.ConfigValue, &resp.Diagnostics) {
		resp.PlanValue = types.StringValue(string(d))
	}
}

// Description implements planmodifier.Describer.
func (d DefaultStrings) Description(context.Context) string { return fmt.Sprintf("Defaults to %q.", d) }

// MarkdownDescription implements planmodifier.Describer.
func (d DefaultStrings) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// PlanModifyList implements planmodifier.List.
func (d DefaultStrings) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	if !isOmitted(ctx, req.Config, req.Path, req.ConfigValue, &resp.Diagnostics) {
		return
	}
	value, diagnostics := types.ListValueFrom(ctx, types.StringType, []string(d))
	resp.Diagnostics.Append(diagnostics...)
	resp.PlanValue = value
}

// Description implements planmodifier.Describer.
func (DefaultEmptySet) Description(context.Context) string { return "Defaults to an empty set." }

// MarkdownDescription implements planmodifier.Describer.
func (d DefaultEmptySet) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// PlanModifySet implements planmodifier.Set.
func (DefaultEmptySet) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if isOmitted(ctx, req.Config, req.Path, req.ConfigValue, &resp.Diagnostics) {
		resp.PlanValue = types.SetValueMust(req.PlanValue.ElementType(ctx), []attr.Value{})
	}
}

// isOmitted reports whether an attribute is not configured, but the object that contains it is.
func isOmitted(ctx context.Context, config tfsdk.Config, at path.Path, configured attr.Value, diagnostics *diag.Diagnostics) bool {
	if !configured.IsNull() {
		return false
	}
	var object types.Object
	diagnostics.Append(config.GetAttribute(ctx, at.ParentPath(), &object)...)
	return !object.IsNull() && !object.IsUnknown()
}
