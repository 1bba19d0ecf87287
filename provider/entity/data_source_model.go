package entity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// resultModel is an entity in a data source, with everything that can be read.
type resultModel struct {
	Identifier     types.String                       `tfsdk:"identifier"`
	Blueprint      types.String                       `tfsdk:"blueprint"`
	Title          types.String                       `tfsdk:"title"`
	Icon           types.String                       `tfsdk:"icon"`
	Teams          []types.String                     `tfsdk:"teams"`
	Properties     *propertiesModel                   `tfsdk:"properties"`
	PropertiesJSON jsontype.Value                     `tfsdk:"properties_json"`
	Relations      *relationsModel                    `tfsdk:"relations"`
	RelationTitles map[string]map[string]types.String `tfsdk:"relation_titles"`
	Scorecards     map[string]scorecardModel          `tfsdk:"scorecards"`
	RunID          types.String                       `tfsdk:"run_id"`
	CreatedAt      types.String                       `tfsdk:"created_at"`
	CreatedBy      types.String                       `tfsdk:"created_by"`
	UpdatedAt      types.String                       `tfsdk:"updated_at"`
	UpdatedBy      types.String                       `tfsdk:"updated_by"`
}

type scorecardModel struct {
	Level types.String         `tfsdk:"level"`
	Rules []scorecardRuleModel `tfsdk:"rules"`
}

type scorecardRuleModel struct {
	Identifier types.String `tfsdk:"identifier"`
	Level      types.String `tfsdk:"level"`
	Status     types.String `tfsdk:"status"`
}

// result converts an entity from a response. blueprint is that of the request, for responses that
// do not name it.
func (r *reader) result(ctx context.Context, blueprint string, entity *port.Entity) (*resultModel, error) {
	if entity.Blueprint != "" {
		blueprint = entity.Blueprint
	}
	definition, err := r.definitionFor(ctx, blueprint, entity)
	if err != nil {
		return nil, err
	}
	return resultFromAPI(blueprint, entity, definition)
}

// definitionFor reads the blueprint of an entity if the entity has values whose type only the
// blueprint tells: nulls and empty lists. Otherwise, and if the credentials may not read the
// blueprint, it returns nil.
func (r *reader) definitionFor(ctx context.Context, blueprint string, entity *port.Entity) (*port.Blueprint, error) {
	isUntyped := func(value any) bool {
		list, isList := value.([]any)
		return value == nil || isList && len(list) == 0
	}
	if blueprint == "" || !slices.ContainsFunc(slices.Collect(maps.Values(entity.Properties)), isUntyped) {
		return nil, nil //nolint:nilnil // The entity needs no definition.
	}
	definition, err := r.Backend.Blueprint(ctx, blueprint)
	if errors.Is(err, port.ErrNotFound) || errors.Is(err, port.ErrForbidden) {
		return nil, nil //nolint:nilnil // The entity can be read without it.
	}
	return definition, err
}

// withoutValues returns a model that lists the properties without a value as null, each in the map
// of its type. It omits mirror properties, whose type the blueprint does not tell.
func withoutValues(values map[string]any, definition *port.Blueprint) *model {
	listing := emptyModel()
	if definition == nil {
		return listing
	}
	collections := listing.Properties.maps()
	for key, value := range values {
		if value != nil {
			continue
		}
		into := typeCollection(definition.Schema.Properties[key].Type, definition.Schema.Properties[key].Items)
		if calculation, isCalculation := definition.CalculationProperties[key]; isCalculation {
			into = typeCollection(calculation.Type, calculation.Items)
		} else if has(definition.AggregationProperties, key) {
			into = numberProps
		}
		if into != noCollection {
			_ = collections[into].fromAPI(key, nil, nil) // Null has a form in every map.
		}
	}
	return listing
}

// resultFromAPI converts an entity. The definition may be nil.
func resultFromAPI(blueprint string, entity *port.Entity, definition *port.Blueprint) (*resultModel, error) {
	listing := withoutValues(entity.Properties, definition)
	properties, _, err := propertiesFromAPI(entity.Properties, listing, definition)
	if err != nil {
		return nil, err
	}
	all, err := jsonvalue.Encode(orEmpty(entity.Properties))
	if err != nil {
		return nil, err
	}
	scorecards, err := scorecardsFromAPI(entity.Extra["scorecards"])
	if err != nil {
		return nil, err
	}
	relations, titles := untitled(entity.Relations)
	return &resultModel{
		Identifier:     textOrNull(entity.Identifier),
		Blueprint:      textOrNull(blueprint),
		Title:          types.StringPointerValue(entity.Title),
		Icon:           types.StringPointerValue(entity.Icon),
		Teams:          textList(entity.Team),
		Properties:     properties,
		PropertiesJSON: jsontype.New(string(all)),
		Relations:      relationsFromAPI(relations, listing.Relations),
		RelationTitles: titles,
		Scorecards:     scorecards,
		RunID:          types.StringNull(),
		CreatedAt:      textOrNull(entity.CreatedAt),
		CreatedBy:      textOrNull(entity.CreatedBy),
		UpdatedAt:      textOrNull(entity.UpdatedAt),
		UpdatedBy:      textOrNull(entity.UpdatedBy),
	}, nil
}

// textOrNull returns null for the empty string: the response lacks a field if the request excluded
// it.
func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// untitled splits relations whose targets have titles into plain identifiers and titles. The titles
// are nil if there are none.
func untitled(relations map[string]any) (map[string]any, map[string]map[string]types.String) {
	bare := map[string]any{}
	var titles map[string]map[string]types.String
	addTitle := func(relation string, target map[string]any) string {
		identifier, _ := target["identifier"].(string)
		if titles == nil {
			titles = map[string]map[string]types.String{}
		}
		if titles[relation] == nil {
			titles[relation] = map[string]types.String{}
		}
		titles[relation][identifier] = types.StringNull()
		if title, hasTitle := target["title"].(string); hasTitle {
			titles[relation][identifier] = types.StringValue(title)
		}
		return identifier
	}
	for relation, value := range relations {
		bare[relation] = value
		switch value := value.(type) {
		case map[string]any:
			bare[relation] = addTitle(relation, value)
		case []any:
			identifiers := make([]string, 0, len(value))
			for _, target := range value {
				if titled, isTitled := target.(map[string]any); isTitled {
					identifiers = append(identifiers, addTitle(relation, titled))
				}
			}
			bare[relation] = identifiers
		}
	}
	return bare, titles
}

// scorecardsFromAPI decodes the scorecards of a response, which the API documentation does not
// describe: each has a level, and rules with a status. It returns nil if there are none.
func scorecardsFromAPI(text json.RawMessage) (map[string]scorecardModel, error) {
	if len(text) == 0 {
		return nil, nil //nolint:nilnil // A null attribute is a value of its own.
	}
	var response map[string]struct {
		Level *string `json:"level"`
		Rules []struct {
			Identifier *string `json:"identifier"`
			Level      *string `json:"level"`
			Status     *string `json:"status"`
		} `json:"rules"`
	}
	if err := json.Unmarshal(text, &response); err != nil {
		return nil, fmt.Errorf("read the scorecards: %w", err)
	}
	scorecards := make(map[string]scorecardModel, len(response))
	for name, card := range response {
		rules := make([]scorecardRuleModel, 0, len(card.Rules))
		for _, rule := range card.Rules {
			rules = append(rules, scorecardRuleModel{
				Identifier: types.StringPointerValue(rule.Identifier),
				Level:      types.StringPointerValue(rule.Level),
				Status:     types.StringPointerValue(rule.Status),
			})
		}
		scorecards[name] = scorecardModel{Level: types.StringPointerValue(card.Level), Rules: rules}
	}
	return scorecards, nil
}

// resultAttributes declares the attributes of [resultModel].
func resultAttributes() map[string]schema.Attribute {
	ruleType := types.ObjectType{AttrTypes: map[string]attr.Type{"identifier": types.StringType, "level": types.StringType, "status": types.StringType}}
	scorecardType := types.ObjectType{AttrTypes: map[string]attr.Type{"level": types.StringType, "rules": types.ListType{ElemType: ruleType}}}
	return map[string]schema.Attribute{
		"identifier": computedText("The identifier of the entity."),
		"blueprint":  computedText("The identifier of its blueprint."),
		"title":      computedText("The display name in Port; null if it has none."),
		"icon":       computedText("The name of its icon; null if it has none."),
		"teams":      schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The teams that own the entity."},
		"properties": schema.SingleNestedAttribute{
			Computed: true,
			MarkdownDescription: "The property values, by type, including mirror, calculation and aggregation properties. " +
				"A property without a value is `null`. Mirror properties without a value and lists of mixed types are omitted; `properties_json` contains the latter.",
			Attributes: map[string]schema.Attribute{
				"string_props":  computedMap("Values that are strings.", types.StringType),
				"number_props":  computedMap("Values that are numbers, with full precision.", types.NumberType),
				"boolean_props": computedMap("Values that are booleans.", types.BoolType),
				"object_props":  computedMap("Values that are objects, as JSON.", jsontype.Type{}),
				"array_props": schema.SingleNestedAttribute{
					Computed:            true,
					MarkdownDescription: "Values that are lists, by item type.",
					Attributes: map[string]schema.Attribute{
						"string_items":  computedMap("Lists of strings, and empty lists of unknown type.", types.ListType{ElemType: types.StringType}),
						"number_items":  computedMap("Lists of numbers.", types.ListType{ElemType: types.NumberType}),
						"boolean_items": computedMap("Lists of booleans.", types.ListType{ElemType: types.BoolType}),
						"object_items":  computedMap("Lists of objects, each as JSON.", types.ListType{ElemType: jsontype.Type{}}),
					},
				},
			},
		},
		"properties_json": schema.StringAttribute{
			Computed: true, CustomType: jsontype.Type{},
			MarkdownDescription: "All property values as one JSON object, for example `jsondecode(data.port_entity.this.properties_json).cpuUtil`. A property without a value is `null`.",
		},
		"relations": schema.SingleNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The identifiers of the related entities. Relations without a target are omitted.",
			Attributes: map[string]schema.Attribute{
				"single_relations": computedMap("Relations to a single entity.", types.StringType),
				"many_relations":   computedMap("Relations to multiple entities.", types.ListType{ElemType: types.StringType}),
			},
		},
		"relation_titles": computedMap("The titles of related entities, by relation and identifier. Null, except in `port_search` with `attach_title_to_relation`.", types.MapType{ElemType: types.StringType}),
		"scorecards":      computedMap("The scorecards, by identifier: the level reached and the status of each rule.", scorecardType),
		"run_id":          computedText("Always null, because Port does not return it."),
		"created_at":      computedText("When the entity was created (RFC 3339)."),
		"created_by":      computedText("Who created it."),
		"updated_at":      computedText("When it was last updated (RFC 3339)."),
		"updated_by":      computedText("Who last updated it."),
	}
}

func computedText(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func computedMap(description string, element attr.Type) schema.MapAttribute {
	return schema.MapAttribute{Computed: true, ElementType: element, MarkdownDescription: description}
}
