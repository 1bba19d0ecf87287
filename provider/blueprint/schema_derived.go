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
		MarkdownDescription: "How Port displays the value: `open-api`, `async-api` or `embedded-url`.",
		Validators:          validate.Spec(),
	}
}

func specAuthenticationAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How Port signs users in to an embedded page (OAuth 2.0 with PKCE).",
		Attributes: map[string]schema.Attribute{
			"client_id":         schema.StringAttribute{Required: true, MarkdownDescription: "The OAuth client id."},
			"authorization_url": schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the authorization endpoint.", Validators: validate.AbsoluteURL()},
			"token_url":         schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the token endpoint.", Validators: validate.AbsoluteURL()},
			"authorization_scope": schema.ListAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.List{settle.DefaultStrings{defaultScope}},
				MarkdownDescription: "The OAuth scopes to request. Defaults to `[\"openid\"]`.",
				Validators:          []validator.List{validate.NoNulls{}},
			},
		},
	}
}

func relationsAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "The relations to other blueprints, by key. The map is authoritative, even if it is empty: relations that it does not declare are deleted. " +
			"If the attribute is not set, relations that were declared elsewhere stay, and those that this resource applied before are deleted. After an import, no relation counts as applied by this resource.",
		PlanModifiers: []planmodifier.Map{keepOfOthers{}},
		Validators:    []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("target")},
			Attributes: map[string]schema.Attribute{
				"target":      schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The identifier of the target blueprint.", Validators: validate.BlueprintIdentifier()},
				"title":       schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "A description of the relation."},
				"many": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(false)},
					MarkdownDescription: "Whether an entity may be related to multiple entities. Defaults to `false`.",
				},
				"required": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(false)},
					MarkdownDescription: "Whether every entity must have a related entity. Defaults to `false`.",
				},
				"renamed_from": renamedFromAttribute("relation", "its related entities"),
			},
		},
	}
}

func mirrorPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Properties of related entities that Port shows on the entity, by key.",
		PlanModifiers:       []planmodifier.Map{keepMirrorsOfOthers{}},
		Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("path")},
			Attributes: map[string]schema.Attribute{
				"path":         schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The relations to follow and the property to show, separated by dots, such as `service.language`.", Validators: validate.MirrorPath()},
				"title":        schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"renamed_from": renamedFromAttribute("mirror property", "showing its value"),
			},
		},
	}
}

func calculationPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Properties that Port computes from other properties of the entity, by key.",
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject: schema.NestedAttributeObject{
			Validators: []validator.Object{validate.Attributes("calculation", "type")},
			Attributes: map[string]schema.Attribute{
				"calculation": schema.StringAttribute{Optional: true, MarkdownDescription: validate.Required + "The jq expression that computes the value."},
				"type": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: validate.Required + "The type of the result: `string`, `number`, `boolean`, `object` or `array`.",
					Validators:          []validator.String{stringvalidator.OneOf(typeString, typeNumber, typeBoolean, typeObject, typeArray)},
				},
				"title":               schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description":         schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "A description of the value."},
				"icon":                schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name of a Port icon."},
				"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "The format of the result, such as `url`.", Validators: validate.Format()},
				"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port displays a result in `date-time` format."},
				"spec":                specAttribute(),
				"spec_authentication": specAuthenticationAttribute(),
				"colorized":           schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether Port displays the values in color."},
				"colors":              colorsAttribute("The color of each value, such as `green`, `orange` or `red`."),
				"items": schema.SingleNestedAttribute{
					Optional:            true,
					MarkdownDescription: "The elements of a result of type `array`.",
					Attributes: map[string]schema.Attribute{
						"type": schema.StringAttribute{
							Optional:            true,
							MarkdownDescription: "The type of each element: `string`, `number`, `boolean`, `object` or `array`.",
							Validators:          []validator.String{stringvalidator.OneOf(typeString, typeNumber, typeBoolean, typeObject, typeArray)},
						},
						"format": schema.StringAttribute{Optional: true, MarkdownDescription: "The format of each element, such as `url`.", Validators: validate.Format()},
					},
				},
			},
		},
	}
}
