package blueprint

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
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
	contentModel
	Identifier         types.String          `tfsdk:"identifier"`
	Title              types.String          `tfsdk:"title"`
	Description        types.String          `tfsdk:"description"`
	Icon               types.String          `tfsdk:"icon"`
	Ownership          *ownershipModel       `tfsdk:"ownership"`
	TeamInheritance    *teamInheritanceModel `tfsdk:"team_inheritance"`
	WebhookDestination *webhookModel         `tfsdk:"webhook_changelog_destination"`
	KafkaDestination   *kafkaModel           `tfsdk:"kafka_changelog_destination"`
	ExtraJSON          jsontype.Value        `tfsdk:"extra_json"`
	localModel
}

// contentModel is what can be declared of any blueprint, also of one of Port's own.
type contentModel struct {
	Properties            *propertiesModel            `tfsdk:"properties"`
	Relations             map[string]relationModel    `tfsdk:"relations"`
	MirrorProperties      map[string]mirrorModel      `tfsdk:"mirror_properties"`
	CalculationProperties map[string]calculationModel `tfsdk:"calculation_properties"`
	AggregationProperties map[string]aggregationModel `tfsdk:"aggregation_properties"`
	IncludeInGlobalSearch types.Bool                  `tfsdk:"include_in_global_search"`
}

// localModel holds the attributes that steer the provider and that Port never
// stores.
type localModel struct {
	ForceDeleteEntities types.Bool     `tfsdk:"force_delete_entities"`
	DeleteActions       types.Bool     `tfsdk:"delete_actions"`
	DeletionProtection  types.Bool     `tfsdk:"deletion_protection"`
	CreateCatalogPage   types.Bool     `tfsdk:"create_catalog_page"`
	RelationsMode       types.String   `tfsdk:"relations_mode"`
	AggregationsMode    types.String   `tfsdk:"aggregation_properties_mode"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

// Limits are the limits of operations in time.
func (m *localModel) Limits() timeouts.Value { return m.Timeouts }

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
		AggregationProperties: convert.Map(m.AggregationProperties, aggregationModel.toAPI),
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

// fromAPI rebuilds the model from what Port holds. Where absent and empty mean
// the same to Port, the form of prior is kept; prior is nil after an import.
func fromAPI(blueprint *port.Blueprint, prior *model) (*model, error) {
	if prior == nil {
		prior = emptyModel(blueprint)
	}
	properties, err := propertiesFromAPI(blueprint.Schema, prior.Properties)
	if err != nil {
		return nil, err
	}
	extra, err := observedExtra(prior.ExtraJSON, blueprint)
	if err != nil {
		return nil, fmt.Errorf("extra_json: %w", err)
	}
	fresh := &model{
		Identifier:  types.StringValue(blueprint.Identifier),
		Title:       types.StringValue(blueprint.Title),
		Description: convert.Text(blueprint.Description, prior.Description),
		Icon:        convert.Text(blueprint.Icon, prior.Icon),
		contentModel: contentModel{
			Properties:            properties,
			MirrorProperties:      convert.MapWithPrior(prior.ownMirrors(blueprint.MirrorProperties), prior.MirrorProperties, mirrorFromAPI),
			CalculationProperties: convert.MapWithPrior(blueprint.CalculationProperties, prior.CalculationProperties, calculationFromAPI),
			IncludeInGlobalSearch: types.BoolPointerValue(blueprint.IncludeInGlobalSearch),
		},
		ExtraJSON:  extra,
		localModel: prior.localModel,
	}
	if prior.Relations != nil {
		fresh.Relations = convert.MapWithPrior(ownElements(prior.RelationsMode, blueprint.Relations, prior.Relations), prior.Relations, relationFromAPI)
	}
	if prior.AggregationProperties != nil {
		fresh.AggregationProperties = convert.MapWithPrior(ownElements(prior.AggregationsMode, blueprint.AggregationProperties, prior.AggregationProperties), prior.AggregationProperties, aggregationFromAPI)
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
