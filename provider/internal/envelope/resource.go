package envelope

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/operation"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// Resource implements what resources have in common. A resource embeds it and adds its schema and
// its checks.
type Resource[M any, P Bound[M]] struct {
	ResourceHead
	Kind
}

// IdentitySchema declares the identity.
func (r *Resource[M, P]) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.identitySchema()
}

// ImportState accepts the key of an object as import ID or as identity.
func (r *Resource[M, P]) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if r.ParentAttribute == "" {
		resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root(r.KeyAttribute), req, resp)
		return
	}
	key := types.StringValue(req.ID)
	if req.ID == "" {
		parent, own, diagnostics := r.parts(ctx, req.Identity)
		resp.Diagnostics.Append(diagnostics...)
		key = JoinKey(parent, own)
	} else if _, _, isKey := SplitKey(req.ID); !isKey {
		resp.Diagnostics.AddError("Invalid Import ID", fmt.Sprintf("The import ID must have the form <%s>:<%s>, got %q.", r.ParentAttribute, r.KeyAttribute, req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), key)...)
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, key)...)
}

// Create creates the object. It never overwrites an existing one.
func (r *Resource[M, P]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, ctx, cancel := operation.Begin[M, P](ctx, req.Plan, timeouts.Value.Create, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	created, err := r.store().Create(ctx, toDocument(plan))
	if err != nil {
		resp.Diagnostics.Append(r.createFailure(ctx, plan.Key().ValueString(), err))
		return
	}
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, plan.Key())...)
	resp.Diagnostics.Append(r.setState(ctx, req.Plan, &resp.State, resp.Private, created)...)
	resp.Diagnostics.Append(r.warnIfLate(ctx, "create", plan.Key().ValueString())...)
}

// Read rebuilds the state from the document that Port holds.
func (r *Resource[M, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, ctx, cancel := operation.Begin[M, P](ctx, req.State, timeouts.Value.Read, &resp.Diagnostics)
	defer cancel()
	// Terraform before 1.12 requires an identity even if the object turns out to be gone.
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, state.Base().ID)...)
	memory, diagnostics := recall.Load(ctx, req.Private)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	key := state.Base().ID.ValueString()
	current, err := r.find(ctx, key, req.Private)
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err == nil {
		// After an import, only the ID is set.
		err = document.Read(current, state.Bindings(), state.Key().IsNull())
	}
	if err != nil {
		resp.Diagnostics.Append(r.failure(ctx, "Read", key, err).Diagnostic())
		return
	}
	state.Base().ID = state.Key()
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, state.Key())...)
	resp.Diagnostics.Append(r.saveOrigin(ctx, current, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.State.Raw = memory.Restore(req.State.Raw, resp.State.Raw)
}

// Update writes the plan over the document that Port currently stores, so that keys that Terraform
// does not manage survive.
func (r *Resource[M, P]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, ctx, cancel := operation.Begin[M, P](ctx, req.Plan, timeouts.Value.Update, &resp.Diagnostics)
	defer cancel()
	state := P(new(M))
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, plan.Key())...)
	if jsonvalue.Equal(toDocument(plan), toDocument(state)) {
		plan.Base().ID = plan.Key()
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		return
	}
	key := state.Base().ID.ValueString()
	current, err := r.store().Get(ctx, key)
	var updated document.Object
	if err == nil {
		desired := maps.Clone(current)
		document.Write(desired, plan.Bindings())
		updated, err = r.store().Update(ctx, key, toDocument(state), desired)
	}
	if err != nil {
		resp.Diagnostics.Append(r.updateFailure(ctx, key, err))
		return
	}
	resp.Diagnostics.Append(r.setState(ctx, req.Plan, &resp.State, resp.Private, updated)...)
	resp.Diagnostics.Append(r.warnIfLate(ctx, "update", key)...)
}

// Delete deletes the object. It is not an error if the object no longer exists.
func (r *Resource[M, P]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, ctx, cancel := operation.Begin[M, P](ctx, req.State, timeouts.Value.Delete, &resp.Diagnostics)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	key := state.Base().ID.ValueString()
	if err := r.store().Delete(ctx, key, toDocument(state)); err != nil && !errors.Is(err, port.ErrNotFound) {
		resp.Diagnostics.Append(r.failure(ctx, "Delete", key, err).Diagnostic())
		return
	}
	resp.Diagnostics.Append(r.warnIfLate(ctx, "delete", key)...)
}

// PlanID plans the ID from the identifier, so that it is known as soon as the identifier is.
func (r *Resource[M, P]) PlanID(ctx context.Context, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	parent, key, diagnostics := r.parts(ctx, resp.Plan)
	if r.ParentAttribute != "" {
		key = JoinKey(parent, key)
	}
	return append(diagnostics, resp.Plan.SetAttribute(ctx, path.Root("id"), key)...)
}

func (r *Resource[M, P]) store() Store { return r.Store(r.Backend) }

// toDocument returns a document with only what the model sets.
func toDocument[M any, P Bound[M]](of P) document.Object {
	object := document.Object{}
	document.Write(object, of.Bindings())
	return object
}

// warnIfLate warns of a change that Port completed after the operation was interrupted or timed
// out.
func (r *Resource[M, P]) warnIfLate(ctx context.Context, verb, key string) diag.Diagnostics {
	return operation.WarnIfLate(ctx, fmt.Sprintf("%s %s %q", verb, strings.ToLower(r.Name), key))
}

// setState makes the plan, completed with the ID, the state after a write, and remembers the values
// that Port returned differently.
func (r *Resource[M, P]) setState(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, private recall.Private, response document.Object) diag.Diagnostics {
	plan, returned := P(new(M)), P(new(M))
	diagnostics := planned.Get(ctx, plan)
	diagnostics.Append(planned.Get(ctx, returned)...)
	plan.Base().ID, returned.Base().ID = plan.Key(), plan.Key()
	diagnostics.Append(r.saveOrigin(ctx, response, private)...)
	if err := document.Read(response, returned.Bindings(), false); err != nil || diagnostics.HasError() {
		// The write succeeded. The next refresh reports a response that cannot be read.
		return append(diagnostics, state.Set(ctx, plan)...)
	}
	return append(diagnostics, recall.SetState(ctx, state, private, plan, returned, r.explain)...)
}

// explain warns of a value that Port stores differently from how it was sent.
func (r *Resource[M, P]) explain(difference recall.Difference) diag.Diagnostics {
	if r.Explain != nil {
		if explained := r.Explain(difference); len(explained) > 0 {
			return explained
		}
	}
	return difference.Warning()
}
