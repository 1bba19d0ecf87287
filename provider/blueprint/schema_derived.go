package blueprint

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

func specAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "How Port shows the value: `open-api`, `async-api` or `embedded-url`.",
		Validators:          validate.Spec(),
	}
}

func specAuthenticationAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How Port signs its users in to an embedded page (OAuth 2.0 with PKCE).",
		Attributes: map[string]schema.Attribute{
			"client_id":         schema.StringAttribute{Required: true, MarkdownDescription: "The OAuth client id."},
			"authorization_url": schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the authorization endpoint.", Validators: validate.AbsoluteURL()},
			"token_url":         schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the token endpoint.", Validators: validate.AbsoluteURL()},
			"authorization_scope": schema.ListAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.List{settle.DefaultStrings{defaultScope}},
				MarkdownDescription: "The OAuth scopes to ask for. Defaults to `[\"openid\"]`.",
				Validators:          []validator.List{validate.NoNulls{}},
			},
		},
	}
}

func relationsAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "The relations to other blueprints, by their key. A map, even an empty one, is authoritative: relations that it lacks are deleted. " +
			"Without the attribute, relations that others declared are left alone, and those that this resource applied before are deleted. After an import none counts as applied by this resource.",
		PlanModifiers: []planmodifier.Map{keepOfOthers{}},
		Validators:    []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("target")},
			Attributes: map[string]schema.Attribute{
				"target":      schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The identifier of the blueprint that the relation points at.", Validators: validate.BlueprintIdentifier()},
				"title":       schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "What the relation means."},
				"many": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(false)},
					MarkdownDescription: "Whether an entity may be related to several others. Defaults to `false`.",
				},
				"required": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(false)},
					MarkdownDescription: "Whether every entity must be related to another. Defaults to `false`.",
				},
				"renamed_from": renamedFromAttribute("relation", "what it relates to"),
			},
		},
	}
}

func mirrorPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Properties of related entities that are shown as the entity's own, by their key.",
		PlanModifiers:       []planmodifier.Map{keepMirrorsOfOthers{}},
		Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("path")},
			Attributes: map[string]schema.Attribute{
				"path":         schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The relations to follow and the property at the end, separated by dots: `service.language`.", Validators: validate.MirrorPath()},
				"title":        schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"renamed_from": renamedFromAttribute("mirror property", "seeing its value"),
			},
		},
	}
}

func calculationPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Properties that Port computes from the entity's others, by their key.",
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("calculation", "type")},
			Attributes: map[string]schema.Attribute{
				"calculation": schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The JQ expression that computes the value."},
				"type": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: validate.Required + "The type of the result: `string`, `number`, `boolean`, `object` or `array`.",
					Validators:          []validator.String{stringvalidator.OneOf(typeString, typeNumber, typeBoolean, typeObject, typeArray)},
				},
				"title":               schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description":         schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "What the value means."},
				"icon":                schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name of one of Port's icons."},
				"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "What the result stands for, such as `url`.", Validators: validate.Format()},
				"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port shows the time of a result in `date-time` format."},
				"spec":                specAttribute(),
				"spec_authentication": specAuthenticationAttribute(),
				"colorized":           schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the values are shown in colours."},
				"colors":              colorsAttribute("The colour of each value, such as `green`, `orange` or `red`."),
				"items": schema.SingleNestedAttribute{
					Optional:            true,
					MarkdownDescription: "What the elements of a result of type `array` are.",
					Attributes: map[string]schema.Attribute{
						"type": schema.StringAttribute{
							Optional:            true,
							MarkdownDescription: "The type of each element: `string`, `number`, `boolean`, `object` or `array`.",
							Validators:          []validator.String{stringvalidator.OneOf(typeString, typeNumber, typeBoolean, typeObject, typeArray)},
						},
						"format": schema.StringAttribute{Optional: true, MarkdownDescription: "What each element stands for, such as `url`.", Validators: validate.Format()},
					},
				},
			},
		},
	}
}
