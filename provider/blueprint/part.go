package blueprint

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// partResource is a resource for a part of a blueprint. It follows a rename of the blueprint.
type partResource[M any, P envelope.Bound[M]] struct {
	envelope.Resource[M, P]

	// owner is the name of the attribute for the blueprint's identifier.
	owner string
}

// planOwner plans the ID, and a replacement if the blueprint becomes a different one. It returns
// the blueprint, or "" while that is unknown.
func (r *partResource[M, P]) planOwner(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (blueprint string) {
	resp.Diagnostics.Append(r.PlanID(ctx, resp)...)
	var before, after types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root(r.owner), &after)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(r.owner), &before)...)
	}
	if r.Backend == nil || after.IsUnknown() || resp.Diagnostics.HasError() {
		return ""
	}
	if !before.IsNull() && !before.Equal(after) && !r.Backend.Planned.Renames(before.ValueString(), after.ValueString()) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root(r.owner))
	}
	return after.ValueString()
}

// Update changes the part. If the blueprint was renamed, it uses the new name.
func (r *partResource[M, P]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var before, after types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root(r.owner), &before)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(r.owner), &after)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !before.Equal(after) {
		resp.Diagnostics.Append(r.expectRenamed(ctx, before.ValueString(), after.ValueString())...)
		resp.Diagnostics.Append(req.State.SetAttribute(ctx, path.Root(r.owner), after)...)
		moved := P(new(M))
		resp.Diagnostics.Append(req.State.Get(ctx, moved)...)
		resp.Diagnostics.Append(req.State.SetAttribute(ctx, path.Root("id"), moved.Key())...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	r.Resource.Update(ctx, req, resp)
}

// expectRenamed returns an error if the blueprint is a different one instead of a renamed one,
// which is possible if its name was unknown in the plan.
func (r *partResource[M, P]) expectRenamed(ctx context.Context, before, after string) diag.Diagnostics {
	_, err := r.Backend.Client.Blueprints.Get(ctx, before)
	switch {
	case errors.Is(err, port.ErrNotFound):
		return nil
	case err != nil:
		return diag.Diagnostics{failure(ctx, "Read", before, err).Diagnostic()}
	default:
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(r.owner), r.Name+" of Another Blueprint", fmt.Sprintf(
			"When this change was planned, the blueprint was not known yet. It is %q, which is not a new name of %q. Nothing was written. Run terraform plan again: it will replace the resource.", after, before))}
	}
}

// partStore is the common part of the stores of parts. The document of a part has the identifier
// and creation time of its blueprint.
type partStore struct {
	backend *backend.Backend
}

// partDocument returns the common fields of the document of a part.
func partDocument(blueprint *port.Blueprint) document.Object {
	return document.Object{"blueprint": blueprint.Identifier, "createdAt": blueprint.CreatedAt}
}

// Origin returns the creation time, which a rename does not change.
func (partStore) Origin(of document.Object) string {
	createdAt, _ := of["createdAt"].(string)
	return createdAt
}

// follow returns the part of the blueprint with a creation time.
func (s partStore) follow(ctx context.Context, createdAt string, read func(*port.Blueprint) (document.Object, error)) (document.Object, error) {
	all, err := s.backend.Client.Blueprints.List(ctx)
	if err != nil {
		return nil, err
	}
	var candidates []document.Object
	for i := range all {
		if all[i].CreatedAt != createdAt {
			continue
		}
		part, err := read(&all[i])
		switch {
		case err == nil:
			candidates = append(candidates, part)
		case !errors.Is(err, port.ErrNotFound):
			return nil, err
		}
	}
	if len(candidates) != 1 {
		return nil, port.ErrNotFound
	}
	return candidates[0], nil
}

// write reads a blueprint, changes it and writes the whole blueprint back, under the blueprint's
// lock.
func (s partStore) write(ctx context.Context, identifier string, change func(whole document.Object) error) (*port.Blueprint, error) {
	unlock, err := s.backend.LockBlueprint(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	current, err := s.backend.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	whole, err := toDocument(*current)
	if err != nil {
		return nil, err
	}
	if err := change(whole); err != nil {
		return nil, err
	}
	body, err := fromDocument[port.Blueprint](whole)
	if err != nil {
		return nil, err
	}
	defer s.backend.ForgetBlueprint(identifier)
	return send(ctx, s.backend.Client.Blueprints, identifier, body)
}

// create is [partStore.write] for a new part.
func (s partStore) create(ctx context.Context, blueprint string, change func(whole document.Object) error) (*port.Blueprint, error) {
	written, err := s.write(ctx, blueprint, change)
	if errors.Is(err, port.ErrNotFound) {
		return nil, fmt.Errorf("%w (the blueprint %q does not exist; to create it first, refer to its resource: port_blueprint.<name>.identifier)", err, blueprint)
	}
	return written, err
}
