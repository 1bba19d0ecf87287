package settle

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Volatile plans the string attributes that every write at Port changes, such
// as updated_at, as unknown when an attribute that Port stores is planned to
// change, and as they are when none is. The framework alone would call them
// unknown as soon as anything in the resource differs, also an argument that
// only steers the provider (local) or JSON that was merely reformatted.
func Volatile(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, volatile, local []string) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	changed, err := changedAttributes(resp.Plan.Raw, req.State.Raw)
	if err != nil {
		resp.Diagnostics.Append(diag.NewErrorDiagnostic("Unable to Read Plan", err.Error()))
		return
	}
	changed = slices.DeleteFunc(changed, func(name string) bool {
		return slices.Contains(volatile, name) || slices.Contains(local, name)
	})
	for _, name := range volatile {
		attribute := path.Root(name)
		if len(changed) > 0 {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, attribute, types.StringUnknown())...)
			continue
		}
		var prior types.String
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, attribute, &prior)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, attribute, prior)...)
	}
}

func changedAttributes(plan, state tftypes.Value) ([]string, error) {
	var planned, prior map[string]tftypes.Value
	if err := plan.As(&planned); err != nil {
		return nil, err
	}
	if err := state.As(&prior); err != nil {
		return nil, err
	}
	var changed []string
	for name := range planned {
		if !planned[name].Equal(prior[name]) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed, nil
}
