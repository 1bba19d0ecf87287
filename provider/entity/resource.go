// Package entity implements the resource port_entity and the data sources that read entities. The
// provider registers them.
package entity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

var (
	_ resource.ResourceWithConfigure      = (*entityResource)(nil)
	_ resource.ResourceWithValidateConfig = (*entityResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*entityResource)(nil)
	_ resource.ResourceWithIdentity       = (*entityResource)(nil)
	_ resource.ResourceWithImportState    = (*entityResource)(nil)
)

type entityResource struct {
	envelope.ResourceHead
}

// NewResource returns the resource port_entity.
func NewResource() resource.Resource {
	return &entityResource{envelope.ResourceHead{TypeName: "entity"}}
}

// Create creates the entity, or takes over an existing one if on_existing allows it.
func (r *entityResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Create, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	var rec record
	response, err := r.create(ctx, plan, &rec)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Create", plan.address(), plan, err))
		return
	}
	stored := rec.conclude(plan, response, plan.isDeclared())
	resp.Diagnostics.Append(recall.SetState(ctx, &resp.State, resp.Private, plan, stored, r.differenceWarning(plan))...)
	resp.Diagnostics.Append(rec.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(completed(ctx, "create", plan)...)
	r.Backend.MarkRead(plan.address().key())
}

// Read rebuilds the state from GET /v1/blueprints/{blueprint}/entities/{identifier}.
func (r *entityResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Read, &resp.Diagnostics)
	defer cancel()
	rec, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Terraform before 1.12 requires an identity from every refresh, even if the entity no longer
	// exists, so it is set before the request.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	r.Backend.MarkRead(state.address().key())
	refreshed, err := r.read(ctx, state, &rec)
	if errors.Is(err, port.ErrNotFound) {
		refreshed, err = r.readMoved(ctx, state, &rec)
	}
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Read", state.address(), nil, err))
		return
	}
	resp.Diagnostics.Append(rec.save(ctx, resp.Private)...)
	if !reflect.DeepEqual(refreshed, state) { // Most entities have not changed, and encoding one takes longer than this.
		resp.Diagnostics.Append(resp.State.Set(ctx, refreshed)...)
		resp.State.Raw = memory.Restore(req.State.Raw, resp.State.Raw)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, refreshed.identity())...)
	}
	r.Backend.MarkRead(refreshed.address().key())
}

// Update writes what the plan changes. A new identifier renames the entity.
func (r *entityResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Update, &resp.Diagnostics)
	defer cancel()
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	rec, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, err := r.update(ctx, plan, &state, rec)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Update", state.address(), plan, err))
		if result.entity != nil {
			// The entity has moved to another blueprint, where a refresh would not find it.
			state.Blueprint = plan.Blueprint
			state.setComputed(result.entity)
			resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
			resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
		}
		return
	}
	if result.deleteErr != nil {
		resp.Diagnostics.Append(failure(ctx, "Delete", state.address(), nil, result.deleteErr))
	}
	switch {
	case result.isWritten:
		stored := rec.conclude(plan, result.entity, plan.isDeclared() || state.isDeclared())
		resp.Diagnostics.Append(recall.SetState(ctx, &resp.State, resp.Private, plan, stored, r.differenceWarning(plan))...)
	case result.entity != nil:
		plan.setComputed(result.entity)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	default:
		// Only attributes that Port does not store have changed.
		plan.Model = state.Model
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	resp.Diagnostics.Append(rec.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	r.Backend.MarkRead(plan.address().key())
	if result.isWritten {
		resp.Diagnostics.Append(completed(ctx, "update", plan)...)
	}
}

// Delete deletes the entity, or unsets the declared values if Terraform did not create it. It is no
// error if the entity no longer exists.
func (r *entityResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Delete, &resp.Diagnostics)
	defer cancel()
	rec, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	isLeft, err := r.remove(ctx, state, rec)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Delete", state.address(), state, err))
		return
	}
	if isLeft {
		resp.Diagnostics.Append(leftInPortWarning(state))
		return
	}
	resp.Diagnostics.Append(completed(ctx, "delete", state)...)
}

// completed warns about an operation that completed after it was cancelled or timed out.
func completed(ctx context.Context, verb string, m *model) diag.Diagnostics {
	return operation.WarnIfLate(ctx, fmt.Sprintf("%s entity %q", verb, m.address()))
}

// conclude copies the response to a write into the plan, which becomes the state, and into the
// record. It returns the response in the form of the plan. In a shared entity, values that are not
// listed belong to others and were not filled in by Port. A property or relation that the response
// lacks counts as stored, and if no title was sent, the title of the response was generated by
// Port.
func (r *record) conclude(plan *model, response *port.Entity, isShared bool) *model {
	switch {
	case plan.Title.IsUnknown():
		r.Title = textOf(response.Title)
	case plan.Title.ValueString() != r.Title:
		r.Title = ""
	}
	hasTitle := plan.Title.ValueString() != ""
	plan.setComputed(response)
	desired, err := plan.toAPI()
	if err != nil {
		return plan // It was written, so it can be read.
	}
	if isShared {
		response = onlyListed(response, plan, desired.Properties)
	}
	r.learn(desired.Properties, response.Properties)
	received := *response
	received.Properties, received.Relations = maps.Clone(desired.Properties), maps.Clone(desired.Relations)
	maps.Copy(received.Properties, only(response.Properties, desired.Properties))
	maps.Copy(received.Relations, response.Relations)
	if !hasTitle {
		received.Title = desired.Title
	}
	stored, err := fromAPI(plan.Blueprint.ValueString(), &received, plan, nil)
	if err != nil {
		return plan
	}
	return stored
}

// differenceWarning describes a value that Port stores differently than planned. Teams are reported
// once for all entities of a blueprint.
func (r *entityResource) differenceWarning(plan *model) func(recall.Difference) diag.Diagnostics {
	return func(difference recall.Difference) diag.Diagnostics {
		warning := difference.Warning()
		if len(warning) == 0 || !difference.Path.Equal(path.Root("teams")) {
			return warning
		}
		if r.Backend.IsFirst("teams of " + plan.Blueprint.ValueString()) {
			return diag.Diagnostics{teamsWarning(plan)}
		}
		return nil
	}
}
