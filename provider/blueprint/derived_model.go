package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
)

// This file holds what connects a blueprint to others and what Port derives
// from the connections: relations, mirror and calculation properties.

type relationModel struct {
	Target      types.String `tfsdk:"target"`
	Title       types.String `tfsdk:"title"`
	Description types.String `tfsdk:"description"`
	Many        types.Bool   `tfsdk:"many"`
	Required    types.Bool   `tfsdk:"required"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
}

type mirrorModel struct {
	Path        types.String `tfsdk:"path"`
	Title       types.String `tfsdk:"title"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
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

// calculationItemsModel describes the elements of a calculated list.
type calculationItemsModel struct {
	Type   types.String `tfsdk:"type"`
	Format types.String `tfsdk:"format"`
}

// defaultScope is what Port asks for where authorization_scope is left out
// (POST /v1/blueprints).
const defaultScope = "openid"

type specAuthenticationModel struct {
	ClientID         types.String   `tfsdk:"client_id"`
	AuthorizationURL types.String   `tfsdk:"authorization_url"`
	TokenURL         types.String   `tfsdk:"token_url"`
	Scope            []types.String `tfsdk:"authorization_scope"`
}

func (r relationModel) toAPI() port.Relation {
	return port.Relation{
		Target:      r.Target.ValueString(),
		Title:       r.Title.ValueStringPointer(),
		Description: r.Description.ValueStringPointer(),
		Many:        r.Many.ValueBool(),
		Required:    r.Required.ValueBool(),
	}
}

func (m mirrorModel) toAPI() port.MirrorProperty {
	return port.MirrorProperty{Path: m.Path.ValueString(), Title: m.Title.ValueStringPointer()}
}

func (c calculationModel) toAPI() port.CalculationProperty {
	return port.CalculationProperty{
		Calculation:        c.Calculation.ValueString(),
		Type:               c.Type.ValueString(),
		Title:              c.Title.ValueStringPointer(),
		Description:        c.Description.ValueStringPointer(),
		Icon:               c.Icon.ValueStringPointer(),
		Format:             c.Format.ValueStringPointer(),
		DateFormat:         c.DateFormat.ValueStringPointer(),
		Spec:               c.Spec.ValueStringPointer(),
		SpecAuthentication: c.SpecAuthentication.toAPI(),
		Colorized:          c.Colorized.ValueBoolPointer(),
		Colors:             convert.TextMapToAPI(c.Colors),
		Items:              c.Items.toAPI(),
	}
}

func (i *calculationItemsModel) toAPI() *port.Items {
	if i == nil {
		return nil
	}
	return &port.Items{Type: i.Type.ValueString(), Format: i.Format.ValueStringPointer()}
}

func (s *specAuthenticationModel) toAPI() *port.SpecAuthentication {
	if s == nil {
		return nil
	}
	return &port.SpecAuthentication{
		ClientID:         s.ClientID.ValueString(),
		AuthorizationURL: s.AuthorizationURL.ValueString(),
		TokenURL:         s.TokenURL.ValueString(),
		Scope:            plain(s.Scope),
	}
}

func relationFromAPI(relation port.Relation, prior relationModel) relationModel {
	return relationModel{
		Target:      types.StringValue(relation.Target),
		Title:       convert.Text(relation.Title, prior.Title),
		Description: convert.Text(relation.Description, prior.Description),
		Many:        types.BoolValue(relation.Many),
		Required:    types.BoolValue(relation.Required),
		RenamedFrom: prior.RenamedFrom,
	}
}

func mirrorFromAPI(mirror port.MirrorProperty, prior mirrorModel) mirrorModel {
	return mirrorModel{
		Path:        types.StringValue(mirror.Path),
		Title:       convert.Text(mirror.Title, prior.Title),
		RenamedFrom: prior.RenamedFrom,
	}
}

func calculationFromAPI(calculation port.CalculationProperty, prior calculationModel) calculationModel {
	return calculationModel{
		Calculation:        types.StringValue(calculation.Calculation),
		Type:               types.StringValue(calculation.Type),
		Title:              convert.Text(calculation.Title, prior.Title),
		Description:        convert.Text(calculation.Description, prior.Description),
		Icon:               convert.Text(calculation.Icon, prior.Icon),
		Format:             convert.Text(calculation.Format, prior.Format),
		DateFormat:         convert.Text(calculation.DateFormat, prior.DateFormat),
		Spec:               convert.Text(calculation.Spec, prior.Spec),
		SpecAuthentication: specAuthenticationFromAPI(calculation.SpecAuthentication),
		Colorized:          types.BoolPointerValue(calculation.Colorized),
		Colors:             convert.TextMap(calculation.Colors, prior.Colors),
		Items:              calculationItemsFromAPI(calculation.Items, orZero(prior.Items)),
	}
}

func calculationItemsFromAPI(items *port.Items, prior calculationItemsModel) *calculationItemsModel {
	if items == nil {
		return nil
	}
	return &calculationItemsModel{Type: convert.Text(&items.Type, prior.Type), Format: convert.Text(items.Format, prior.Format)}
}

func specAuthenticationFromAPI(authentication *port.SpecAuthentication) *specAuthenticationModel {
	if authentication == nil {
		return nil
	}
	return &specAuthenticationModel{
		ClientID:         types.StringValue(authentication.ClientID),
		AuthorizationURL: types.StringValue(authentication.AuthorizationURL),
		TokenURL:         types.StringValue(authentication.TokenURL),
		Scope:            scopesFromAPI(authentication.Scope),
	}
}

// scopesFromAPI reads the scopes. Without any, Port asks for the documented
// default, which the attribute has as well.
func scopesFromAPI(in []string) []types.String {
	if in == nil {
		in = []string{defaultScope}
	}
	return wrapped(in)
}
