// Package entity implements port_entity, one thing in the Port catalog, and the
// data sources that read entities. The provider registers them.
package entity

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
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
	backend *backend.Backend
}

// NewResource returns the resource port_entity.
func NewResource() resource.Resource { return &entityResource{} }

// Metadata names the resource. Its identity follows a rename.
func (r *entityResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_entity"
	resp.ResourceBehavior.MutableIdentity = true
}

// Configure takes over the client.
func (r *entityResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.backend = configured
}

// Create makes the entity, or takes over one that exists if that is allowed.
func (r *entityResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Create, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	var known record
	answer, err := r.create(ctx, plan, &known)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Create", plan.address(), plan, err))
		return
	}
	answered := known.conclude(plan, answer, plan.isDeclared())
	resp.Diagnostics.Append(recall.Conclude(ctx, &resp.State, resp.Private, plan, answered, r.differenceWarning(plan))...)
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(completed(ctx, "create", plan)...)
	r.backend.NoteRead(plan.address().key())
}

// Read rebuilds the state from GET /v1/blueprints/{blueprint}/entities/{identifier}.
func (r *entityResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Read, &resp.Diagnostics)
	defer cancel()
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	// The identity comes before the request: Terraform wants one from every
	// refresh, also where the entity has gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	r.backend.NoteRead(state.address().key())
	fresh, err := r.read(ctx, state, &known)
	if errors.Is(err, port.ErrNotFound) {
		fresh, err = r.readMoved(ctx, state, &known)
	}
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Read", state.address(), nil, err))
		return
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, fresh)...)
	resp.State.Raw = memory.Restore(req.State.Raw, resp.State.Raw)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, fresh.identity())...)
	r.backend.NoteRead(fresh.address().key())
}

// Update writes what the plan changes. Another identifier renames the entity.
func (r *entityResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, ctx, cancel := operation.Begin[model](ctx, req.Plan, timeouts.Value.Update, &resp.Diagnostics)
	defer cancel()
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	done, err := r.update(ctx, plan, &state, known)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Update", state.address(), plan, err))
		if done.entity != nil {
			// It is below another blueprint now: a refresh would not find it again.
			state.Blueprint = plan.Blueprint
			state.setComputed(done.entity)
			resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
			resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
		}
		return
	}
	if done.leftover != nil {
		resp.Diagnostics.Append(failure(ctx, "Delete", state.address(), nil, done.leftover))
	}
	switch {
	case done.isAnswer:
		answered := known.conclude(plan, done.entity, plan.isDeclared() || state.isDeclared())
		resp.Diagnostics.Append(recall.Conclude(ctx, &resp.State, resp.Private, plan, answered, r.differenceWarning(plan))...)
	case done.entity != nil:
		plan.setComputed(done.entity)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	default:
		// Only attributes that Port does not store have changed.
		plan.Model = state.Model
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	r.backend.NoteRead(plan.address().key())
	if done.isAnswer {
		resp.Diagnostics.Append(completed(ctx, "update", plan)...)
	}
}

// Delete removes the entity, or what is declared of one that others own. That
// it has gone already is fine.
func (r *entityResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, ctx, cancel := operation.Begin[model](ctx, req.State, timeouts.Value.Delete, &resp.Diagnostics)
	defer cancel()
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	isLeft, err := r.remove(ctx, state, known)
	if err != nil {
		resp.Diagnostics.Append(failure(ctx, "Delete", state.address(), state, err))
		return
	}
	if isLeft {
		resp.Diagnostics.Append(leftWarning(state))
		return
	}
	resp.Diagnostics.Append(completed(ctx, "delete", state)...)
}

// completed warns of a change that was completed after its time had ended.
func completed(ctx context.Context, verb string, m *model) diag.Diagnostics {
	return operation.Completed(ctx, fmt.Sprintf("%s entity %q", verb, m.address()))
}

// conclude takes the answer to a write over into the plan, which becomes the state,
// and into the record. It returns the answer in the form of the plan. In an entity that
// is shared, what is not listed is somebody else's and not what Port filled in. That
// an answer does not mention a property or a relation tells nothing, and a title that
// was not sent is one that Port makes up.
func (r *record) conclude(plan *model, answer *port.Entity, isShared bool) *model {
	switch {
	case plan.Title.IsUnknown():
		r.Title = textOf(answer.Title)
	case plan.Title.ValueString() != r.Title:
		r.Title = ""
	}
	hasTitle := plan.Title.ValueString() != ""
	plan.setComputed(answer)
	desired, err := plan.toAPI()
	if err != nil {
		return plan // It was written, so it can be read.
	}
	if isShared {
		answer = onlyListed(answer, plan, desired.Properties)
	}
	r.learn(desired.Properties, answer.Properties)
	seen := *answer
	seen.Properties, seen.Relations = maps.Clone(desired.Properties), maps.Clone(desired.Relations)
	maps.Copy(seen.Properties, only(answer.Properties, desired.Properties))
	maps.Copy(seen.Relations, answer.Relations)
	if !hasTitle {
		seen.Title = desired.Title
	}
	answered, err := fromAPI(plan.Blueprint.ValueString(), &seen, plan, nil)
	if err != nil {
		return plan
	}
	return answered
}

// differenceWarning tells of a value that Port keeps otherwise than planned. Teams are
// reported once for all entities of a blueprint.
func (r *entityResource) differenceWarning(plan *model) func(recall.Difference) diag.Diagnostics {
	return func(difference recall.Difference) diag.Diagnostics {
		warning := difference.Warning()
		if len(warning) == 0 || !difference.Path.Equal(path.Root("teams")) {
			return warning
		}
		if r.backend.IsFirst("teams of " + plan.Blueprint.ValueString()) {
			return diag.Diagnostics{teamsWarning(plan)}
		}
		return nil
	}
}
