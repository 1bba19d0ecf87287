package entity

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// model is port_entity in Terraform's terms. A nil map, list or pointer is
// null; an empty one was written as such.
type model struct {
	metadata.Model
	Identifier           types.String     `tfsdk:"identifier"`
	Blueprint            types.String     `tfsdk:"blueprint"`
	Title                types.String     `tfsdk:"title"`
	Icon                 types.String     `tfsdk:"icon"`
	Teams                []types.String   `tfsdk:"teams"`
	Properties           *propertiesModel `tfsdk:"properties"`
	Relations            *relationsModel  `tfsdk:"relations"`
	CreateMissingRelated types.Bool       `tfsdk:"create_missing_related_entities"`
	RunID                types.String     `tfsdk:"run_id"`
}

type propertiesModel struct {
	String  map[string]types.String   `tfsdk:"string_props"`
	Number  map[string]types.Number   `tfsdk:"number_props"`
	Boolean map[string]types.Bool     `tfsdk:"boolean_props"`
	Object  map[string]jsontype.Value `tfsdk:"object_props"`
	Array   *arraysModel              `tfsdk:"array_props"`
}

type arraysModel struct {
	String  map[string][]types.String   `tfsdk:"string_items"`
	Number  map[string][]types.Number   `tfsdk:"number_items"`
	Boolean map[string][]types.Bool     `tfsdk:"boolean_items"`
	Object  map[string][]jsontype.Value `tfsdk:"object_items"`
}

type relationsModel struct {
	Single map[string]types.String   `tfsdk:"single_relations"`
	Many   map[string][]types.String `tfsdk:"many_relations"`
}

// toAPI gives the entity as Port stores it. It fails on text that is not JSON,
// which validation could not see while it was unknown.
func (m *model) toAPI() (*port.Entity, error) {
	properties, err := m.Properties.toAPI()
	if err != nil {
		return nil, err
	}
	entity := &port.Entity{
		Identifier: m.Identifier.ValueString(),
		Title:      m.Title.ValueStringPointer(),
		Icon:       m.Icon.ValueStringPointer(),
		Properties: properties,
		Relations:  m.Relations.toAPI(),
	}
	for _, team := range m.Teams {
		entity.Team = append(entity.Team, team.ValueString())
	}
	return entity, nil
}

func (m *propertiesModel) toAPI() (map[string]any, error) {
	values := map[string]any{}
	if m == nil {
		return values, nil
	}
	problems := []error{
		put(values, m.String, fromText),
		put(values, m.Number, fromNumber),
		put(values, m.Boolean, fromBool),
		put(values, m.Object, fromJSON),
	}
	if m.Array != nil {
		problems = append(problems,
			put(values, m.Array.String, listOf(fromText)),
			put(values, m.Array.Number, listOf(fromNumber)),
			put(values, m.Array.Boolean, listOf(fromBool)),
			put(values, m.Array.Object, listOf(fromJSON)),
		)
	}
	return values, errors.Join(problems...)
}

func (m *relationsModel) toAPI() map[string]any {
	relations := map[string]any{}
	if m == nil {
		return relations
	}
	for key, target := range m.Single {
		relations[key] = nil
		if !target.IsNull() {
			relations[key] = target.ValueString()
		}
	}
	for key, targets := range m.Many {
		identifiers := make([]string, 0, len(targets))
		for _, target := range targets {
			identifiers = append(identifiers, target.ValueString())
		}
		relations[key] = identifiers
	}
	return relations
}

// fromAPI rebuilds the model from what Port holds. Where absent and empty mean
// the same to Port, the form of prior is kept; prior is nil after an import.
func fromAPI(blueprint string, entity *port.Entity, prior *model) (*model, error) {
	if prior == nil {
		prior = emptyModel()
	}
	properties, err := propertiesFromAPI(entity.Properties, prior.Properties)
	if err != nil {
		return nil, err
	}
	fresh := &model{
		Blueprint:            types.StringValue(blueprint),
		Title:                convert.Text(entity.Title, prior.Title),
		Icon:                 convert.Text(entity.Icon, prior.Icon),
		Teams:                teamsFromAPI(entity.Team, prior.Teams),
		Properties:           properties,
		Relations:            relationsFromAPI(entity.Relations, prior.Relations),
		CreateMissingRelated: prior.CreateMissingRelated,
		RunID:                prior.RunID,
	}
	fresh.setComputed(entity)
	return fresh, nil
}

// emptyModel is what an import compares with: every collection in its empty
// form, which a configuration without it does not contradict, and the defaults
// of the attributes that Port does not store.
func emptyModel() *model {
	return &model{
		Teams: []types.String{},
		Properties: &propertiesModel{
			String:  map[string]types.String{},
			Number:  map[string]types.Number{},
			Boolean: map[string]types.Bool{},
			Object:  map[string]jsontype.Value{},
			Array: &arraysModel{
				String:  map[string][]types.String{},
				Number:  map[string][]types.Number{},
				Boolean: map[string][]types.Bool{},
				Object:  map[string][]jsontype.Value{},
			},
		},
		Relations: &relationsModel{
			Single: map[string]types.String{},
			Many:   map[string][]types.String{},
		},
		CreateMissingRelated: types.BoolValue(false),
	}
}

// setComputed takes over what only Port knows. The blueprint must be set.
func (m *model) setComputed(entity *port.Entity) {
	m.Identifier = types.StringValue(entity.Identifier)
	m.Model = metadata.New(entityID(m.Blueprint.ValueString(), entity.Identifier), metadata.Stamp{
		CreatedAt: entity.CreatedAt,
		CreatedBy: entity.CreatedBy,
		UpdatedAt: entity.UpdatedAt,
		UpdatedBy: entity.UpdatedBy,
	})
}

func entityID(blueprint, identifier string) string { return blueprint + ":" + identifier }

func teamsFromAPI(teams []string, prior []types.String) []types.String {
	if len(teams) == 0 && prior == nil {
		return nil
	}
	out := make([]types.String, 0, len(teams))
	for _, team := range teams {
		out = append(out, types.StringValue(team))
	}
	return out
}

// relationsFromAPI sorts relations by whether they are single. One without a
// target is listed only if Terraform lists it so.
func relationsFromAPI(relations map[string]any, prior *relationsModel) *relationsModel {
	known := prior
	if known == nil {
		known = &relationsModel{}
	}
	single, many := map[string]types.String{}, map[string][]types.String{}
	for key, target := range known.Single {
		if target.IsNull() {
			single[key] = target
		}
	}
	for key, targets := range known.Many {
		if len(targets) == 0 {
			many[key] = targets
		}
	}
	for key, target := range relations {
		switch target := target.(type) {
		case string:
			delete(many, key)
			single[key] = types.StringValue(target)
		case []string:
			if len(target) > 0 {
				delete(single, key)
				many[key] = textList(target)
			}
		}
	}
	if prior == nil && len(single) == 0 && len(many) == 0 {
		return nil
	}
	return &relationsModel{Single: orNil(single, known.Single), Many: orNil(many, known.Many)}
}

// orNil gives an empty map the form that prior has.
func orNil[T any](fresh, prior map[string]T) map[string]T {
	if len(fresh) == 0 && prior == nil {
		return nil
	}
	return fresh
}

func textList(in []string) []types.String {
	out := make([]types.String, 0, len(in))
	for _, value := range in {
		out = append(out, types.StringValue(value))
	}
	return out
}
