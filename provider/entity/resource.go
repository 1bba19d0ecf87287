// Package entity implements port_entity, one thing in the Port catalog. The
// provider registers it.
package entity

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

var (
	_ resource.ResourceWithConfigure   = (*entityResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*entityResource)(nil)
	_ resource.ResourceWithImportState = (*entityResource)(nil)
)

type entityResource struct {
	backend *backend.Backend
}

// NewResource returns the resource port_entity.
func NewResource() resource.Resource { return &entityResource{} }

// Metadata names the resource.
func (r *entityResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_entity"
}

// Configure takes over the client.
func (r *entityResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.backend = configured
}

// Create makes the entity: POST /v1/blueprints/{blueprint}/entities, never over
// an existing one.
func (r *entityResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	blueprint := plan.Blueprint.ValueString()
	created, err := r.create(ctx, &plan)
	if err != nil {
		failure := diagnose.Failure{Verb: "Create", Kind: "Entity", Identifier: entityID(blueprint, plan.Identifier.ValueString()), Err: err}
		if errors.Is(err, port.ErrExists) {
			failure.Advice = fmt.Sprintf("The entity exists already. To manage it with Terraform, import it: terraform import port_entity.<name> %q", failure.Identifier)
		}
		resp.Diagnostics.Append(failure.Diagnostic())
		return
	}
	plan.setComputed(created)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *entityResource) create(ctx context.Context, plan *model) (*port.Entity, error) {
	entity, err := plan.toAPI()
	if err != nil {
		return nil, err
	}
	return r.backend.Client.Entities.Create(ctx, plan.Blueprint.ValueString(), entity, port.CreateEntityOptions{
		CreateMissingRelated: plan.CreateMissingRelated.ValueBool(),
		RunID:                plan.RunID.ValueString(),
	})
}

// Read rebuilds the state from GET /v1/blueprints/{blueprint}/entities/{identifier}.
func (r *entityResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	blueprint, identifier := state.Blueprint.ValueString(), state.Identifier.ValueString()
	fresh, err := r.read(ctx, blueprint, identifier, &state)
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Entity", Identifier: entityID(blueprint, identifier), Err: err}.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, fresh)...)
}

func (r *entityResource) read(ctx context.Context, blueprint, identifier string, state *model) (*model, error) {
	current, err := r.backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{ExcludeCalculated: true})
	if err != nil {
		return nil, err
	}
	if state.IsUnread() {
		return fromAPI(blueprint, current, nil)
	}
	current.Properties = r.withoutDefaults(ctx, blueprint, current.Properties, state)
	return fromAPI(blueprint, current, state)
}

// Update replaces the entity: PUT /v1/blueprints/{blueprint}/entities/{identifier}.
// Another identifier in the plan renames it.
func (r *entityResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.update(ctx, &plan, &state); err != nil {
		failure := diagnose.Failure{Verb: "Update", Kind: "Entity", Identifier: state.ID.ValueString(), Err: err}
		if errors.Is(err, port.ErrNotFound) {
			failure.Advice = "The entity has gone since Terraform read it. Plan again: Terraform will create it anew."
		}
		resp.Diagnostics.Append(failure.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *entityResource) update(ctx context.Context, plan, state *model) error {
	desired, err := plan.toAPI()
	if err != nil {
		return err
	}
	current, err := state.toAPI()
	if err != nil {
		return err
	}
	if reflect.DeepEqual(desired, current) {
		// Only attributes that Port does not store have changed.
		plan.Model = state.Model
		return nil
	}
	blueprint, identifier := state.Blueprint.ValueString(), state.Identifier.ValueString()
	if err := r.keepDefaults(ctx, blueprint, identifier, desired); err != nil {
		return err
	}
	updated, err := r.backend.Client.Entities.Update(ctx, blueprint, identifier, desired, port.UpdateEntityOptions{
		CreateMissingRelated: plan.CreateMissingRelated.ValueBool(),
		RunID:                plan.RunID.ValueString(),
	})
	if err != nil {
		return err
	}
	plan.setComputed(updated)
	return nil
}

// Delete removes the entity; that it is already gone is fine.
func (r *entityResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.backend.Client.Entities.Delete(ctx, state.Blueprint.ValueString(), state.Identifier.ValueString(), port.DeleteEntityOptions{
		RunID: state.RunID.ValueString(),
	})
	if err == nil || errors.Is(err, port.ErrNotFound) {
		return
	}
	failure := diagnose.Failure{Verb: "Delete", Kind: "Entity", Identifier: state.ID.ValueString(), Err: err}
	if errors.Is(err, port.ErrHasDependents) {
		failure.Advice = "Other entities are related to this one. Remove those relations first."
	}
	resp.Diagnostics.Append(failure.Diagnostic())
}
