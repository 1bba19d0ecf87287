package entity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// partialModel is a configuration or a plan in which any value may be unknown, which the maps and
// lists of [model] cannot represent.
type partialModel struct {
	metadata.Model
	Identifier           types.String   `tfsdk:"identifier"`
	Blueprint            types.String   `tfsdk:"blueprint"`
	Title                types.String   `tfsdk:"title"`
	Icon                 types.String   `tfsdk:"icon"`
	Teams                types.Set      `tfsdk:"teams"`
	Properties           types.Object   `tfsdk:"properties"`
	PropertiesJSON       jsontype.Value `tfsdk:"properties_json"`
	Relations            types.Object   `tfsdk:"relations"`
	Management           types.String   `tfsdk:"management"`
	OnExisting           types.String   `tfsdk:"on_existing"`
	CreateMissingRelated types.Bool     `tfsdk:"create_missing_related_entities"`
	DeleteDependents     types.Bool     `tfsdk:"delete_dependents"`
	RunID                types.String   `tfsdk:"run_id"`
	Timeouts             timeouts.Value `tfsdk:"timeouts"`
}

func (m *partialModel) isDeclared() bool { return m.Management.ValueString() == managementDeclared }

func (m *partialModel) adopts() bool { return m.OnExisting.ValueString() == onExistingAdopt }

// hasAddress reports whether the blueprint and the identifier are known.
func (m *partialModel) hasAddress() bool {
	return m.Blueprint.ValueString() != "" && m.Identifier.ValueString() != ""
}

func (m *partialModel) address() address {
	return address{Blueprint: m.Blueprint.ValueString(), Identifier: m.Identifier.ValueString()}
}

// isWhole reports whether properties and relations that the configuration omits will have no value.
// This is not so for an entity that others update too: they may have set them.
func (m *partialModel) isWhole(isNew bool) bool {
	if m.Management.IsUnknown() || m.OnExisting.IsUnknown() {
		return false
	}
	return !m.isDeclared() || (isNew && !m.adopts())
}

// isKnown reports whether everything that Port stores is known.
func (m *partialModel) isKnown(ctx context.Context) bool {
	for _, value := range []attr.Value{
		m.Identifier, m.Blueprint, m.Title, m.Icon, m.Teams, m.Properties, m.PropertiesJSON, m.Relations, m.Management,
	} {
		if !isFullyKnown(ctx, value) {
			return false
		}
	}
	return true
}

// properties returns the configured properties, and false if any of them is unknown.
func (m *partialModel) properties(ctx context.Context, diagnostics *diag.Diagnostics) (propertySet, bool) {
	if !isFullyKnown(ctx, m.Properties) || m.PropertiesJSON.IsUnknown() {
		return propertySet{}, false
	}
	configured := propertySet{untyped: m.PropertiesJSON}
	if !m.Properties.IsNull() {
		configured.typed = &propertiesModel{}
		diagnostics.Append(m.Properties.As(ctx, configured.typed, basetypes.ObjectAsOptions{})...)
	}
	return configured, !diagnostics.HasError()
}

// relations returns the configured relations, and false if any of them is unknown.
func (m *partialModel) relations(ctx context.Context, diagnostics *diag.Diagnostics) (*relationsModel, bool) {
	if !isFullyKnown(ctx, m.Relations) {
		return nil, false
	}
	if m.Relations.IsNull() {
		return nil, true
	}
	configured := &relationsModel{}
	diagnostics.Append(m.Relations.As(ctx, configured, basetypes.ObjectAsOptions{})...)
	return configured, !diagnostics.HasError()
}

// isFullyKnown reports whether a value and everything in it are known.
func isFullyKnown(ctx context.Context, value attr.Value) bool {
	raw, err := value.ToTerraformValue(ctx)
	return err == nil && raw.IsFullyKnown()
}
