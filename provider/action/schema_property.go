package action

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/boolvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/settle"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

func userPropertiesAttribute() schema.Attribute {
	return typedSingle(schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The inputs of the form, by type and key. A key can have only one type.",
		PlanModifiers:       []planmodifier.Object{settle.EmptyIsNull{}},
		Validators:          []validator.Object{validate.DistinctKeys{}},
		Attributes: map[string]schema.Attribute{
			"string_props":  inputsAttribute("string", stringAttributes()),
			"number_props":  inputsAttribute("number", numberAttributes()),
			"boolean_props": inputsAttribute("boolean", map[string]schema.Attribute{"default": schema.BoolAttribute{Optional: true, MarkdownDescription: "The default value."}}),
			"object_props":  inputsAttribute("object", objectAttributes()),
			"array_props":   inputsAttribute("array", arrayAttributes()),
		},
	})
}

// inputsAttribute declares the inputs of one type.
func inputsAttribute(kind string, special map[string]schema.Attribute) schema.Attribute {
	attributes := map[string]schema.Attribute{
		"title":       schema.StringAttribute{Optional: true, MarkdownDescription: "The label in the form."},
		"icon":        schema.StringAttribute{Optional: true, MarkdownDescription: "The name of one of Port's icons."},
		"description": schema.StringAttribute{Optional: true, MarkdownDescription: "The description in the form."},
		"required": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether the input is required: `true`, or omitted.",
			Validators:          []validator.Bool{boolvalidator.Equals(true)},
		},
		"depends_on": schema.ListAttribute{
			Optional:            true,
			Computed:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "The keys of the inputs that this one depends on.",
			PlanModifiers:       []planmodifier.List{settle.EmptyIsNull{}},
			Validators:          []validator.List{listvalidator.NoNullValues()},
		},
		"default_jq_query": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "A jq query that computes the default value. Conflicts with `default`.",
			Validators:          defaultConflicts(special),
		},
	}
	maps.Copy(attributes, switchAttributes("visible", "Whether the input is visible."))
	maps.Copy(attributes, switchAttributes("disabled", "Whether the input is read-only."))
	maps.Copy(attributes, special)
	return schema.MapNestedAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "The " + kind + " inputs, by key.",
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          []validator.Map{validate.InputKeys(), mapvalidator.NoNullValues()},
		NestedObject:        typed(schema.NestedAttributeObject{Attributes: attributes}),
	}
}

// defaultConflicts makes the query for a default conflict with each attribute that holds a default
// of the input type.
func defaultConflicts(special map[string]schema.Attribute) []validator.String {
	if _, hasDefault := special["default"]; hasDefault {
		return []validator.String{stringvalidator.ConflictsWith(sibling("default"))}
	}
	return []validator.String{stringvalidator.ConflictsWith(
		sibling("string_items").AtName("default"), sibling("number_items").AtName("default"),
		sibling("boolean_items").AtName("default"), sibling("object_items").AtName("default"),
	)}
}

// queryAttribute declares a jq query that replaces another attribute.
func queryAttribute(instead string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "A jq query that computes `" + instead + "` from the form. Conflicts with `" + instead + "`.",
		Validators:          []validator.String{stringvalidator.ConflictsWith(sibling(instead)), stringvalidator.LengthAtLeast(1)},
	}
}

func stringAttributes() map[string]schema.Attribute {
	return withEncryption(map[string]schema.Attribute{
		"default":          schema.StringAttribute{Optional: true, MarkdownDescription: "The default value."},
		"blueprint":        schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of the blueprint whose entities are offered. Requires the format `entity`."},
		"format":           schema.StringAttribute{Optional: true, MarkdownDescription: inputFormats},
		"min_length":       schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum number of characters.", Validators: validate.Count()},
		"max_length":       schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum number of characters.", Validators: validate.Count()},
		"pattern":          schema.StringAttribute{Optional: true, MarkdownDescription: "A regular expression (ECMA-262) that the value must match.", Validators: validate.Pattern()},
		"pattern_jq_query": queryAttribute("pattern"),
		"enum":             enumAttribute(types.StringType),
		"enum_jq_query":    queryAttribute("enum"),
		"enum_colors":      colorsAttribute(),
		"dataset":          datasetAttribute(),
		"sort":             sortAttribute(),
	})
}

const inputFormats = "The format of the value, such as `date-time`, `url`, `email`, `ipv4`, `ipv6`, `yaml`, `entity`, `user`, `team`, `proto`, `markdown`, `multi-line` or `labeled-url`."

func numberAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"default":       schema.NumberAttribute{Optional: true, MarkdownDescription: "The default value.", Validators: validate.Number()},
		"minimum":       schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum value.", Validators: validate.Number()},
		"maximum":       schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum value.", Validators: validate.Number()},
		"enum":          enumAttribute(types.NumberType),
		"enum_jq_query": queryAttribute("enum"),
		"enum_colors":   colorsAttribute(),
	}
}

func objectAttributes() map[string]schema.Attribute {
	return withEncryption(map[string]schema.Attribute{
		"default": jsonAttribute("The default value: a JSON object.", validate.JSONObject{}),
	})
}

func arrayAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"min_items":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The minimum number of elements.", Validators: validate.Count()},
		"min_items_jq_query": queryAttribute("min_items"),
		"max_items":          schema.NumberAttribute{Optional: true, MarkdownDescription: "The maximum number of elements.", Validators: validate.Count()},
		"max_items_jq_query": queryAttribute("max_items"),
		"sort":               sortAttribute(),
		"string_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are strings.",
			Validators:          notWith("number_items", "boolean_items", "object_items"),
			Attributes: map[string]schema.Attribute{
				"blueprint":     schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of the blueprint whose entities are offered. Requires the format `entity`."},
				"format":        schema.StringAttribute{Optional: true, MarkdownDescription: inputFormats},
				"dataset":       jsonAttribute("Which entities are offered: a JSON object with `combinator` and `rules`.", validate.JSONObject{}),
				"enum":          enumAttribute(types.StringType),
				"enum_jq_query": queryAttribute("enum"),
				"default":       defaultListAttribute(types.StringType),
			},
		},
		"number_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are numbers.",
			Validators:          notWith("boolean_items", "object_items"),
			Attributes: map[string]schema.Attribute{
				"enum":          enumAttribute(types.NumberType),
				"enum_jq_query": queryAttribute("enum"),
				"default":       defaultListAttribute(types.NumberType),
			},
		},
		"boolean_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are booleans.",
			Validators:          notWith("object_items"),
			Attributes:          map[string]schema.Attribute{"default": defaultListAttribute(types.BoolType)},
		},
		"object_items": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The elements are objects.",
			Attributes:          map[string]schema.Attribute{"default": defaultListAttribute(types.MapType{ElemType: types.StringType})},
		},
	}
}

// notWith makes an object conflict with others.
func notWith(names ...string) []validator.Object {
	others := make([]path.Expression, 0, len(names))
	for _, name := range names {
		others = append(others, sibling(name))
	}
	return []validator.Object{objectvalidator.ConflictsWith(others...)}
}

func enumAttribute(element attr.Type) schema.Attribute {
	return schema.ListAttribute{
		Optional:            true,
		ElementType:         element,
		MarkdownDescription: "The allowed values: at least one, without duplicates.",
		Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.NoNullValues()},
	}
}

func defaultListAttribute(element attr.Type) schema.Attribute {
	return schema.ListAttribute{
		Optional:            true,
		ElementType:         element,
		MarkdownDescription: "The default elements.",
		Validators:          []validator.List{listvalidator.NoNullValues()},
	}
}

func colorsAttribute() schema.Attribute {
	return schema.MapAttribute{
		Optional:            true,
		Computed:            true,
		ElementType:         types.StringType,
		MarkdownDescription: "The colors of the allowed values, by value.",
		PlanModifiers:       []planmodifier.Map{settle.EmptyIsNull{}},
		Validators:          validate.Colors(),
	}
}

func sortAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The order in which entities are offered.",
		Attributes: map[string]schema.Attribute{
			"property": schema.StringAttribute{Required: true, MarkdownDescription: "The property of the entities to sort by."},
			"order": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{settle.DefaultString("ASC")},
				MarkdownDescription: "`ASC` or `DESC`. Defaults to `ASC`.",
				Validators:          []validator.String{stringvalidator.OneOf("ASC", "DESC")},
			},
		},
	}
}

// withEncryption adds the attributes for the encryption of an input.
func withEncryption(attributes map[string]schema.Attribute) map[string]schema.Attribute {
	attributes["encryption"] = schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Makes the input a secret that Port encrypts with your client secret: `aes256-gcm`.",
		Validators:          []validator.String{stringvalidator.OneOf("aes256-gcm"), stringvalidator.ConflictsWith(sibling("client_side_encryption"))},
	}
	attributes["client_side_encryption"] = schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Makes the input a secret that the browser encrypts with your public key.",
		Attributes: map[string]schema.Attribute{
			"algorithm": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`client-side`.",
				Validators:          []validator.String{stringvalidator.OneOf("client-side")},
			},
			"key": schema.StringAttribute{Required: true, MarkdownDescription: "The public key, in PEM format."},
		},
	}
	return attributes
}

func datasetAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Which entities are offered.",
		Attributes: map[string]schema.Attribute{
			"combinator": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Whether all rules must hold (`and`) or one of them (`or`).",
				Validators:          []validator.String{stringvalidator.OneOf("and", "or")},
			},
			rulesKey: schema.ListNestedAttribute{
				Required:            true,
				MarkdownDescription: "The rules. A rule is a comparison or a group of nested rules, up to eleven levels deep.",
				Validators:          []validator.List{listvalidator.NoNullValues()},
				NestedObject:        ruleObject(ruleDepth),
			},
		},
	}
}

// ruleObject declares a rule.
func ruleObject(depth int) schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: ruleAttributes(depth), CustomType: ruleType(depth)}
}

// typed precomputes the type of an object. The framework would otherwise compute it from all nested
// levels on every access to an attribute, which would take most of the time of a plan.
func typed(object schema.NestedAttributeObject) schema.NestedAttributeObject {
	object.CustomType = object.Type()
	return object
}

// typedSingle is [typed] for a nested attribute.
func typedSingle(attribute schema.SingleNestedAttribute) schema.SingleNestedAttribute {
	attribute.CustomType, _ = attribute.GetType().(basetypes.ObjectTypable)
	return attribute
}

// ruleAttributes declares a rule with depth-1 further levels of rules below it.
func ruleAttributes(depth int) map[string]schema.Attribute {
	constant := jsonAttribute("What to compare with, as JSON: `jsonencode(\"production\")`. Conflicts with `value`.")
	constant.Validators = append(constant.Validators, stringvalidator.ConflictsWith(sibling(valueKey)), validate.NotNull{})
	attributes := map[string]schema.Attribute{
		"blueprint":   schema.StringAttribute{Optional: true, MarkdownDescription: "The identifier of a related blueprint, for the operator `relatedTo`."},
		"combinator":  schema.StringAttribute{Optional: true, MarkdownDescription: "Whether all nested rules must hold (`and`) or one of them (`or`).", Validators: []validator.String{stringvalidator.OneOf("and", "or")}},
		"operator":    schema.StringAttribute{Optional: true, MarkdownDescription: "The operator, such as `=`, `!=`, `contains`, `in` or `relatedTo`."},
		propertyKey:   schema.StringAttribute{Optional: true, MarkdownDescription: "The property to compare: its key, or `$identifier`, `$team` and the like. For the object form with `property` and `context`, use `jsonencode`."},
		valueJSONName: constant,
		valueKey: schema.ObjectAttribute{
			Optional:            true,
			AttributeTypes:      queryType().AttrTypes,
			MarkdownDescription: "What to compare with, as a jq query over the form: `{ jq_query = \".form.service.identifier\" }`.",
		},
	}
	if depth > 1 {
		attributes[rulesKey] = schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Nested rules, which `combinator` combines.",
			Validators:          []validator.List{listvalidator.NoNullValues()},
			NestedObject:        ruleObject(depth - 1),
		}
	}
	return attributes
}
