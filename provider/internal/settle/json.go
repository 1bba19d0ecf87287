package settle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// SameJSON plans the prior text if the configuration has equivalent JSON. Semantic equality of the
// type hides such differences only after a read; at plan time the configuration takes precedence
// unless a plan modifier intervenes. A collection is planned entirely from the state or entirely
// from the configuration, because Terraform does not accept a mixture.
type SameJSON struct{}

var (
	_ planmodifier.String = SameJSON{}
	_ planmodifier.List   = SameJSON{}
	_ planmodifier.Map    = SameJSON{}
)

// Description implements planmodifier.Describer.
func (SameJSON) Description(context.Context) string {
	return "Equivalent JSON is not a change."
}

// MarkdownDescription implements planmodifier.Describer.
func (m SameJSON) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (SameJSON) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || req.StateValue.IsNull() {
		return
	}
	if jsonvalue.EqualText(req.ConfigValue.ValueString(), req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyList implements planmodifier.List.
func (SameJSON) PlanModifyList(_ context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	if !req.ConfigValue.IsNull() && sameValue(req.ConfigValue, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyMap implements planmodifier.Map.
func (SameJSON) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if !req.ConfigValue.IsNull() && sameValue(req.ConfigValue, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// sameValue compares values and nested collections; JSON strings are equal if they are equivalent.
func sameValue(a, b attr.Value) bool {
	if a.IsUnknown() || b.IsUnknown() || a.IsNull() || b.IsNull() {
		return a.Equal(b)
	}
	switch a := a.(type) {
	case jsontype.Value:
		b, ok := b.(jsontype.Value)
		return ok && jsonvalue.EqualText(a.ValueString(), b.ValueString())
	case basetypes.ListValue:
		b, ok := b.(basetypes.ListValue)
		return ok && sameElements(a.Elements(), b.Elements())
	case basetypes.MapValue:
		b, ok := b.(basetypes.MapValue)
		return ok && sameEntries(a.Elements(), b.Elements())
	default:
		return a.Equal(b)
	}
}

func sameElements(a, b []attr.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameEntries(a, b map[string]attr.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for key := range a {
		other, ok := b[key]
		if !ok || !sameValue(a[key], other) {
			return false
		}
	}
	return true
}
