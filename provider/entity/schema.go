package entity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_entity. Names, nesting and wire types are those that
// existing configurations use, so that they need no change.
func (r *entityResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An entity: one thing in the Port catalog, with values for the properties and relations of its blueprint (`port_blueprint`).",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The identifier of the entity, unique in its blueprint: at most 1000 letters, digits and `@_.+:\\/=-`. Port makes one when it is left out. " +
					"Changing it renames the entity in place.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				Validators:    validate.EntityIdentifier(),
			},
			"blueprint": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The identifier of the blueprint. Changing it replaces the entity, also where the blueprint was merely renamed.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"title": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name people read in Port.",
			},
			"icon": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of one of Port's icons, such as `Microservice`.",
			},
			"teams": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The teams that own the entity.",
				PlanModifiers:       []planmodifier.Set{settle.EmptyIsNull{}},
				Validators:          []validator.Set{setvalidator.NoNullValues()},
			},
			"properties": propertiesAttribute(),
			"relations":  relationsAttribute(),
			"create_missing_related_entities": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether Port creates the related entities that do not exist yet, instead of refusing the write. Defaults to `false`.",
			},
			"run_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The id of the action run that each write of this entity is attributed to.",
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, metadata.Attributes("entity", "`<blueprint>:<identifier>`"))
}

func propertiesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The values of the blueprint's properties, by their type. Each map goes from the key of a property to its value; a property that is left out has no value.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"string_props":  valueMap("Values of text properties.", types.StringType),
			"number_props":  valueMap("Values of number properties.", types.NumberType),
			"boolean_props": valueMap("Values of boolean properties.", types.BoolType),
			"object_props":  valueMap("Values of object properties, as JSON. Use `jsonencode`.", jsontype.Type{}),
			"array_props": schema.SingleNestedAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The values of array properties, by the type of their elements.",
				PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
				Attributes: map[string]schema.Attribute{
					"string_items":  valueMap("Lists of text.", types.ListType{ElemType: types.StringType}),
					"number_items":  valueMap("Lists of numbers.", types.ListType{ElemType: types.NumberType}),
					"boolean_items": valueMap("Lists of booleans.", types.ListType{ElemType: types.BoolType}),
					"object_items":  valueMap("Lists of objects, each as JSON. Use `jsonencode`. Lists that mix types fit here too.", types.ListType{ElemType: jsontype.Type{}}),
				},
			},
		},
	}
}

func relationsAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "What the entity is related to. Each map goes from the key of a relation to identifiers of related entities.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"single_relations": valueMap("Relations to one entity.", types.StringType),
			"many_relations": valueMap("Relations to any number of entities.", types.ListType{ElemType: types.StringType},
				mapvalidator.ValueListsAre(listvalidator.NoNullValues())),
		},
	}
}

func valueMap(description string, element attr.Type, validators ...validator.Map) schema.Attribute {
	return schema.MapAttribute{
		ElementType:         element,
		Optional:            true,
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}, settle.SameJSON{}},
		Validators:          append([]validator.Map{validate.JSONElements{}, validate.Numbers{}}, validators...),
	}
}
