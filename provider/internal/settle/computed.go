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

// PlanVolatile plans the string attributes that every write changes, such as updated_at, as unknown
// if the update will write, and as in the state otherwise. The framework alone would plan them as
// unknown whenever anything in the resource differs, including arguments that only affect the
// provider, and reformatted JSON. writes reports whether the update will write; it is called after
// the volatile attributes of the plan have been set to those of the state.
func PlanVolatile(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, volatile []string, writes func() (bool, diag.Diagnostics),
) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	for _, name := range volatile {
		var prior types.String
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(name), &prior)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), prior)...)
	}
	changed, diagnostics := writes()
	resp.Diagnostics.Append(diagnostics...)
	if !changed {
		return
	}
	for _, name := range volatile {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
}

// Changed reports whether a plan differs from a state in any attribute not listed in except.
func Changed(plan, state tftypes.Value, except []string) (bool, error) {
	changed, err := changedAttributes(plan, state)
	changed = slices.DeleteFunc(changed, func(name string) bool { return slices.Contains(except, name) })
	return len(changed) > 0, err
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
