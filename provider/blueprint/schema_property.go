package blueprint

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

func propertiesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The properties of the entities, by type. Each map maps property keys to definitions.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"string_props":  propertyMap("String properties.", stringPropertyAttributes(), stringDefinition()),
			"number_props":  propertyMap("Number properties.", numberPropertyAttributes(), numberDefinition()),
			"boolean_props": propertyMap("Boolean properties.", booleanPropertyAttributes()),
			"object_props":  propertyMap("Properties with a JSON object as value.", objectPropertyAttributes()),
			"array_props":   propertyMap("Properties with a list as value.", arrayPropertyAttributes(), arrayDefinition()),
		},
	}
}

func propertyMap(description string, attributes map[string]schema.Attribute, validators ...validator.Object) schema.Attribute {
	maps.Copy(attributes, map[string]schema.Attribute{
		"title":       schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The display name in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
		"description": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "A description of the property."},
		"icon":        schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name of a Port icon."},
		"required": schema.BoolAttribute{
			Optional:            true,
			Computed:            true,
			PlanModifiers:       []planmodifier.Bool{settle.DefaultBool(false)},
			MarkdownDescription: "Whether every entity must have a value. Defaults to `false`.",
		},
		"renamed_from": renamedFromAttribute("property", "its value"),
	})
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.Keys(), validate.NoNulls{}},
		NestedObject:        schema.NestedAttributeObject{Attributes: attributes, Validators: validators},
	}
}

func stringPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":             schema.StringAttribute{Optional: true, MarkdownDescription: "The default for entities that are created without a value."},
		"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "The format of the string, such as `url`, `date-time`, `email`, `markdown`, `user` or `team`.", Validators: validate.Format()},
		"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port displays a value in `date-time` format."},
		"enum":                enumAttribute(types.StringType, "The allowed values."),
		"enum_colors":         enumColorsAttribute(),
		"min_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum number of characters.", Validators: validate.Count()},
		"max_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum number of characters.", Validators: validate.Count()},
		"pattern":             schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that the value must match.", Validators: validate.Pattern()},
		"spec":                specAttribute(),
		"spec_authentication": specAuthenticationAttribute(),
	}
}

func numberPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The default for entities that are created without a value.", Validators: validate.Number()},
		"enum":        enumAttribute(types.NumberType, "The allowed values."),
		"enum_colors": enumColorsAttribute(),
		"minimum":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum value.", Validators: validate.Number()},
		"maximum":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum value.", Validators: validate.Number()},
	}
}

func booleanPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default": schema.BoolAttribute{Optional: true, MarkdownDescription: "The default for entities that are created without a value."},
	}
}

func objectPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default": schema.StringAttribute{
			Optional:            true,
			CustomType:          jsontype.Type{},
			MarkdownDescription: "The default for entities that are created without a value, as JSON. Use `jsonencode`.",
			PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
			Validators:          []validator.String{validate.NotNull{}, validate.JSONNumbers{}},
		},
		"format": schema.StringAttribute{Optional: true, MarkdownDescription: "The format of the object, such as `labeled-url`.", Validators: validate.Format()},
		"spec":   specAttribute(),
	}
}

func arrayPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"min_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum number of elements.", Validators: validate.Count()},
		"max_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum number of elements.", Validators: validate.Count()},
		"default": schema.StringAttribute{
			Optional:            true,
			CustomType:          jsontype.Type{},
			MarkdownDescription: "For an array without `string_items`, `number_items`, `boolean_items` or `object_items`, the default for entities that are created without a value, as JSON. Use `jsonencode`.",
			PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
			Validators:          []validator.String{validate.JSONList{}, validate.JSONNumbers{}},
		},
		"string_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are strings.",
			Validators:          []validator.Object{onlyOneItemKind("number_items", "boolean_items", "object_items"), stringItemsDefinition()},
			Attributes: map[string]schema.Attribute{
				"default":     schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The default for entities that are created without a value."},
				"format":      schema.StringAttribute{Optional: true, MarkdownDescription: "The format of each element, such as `url`.", Validators: validate.Format()},
				"enum":        enumAttribute(types.StringType, "The allowed elements."),
				"enum_colors": enumColorsAttribute(),
				"pattern":     schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that each element must match.", Validators: validate.Pattern()},
			},
		},
		"number_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are numbers.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "boolean_items", "object_items"), numberItemsDefinition()},
			Attributes: map[string]schema.Attribute{
				"default":     schema.ListAttribute{ElementType: types.NumberType, Optional: true, MarkdownDescription: "The default for entities that are created without a value.", Validators: []validator.List{validate.Numbers{}}},
				"enum":        enumAttribute(types.NumberType, "The allowed elements."),
				"enum_colors": enumColorsAttribute(),
			},
		},
		"boolean_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are booleans.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "number_items", "object_items")},
			Attributes: map[string]schema.Attribute{
				"default": schema.ListAttribute{ElementType: types.BoolType, Optional: true, MarkdownDescription: "The default for entities that are created without a value."},
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
					MarkdownDescription: "The default for entities that are created without a value, each element as JSON. Use `jsonencode`.",
					PlanModifiers:       []planmodifier.List{settle.SameJSON{}},
					Validators:          []validator.List{validate.JSONElements{}, validate.JSONNumbers{}},
				},
				"format": schema.StringAttribute{Optional: true, MarkdownDescription: "The format of each element, such as `labeled-url`.", Validators: validate.Format()},
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

// enumAttribute declares the allowed values. Null and an empty list mean the same.
func enumAttribute(element attr.Type, description string) schema.Attribute {
	return schema.ListAttribute{
		ElementType:         element,
		Optional:            true,
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.List{settle.EmptyIsNull{}},
		Validators:          validate.Enum(),
	}
}

func enumColorsAttribute() schema.Attribute {
	return colorsAttribute("The color of each allowed value, such as `green`, `orange` or `red`.")
}

func colorsAttribute(description string) schema.Attribute {
	return schema.MapAttribute{
		ElementType:         types.StringType,
		Optional:            true,
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          validate.Colors(),
	}
}

// renamedFromAttribute declares the former key of a property or relation. what is what entities
// have under the key.
func renamedFromAttribute(noun, what string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "The former key of the " + noun + ". If the state has a " + noun + " under that key and none under this one, it is renamed, and every entity keeps " + what +
			". This takes effect once, and the attribute may stay. Two keys may also be swapped; remove the attribute after that, because after an import Terraform could not tell that the swap was already done.",
		Validators: validate.Key(),
	}
}
