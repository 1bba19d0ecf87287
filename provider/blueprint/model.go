package blueprint

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// model is the Terraform model of port_blueprint. A nil map, list or pointer is null.
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

// contentModel contains what can be declared in any blueprint, including system blueprints.
type contentModel struct {
	Properties            *propertiesModel            `tfsdk:"properties"`
	Relations             map[string]relationModel    `tfsdk:"relations"`
	MirrorProperties      map[string]mirrorModel      `tfsdk:"mirror_properties"`
	CalculationProperties map[string]calculationModel `tfsdk:"calculation_properties"`
	AggregationProperties map[string]aggregationModel `tfsdk:"aggregation_properties"`
	IncludeInGlobalSearch types.Bool                  `tfsdk:"include_in_global_search"`
}

// localModel contains the attributes that control the provider and that Port does not store.
type localModel struct {
	ForceDeleteEntities types.Bool     `tfsdk:"force_delete_entities"`
	DeleteActions       types.Bool     `tfsdk:"delete_actions"`
	DeletionProtection  types.Bool     `tfsdk:"deletion_protection"`
	CreateCatalogPage   types.Bool     `tfsdk:"create_catalog_page"`
	RelationsMode       types.String   `tfsdk:"relations_mode"`
	AggregationsMode    types.String   `tfsdk:"aggregation_properties_mode"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

// Limits returns the timeouts.
func (m *localModel) Limits() timeouts.Value { return m.Timeouts }

type ownershipModel struct {
	Type  types.String `tfsdk:"type"`
	Path  types.String `tfsdk:"path"`
	Title types.String `tfsdk:"title"`
}

func (m *ownershipModel) bindings() []document.Binding {
	return []document.Binding{document.Kind("type", &m.Type), document.Text("path", &m.Path), document.Text("title", &m.Title)}
}

type teamInheritanceModel struct {
	Path types.String `tfsdk:"path"`
}

func (m *teamInheritanceModel) bindings() []document.Binding {
	return []document.Binding{document.Text("path", &m.Path)}
}

type webhookModel struct {
	URL   types.String `tfsdk:"url"`
	Agent types.Bool   `tfsdk:"agent"`
}

func (m *webhookModel) bindings() []document.Binding {
	return []document.Binding{document.Text("url", &m.URL), document.Bool("agent", &m.Agent)}
}

// kafkaModel is the empty object that selects Port's Kafka topic.
type kafkaModel struct{}

func (*kafkaModel) bindings() []document.Binding { return nil }

// bindings bind the attributes to the body of PUT /v1/blueprints/{identifier}.
func (m *model) bindings() []document.Binding {
	return append(m.contentModel.bindings(m.RelationsMode, m.AggregationsMode),
		document.Text("identifier", &m.Identifier),
		document.Text("title", &m.Title),
		document.Text("description", &m.Description),
		document.Text("icon", &m.Icon),
		document.Nested("ownership", &m.Ownership, (*ownershipModel).bindings),
		document.Nested("teamInheritance", &m.TeamInheritance, (*teamInheritanceModel).bindings),
		document.OneOf("changelogDestination", "type",
			document.When(port.ChangelogWebhook, &m.WebhookDestination, (*webhookModel).bindings),
			document.When(port.ChangelogKafka, &m.KafkaDestination, (*kafkaModel).bindings),
		),
	)
}

// bindings bind the content. Others may declare relations and aggregation properties too if the
// mode says so or the attribute is null.
func (m *contentModel) bindings(relationsMode, aggregationsMode types.String) []document.Binding {
	return []document.Binding{
		m.propertiesBinding(),
		shared("relations", &m.Relations, (*relationModel).bindings, isShared(m.Relations, relationsMode), nil),
		shared("mirrorProperties", &m.MirrorProperties, (*mirrorModel).bindings, isShared(m.Relations, relationsMode), m.usesOwnRelation()),
		document.LooseMap("calculationProperties", &m.CalculationProperties, (*calculationModel).bindings),
		shared("aggregationProperties", &m.AggregationProperties, (*aggregationModel).bindings, isShared(m.AggregationProperties, aggregationsMode), nil),
		document.Bool("includeInGlobalSearch", &m.IncludeInGlobalSearch),
	}
}

// document returns the document that the attributes write, without extra_json.
func (m *model) document() document.Object {
	whole := document.Object{}
	document.Write(whole, m.bindings())
	return whole
}

// toAPI returns the same as a blueprint.
func (m *model) toAPI() (*port.Blueprint, error) { return fromDocument[port.Blueprint](m.document()) }

// fromAPI reads a blueprint from Port. If absent and empty mean the same to Port, it keeps the form
// of the model. isNew means that the model has no form, as after an import.
func (m *model) fromAPI(blueprint *port.Blueprint, isNew bool) error {
	whole, err := toDocument(*blueprint)
	if err != nil {
		return err
	}
	if err := document.Read(whole, m.bindings(), isNew); err != nil {
		return err
	}
	if m.ExtraJSON, err = observedExtra(m.ExtraJSON, whole); err != nil {
		return fmt.Errorf("extra_json: %w", err)
	}
	if isNew {
		m.ForceDeleteEntities, m.CreateCatalogPage = types.BoolValue(false), types.BoolValue(true)
	}
	m.setComputed(blueprint)
	return nil
}

// setComputed copies the values that Port computes.
func (m *model) setComputed(blueprint *port.Blueprint) {
	m.Model = metadata.New(blueprint.Identifier, metadata.Stamp{
		CreatedAt: blueprint.CreatedAt,
		CreatedBy: blueprint.CreatedBy,
		UpdatedAt: blueprint.UpdatedAt,
		UpdatedBy: blueprint.UpdatedBy,
	})
}

// toDocument converts a blueprint, or a part of one, to a JSON object.
func toDocument[T any](of T) (document.Object, error) {
	encoded, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	decoded, err := jsonvalue.Decode(encoded)
	if err != nil {
		return nil, err
	}
	whole, _ := decoded.(document.Object)
	return whole, nil
}

// fromDocument converts a JSON object to a blueprint, or a part of one.
func fromDocument[T any](whole document.Object) (*T, error) {
	encoded, err := jsonvalue.Encode(whole)
	if err != nil {
		return nil, err
	}
	var of T
	return &of, json.Unmarshal(encoded, &of)
}

// overlay writes those keys of desired that the model supports over current, so that other keys
// survive.
func overlay[T any](current, desired document.Object, bindings func(*T) []document.Binding) error {
	var model T
	if err := document.Read(desired, bindings(&model), true); err != nil {
		return err
	}
	document.Write(current, bindings(&model))
	return nil
}
