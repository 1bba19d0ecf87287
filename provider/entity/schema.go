package entity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_entity. Names, nesting and wire types are those of the official provider, so
// that existing configurations work unchanged.
func (r *entityResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An entity of the Port catalog, such as one service, with values for the properties and relations that its blueprint (`port_blueprint`) defines.",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The identifier of the entity, unique in its blueprint: at most 1000 letters, digits and `@_.+:\\/='-`. If it is omitted, Port generates one. " +
					"Changing it renames the entity in place.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				Validators:    validate.EntityIdentifier(),
			},
			"blueprint": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The identifier of the blueprint. Refer to its resource, so that the plan checks the entity against the planned blueprint. " +
					"Changing it replaces the entity, unless the same run renames the blueprint.",
			},
			"title": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The display name in Port. Without one, Port shows the identifier.",
			},
			"icon": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The name of a Port icon, such as `Microservice`.",
			},
			"teams": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The teams that own the entity.",
				PlanModifiers:       []planmodifier.Set{settle.EmptyIsNull{}},
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(validate.NotEmpty()...)},
			},
			"properties": propertiesAttribute(),
			"properties_json": schema.StringAttribute{
				CustomType: jsontype.Type{AllowsEmpty: true},
				Optional:   true,
				Computed:   true,
				MarkdownDescription: "Property values that the maps in `properties` cannot hold, such as lists of lists or lists of mixed types, as a JSON object by property key. " +
					"Use `jsonencode`. A key may be set either here or in `properties`, not in both; `null` unsets the property.",
				Validators: []validator.String{validate.JSONObject{}, validate.JSONNumbers{}},
			},
			"relations": relationsAttribute(),
			"management": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How much of the entity Terraform manages. With `full`, the default, it manages the whole entity: values that the configuration does not declare are removed. " +
					"With `declared`, for entities that other tools such as exporters and monitors update as well, it only writes and compares the declared values, and unsets those that are removed from the configuration; " +
					"`null` keeps a value unset. Destroying the resource deletes the entity only if Terraform created it; if Terraform adopted or imported it, the declared values are unset. The plan says which of the two happens.",
				Validators: []validator.String{stringvalidator.OneOf(managementFull, managementDeclared)},
			},
			"on_existing": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What to do if the entity to create already exists. With `error`, the default, the apply fails and says how to import the entity. " +
					"With `adopt`, Terraform takes the entity over: it overwrites the entity, or with `management = \"declared\"` only the declared values. The plan warns about it.",
				Validators: []validator.String{stringvalidator.OneOf(onExistingError, onExistingAdopt)},
			},
			"create_missing_related_entities": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether Port creates related entities that do not exist yet. If it is `false`, the default, Port refuses the write. " +
					"If the configuration also declares such an entity, its own resource takes it over in the same run.",
			},
			"delete_dependents": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether deleting the entity also deletes every entity that is related to it. If it is `false`, the default, Port refuses to delete an entity that others are related to. " +
					"Apply a change of this attribute before you destroy the entity.",
			},
			"run_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The ID of the action run to which Port attributes each write of this entity.",
			},
			"timeouts": envelope.TimeoutsAttribute(ctx, "entity", " Apply a change of this timeout before you destroy the entity."),
		},
	}
	maps.Copy(resp.Schema.Attributes, metadata.Attributes("entity", "`<blueprint>:<identifier>`"))
}

func propertiesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The property values, by type. Each map maps property keys to values. An omitted property has no value, or the default of the blueprint; `null` means no value.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"string_props":  valueMap("Values of string properties.", types.StringType),
			"number_props":  valueMap("Values of number properties.", types.NumberType),
			"boolean_props": valueMap("Values of boolean properties.", types.BoolType),
			"object_props":  valueMap("Values of object properties, as JSON. Use `jsonencode`.", jsontype.Type{}),
			"array_props": schema.SingleNestedAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The values of array properties, by item type.",
				PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
				Attributes: map[string]schema.Attribute{
					"string_items":  valueMap("Lists of strings.", types.ListType{ElemType: types.StringType}),
					"number_items":  valueMap("Lists of numbers.", types.ListType{ElemType: types.NumberType}),
					"boolean_items": valueMap("Lists of booleans.", types.ListType{ElemType: types.BoolType}),
					"object_items":  valueMap("Lists of objects, each as JSON. Use `jsonencode`.", types.ListType{ElemType: jsontype.Type{}}),
				},
			},
		},
	}
}

func relationsAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The related entities. Each map maps relation keys to entity identifiers.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"single_relations": valueMap("Relations to a single entity.", types.StringType,
				mapvalidator.ValueStringsAre(validate.NotEmpty()...)),
			"many_relations": valueMap("Relations to multiple entities.", types.ListType{ElemType: types.StringType},
				mapvalidator.ValueListsAre(listvalidator.NoNullValues(), listvalidator.ValueStringsAre(validate.NotEmpty()...))),
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
		Validators:          append([]validator.Map{validate.JSONElements{}, validate.JSONNumbers{}, validate.Numbers{}}, validators...),
	}
}
