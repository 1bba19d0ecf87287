package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
)

// This file contains relations and the properties that Port derives from them: mirror and
// calculation properties.

type relationModel struct {
	Target      types.String `tfsdk:"target"`
	Title       types.String `tfsdk:"title"`
	Description types.String `tfsdk:"description"`
	Many        types.Bool   `tfsdk:"many"`
	Required    types.Bool   `tfsdk:"required"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
}

func (m *relationModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("target", &m.Target),
		document.Text("title", &m.Title),
		document.Text("description", &m.Description),
		document.BoolWithDefault("many", &m.Many, false),
		document.BoolWithDefault("required", &m.Required, false),
	}
}

type mirrorModel struct {
	Path        types.String `tfsdk:"path"`
	Title       types.String `tfsdk:"title"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
}

func (m *mirrorModel) bindings() []document.Binding {
	return []document.Binding{document.Text("path", &m.Path), document.Text("title", &m.Title)}
}

type calculationModel struct {
	Calculation        types.String             `tfsdk:"calculation"`
	Type               types.String             `tfsdk:"type"`
	Title              types.String             `tfsdk:"title"`
	Description        types.String             `tfsdk:"description"`
	Icon               types.String             `tfsdk:"icon"`
	Format             types.String             `tfsdk:"format"`
	DateFormat         types.String             `tfsdk:"date_format"`
	Spec               types.String             `tfsdk:"spec"`
	SpecAuthentication *specAuthenticationModel `tfsdk:"spec_authentication"`
	Colorized          types.Bool               `tfsdk:"colorized"`
	Colors             map[string]types.String  `tfsdk:"colors"`
	Items              *calculationItemsModel   `tfsdk:"items"`
}

func (m *calculationModel) bindings() []document.Binding {
	return []document.Binding{
		document.Kind("type", &m.Type),
		document.Text("calculation", &m.Calculation),
		document.Text("title", &m.Title),
		document.Text("description", &m.Description),
		document.Text("icon", &m.Icon),
		document.Text("format", &m.Format),
		document.Text("dateFormat", &m.DateFormat),
		document.Text("spec", &m.Spec),
		specAuthenticationBinding(&m.SpecAuthentication),
		document.Bool("colorized", &m.Colorized),
		document.LooseTextMap("colors", &m.Colors),
		document.Nested("items", &m.Items, (*calculationItemsModel).bindings),
	}
}

// calculationItemsModel describes the items of a calculated list.
type calculationItemsModel struct {
	Type   types.String `tfsdk:"type"`
	Format types.String `tfsdk:"format"`
}

func (m *calculationItemsModel) bindings() []document.Binding {
	return []document.Binding{document.Kind("type", &m.Type), document.Text("format", &m.Format)}
}

// defaultScope is the scope that Port requests if authorization_scope is not set (POST
// /v1/blueprints).
const defaultScope = "openid"

type specAuthenticationModel struct {
	ClientID         types.String   `tfsdk:"client_id"`
	AuthorizationURL types.String   `tfsdk:"authorization_url"`
	TokenURL         types.String   `tfsdk:"token_url"`
	Scope            []types.String `tfsdk:"authorization_scope"`
}

func specAuthenticationBinding(target **specAuthenticationModel) document.Binding {
	return document.Nested("specAuthentication", target, (*specAuthenticationModel).bindings)
}

func (m *specAuthenticationModel) bindings() []document.Binding {
	scopes := document.Texts("authorizationScope", &m.Scope)
	return []document.Binding{
		document.Text("clientId", &m.ClientID),
		document.Text("authorizationUrl", &m.AuthorizationURL),
		document.Text("tokenUrl", &m.TokenURL),
		document.Custom(
			func(into document.Object) { document.Write(into, []document.Binding{scopes}) },
			func(from document.Object, isNew bool) error {
				err := document.Read(from, []document.Binding{scopes}, isNew)
				if m.Scope == nil {
					m.Scope = []types.String{types.StringValue(defaultScope)}
				}
				return err
			},
		),
	}
}
