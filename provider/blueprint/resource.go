// Package blueprint implements port_blueprint, the data model of one kind of
// thing in the Port catalog. The provider registers it.
package blueprint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
)

var (
	_ resource.ResourceWithConfigure      = (*blueprintResource)(nil)
	_ resource.ResourceWithValidateConfig = (*blueprintResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*blueprintResource)(nil)
	_ resource.ResourceWithImportState    = (*blueprintResource)(nil)
)

type blueprintResource struct {
	backend *backend.Backend
}

// NewResource returns the resource port_blueprint.
func NewResource() resource.Resource { return &blueprintResource{} }

// Metadata names the resource.
func (r *blueprintResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_blueprint"
}

// Configure takes over the client.
func (r *blueprintResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.backend = configured
}

// Create makes the blueprint: POST /v1/blueprints.
func (r *blueprintResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	options := port.CreateBlueprintOptions{CatalogPage: plan.CreateCatalogPage.ValueBoolPointer()}
	created, err := r.backend.Client.Blueprints.Create(ctx, plan.toAPI(), options)
	if err != nil {
		resp.Diagnostics.Append(createFailure(plan.Identifier.ValueString(), err))
		return
	}
	plan.setComputed(created)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read rebuilds the state from GET /v1/blueprints/{identifier}.
func (r *blueprintResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	identifier := state.ID.ValueString()
	current, err := r.backend.Client.Blueprints.Get(ctx, identifier)
	if errors.Is(err, port.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Blueprint", Identifier: identifier, Err: err}.Diagnostic())
		return
	}
	prior := &state
	if state.IsUnread() {
		prior = nil
	}
	fresh, err := fromAPI(current, prior)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Blueprint", Identifier: identifier, Err: err}.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, fresh)...)
}

// Update writes the difference: PUT /v1/blueprints/{identifier} with the
// planned blueprint over what Port holds now, so that keys which Terraform does
// not manage survive.
func (r *blueprintResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	desired := plan.toAPI()
	if reflect.DeepEqual(desired, state.toAPI()) {
		// Only attributes that Port does not store have changed.
		plan.Model = state.Model
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		return
	}
	identifier := state.ID.ValueString()
	updated, err := r.write(ctx, identifier, desired)
	if err != nil {
		resp.Diagnostics.Append(updateFailure(identifier, err))
		return
	}
	plan.setComputed(updated)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// write replaces the blueprint. Nobody else of this provider configuration
// writes it between our read and our write.
func (r *blueprintResource) write(ctx context.Context, identifier string, desired *port.Blueprint) (*port.Blueprint, error) {
	unlock, err := r.backend.LockBlueprint(ctx, identifier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	defer r.backend.ForgetBlueprint(identifier)
	current, err := r.backend.Client.Blueprints.Get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	keepForeign(desired, current)
	if changesType(desired, current) {
		if _, err := r.backend.Client.Blueprints.Update(ctx, identifier, withoutChangedTypes(desired, current)); err != nil {
			return nil, err
		}
		identifier = desired.Identifier
	}
	return r.backend.Client.Blueprints.Update(ctx, identifier, desired)
}

// Delete removes the blueprint, and with force_delete_entities its entities.
func (r *blueprintResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	identifier := state.ID.ValueString()
	if err := r.remove(ctx, identifier, state.ForceDeleteEntities.ValueBool()); err != nil {
		resp.Diagnostics.Append(deleteFailure(identifier, err))
	}
}

// ImportState takes the identifier of a blueprint.
func (r *blueprintResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

func changesType(desired, current *port.Blueprint) bool {
	for key, property := range desired.Schema.Properties {
		if old, exists := current.Schema.Properties[key]; exists && old.Type != property.Type {
			return true
		}
	}
	return false
}

// withoutChangedTypes is the desired blueprint without the properties whose
// type changes. Port may refuse to change a type in place, and has nothing
// against a property that goes and one that comes.
func withoutChangedTypes(desired, current *port.Blueprint) *port.Blueprint {
	reduced := *desired
	reduced.Schema.Properties = maps.Clone(desired.Schema.Properties)
	maps.DeleteFunc(reduced.Schema.Properties, func(key string, property port.Property) bool {
		old, exists := current.Schema.Properties[key]
		return exists && old.Type != property.Type
	})
	reduced.Schema.Required = nil
	return &reduced
}

func createFailure(identifier string, err error) diag.Diagnostic {
	failure := diagnose.Failure{Verb: "Create", Kind: "Blueprint", Identifier: identifier, Err: err}
	if errors.Is(err, port.ErrExists) {
		failure.Advice = fmt.Sprintf("A blueprint with this identifier exists already. To manage it with Terraform, import it: terraform import port_blueprint.<name> %q", identifier)
	}
	return failure.Diagnostic()
}

func updateFailure(identifier string, err error) diag.Diagnostic {
	failure := diagnose.Failure{Verb: "Update", Kind: "Blueprint", Identifier: identifier, Err: err}
	if errors.Is(err, port.ErrNotFound) {
		failure.Advice = "The blueprint has gone since Terraform read it. Plan again: Terraform will create it anew."
	}
	return failure.Diagnostic()
}

func deleteFailure(identifier string, err error) diag.Diagnostic {
	failure := diagnose.Failure{Verb: "Delete", Kind: "Blueprint", Identifier: identifier, Err: err}
	if errors.Is(err, port.ErrHasDependents) {
		failure.Advice = "The blueprint has dependant entities. Delete them first, or set force_delete_entities = true and apply that before you destroy the blueprint."
	}
	return failure.Diagnostic()
}
