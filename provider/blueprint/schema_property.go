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
		"title":       schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name people read in Port, at most 100 characters.", Validators: validate.OptionalTitle()},
		"description": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "What the property says about an entity."},
		"icon":        schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{settle.EmptyText{}}, MarkdownDescription: "The name of one of Port's icons."},
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
		"default":             schema.StringAttribute{Optional: true, MarkdownDescription: "The value of an entity that is created without one."},
		"format":              schema.StringAttribute{Optional: true, MarkdownDescription: "What the text stands for, such as `url`, `date-time`, `email`, `markdown`, `user` or `team`.", Validators: validate.Format()},
		"date_format":         schema.StringAttribute{Optional: true, MarkdownDescription: "How Port shows the time of a property in `date-time` format."},
		"enum":                enumAttribute(types.StringType, "The only values that are allowed."),
		"enum_colors":         enumColorsAttribute(),
		"min_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The smallest number of characters.", Validators: validate.Count()},
		"max_length":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The largest number of characters.", Validators: validate.Count()},
		"pattern":             schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that the value must match.", Validators: validate.Pattern()},
		"spec":                specAttribute(),
		"spec_authentication": specAuthenticationAttribute(),
	}
}

func numberPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":     schema.NumberAttribute{Optional: true, MarkdownDescription: "The value of an entity that is created without one.", Validators: validate.Number()},
		"enum":        enumAttribute(types.NumberType, "The only values that are allowed."),
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
			Validators:          []validator.String{validate.NotNull{}, validate.JSONNumbers{}},
		},
		"format": schema.StringAttribute{Optional: true, MarkdownDescription: "What the object stands for, such as `labeled-url`.", Validators: validate.Format()},
		"spec":   specAttribute(),
	}
}

func arrayPropertyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"min_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The smallest number of elements.", Validators: validate.Count()},
		"max_items": schema.NumberAttribute{Optional: true, MarkdownDescription: "The largest number of elements.", Validators: validate.Count()},
		"default": schema.StringAttribute{
			Optional:            true,
			CustomType:          jsontype.Type{},
			MarkdownDescription: "For an array without a kind of items: the list of an entity that is created without one, as JSON. Use `jsonencode`.",
			PlanModifiers:       []planmodifier.String{settle.SameJSON{}},
			Validators:          []validator.String{validate.JSONList{}, validate.JSONNumbers{}},
		},
		"string_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are text.",
			Validators:          []validator.Object{onlyOneItemKind("number_items", "boolean_items", "object_items"), stringItemsDefinition()},
			Attributes: map[string]schema.Attribute{
				"default":     schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The list of an entity that is created without one."},
				"format":      schema.StringAttribute{Optional: true, MarkdownDescription: "What each element stands for, such as `url`.", Validators: validate.Format()},
				"enum":        enumAttribute(types.StringType, "The only elements that are allowed."),
				"enum_colors": enumColorsAttribute(),
				"pattern":     schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that each element must match.", Validators: validate.Pattern()},
			},
		},
		"number_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are numbers.",
			Validators:          []validator.Object{onlyOneItemKind("string_items", "boolean_items", "object_items"), numberItemsDefinition()},
			Attributes: map[string]schema.Attribute{
				"default":     schema.ListAttribute{ElementType: types.NumberType, Optional: true, MarkdownDescription: "The list of an entity that is created without one.", Validators: []validator.List{validate.Numbers{}}},
				"enum":        enumAttribute(types.NumberType, "The only elements that are allowed."),
				"enum_colors": enumColorsAttribute(),
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
					Validators:          []validator.List{validate.JSONElements{}, validate.JSONNumbers{}},
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

// enumAttribute declares the allowed values. None and an empty list mean the
// same.
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
	return colorsAttribute("The colour of each allowed value, such as `green`, `orange` or `red`.")
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

// renamedFromAttribute declares the former key of something that entities have
// under its key.
func renamedFromAttribute(noun, what string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "The former key of the " + noun + ". Where Terraform knows a " + noun + " under that key and none under this one, it is renamed, and every entity keeps " + what +
			". Keys may also be exchanged; remove it after that, as an import would not know that it was done. Otherwise it acts once and may stay.",
		Validators: validate.Key(),
	}
}
