package entity

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
)

// The values of management. Null means full.
const (
	managementFull     = "full"
	managementDeclared = "declared"
)

// The values of on_existing. Null means error.
const (
	onExistingError = "error"
	onExistingAdopt = "adopt"
)

// model is the Terraform model of port_entity. A nil map, list or pointer is null; an empty one is
// empty.
type model struct {
	metadata.Model
	Identifier           types.String     `tfsdk:"identifier"`
	Blueprint            types.String     `tfsdk:"blueprint"`
	Title                types.String     `tfsdk:"title"`
	Icon                 types.String     `tfsdk:"icon"`
	Teams                []types.String   `tfsdk:"teams"`
	Properties           *propertiesModel `tfsdk:"properties"`
	PropertiesJSON       jsontype.Value   `tfsdk:"properties_json"`
	Relations            *relationsModel  `tfsdk:"relations"`
	Management           types.String     `tfsdk:"management"`
	OnExisting           types.String     `tfsdk:"on_existing"`
	CreateMissingRelated types.Bool       `tfsdk:"create_missing_related_entities"`
	DeleteDependents     types.Bool       `tfsdk:"delete_dependents"`
	RunID                types.String     `tfsdk:"run_id"`
	Timeouts             timeouts.Value   `tfsdk:"timeouts"`
}

// Limits returns the timeouts.
func (m *model) Limits() timeouts.Value { return m.Timeouts }

// isDeclared reports whether Terraform manages only the declared values.
func (m *model) isDeclared() bool { return m.Management.ValueString() == managementDeclared }

// adopts reports whether creating the resource takes over an existing entity.
func (m *model) adopts() bool { return m.OnExisting.ValueString() == onExistingAdopt }

// values returns the listed property values, null as nil.
func (m *model) values() (map[string]any, error) {
	return valuesToAPI(m.Properties, m.PropertiesJSON)
}

// toAPI converts the model to an entity of the API. It fails on text that is not JSON: validation
// does not see values that were unknown then.
func (m *model) toAPI() (*port.Entity, error) {
	properties, err := m.values()
	if err != nil {
		return nil, err
	}
	return &port.Entity{
		Identifier: m.Identifier.ValueString(),
		Title:      textToAPI(m.Title),
		Icon:       textToAPI(m.Icon),
		Team:       plainTexts(m.Teams),
		Properties: properties,
		Relations:  m.Relations.toAPI(),
	}, nil
}

// textToAPI returns nil for null, and for an unknown value, which only the write determines.
func textToAPI(text types.String) *string {
	if text.IsUnknown() {
		return nil
	}
	return text.ValueStringPointer()
}

// plainTexts converts a list of strings. It returns nil for an empty list.
func plainTexts(list []types.String) []string {
	var texts []string
	for _, text := range list {
		texts = append(texts, text.ValueString())
	}
	return texts
}

// fromAPI rebuilds the model from an entity of the API. If absent and empty mean the same to Port,
// it keeps the form of prior, which is nil after an import. The definition tells in which map
// values belong whose type is ambiguous; it may be nil.
func fromAPI(blueprint string, entity *port.Entity, prior *model, definition *port.Blueprint) (*model, error) {
	if prior == nil {
		prior = importedModel()
	}
	properties, untyped, err := propertiesFromAPI(entity.Properties, prior, definition)
	if err != nil {
		return nil, err
	}
	refreshed := &model{
		Blueprint:            types.StringValue(blueprint),
		Title:                convert.Text(entity.Title, prior.Title),
		Icon:                 convert.Text(entity.Icon, prior.Icon),
		Teams:                teamsFromAPI(entity.Team, prior.Teams),
		Properties:           properties,
		PropertiesJSON:       untyped,
		Relations:            relationsFromAPI(entity.Relations, prior.Relations),
		Management:           prior.Management,
		OnExisting:           prior.OnExisting,
		CreateMissingRelated: prior.CreateMissingRelated,
		DeleteDependents:     prior.DeleteDependents,
		RunID:                prior.RunID,
		Timeouts:             prior.Timeouts,
	}
	refreshed.setComputed(entity)
	return refreshed, nil
}

// importedModel is the prior model of an import. Like in the official provider, everything is null,
// so that a configuration generated from the import is short. Only properties_json is not null: a
// configuration may set it to values that the import shows in properties, and Terraform lets a plan
// keep a prior value instead of the configured one only if the prior value is not null. It is the
// empty string, because Terraform generates null for that. The caller sets the timeouts, whose type
// it knows.
func importedModel() *model {
	return &model{PropertiesJSON: jsontype.Empty(), CreateMissingRelated: types.BoolValue(false)}
}

// emptyModel has no values, and every collection in its empty form.
func emptyModel() *model {
	return &model{
		Title:          types.StringValue(""),
		Teams:          []types.String{},
		Properties:     emptyProperties(),
		PropertiesJSON: jsontype.New("{}"),
		Relations: &relationsModel{
			Single: map[string]types.String{},
			Many:   map[string][]types.String{},
		},
	}
}

// setComputed copies the values that Port computes. The blueprint must be set.
func (m *model) setComputed(entity *port.Entity) {
	if m.Title.IsUnknown() {
		m.Title = types.StringPointerValue(entity.Title)
	}
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
	return textList(teams)
}

// orEmpty replaces a nil map with an empty one.
func orEmpty(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

// sortedKeys returns the distinct keys of all maps, sorted.
func sortedKeys[V any](all ...map[string]V) []string {
	keys := map[string]bool{}
	for _, values := range all {
		for key := range values {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func has[T any](values map[string]T, key string) bool {
	_, listed := values[key]
	return listed
}
