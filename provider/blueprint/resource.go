// Package blueprint implements the resource and the data sources for blueprints, which define the
// kinds of entities in the Port catalog, and the resources for parts of blueprints. The provider
// registers them.
package blueprint

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

var (
	_ resource.ResourceWithConfigure      = (*blueprintResource)(nil)
	_ resource.ResourceWithIdentity       = (*blueprintResource)(nil)
	_ resource.ResourceWithValidateConfig = (*blueprintResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*blueprintResource)(nil)
	_ resource.ResourceWithImportState    = (*blueprintResource)(nil)
)

type blueprintResource struct {
	envelope.ResourceHead
}

// NewResource returns the resource port_blueprint.
func NewResource() resource.Resource {
	return &blueprintResource{envelope.ResourceHead{TypeName: "blueprint"}}
}

// identityModel is the resource identity of a blueprint.
type identityModel struct {
	Identifier types.String `tfsdk:"identifier"`
}

// IdentitySchema declares the identity.
func (r *blueprintResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"identifier": identityschema.StringAttribute{RequiredForImport: true, Description: "The identifier of the blueprint."},
	}}
}

// Create creates the blueprint with POST /v1/blueprints.
func (r *blueprintResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Create, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	desired, diagnostics := plan.toCreate()
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	created, err := r.create(ctx, desired, port.CreateBlueprintOptions{CatalogPage: plan.CreateCatalogPage.ValueBoolPointer()})
	if err != nil {
		resp.Diagnostics.Append(createFailure(ctx, plan.Identifier.ValueString(), err))
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Identifier: plan.Identifier})...)
	resp.Diagnostics.Append(store(ctx, req.Plan, &resp.State, resp.Private, created, nil)...)
	resp.Diagnostics.Append(completed(ctx, "create", plan.Identifier.ValueString())...)
	resp.Diagnostics.Append(saveDeclared(ctx, req.Config, resp.Private)...)
}

// Read rebuilds the state from GET /v1/blueprints/{identifier}.
func (r *blueprintResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Read, &resp.Diagnostics)
	defer cancel()
	// Terraform before 1.12 requires an identity even if the blueprint no longer exists.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Identifier: state.ID})...)
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	identifier := state.ID.ValueString()
	current, err := r.Backend.RefreshBlueprint(ctx, identifier)
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err == nil {
		err = state.refresh(current)
	}
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Read", identifier, err).Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.State.Raw = memory.Restore(req.State.Raw, resp.State.Raw)
}

// Update renames keys and then writes the difference with PUT /v1/blueprints/{identifier}: the
// planned blueprint over the current one, so that keys that Terraform does not manage survive.
func (r *blueprintResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Update, &resp.Diagnostics)
	defer cancel()
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	update, diagnostics := newChange(ctx, req.Config, req.Private, &state, plan)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if sendsNothing(&state, plan) {
		handOver(r.Backend, &state, plan)
		plan.Model = state.Model
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Identifier: plan.Identifier})...)
		resp.Diagnostics.Append(saveDeclared(ctx, req.Config, resp.Private)...)
		return
	}
	identifier := state.ID.ValueString()
	updated, err := r.update(ctx, identifier, update)
	if err != nil {
		resp.Diagnostics.Append(updateFailure(ctx, identifier, err))
		return
	}
	handOver(r.Backend, &state, plan)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Identifier: plan.Identifier})...)
	resp.Diagnostics.Append(store(ctx, req.Plan, &resp.State, resp.Private, updated, &update.desired)...)
	resp.Diagnostics.Append(completed(ctx, "update", identifier)...)
	resp.Diagnostics.Append(saveDeclared(ctx, req.Config, resp.Private)...)
}

// Delete deletes the blueprint, and with force_delete_entities its entities.
func (r *blueprintResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Delete, &resp.Diagnostics)
	defer cancel()
	resp.Diagnostics.Append(deletionProtected(ctx, req.State)...)
	if resp.Diagnostics.HasError() {
		return
	}
	identifier := state.ID.ValueString()
	if err := r.remove(ctx, identifier, state.localModel); err != nil {
		resp.Diagnostics.Append(deleteFailure(ctx, identifier, state.ForceDeleteEntities.ValueBool(), err))
		return
	}
	resp.Diagnostics.Append(completed(ctx, "delete", identifier)...)
}

// completed warns about an operation that completed after it was cancelled or timed out.
func completed(ctx context.Context, verb, identifier string) diag.Diagnostics {
	return operation.WarnIfLate(ctx, fmt.Sprintf("%s blueprint %q", verb, identifier))
}

// ImportState accepts the identifier of a blueprint as import ID or identity.
func (r *blueprintResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root("identifier"), req, resp)
}

// store makes the plan the state after a write, with the values that Port computes. It remembers
// values that Port stored differently, except for attributes that the configuration leaves to
// others, which were not sent. sent may be nil.
func store(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, private recall.Private, written result, sent *model) diag.Diagnostics {
	var plan, returned model
	diagnostics := planned.Get(ctx, &plan)
	diagnostics.Append(planned.Get(ctx, &returned)...)
	plan.setComputed(written.blueprint)
	if err := returned.fromAPI(written.blueprint, false); err != nil {
		// It was written, so the next refresh reports whether it can be read.
		return append(diagnostics, state.Set(ctx, plan)...)
	}
	if sent != nil && sent.Relations == nil {
		returned.Relations = plan.Relations
	}
	if sent != nil && sent.AggregationProperties == nil {
		returned.AggregationProperties = plan.AggregationProperties
	}
	return append(diagnostics, recall.SetState(ctx, state, private, &plan, &returned, func(difference recall.Difference) diag.Diagnostics {
		if isDestination(difference.Path) && difference.Returned.IsNull() {
			return diag.Diagnostics{destinationIgnored(difference.Path, written.refusal)}
		}
		if dropped := filterDropped(difference); dropped != nil {
			return dropped
		}
		return difference.Warning()
	})...)
}

// destinationIgnored says that Port did not store a changelog destination.
func destinationIgnored(at path.Path, refusal error) diag.Diagnostic {
	detail := "Port did not store the changelog destination: Port removed changelog destinations from production on 2026-07-13, so it does not report changes there. " +
		"Report them with an automation instead (a port_action with automation_trigger and webhook_method), and then remove this attribute."
	if refusal != nil {
		detail += fmt.Sprintf("\n\nThe blueprint was written without it, because Port refused it: %s", refusal)
	}
	return diag.NewAttributeWarningDiagnostic(at, "Changelog Destination Ignored", detail)
}

func isDestination(at path.Path) bool {
	return at.Equal(path.Root("webhook_changelog_destination")) || at.Equal(path.Root("kafka_changelog_destination"))
}
