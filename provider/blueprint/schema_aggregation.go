package blueprint

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/boolvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

func aggregationPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "Properties that Port aggregates over related entities, by key. The map is authoritative, even if it is empty: aggregation properties that it does not declare are deleted. " +
			"If the attribute is not set, those that were declared elsewhere stay, and those that this resource applied before are deleted.",
		PlanModifiers: []planmodifier.Map{keepOfOthers{}},
		Validators:    []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject:  aggregationObject("title", "target_blueprint_identifier", "method"),
	}
}

// aggregationObject declares one aggregation property with some required attributes.
func aggregationObject(required ...string) schema.NestedAttributeObject {
	title := schema.StringAttribute{Optional: true, MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle()}
	if slices.Contains(required, "title") {
		title.MarkdownDescription = validate.Required + title.MarkdownDescription
	} else {
		title.Computed, title.PlanModifiers = true, []planmodifier.String{settle.EmptyText{}}
	}
	attributes := map[string]schema.Attribute{
		"title":                       title,
		"target_blueprint_identifier": schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The identifier of the blueprint whose entities are aggregated.", Validators: validate.BlueprintIdentifier()},
		"description":                 schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "A description of the value."},
		"icon":                        schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name of a Port icon."},
		"method":                      methodAttribute(),
		"query": schema.StringAttribute{
			Optional:            true,
			CustomType:          jsontype.Type{},
			MarkdownDescription: "A search query with `combinator` and `rules` that selects the entities to aggregate, as JSON. Use `jsonencode`.",
			PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
			Validators:          []validator.String{validate.Query{}, validate.JSONNumbers{}},
		},
		"path_filter": pathFilterAttribute(),
	}
	return schema.NestedAttributeObject{Validators: []validator.Object{validate.Attributes(required...)}, Attributes: attributes}
}

func methodAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: validate.Required + "How to aggregate: exactly one of the attributes below.",
		Validators:          []validator.Object{methodDefinition()},
		Attributes: map[string]schema.Attribute{
			"count_entities": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "`true` counts the entities.",
				Validators:          []validator.Bool{boolvalidator.Equals(true)},
			},
			"average_entities": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The average number of entities per period.",
				Attributes: map[string]schema.Attribute{
					"average_of":      averageOfAttribute(),
					"measure_time_by": measureTimeByAttribute(),
				},
			},
			"average_by_property": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The average of a number property per period.",
				Attributes: map[string]schema.Attribute{
					"property":        schema.StringAttribute{Required: true, MarkdownDescription: "The key of the number property."},
					"average_of":      averageOfAttribute(),
					"measure_time_by": measureTimeByAttribute(),
				},
			},
			"aggregate_by_property": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "A function of a number property over all entities.",
				Attributes: map[string]schema.Attribute{
					"func": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "`sum`, `min`, `max` or `median`.",
						Validators:          []validator.String{stringvalidator.OneOf("sum", "min", "max", "median")},
					},
					"property": schema.StringAttribute{Required: true, MarkdownDescription: "The key of the number property."},
				},
			},
		},
	}
}

func averageOfAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		PlanModifiers:       []planmodifier.String{settle.DefaultString(defaultAverageOf)},
		MarkdownDescription: "The period: `hour`, `day`, `week`, `month` or `total`. Defaults to `" + defaultAverageOf + "`.",
		Validators:          []validator.String{stringvalidator.OneOf("hour", "day", "week", "month", "total")},
	}
}

func measureTimeByAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		PlanModifiers:       []planmodifier.String{settle.DefaultString(defaultMeasureTimeBy)},
		MarkdownDescription: "The time that assigns an entity to a period: `$createdAt`, `$updatedAt` or the key of a property in `date-time` format. Defaults to `" + defaultMeasureTimeBy + "`.",
	}
}

func pathFilterAttribute() schema.Attribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Limits the aggregation to entities that are reached by one path of relations. Port accepts at most one filter.",
		PlanModifiers:       []planmodifier.List{emptyWhereDeclared{}},
		Validators:          []validator.List{listvalidator.SizeAtMost(1)},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("path")},
			Attributes: map[string]schema.Attribute{
				"from_blueprint": schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of the blueprint that the path starts at."},
				"path": schema.ListAttribute{
					ElementType:         types.StringType,
					Optional:            true,
					MarkdownDescription: validate.Required + "The keys of the relations to follow, in order.",
					Validators:          []validator.List{listvalidator.SizeAtLeast(1), validate.NoNulls{}},
				},
			},
		},
	}
}
