// Package settle holds the plan modifiers that prevent differences where nothing changes:
// equivalent JSON, an empty collection against an absent one, and timestamps that change only with
// a write.
package settle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// EmptyIsNull treats an absent and an empty value of an optional and computed attribute alike. If
// no value is configured, an empty value in the state stays, and any other is planned to be
// removed.
type EmptyIsNull struct{}

var (
	_ planmodifier.List   = EmptyIsNull{}
	_ planmodifier.Map    = EmptyIsNull{}
	_ planmodifier.Object = EmptyIsNull{}
	_ planmodifier.Set    = EmptyIsNull{}
)

// Description implements planmodifier.Describer.
func (EmptyIsNull) Description(context.Context) string {
	return "An absent value and an empty one mean the same."
}

// MarkdownDescription implements planmodifier.Describer.
func (m EmptyIsNull) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyList implements planmodifier.List.
func (EmptyIsNull) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.ListNull(req.PlanValue.ElementType(ctx))
	if IsEmpty(req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyMap implements planmodifier.Map.
func (EmptyIsNull) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.MapNull(req.PlanValue.ElementType(ctx))
	if IsEmpty(req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifySet implements planmodifier.Set.
func (EmptyIsNull) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.SetNull(req.PlanValue.ElementType(ctx))
	if IsEmpty(req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyObject implements planmodifier.Object.
func (EmptyIsNull) PlanModifyObject(ctx context.Context, req planmodifier.ObjectRequest, resp *planmodifier.ObjectResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.ObjectNull(req.PlanValue.AttributeTypes(ctx))
	if IsEmpty(req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// IsEmpty reports whether a known value holds nothing: null, a collection
// without elements, or an object whose attributes hold nothing.
func IsEmpty(value attr.Value) bool {
	if value.IsUnknown() {
		return false
	}
	if value.IsNull() {
		return true
	}
	switch value := value.(type) {
	case basetypes.MapValue:
		return len(value.Elements()) == 0
	case basetypes.ListValue:
		return len(value.Elements()) == 0
	case basetypes.SetValue:
		return len(value.Elements()) == 0
	case basetypes.ObjectValue:
		for _, attribute := range value.Attributes() {
			if !IsEmpty(attribute) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// EmptyText treats an absent and an empty text of an optional and computed attribute alike. If no
// value is configured, an empty text in the state stays, and any other is planned to be removed.
// The texts of an object that is not configured stay.
type EmptyText struct{}

var _ planmodifier.String = EmptyText{}

// Description implements planmodifier.Describer.
func (EmptyText) Description(context.Context) string {
	return "An absent text and an empty one mean the same."
}

// MarkdownDescription implements planmodifier.Describer.
func (m EmptyText) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (EmptyText) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	isNested := len(req.Path.Steps()) > 1
	switch {
	case !req.ConfigValue.IsNull():
	case isNested && !isOmitted(ctx, req.Config, req.Path, req.ConfigValue, &resp.Diagnostics):
	case req.StateValue.ValueString() == "":
		resp.PlanValue = req.StateValue
	default:
		resp.PlanValue = types.StringNull()
	}
}
