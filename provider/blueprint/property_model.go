package blueprint

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

type propertiesModel struct {
	String  map[string]stringModel  `tfsdk:"string_props"`
	Number  map[string]numberModel  `tfsdk:"number_props"`
	Boolean map[string]booleanModel `tfsdk:"boolean_props"`
	Object  map[string]objectModel  `tfsdk:"object_props"`
	Array   map[string]arrayModel   `tfsdk:"array_props"`
}

// commonModel is what every property has, whatever its type.
type commonModel struct {
	Title       types.String `tfsdk:"title"`
	Description types.String `tfsdk:"description"`
	Icon        types.String `tfsdk:"icon"`
	Required    types.Bool   `tfsdk:"required"`
	RenamedFrom types.String `tfsdk:"renamed_from"`
}

type stringModel struct {
	commonModel
	Default            types.String             `tfsdk:"default"`
	Format             types.String             `tfsdk:"format"`
	DateFormat         types.String             `tfsdk:"date_format"`
	Enum               []types.String           `tfsdk:"enum"`
	EnumColors         map[string]types.String  `tfsdk:"enum_colors"`
	MinLength          types.Number             `tfsdk:"min_length"`
	MaxLength          types.Number             `tfsdk:"max_length"`
	Pattern            types.String             `tfsdk:"pattern"`
	Spec               types.String             `tfsdk:"spec"`
	SpecAuthentication *specAuthenticationModel `tfsdk:"spec_authentication"`
}

type numberModel struct {
	commonModel
	Default    types.Number            `tfsdk:"default"`
	Enum       []types.Number          `tfsdk:"enum"`
	EnumColors map[string]types.String `tfsdk:"enum_colors"`
	Minimum    types.Number            `tfsdk:"minimum"`
	Maximum    types.Number            `tfsdk:"maximum"`
}

type booleanModel struct {
	commonModel
	Default types.Bool `tfsdk:"default"`
}

type objectModel struct {
	commonModel
	Default jsontype.Value `tfsdk:"default"`
	Format  types.String   `tfsdk:"format"`
	Spec    types.String   `tfsdk:"spec"`
}

type arrayModel struct {
	commonModel
	MinItems     types.Number       `tfsdk:"min_items"`
	MaxItems     types.Number       `tfsdk:"max_items"`
	Default      jsontype.Value     `tfsdk:"default"`
	StringItems  *stringItemsModel  `tfsdk:"string_items"`
	NumberItems  *numberItemsModel  `tfsdk:"number_items"`
	BooleanItems *booleanItemsModel `tfsdk:"boolean_items"`
	ObjectItems  *objectItemsModel  `tfsdk:"object_items"`
}

type stringItemsModel struct {
	Default    []types.String          `tfsdk:"default"`
	Format     types.String            `tfsdk:"format"`
	Enum       []types.String          `tfsdk:"enum"`
	EnumColors map[string]types.String `tfsdk:"enum_colors"`
	Pattern    types.String            `tfsdk:"pattern"`
}

type numberItemsModel struct {
	Default    []types.Number          `tfsdk:"default"`
	Enum       []types.Number          `tfsdk:"enum"`
	EnumColors map[string]types.String `tfsdk:"enum_colors"`
}

type booleanItemsModel struct {
	Default []types.Bool `tfsdk:"default"`
}

type objectItemsModel struct {
	Default []jsontype.Value `tfsdk:"default"`
	Format  types.String     `tfsdk:"format"`
}

// toAPI gives the schema of the blueprint. Every key stands in one map only.
func (m *propertiesModel) toAPI() port.Schema {
	schema := port.Schema{Properties: map[string]port.Property{}}
	if m == nil {
		return schema
	}
	maps.Copy(schema.Properties, convert.Map(m.String, stringModel.toAPI))
	maps.Copy(schema.Properties, convert.Map(m.Number, numberModel.toAPI))
	maps.Copy(schema.Properties, convert.Map(m.Boolean, booleanModel.toAPI))
	maps.Copy(schema.Properties, convert.Map(m.Object, objectModel.toAPI))
	maps.Copy(schema.Properties, convert.Map(m.Array, arrayModel.toAPI))
	schema.Required = m.required()
	return schema
}

// common gives what all properties have, by key and in no order.
func (m *propertiesModel) common() iter.Seq2[string, commonModel] {
	return func(yield func(string, commonModel) bool) {
		if m == nil {
			return
		}
		_ = eachCommon(m.String, func(p stringModel) commonModel { return p.commonModel }, yield) &&
			eachCommon(m.Number, func(p numberModel) commonModel { return p.commonModel }, yield) &&
			eachCommon(m.Boolean, func(p booleanModel) commonModel { return p.commonModel }, yield) &&
			eachCommon(m.Object, func(p objectModel) commonModel { return p.commonModel }, yield) &&
			eachCommon(m.Array, func(p arrayModel) commonModel { return p.commonModel }, yield)
	}
}

// eachCommon yields the common part of the properties of one type; it returns
// false when there is no need to go on.
func eachCommon[P any](properties map[string]P, common func(P) commonModel, yield func(string, commonModel) bool) bool {
	for key, property := range properties {
		if !yield(key, common(property)) {
			return false
		}
	}
	return true
}

// required lists the keys of the required properties in order.
func (m *propertiesModel) required() []string {
	var keys []string
	for key, common := range m.common() {
		if common.Required.ValueBool() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (m commonModel) toAPI(propertyType string) port.Property {
	return port.Property{
		Type:        propertyType,
		Title:       m.Title.ValueStringPointer(),
		Description: m.Description.ValueStringPointer(),
		Icon:        m.Icon.ValueStringPointer(),
	}
}

func (m stringModel) toAPI() port.Property {
	property := m.commonModel.toAPI(typeString)
	property.Default = rawText(m.Default)
	property.Format = m.Format.ValueStringPointer()
	property.DateFormat = m.DateFormat.ValueStringPointer()
	property.Enum = texts(m.Enum)
	property.EnumColors = convert.TextMapToAPI(m.EnumColors)
	property.MinLength = convert.NumberToAPI(m.MinLength)
	property.MaxLength = convert.NumberToAPI(m.MaxLength)
	property.Pattern = m.Pattern.ValueStringPointer()
	property.Spec = m.Spec.ValueStringPointer()
	property.SpecAuthentication = m.SpecAuthentication.toAPI()
	return property
}

func (m numberModel) toAPI() port.Property {
	property := m.commonModel.toAPI(typeNumber)
	property.Default = rawNumber(m.Default)
	property.Enum = numbers(m.Enum)
	property.EnumColors = convert.TextMapToAPI(m.EnumColors)
	property.Minimum = convert.NumberToAPI(m.Minimum)
	property.Maximum = convert.NumberToAPI(m.Maximum)
	return property
}

func (m booleanModel) toAPI() port.Property {
	property := m.commonModel.toAPI(typeBoolean)
	property.Default = rawBool(m.Default)
	return property
}

func (m objectModel) toAPI() port.Property {
	property := m.commonModel.toAPI(typeObject)
	property.Default = rawJSON(m.Default)
	property.Format = m.Format.ValueStringPointer()
	property.Spec = m.Spec.ValueStringPointer()
	return property
}

func (m arrayModel) toAPI() port.Property {
	property := m.commonModel.toAPI(typeArray)
	property.MinItems = convert.NumberToAPI(m.MinItems)
	property.MaxItems = convert.NumberToAPI(m.MaxItems)
	switch {
	case m.StringItems != nil:
		property.Items = &port.Items{
			Type:       typeString,
			Format:     m.StringItems.Format.ValueStringPointer(),
			Enum:       texts(m.StringItems.Enum),
			EnumColors: convert.TextMapToAPI(m.StringItems.EnumColors),
			Pattern:    m.StringItems.Pattern.ValueStringPointer(),
		}
		property.Default = rawList(m.StringItems.Default, rawText)
	case m.NumberItems != nil:
		property.Items = &port.Items{
			Type:       typeNumber,
			Enum:       numbers(m.NumberItems.Enum),
			EnumColors: convert.TextMapToAPI(m.NumberItems.EnumColors),
		}
		property.Default = rawList(m.NumberItems.Default, rawNumber)
	case m.BooleanItems != nil:
		property.Items = &port.Items{Type: typeBoolean}
		property.Default = rawList(m.BooleanItems.Default, rawBool)
	case m.ObjectItems != nil:
		property.Items = &port.Items{Type: typeObject, Format: m.ObjectItems.Format.ValueStringPointer()}
		property.Default = rawList(m.ObjectItems.Default, rawJSON)
	default:
		property.Default = rawJSON(m.Default)
	}
	return property
}

// propertiesFromAPI sorts the properties of an answer into their maps. A
// property of a type that Port added later has no place here and is left out;
// a write leaves it alone.
func propertiesFromAPI(schema port.Schema, prior *propertiesModel) (*propertiesModel, error) {
	if len(schema.Properties) == 0 && prior == nil {
		return nil, nil //nolint:nilnil // A null properties attribute is a value of its own.
	}
	if prior == nil {
		prior = &propertiesModel{}
	}
	reader := propertyReader{required: schema.Required}
	fresh := &propertiesModel{
		String:  readProperties(&reader, schema, typeString, prior.String, reader.text),
		Number:  readProperties(&reader, schema, typeNumber, prior.Number, reader.number),
		Boolean: readProperties(&reader, schema, typeBoolean, prior.Boolean, reader.boolean),
		Object:  readProperties(&reader, schema, typeObject, prior.Object, reader.object),
		Array:   readProperties(&reader, schema, typeArray, prior.Array, reader.array),
	}
	return fresh, errors.Join(reader.problems...)
}

// propertyReader reads properties and collects what cannot be read.
type propertyReader struct {
	required []string
	problems []error
}

func readProperties[M any](r *propertyReader, schema port.Schema, propertyType string, prior map[string]M, read func(string, port.Property, M) (M, error)) map[string]M {
	out := map[string]M{}
	for key, property := range schema.Properties {
		if property.Type != propertyType {
			continue
		}
		value, err := read(key, property, prior[key])
		if err != nil {
			r.problems = append(r.problems, fmt.Errorf("property %q: %w", key, err))
			continue
		}
		out[key] = value
	}
	if len(out) == 0 && prior == nil {
		return nil
	}
	return out
}

func (r *propertyReader) common(key string, property port.Property, prior commonModel) commonModel {
	return commonModel{
		Title:       convert.Text(property.Title, prior.Title),
		Description: convert.Text(property.Description, prior.Description),
		Icon:        convert.Text(property.Icon, prior.Icon),
		Required:    types.BoolValue(slices.Contains(r.required, key)),
		RenamedFrom: prior.RenamedFrom,
	}
}

func (r *propertyReader) text(key string, property port.Property, prior stringModel) (stringModel, error) {
	minLength, minErr := convert.Number(property.MinLength)
	maxLength, maxErr := convert.Number(property.MaxLength)
	defaultValue, defaultErr := readDefault(property.Default, textFromAny)
	enum, enumErr := readList(property.Enum, prior.Enum, textFromAny)
	return stringModel{
		commonModel:        r.common(key, property, prior.commonModel),
		Default:            defaultValue,
		Format:             convert.Text(property.Format, prior.Format),
		DateFormat:         convert.Text(property.DateFormat, prior.DateFormat),
		Enum:               enum,
		EnumColors:         convert.TextMap(property.EnumColors, prior.EnumColors),
		MinLength:          minLength,
		MaxLength:          maxLength,
		Pattern:            convert.Text(property.Pattern, prior.Pattern),
		Spec:               convert.Text(property.Spec, prior.Spec),
		SpecAuthentication: specAuthenticationFromAPI(property.SpecAuthentication),
	}, errors.Join(minErr, maxErr, defaultErr, enumErr)
}

func (r *propertyReader) number(key string, property port.Property, prior numberModel) (numberModel, error) {
	minimum, minErr := convert.Number(property.Minimum)
	maximum, maxErr := convert.Number(property.Maximum)
	defaultValue, defaultErr := readDefault(property.Default, numberFromAny)
	enum, enumErr := readList(property.Enum, prior.Enum, numberFromAny)
	return numberModel{
		commonModel: r.common(key, property, prior.commonModel),
		Default:     defaultValue,
		Enum:        enum,
		EnumColors:  convert.TextMap(property.EnumColors, prior.EnumColors),
		Minimum:     minimum,
		Maximum:     maximum,
	}, errors.Join(minErr, maxErr, defaultErr, enumErr)
}

func (r *propertyReader) boolean(key string, property port.Property, prior booleanModel) (booleanModel, error) {
	defaultValue, err := readDefault(property.Default, boolFromAny)
	return booleanModel{commonModel: r.common(key, property, prior.commonModel), Default: defaultValue}, err
}

func (r *propertyReader) object(key string, property port.Property, prior objectModel) (objectModel, error) {
	defaultValue, err := readDefault(property.Default, jsonFromAny)
	return objectModel{
		commonModel: r.common(key, property, prior.commonModel),
		Default:     keepJSON(defaultValue, prior.Default),
		Format:      convert.Text(property.Format, prior.Format),
		Spec:        convert.Text(property.Spec, prior.Spec),
	}, err
}

func (r *propertyReader) array(key string, property port.Property, prior arrayModel) (arrayModel, error) {
	minItems, minErr := convert.Number(property.MinItems)
	maxItems, maxErr := convert.Number(property.MaxItems)
	fresh := arrayModel{
		commonModel: r.common(key, property, prior.commonModel),
		MinItems:    minItems,
		MaxItems:    maxItems,
	}
	return fresh, errors.Join(minErr, maxErr, fresh.readItems(property, prior))
}

func (m *arrayModel) readItems(property port.Property, prior arrayModel) error {
	if !hasItemKind(property.Items) {
		fallback, err := readDefault(property.Default, jsonFromAny)
		m.Default = keepJSON(fallback, prior.Default)
		return err
	}
	elements, err := defaultElements(property.Default)
	if err != nil {
		return err
	}
	// No default and an empty one differ: an entity gets null or a list.
	switch property.Items.Type {
	case typeString:
		m.StringItems, err = stringItemsFromAPI(*property.Items, elements, orZero(prior.StringItems))
	case typeNumber:
		m.NumberItems, err = numberItemsFromAPI(*property.Items, elements, orZero(prior.NumberItems))
	case typeBoolean:
		m.BooleanItems = &booleanItemsModel{}
		m.BooleanItems.Default, err = readList(elements, nil, boolFromAny)
	case typeObject:
		m.ObjectItems, err = objectItemsFromAPI(*property.Items, elements, orZero(prior.ObjectItems))
	}
	return err
}

// hasItemKind reports whether one of string_items, number_items, boolean_items
// and object_items describes the elements of an array.
func hasItemKind(items *port.Items) bool {
	return items != nil && slices.Contains([]string{typeString, typeNumber, typeBoolean, typeObject}, items.Type)
}

func stringItemsFromAPI(items port.Items, elements []any, prior stringItemsModel) (*stringItemsModel, error) {
	defaults, defaultErr := readList(elements, nil, textFromAny)
	enum, enumErr := readList(items.Enum, prior.Enum, textFromAny)
	return &stringItemsModel{
		Default:    defaults,
		Format:     convert.Text(items.Format, prior.Format),
		Enum:       enum,
		EnumColors: convert.TextMap(items.EnumColors, prior.EnumColors),
		Pattern:    convert.Text(items.Pattern, prior.Pattern),
	}, errors.Join(defaultErr, enumErr)
}

func numberItemsFromAPI(items port.Items, elements []any, prior numberItemsModel) (*numberItemsModel, error) {
	defaults, defaultErr := readList(elements, nil, numberFromAny)
	enum, enumErr := readList(items.Enum, prior.Enum, numberFromAny)
	return &numberItemsModel{
		Default:    defaults,
		Enum:       enum,
		EnumColors: convert.TextMap(items.EnumColors, prior.EnumColors),
	}, errors.Join(defaultErr, enumErr)
}

func objectItemsFromAPI(items port.Items, elements []any, prior objectItemsModel) (*objectItemsModel, error) {
	defaults, err := readList(elements, nil, jsonFromAny)
	for i := range min(len(defaults), len(prior.Default)) {
		defaults[i] = keepJSON(defaults[i], prior.Default[i])
	}
	return &objectItemsModel{Default: defaults, Format: convert.Text(items.Format, prior.Format)}, err
}
