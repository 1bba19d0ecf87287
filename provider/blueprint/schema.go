package blueprint

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/metadata"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_blueprint. Names, nesting and wire types are those that
// existing configurations use, so that they need no change.
func (r *blueprintResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A blueprint: the data model of one kind of thing in the Port catalog, with its properties, its relations to other blueprints " +
			"and the values that Port derives. Entities (`port_entity`) are the data that follow it.",
		Attributes: map[string]schema.Attribute{
			"identifier": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The unique identifier of the blueprint, at most 100 letters, digits and `@_.+:\\/-`. Changing it renames the blueprint in place; its entities stay.",
				Validators:          validate.BlueprintIdentifier(),
			},
			"title": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name people read in Port, 1 to 100 characters.",
				Validators:          validate.Title(),
			},
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What the blueprint stands for, at most 200 characters.",
				Validators:          validate.Description(),
			},
			"icon": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of one of Port's icons, such as `Microservice`.",
			},
			"properties":             propertiesAttribute(),
			"relations":              relationsAttribute(),
			"mirror_properties":      mirrorPropertiesAttribute(),
			"calculation_properties": calculationPropertiesAttribute(),
			"ownership":              ownershipAttribute(),
			"team_inheritance": schema.SingleNestedAttribute{
				Optional:            true,
				DeprecationMessage:  "Port replaced team inheritance by ownership: use ownership = { type = \"Inherited\", path = … }.",
				MarkdownDescription: "Where the entities' team comes from. Replaced by `ownership`.",
				Attributes: map[string]schema.Attribute{
					"path": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The relations to follow to the entity whose team counts, separated by dots.",
					},
				},
			},
			"webhook_changelog_destination": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "Where Port posts each change of the blueprint and its entities as a signed webhook. Port removed changelog destinations from production on " +
					"2026-07-13; there, report changes with an automation instead.",
				Validators: []validator.Object{objectvalidator.ConflictsWith(path.MatchRoot("kafka_changelog_destination"))},
				Attributes: map[string]schema.Attribute{
					"url": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The absolute URL that receives the events.",
						Validators:          validate.AbsoluteURL(),
					},
					"agent": schema.BoolAttribute{
						Optional:            true,
						MarkdownDescription: "Whether Port's agent in your network delivers the events.",
					},
				},
			},
			"kafka_changelog_destination": schema.ObjectAttribute{
				Optional:            true,
				AttributeTypes:      map[string]attr.Type{},
				MarkdownDescription: "Set to `{}` to have changes written to your organization's Kafka topic. Port removed changelog destinations from production on 2026-07-13.",
			},
			"include_in_global_search": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the entities show up in Port's global search.",
			},
			"force_delete_entities": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying the blueprint also deletes its entities. Without it a blueprint that has entities is not destroyed. Defaults to `false`.",
			},
			"create_catalog_page": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Whether Port makes a catalog page when it creates the blueprint. Changing it later has no effect. Defaults to `true`.",
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, metadata.Attributes("blueprint", "its identifier"))
}

func propertiesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The properties of the entities, by type. Each map goes from the key of a property to its definition.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"string_props":  propertyMap("Properties that hold text.", stringPropertyAttributes(), stringDefinition()),
			"number_props":  propertyMap("Properties that hold a number.", numberPropertyAttributes(), numberDefinition()),
			"boolean_props": propertyMap("Properties that are true or false.", booleanPropertyAttributes()),
			"object_props":  propertyMap("Properties that hold a JSON object.", objectPropertyAttributes()),
			"array_props":   propertyMap("Properties that hold a list.", arrayPropertyAttributes(), arrayDefinition()),
		},
	}
}

func propertyMap(description string, attributes map[string]schema.Attribute, validators ...validator.Object) schema.Attribute {
	maps.Copy(attributes, map[string]schema.Attribute{
		"title":       schema.StringAttribute{Optional: true, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
		"description": schema.StringAttribute{Optional: true, MarkdownDescription: "What the property says about an entity."},
		"icon":        schema.StringAttribute{Optional: true, MarkdownDescription: "The name of one of Port's icons."},
		"required": schema.BoolAttribute{
			Optional:            true,
			Computed:            true,
			Default:             booldefault.StaticBool(false),
			MarkdownDescription: "Whether every entity must have a value. Defaults to `false`.",
		},
	})
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.Keys()},
		NestedObject:        schema.NestedAttributeObject{Attributes: attributes, Validators: validators},
	}
}

func stringPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":             schema.StringAttribute{Optional: true, MarkdownDescription: "The value of an entity that is created without one."},
		"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "What the text stands for, such as `url`, `date-time`, `email`, `markdown`, `user` or `team`.", Validators: validate.Format()},
		"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port shows the time of a property in `date-time` format."},
		"enum":                schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The only values that are allowed.", Validators: validate.Enum()},
		"enum_colors":         enumColorsAttribute(),
		"min_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The smallest number of characters.", Validators: validate.Number()},
		"max_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The largest number of characters.", Validators: validate.Number()},
		"pattern":             schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that the value must match.", Validators: validate.Pattern()},
		"spec":                specAttribute(),
		"spec_authentication": specAuthenticationAttribute(),
	}
}

func numberPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The value of an entity that is created without one.", Validators: validate.Number()},
		"enum":        schema.ListAttribute{ElementType: types.NumberType, Optional: true, MarkdownDescription: "The only values that are allowed.", Validators: validate.Enum()},
		"enum_colors": enumColorsAttribute(),
		"minimum":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The smallest value that is allowed.", Validators: validate.Number()},
		"maximum":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The largest value that is allowed.", Validators: validate.Number()},
	}
}

func booleanPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default": schema.BoolAttribute{Optional: true, MarkdownDescription: "The value of an entity that is created without one."},
	}
}

func objectPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default": schema.StringAttribute{
			Optional:            true,
			CustomType:          jsontype.Type{},
			MarkdownDescription: "The value of an entity that is created without one, as JSON. Use `jsonencode`.",
			PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
			Validators:          []validator.String{validate.NotNull{}},
		},
		"format": schema.StringAttribute{Optional: true, MarkdownDescription: "What the object stands for, such as `labeled-url`.", Validators: validate.Format()},
		"spec":   specAttribute(),
	}
}

func arrayPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"min_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The smallest number of elements.", Validators: validate.Number()},
		"max_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The largest number of elements.", Validators: validate.Number()},
		"string_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are text.",
			Validators:          []validator.Object{onlyOneItemKind("number_items", "boolean_items", "object_items"), stringItemsDefinition()},
			Attributes: map[string]schema.Attribute{
				"default":     schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The list of an entity that is created without one."},
				"format":      schema.StringAttribute{Optional: true, MarkdownDescription: "What each element stands for, such as `url`.", Validators: validate.Format()},
				"enum":        schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The only elements that are allowed.", Validators: validate.Enum()},
				"enum_colors": enumColorsAttribute(),
				"pattern":     schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that each element must match.", Validators: validate.Pattern()},
			},
		},
		"number_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are numbers.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "boolean_items", "object_items")},
			Attributes: map[string]schema.Attribute{
				"default": schema.ListAttribute{ElementType: types.NumberType, Optional: true, MarkdownDescription: "The list of an entity that is created without one."},
			},
		},
		"boolean_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are true or false.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "number_items", "object_items")},
			Attributes: map[string]schema.Attribute{
				"default": schema.ListAttribute{ElementType: types.BoolType, Optional: true, MarkdownDescription: "The list of an entity that is created without one."},
			},
		},
		"object_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are JSON objects.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "number_items", "boolean_items")},
			Attributes: map[string]schema.Attribute{
				"default": schema.ListAttribute{
					ElementType:         jsontype.Type{},
					Optional:            true,
					MarkdownDescription: "The list of an entity that is created without one, each element as JSON. Use `jsonencode`.",
					PlanModifiers:       []planmodifier.List{settle.SameJSON{}},
					Validators:          []validator.List{validate.JSONElements{}},
				},
				"format": schema.StringAttribute{Optional: true, MarkdownDescription: "What each element stands for, such as `labeled-url`.", Validators: validate.Format()},
			},
		},
	}
}

func onlyOneItemKind(others ...string) validator.Object {
	expressions := make([]path.Expression, 0, len(others))
	for _, other := range others {
		expressions = append(expressions, path.MatchRelative().AtParent().AtName(other))
	}
	return objectvalidator.ConflictsWith(expressions...)
}

func enumColorsAttribute() schema.Attribute {
	return schema.MapAttribute{
		ElementType:         types.StringType,
		Optional:            true,
		MarkdownDescription: "The colour of each allowed value, such as `green`, `orange` or `red`.",
		Validators:          validate.Colors(),
	}
}

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
			"authorization_url": schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the authorization endpoint."},
			"token_url":         schema.StringAttribute{Required: true, MarkdownDescription: "The URL of the token endpoint."},
		},
	}
}

func relationsAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true,
		Computed: true,
		MarkdownDescription: "The relations to other blueprints, by their key. A map, also an empty one, is the whole truth: relations that it lacks are deleted. " +
			"Without the attribute, relations that others declared are left alone; write `relations = {}` to delete them all.",
		PlanModifiers: []planmodifier.Map{keepWhenAbsent{}},
		Validators:    []validator.Map{validate.Keys()},
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"target":      schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint that the relation points at."},
				"title":       schema.StringAttribute{Optional: true, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description": schema.StringAttribute{Optional: true, MarkdownDescription: "What the relation means."},
				"many": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					Default:             booldefault.StaticBool(false),
					MarkdownDescription: "Whether an entity may be related to several others. Defaults to `false`.",
				},
				"required": schema.BoolAttribute{
					Optional:            true,
					Computed:            true,
					Default:             booldefault.StaticBool(false),
					MarkdownDescription: "Whether every entity must be related to another. Defaults to `false`.",
				},
			},
		},
	}
}

func mirrorPropertiesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "Properties of related entities that are shown as the entity's own, by their key.",
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.Keys()},
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"path":  schema.StringAttribute{Required: true, MarkdownDescription: "The relations to follow and the property at the end, separated by dots: `service.language`."},
				"title": schema.StringAttribute{Optional: true, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
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
		Validators:          []validator.Map{validate.Keys()},
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"calculation": schema.StringAttribute{Required: true, MarkdownDescription: "The JQ expression that computes the value."},
				"type": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The type of the result: `string`, `number`, `boolean`, `object` or `array`.",
					Validators:          []validator.String{stringvalidator.OneOf(typeString, typeNumber, typeBoolean, typeObject, typeArray)},
				},
				"title":               schema.StringAttribute{Optional: true, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
				"description":         schema.StringAttribute{Optional: true, MarkdownDescription: "What the value means."},
				"icon":                schema.StringAttribute{Optional: true, MarkdownDescription: "The name of one of Port's icons."},
				"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "What the result stands for, such as `url`.", Validators: validate.Format()},
				"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port shows the time of a result in `date-time` format."},
				"spec":                specAttribute(),
				"spec_authentication": specAuthenticationAttribute(),
				"colorized":           schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the values are shown in colours."},
				"colors": schema.MapAttribute{
					ElementType:         types.StringType,
					Optional:            true,
					MarkdownDescription: "The colour of each value, such as `green`, `orange` or `red`.",
					Validators:          validate.Colors(),
				},
			},
		},
	}
}

func ownershipAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Who owns the entities.",
		Validators:          []validator.Object{ownershipDefinition()},
		Attributes: map[string]schema.Attribute{
			"type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`Direct`: each entity names its teams. `Inherited`: the teams are those of a related entity.",
				Validators:          []validator.String{stringvalidator.OneOf("Direct", "Inherited")},
			},
			"path":  schema.StringAttribute{Optional: true, MarkdownDescription: "With `Inherited`: the relations to follow to the owning entity, separated by dots."},
			"title": schema.StringAttribute{Optional: true, MarkdownDescription: "The name people read in Port for the owner, at most 100 characters."},
		},
	}
}
