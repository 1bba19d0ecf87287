package entity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
)

// localAttributes are those that Port never stores.
var localAttributes = []string{"create_missing_related_entities", "run_id"}

// ModifyPlan settles the computed attributes.
func (r *entityResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var blueprint, identifier types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("blueprint"), &blueprint)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)...)
	id := types.StringUnknown()
	if !blueprint.IsUnknown() && !identifier.IsUnknown() {
		id = types.StringValue(entityID(blueprint.ValueString(), identifier.ValueString()))
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), id)...)
	settle.Volatile(ctx, req, resp, metadata.Volatile(), localAttributes)
}
