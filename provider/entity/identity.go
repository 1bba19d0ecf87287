package entity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// identityModel is the resource identity of an entity.
type identityModel struct {
	Blueprint  types.String `tfsdk:"blueprint"`
	Identifier types.String `tfsdk:"identifier"`
}

// IdentitySchema declares the identity of port_entity.
func (r *entityResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"blueprint":  identityschema.StringAttribute{RequiredForImport: true, Description: "The identifier of the blueprint."},
		"identifier": identityschema.StringAttribute{RequiredForImport: true, Description: "The identifier of the entity."},
	}}
}

func (m *model) identity() identityModel {
	return identityModel{Blueprint: m.Blueprint, Identifier: m.Identifier}
}

// address identifies an entity.
type address struct {
	Blueprint  string `json:"blueprint"`
	Identifier string `json:"identifier"`
}

func (a address) String() string { return entityID(a.Blueprint, a.Identifier) }

// key returns the key of the entity in the backend's records.
func (a address) key() backend.EntityKey { return backend.EntityKey(a) }

func (m *model) address() address {
	return address{Blueprint: m.Blueprint.ValueString(), Identifier: m.Identifier.ValueString()}
}
