package entity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
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

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_entity. Names, nesting and wire types are those that
// existing configurations use, so that they need no change.
func (r *entityResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An entity: one thing in the Port catalog, with values for the properties and relations of its blueprint (`port_blueprint`).",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The identifier of the entity, unique in its blueprint: at most 1000 letters, digits and `@_.+:\\/='-`. Port makes one when it is left out. " +
					"Changing it renames the entity in place.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				Validators:    validate.EntityIdentifier(),
			},
			"blueprint": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The identifier of the blueprint. Refer to its resource, so that a plan checks the entity against the blueprint as it will be. " +
					"Changing it replaces the entity, unless the same run renames the blueprint.",
			},
			"title": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The name people read in Port. Without one Port shows the identifier.",
			},
			"icon": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "The name of one of Port's icons, such as `Microservice`.",
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
				CustomType: jsontype.Type{},
				Optional:   true,
				Computed:   true,
				MarkdownDescription: "Values that the maps in `properties` cannot hold, such as lists of lists and lists of mixed types: a JSON object from the key of a property to its value. " +
					"Use `jsonencode`. A key stands either here or in `properties`; a `null` unsets the property.",
				Validators: []validator.String{validate.JSONObject{}, validate.JSONNumbers{}},
			},
			"relations": relationsAttribute(),
			"management": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Who owns the entity. With `full`, the default, Terraform does: whatever the configuration leaves out is removed. " +
					"With `declared` others do too, such as exporters and monitors: only what the configuration lists is written, compared and, when it is removed from the configuration, unset; " +
					"`null` unsets a value and keeps it unset. Destroying the resource then deletes an entity that Terraform created, and unsets what is listed of one that it adopted or imported; the plan says which.",
				Validators: []validator.String{stringvalidator.OneOf(managementFull, managementDeclared)},
			},
			"on_existing": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What happens when the entity to create exists already. With `error`, the default, the apply fails and says how to import it. " +
					"With `adopt` Terraform takes it over: it replaces it, or with `management = \"declared\"` writes what is listed. The plan says so.",
				Validators: []validator.String{stringvalidator.OneOf(onExistingError, onExistingAdopt)},
			},
			"create_missing_related_entities": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether Port creates the related entities that do not exist yet, instead of refusing the write. Defaults to `false`. " +
					"One that the configuration declares as well is taken over by its own resource in the same run.",
			},
			"delete_dependents": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether deleting the entity also deletes every entity that is related to it. Defaults to `false`: then Port refuses to delete an entity that others are related to. " +
					"A change counts once it is applied.",
			},
			"run_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The id of the action run that each write of this entity is attributed to.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long creating may take, all retries included, such as `90s` or `5m`. Defaults to `20m`.",
				ReadDescription:   "How long reading may take. Defaults to `20m`.",
				UpdateDescription: "How long updating may take. Defaults to `20m`.",
				DeleteDescription: "How long deleting may take. Defaults to `20m`. A change counts once it is applied.",
			}),
		},
	}
	maps.Copy(resp.Schema.Attributes, metadata.Attributes("entity", "`<blueprint>:<identifier>`"))
}

func propertiesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The values of the blueprint's properties, by their type. Each map goes from the key of a property to its value. A property that is left out has no value, or the default that its blueprint gives it; `null` stands for no value.",
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
		MarkdownDescription: "What the entity is related to. Each map goes from the key of a relation to identifiers of related entities.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"single_relations": valueMap("Relations to one entity.", types.StringType,
				mapvalidator.ValueStringsAre(validate.NotEmpty()...)),
			"many_relations": valueMap("Relations to any number of entities.", types.ListType{ElemType: types.StringType},
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
