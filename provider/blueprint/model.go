package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// The types of a property at Port.
const (
	typeString  = "string"
	typeNumber  = "number"
	typeBoolean = "boolean"
	typeObject  = "object"
	typeArray   = "array"
)

// model is port_blueprint in Terraform's terms. A nil map, list or pointer is
// null; an empty one was written as such.
type model struct {
	metadata.Model
	Identifier            types.String                `tfsdk:"identifier"`
	Title                 types.String                `tfsdk:"title"`
	Description           types.String                `tfsdk:"description"`
	Icon                  types.String                `tfsdk:"icon"`
	Properties            *propertiesModel            `tfsdk:"properties"`
	Relations             map[string]relationModel    `tfsdk:"relations"`
	MirrorProperties      map[string]mirrorModel      `tfsdk:"mirror_properties"`
	CalculationProperties map[string]calculationModel `tfsdk:"calculation_properties"`
	Ownership             *ownershipModel             `tfsdk:"ownership"`
	TeamInheritance       *teamInheritanceModel       `tfsdk:"team_inheritance"`
	WebhookDestination    *webhookModel               `tfsdk:"webhook_changelog_destination"`
	KafkaDestination      *kafkaModel                 `tfsdk:"kafka_changelog_destination"`
	IncludeInGlobalSearch types.Bool                  `tfsdk:"include_in_global_search"`
	ForceDeleteEntities   types.Bool                  `tfsdk:"force_delete_entities"`
	CreateCatalogPage     types.Bool                  `tfsdk:"create_catalog_page"`
}

type relationModel struct {
	Target      types.String `tfsdk:"target"`
	Title       types.String `tfsdk:"title"`
	Description types.String `tfsdk:"description"`
	Many        types.Bool   `tfsdk:"many"`
	Required    types.Bool   `tfsdk:"required"`
}

type mirrorModel struct {
	Path  types.String `tfsdk:"path"`
	Title types.String `tfsdk:"title"`
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
}

type specAuthenticationModel struct {
	ClientID         types.String `tfsdk:"client_id"`
	AuthorizationURL types.String `tfsdk:"authorization_url"`
	TokenURL         types.String `tfsdk:"token_url"`
}

type ownershipModel struct {
	Type  types.String `tfsdk:"type"`
	Path  types.String `tfsdk:"path"`
	Title types.String `tfsdk:"title"`
}

type teamInheritanceModel struct {
	Path types.String `tfsdk:"path"`
}

type webhookModel struct {
	URL   types.String `tfsdk:"url"`
	Agent types.Bool   `tfsdk:"agent"`
}

// kafkaModel is the empty object that asks for Port's Kafka topic.
type kafkaModel struct{}

// toAPI gives the blueprint as Port stores it. Only keys that Terraform
// manages are set: what else Port holds is carried over before a write.
func (m *model) toAPI() *port.Blueprint {
	blueprint := &port.Blueprint{
		Identifier:            m.Identifier.ValueString(),
		Title:                 m.Title.ValueString(),
		Description:           m.Description.ValueStringPointer(),
		Icon:                  m.Icon.ValueStringPointer(),
		Schema:                m.Properties.toAPI(),
		Relations:             convert.Map(m.Relations, relationModel.toAPI),
		MirrorProperties:      convert.Map(m.MirrorProperties, mirrorModel.toAPI),
		CalculationProperties: convert.Map(m.CalculationProperties, calculationModel.toAPI),
		ChangelogDestination:  m.changelogDestination(),
		IncludeInGlobalSearch: m.IncludeInGlobalSearch.ValueBoolPointer(),
	}
	if m.Ownership != nil {
		blueprint.Ownership = &port.Ownership{
			Type:  m.Ownership.Type.ValueString(),
			Path:  m.Ownership.Path.ValueStringPointer(),
			Title: m.Ownership.Title.ValueStringPointer(),
		}
	}
	if m.TeamInheritance != nil {
		blueprint.TeamInheritance = &port.TeamInheritance{Path: m.TeamInheritance.Path.ValueString()}
	}
	return blueprint
}

func (m *model) changelogDestination() *port.ChangelogDestination {
	switch {
	case m.WebhookDestination != nil:
		return &port.ChangelogDestination{
			Type:  port.ChangelogWebhook,
			URL:   m.WebhookDestination.URL.ValueStringPointer(),
			Agent: m.WebhookDestination.Agent.ValueBoolPointer(),
		}
	case m.KafkaDestination != nil:
		return &port.ChangelogDestination{Type: port.ChangelogKafka}
	default:
		return nil
	}
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
	}
}

func (s *specAuthenticationModel) toAPI() *port.SpecAuthentication {
	if s == nil {
		return nil
	}
	return &port.SpecAuthentication{
		ClientID:         s.ClientID.ValueString(),
		AuthorizationURL: s.AuthorizationURL.ValueString(),
		TokenURL:         s.TokenURL.ValueString(),
	}
}

// fromAPI rebuilds the model from what Port holds. Where absent and empty mean
// the same to Port, the form of prior is kept; prior is nil after an import.
func fromAPI(blueprint *port.Blueprint, prior *model) (*model, error) {
	if prior == nil {
		prior = emptyModel()
	}
	properties, err := propertiesFromAPI(blueprint.Schema, prior.Properties)
	if err != nil {
		return nil, err
	}
	fresh := &model{
		Identifier:            types.StringValue(blueprint.Identifier),
		Title:                 types.StringValue(blueprint.Title),
		Description:           convert.Text(blueprint.Description, prior.Description),
		Icon:                  convert.Text(blueprint.Icon, prior.Icon),
		Properties:            properties,
		MirrorProperties:      convert.MapWithPrior(blueprint.MirrorProperties, prior.MirrorProperties, mirrorFromAPI),
		CalculationProperties: convert.MapWithPrior(blueprint.CalculationProperties, prior.CalculationProperties, calculationFromAPI),
		IncludeInGlobalSearch: types.BoolPointerValue(blueprint.IncludeInGlobalSearch),
		ForceDeleteEntities:   prior.ForceDeleteEntities,
		CreateCatalogPage:     prior.CreateCatalogPage,
	}
	if prior.Relations != nil {
		fresh.Relations = convert.MapWithPrior(blueprint.Relations, prior.Relations, relationFromAPI)
	}
	if blueprint.Ownership != nil {
		fresh.Ownership = ownershipFromAPI(*blueprint.Ownership, prior.Ownership)
	}
	if blueprint.TeamInheritance != nil {
		fresh.TeamInheritance = &teamInheritanceModel{Path: types.StringValue(blueprint.TeamInheritance.Path)}
	}
	fresh.setChangelogDestination(blueprint.ChangelogDestination)
	fresh.setComputed(blueprint)
	return fresh, nil
}

// emptyModel is what an import compares with: every collection in its empty
// form, which a configuration without it does not contradict, and the defaults
// of the attributes that Port does not store.
func emptyModel() *model {
	return &model{
		Properties: &propertiesModel{
			String:  map[string]stringModel{},
			Number:  map[string]numberModel{},
			Boolean: map[string]booleanModel{},
			Object:  map[string]objectModel{},
			Array:   map[string]arrayModel{},
		},
		Relations:             map[string]relationModel{},
		MirrorProperties:      map[string]mirrorModel{},
		CalculationProperties: map[string]calculationModel{},
		ForceDeleteEntities:   types.BoolValue(false),
		CreateCatalogPage:     types.BoolValue(true),
	}
}

// setComputed takes over what only Port knows.
func (m *model) setComputed(blueprint *port.Blueprint) {
	m.Model = metadata.New(blueprint.Identifier, metadata.Stamp{
		CreatedAt: blueprint.CreatedAt,
		CreatedBy: blueprint.CreatedBy,
		UpdatedAt: blueprint.UpdatedAt,
		UpdatedBy: blueprint.UpdatedBy,
	})
}

func (m *model) setChangelogDestination(destination *port.ChangelogDestination) {
	if destination == nil {
		return
	}
	if destination.Type == port.ChangelogKafka {
		m.KafkaDestination = &kafkaModel{}
		return
	}
	m.WebhookDestination = &webhookModel{
		URL:   types.StringPointerValue(destination.URL),
		Agent: types.BoolPointerValue(destination.Agent),
	}
}

func relationFromAPI(relation port.Relation, prior relationModel) relationModel {
	return relationModel{
		Target:      types.StringValue(relation.Target),
		Title:       convert.Text(relation.Title, prior.Title),
		Description: convert.Text(relation.Description, prior.Description),
		Many:        types.BoolValue(relation.Many),
		Required:    types.BoolValue(relation.Required),
	}
}

func mirrorFromAPI(mirror port.MirrorProperty, prior mirrorModel) mirrorModel {
	return mirrorModel{Path: types.StringValue(mirror.Path), Title: convert.Text(mirror.Title, prior.Title)}
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
	}
}

func specAuthenticationFromAPI(authentication *port.SpecAuthentication) *specAuthenticationModel {
	if authentication == nil {
		return nil
	}
	return &specAuthenticationModel{
		ClientID:         types.StringValue(authentication.ClientID),
		AuthorizationURL: types.StringValue(authentication.AuthorizationURL),
		TokenURL:         types.StringValue(authentication.TokenURL),
	}
}

func ownershipFromAPI(ownership port.Ownership, prior *ownershipModel) *ownershipModel {
	if prior == nil {
		prior = &ownershipModel{}
	}
	return &ownershipModel{
		Type:  types.StringValue(ownership.Type),
		Path:  convert.Text(ownership.Path, prior.Path),
		Title: convert.Text(ownership.Title, prior.Title),
	}
}
