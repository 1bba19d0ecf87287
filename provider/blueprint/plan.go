package blueprint

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
)

// localAttributes are the attributes that Port does not store.
var localAttributes = []string{"force_delete_entities", "delete_actions", "deletion_protection", "create_catalog_page", "relations_mode", "aggregation_properties_mode", "timeouts"}

// ModifyPlan plans the computed attributes, and reports what a plan would delete or cannot do.
func (r *blueprintResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(deletionProtected(ctx, req.State)...)
		return
	}
	resp.Diagnostics.Append(planID(ctx, req, resp)...)
	resp.Diagnostics.Append(planExtra(ctx, req.Config)...)
	resp.Diagnostics.Append(r.announce(ctx, req, resp)...)
	if req.State.Raw.IsNull() || resp.Diagnostics.HasError() {
		return
	}
	settle.PlanVolatile(ctx, req, resp, metadata.Volatile(), func() (bool, diag.Diagnostics) { return sendsSomething(ctx, req, resp) })
	resp.Diagnostics.Append(destinationIgnoredBefore(ctx, req)...)
	protected := r.Backend != nil && r.Backend.TypeChangeProtection
	resp.Diagnostics.Append(planLosses(ctx, req, protected)...)
	resp.Diagnostics.Append(planReleases(ctx, req)...)
}

// deletionProtected refuses to destroy a blueprint whose state has deletion_protection.
func deletionProtected(ctx context.Context, state tfsdk.State) diag.Diagnostics {
	var protection types.Bool
	var id types.String
	diagnostics := state.GetAttribute(ctx, path.Root("deletion_protection"), &protection)
	diagnostics.Append(state.GetAttribute(ctx, path.Root("id"), &id)...)
	if protection.ValueBool() {
		diagnostics.AddAttributeError(path.Root("deletion_protection"), "Blueprint Is Protected", fmt.Sprintf(
			"The blueprint %q has deletion_protection = true. To destroy it, set deletion_protection = false and apply that first. "+
				"If the resource block was removed from the configuration, restore it for that.", id.ValueString()))
	}
	return diagnostics
}

// planID plans the ID as soon as the identifier is known, so that resources that refer to it can be
// planned.
func planID(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	var identifier types.String
	diagnostics := req.Plan.GetAttribute(ctx, path.Root("identifier"), &identifier)
	diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), identifier)...)
	return diagnostics
}

// announce publishes the planned blueprint for the entities that are planned later.
func (r *blueprintResource) announce(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if r.Backend == nil {
		return nil
	}
	var before, after types.String
	diagnostics := resp.Plan.GetAttribute(ctx, path.Root("identifier"), &after)
	if !req.State.Raw.IsNull() {
		diagnostics.Append(req.State.GetAttribute(ctx, path.Root("identifier"), &before)...)
	}
	if diagnostics.HasError() || after.IsUnknown() {
		return diagnostics
	}
	inline, problems := inlineParts(ctx, req.Config)
	diagnostics.Append(problems...)
	deleted, problems := deletedRelations(ctx, req, resp.Plan.GetAttribute)
	diagnostics.Append(problems...)
	planned := backend.PlannedBlueprint{Before: before.ValueString(), After: after.ValueString(), Inline: inline, DeletedRelations: deleted}
	var plan model
	if req.Config.Raw.IsFullyKnown() && !resp.Plan.Get(ctx, &plan).HasError() {
		open := plan.openToOthers()
		planned.Definition, _ = open.toCreate()
		if planned.Definition != nil && planned.Definition.Relations == nil && open.Relations != nil {
			// The map is authoritative, so there will be no relations.
			planned.Definition.Relations = map[string]port.Relation{}
		}
	}
	r.Backend.Planned.Add(planned)
	return append(diagnostics, refuseParts(r.Backend, planned)...)
}

// planExtra checks extra_json against the other attributes once everything is known.
func planExtra(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	if !config.Raw.IsFullyKnown() {
		return nil
	}
	var configured model
	diagnostics := config.Get(ctx, &configured)
	if diagnostics.HasError() || configured.ExtraJSON.IsNull() {
		return diagnostics
	}
	_, problems := configured.checkExtra()
	return append(diagnostics, problems...)
}

// sendsSomething reports whether an update would write to Port. It assumes so while the plan has
// unknown values.
func sendsSomething(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (bool, diag.Diagnostics) {
	if !resp.Plan.Raw.IsFullyKnown() {
		changed, err := settle.Changed(resp.Plan.Raw, req.State.Raw, localAttributes)
		if err != nil {
			return true, diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Read Plan", err.Error())}
		}
		return changed, nil
	}
	var state, plan model
	diagnostics := req.State.Get(ctx, &state)
	diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	return diagnostics.HasError() || !sendsNothing(&state, &plan), diagnostics
}

// destinationIgnoredBefore repeats the warning of an apply whose changelog destination Port
// ignored.
func destinationIgnoredBefore(ctx context.Context, req resource.ModifyPlanRequest) diag.Diagnostics {
	memory, diagnostics := recall.Load(ctx, req.Private)
	var planned map[string]tftypes.Value
	if err := req.Plan.Raw.As(&planned); err != nil {
		diagnostics.AddError("Unable to Read Plan", err.Error())
		return diagnostics
	}
	for _, name := range []string{"webhook_changelog_destination", "kafka_changelog_destination"} {
		if at := path.Root(name); !planned[name].IsNull() && memory.WasDropped(at, planned[name]) {
			diagnostics.Append(destinationIgnored(at, nil))
		}
	}
	return diagnostics
}

// emptyWhereDeclared is settle.EmptyIsNull inside a map that others may declare: there, a list
// stays as it is.
type emptyWhereDeclared struct{ settle.EmptyIsNull }

var _ planmodifier.List = emptyWhereDeclared{}

// PlanModifyList implements planmodifier.List.
func (m emptyWhereDeclared) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	var declared types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath(), &declared)...)
	if !declared.IsNull() {
		m.EmptyIsNull.PlanModifyList(ctx, req, resp)
	}
}
