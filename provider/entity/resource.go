// Package entity implements port_entity, one thing in the Port catalog, and the
// data sources that read entities. The provider registers them.
package entity

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
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
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diagnostics := operation.Limit(ctx, plan.Timeouts.Create)
	defer cancel()
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	var known record
	answer, err := r.create(ctx, &plan, &known)
	if err != nil {
		resp.Diagnostics.Append(failure{verb: "Create", at: plan.address(), entity: &plan, err: err}.diagnostic())
		return
	}
	resp.Diagnostics.Append(r.conclude(&plan, answer, plan.isDeclared(), &known)...)
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(completed(ctx, "create", &plan)...)
	r.backend.NoteRead(plan.address().key())
}

// Read rebuilds the state from GET /v1/blueprints/{blueprint}/entities/{identifier}.
func (r *entityResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	// The identity comes before the request: Terraform wants one from every
	// refresh, also where the entity has gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	ctx, cancel, diagnostics := operation.Limit(ctx, state.Timeouts.Read)
	defer cancel()
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.backend.NoteRead(state.address().key())
	fresh, err := r.read(ctx, &state, &known)
	if errors.Is(err, port.ErrNotFound) {
		fresh, err = r.readMoved(ctx, &state, &known)
	}
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(failure{verb: "Read", at: state.address(), err: err}.diagnostic())
		return
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, fresh)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, fresh.identity())...)
	r.backend.NoteRead(fresh.address().key())
}

// Update writes what the plan changes. Another identifier renames the entity.
func (r *entityResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diagnostics := operation.Limit(ctx, plan.Timeouts.Update)
	defer cancel()
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	done, err := r.update(ctx, &plan, &state, known)
	if err != nil {
		resp.Diagnostics.Append(failure{verb: "Update", at: state.address(), entity: &plan, err: err}.diagnostic())
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
		resp.Diagnostics.Append(failure{verb: "Delete", at: state.address(), err: done.leftover}.diagnostic())
	}
	switch {
	case done.isAnswer:
		resp.Diagnostics.Append(r.conclude(&plan, done.entity, plan.isDeclared() || state.isDeclared(), &known)...)
	case done.entity != nil:
		plan.setComputed(done.entity)
	default:
		// Only attributes that Port does not store have changed.
		plan.Model = state.Model
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	r.backend.NoteRead(plan.address().key())
	if done.isAnswer {
		resp.Diagnostics.Append(completed(ctx, "update", &plan)...)
	}
}

// Delete removes the entity, or what is declared of one that others own. That
// it has gone already is fine.
func (r *entityResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	known, diagnostics := readRecord(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel, diagnostics := operation.Limit(ctx, state.Timeouts.Delete)
	defer cancel()
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	isLeft, err := r.remove(ctx, &state, known)
	if err != nil {
		resp.Diagnostics.Append(failure{verb: "Delete", at: state.address(), entity: &state, err: err}.diagnostic())
		return
	}
	if isLeft {
		resp.Diagnostics.Append(leftWarning(&state))
		return
	}
	resp.Diagnostics.Append(completed(ctx, "delete", &state)...)
}

// completed warns of a change that was completed after its time had ended.
func completed(ctx context.Context, verb string, m *model) diag.Diagnostics {
	return operation.Completed(ctx, fmt.Sprintf("%s entity %q", verb, m.address()))
}

// conclude takes the answer to a write over into the plan, which becomes the
// state, and into the record. It warns of values that Port did not keep as they
// were sent. In an entity that is shared, what is not listed is somebody else's
// and not what Port filled in.
func (r *entityResource) conclude(plan *model, answer *port.Entity, isShared bool, known *record) diag.Diagnostics {
	desired, err := plan.toAPI()
	if err != nil {
		// It was written, so it can be read.
		desired = &port.Entity{}
	}
	sent := attributesOf(desired)
	seen := answeredAttributes(sent, answer)
	maps.Copy(sent, desired.Properties)
	maps.Copy(seen, answer.Properties)
	if isShared {
		seen = only(seen, sent)
	}
	different := known.learn(sent, seen)
	switch {
	case plan.Title.IsUnknown():
		known.Title = textOf(answer.Title)
	case plan.Title.ValueString() != known.Title:
		known.Title = ""
	}
	plan.setComputed(answer)
	var diagnostics diag.Diagnostics
	for _, key := range different {
		switch {
		case key != teamKey:
			diagnostics.Append(differenceWarning(plan, key, sent[key], seen[key]))
		case r.backend.IsFirst("teams of " + plan.Blueprint.ValueString()):
			diagnostics.Append(teamsWarning(plan, sent[key], seen[key]))
		}
	}
	return diagnostics
}
