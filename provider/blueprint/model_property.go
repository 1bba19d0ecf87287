package blueprint

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// The property types of Port.
const (
	typeString  = "string"
	typeNumber  = "number"
	typeBoolean = "boolean"
	typeObject  = "object"
	typeArray   = "array"
)

type propertiesModel struct {
	String  map[string]stringModel  `tfsdk:"string_props"`
	Number  map[string]numberModel  `tfsdk:"number_props"`
	Boolean map[string]booleanModel `tfsdk:"boolean_props"`
	Object  map[string]objectModel  `tfsdk:"object_props"`
	Array   map[string]arrayModel   `tfsdk:"array_props"`
}

// commonModel contains the attributes of every property type.
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

// propertiesBinding binds the properties and the list of required ones.
func (m *contentModel) propertiesBinding() document.Binding {
	return document.Custom(
		func(into document.Object) {
			schema := document.Child(into, "schema")
			m.Properties.write(schema)
			into["schema"] = schema
		},
		func(from document.Object, isNew bool) error {
			return document.Read(from, []document.Binding{document.Inside("schema", document.Custom(func(document.Object) {}, m.readProperties))}, isNew)
		},
	)
}

const (
	propertiesKey = "properties"
	requiredKey   = "required"
)

// binding binds the properties of all types. Properties of a type that Port added later stay
// untouched.
func (m *propertiesModel) binding() document.Binding {
	return document.ByType(propertiesKey, "type",
		document.OfType(typeString, &m.String, (*stringModel).bindings),
		document.OfType(typeNumber, &m.Number, (*numberModel).bindings),
		document.OfType(typeBoolean, &m.Boolean, (*booleanModel).bindings),
		document.OfType(typeObject, &m.Object, (*objectModel).bindings),
		document.OfType(typeArray, &m.Array, (*arrayModel).bindings),
	)
}

func (m *propertiesModel) write(schema document.Object) {
	before := keysIn(schema, propertiesKey)
	all := m
	if all == nil {
		all = &propertiesModel{}
	}
	document.Write(schema, []document.Binding{all.binding()})
	own := all.common()
	var required []any
	for _, key := range slices.Sorted(maps.Keys(own)) {
		if own[key].Required.ValueBool() {
			required = append(required, key)
		}
	}
	after := keysIn(schema, propertiesKey)
	list, _ := schema[requiredKey].([]any)
	for _, key := range list {
		name, _ := key.(string)
		_, isOwn := own[name]
		if !isOwn && slices.Contains(before, name) && slices.Contains(after, name) {
			required = append(required, key)
		}
	}
	if len(required) > 0 {
		schema[requiredKey] = required
	} else {
		delete(schema, requiredKey)
	}
}

func keysIn(of document.Object, key string) []string {
	return slices.Collect(maps.Keys(document.Child(of, key)))
}

func (m *contentModel) readProperties(schema document.Object, isNew bool) error {
	isNull := m.Properties == nil && !isNew
	if m.Properties == nil {
		m.Properties = &propertiesModel{}
	}
	err := document.Read(schema, []document.Binding{m.Properties.binding()}, isNew)
	required, _ := schema[requiredKey].([]any)
	m.Properties.setRequired(func(key string) bool { return slices.Contains(required, any(key)) })
	if isNull && len(keysIn(schema, propertiesKey)) == 0 {
		m.Properties = nil
	}
	return err
}

// common returns the common attributes of all properties, by key.
func (m *propertiesModel) common() map[string]commonModel {
	all := map[string]commonModel{}
	if m != nil {
		eachCommon(m.String, func(key string, common *commonModel) { all[key] = *common })
		eachCommon(m.Number, func(key string, common *commonModel) { all[key] = *common })
		eachCommon(m.Boolean, func(key string, common *commonModel) { all[key] = *common })
		eachCommon(m.Object, func(key string, common *commonModel) { all[key] = *common })
		eachCommon(m.Array, func(key string, common *commonModel) { all[key] = *common })
	}
	return all
}

func (m *propertiesModel) setRequired(isRequired func(key string) bool) {
	set := func(key string, common *commonModel) { common.Required = types.BoolValue(isRequired(key)) }
	eachCommon(m.String, set)
	eachCommon(m.Number, set)
	eachCommon(m.Boolean, set)
	eachCommon(m.Object, set)
	eachCommon(m.Array, set)
}

// ofProperty returns the common attributes, for the models that embed them.
func (m *commonModel) ofProperty() *commonModel { return m }

// eachCommon calls visit with the common attributes of the properties of one type, which it may
// change.
func eachCommon[T any, P interface {
	*T
	ofProperty() *commonModel
}](properties map[string]T, visit func(key string, common *commonModel)) {
	for key, property := range properties {
		visit(key, P(&property).ofProperty())
		properties[key] = property
	}
}

const defaultKey = "default"

func (m *commonModel) bindings(more ...document.Binding) []document.Binding {
	return append(more,
		document.Text("title", &m.Title),
		document.Text("description", &m.Description),
		document.Text("icon", &m.Icon),
	)
}

func (m *stringModel) bindings() []document.Binding {
	return m.commonModel.bindings(
		document.Lenient(defaultKey, document.Is[string], document.ExactText(defaultKey, &m.Default)),
		document.Text("format", &m.Format),
		document.Text("dateFormat", &m.DateFormat),
		textEnum(&m.Enum),
		document.LooseTextMap("enumColors", &m.EnumColors),
		document.Number("minLength", &m.MinLength),
		document.Number("maxLength", &m.MaxLength),
		document.Text("pattern", &m.Pattern),
		document.Text("spec", &m.Spec),
		specAuthenticationBinding(&m.SpecAuthentication),
	)
}

func (m *numberModel) bindings() []document.Binding {
	return m.commonModel.bindings(
		document.Lenient(defaultKey, document.Is[json.Number], document.Number(defaultKey, &m.Default)),
		numberEnum(&m.Enum),
		document.LooseTextMap("enumColors", &m.EnumColors),
		document.Number("minimum", &m.Minimum),
		document.Number("maximum", &m.Maximum),
	)
}

func (m *booleanModel) bindings() []document.Binding {
	return m.commonModel.bindings(document.Lenient(defaultKey, document.Is[bool], document.Bool(defaultKey, &m.Default)))
}

func (m *objectModel) bindings() []document.Binding {
	return m.commonModel.bindings(
		document.JSON(defaultKey, &m.Default),
		document.Text("format", &m.Format),
		document.Text("spec", &m.Spec),
	)
}

func (m *arrayModel) bindings() []document.Binding {
	return m.commonModel.bindings(
		document.Number("minItems", &m.MinItems),
		document.Number("maxItems", &m.MaxItems),
		m.itemsBinding(),
		document.Lazy(m.defaultBinding),
	)
}

// itemsBinding binds the items. If the item type changes, it removes the default, which does not
// fit the new type.
func (m *arrayModel) itemsBinding() document.Binding {
	const key, tag = "items", "type"
	plain := []document.Binding{document.OneOf(key, tag,
		document.When(typeString, &m.StringItems, (*stringItemsModel).bindings),
		document.When(typeNumber, &m.NumberItems, (*numberItemsModel).bindings),
		document.When(typeBoolean, &m.BooleanItems, func(*booleanItemsModel) []document.Binding { return nil }),
		document.When(typeObject, &m.ObjectItems, (*objectItemsModel).bindings),
	)}
	return document.Custom(
		func(into document.Object) {
			before := document.Child(into, key)[tag]
			document.Write(into, plain)
			if after := document.Child(into, key)[tag]; before != nil && after != nil && before != after {
				delete(into, defaultKey)
			}
		},
		func(from document.Object, isNew bool) error { return document.Read(from, plain, isNew) },
	)
}

// defaultBinding binds the default, which Port stores next to the items instead of in them. No
// default and an empty one differ: an entity gets null or a list.
func (m *arrayModel) defaultBinding() document.Binding {
	switch {
	case m.StringItems != nil:
		return m.itemsDefault(document.IsListOf[string], document.Texts(defaultKey, &m.StringItems.Default))
	case m.NumberItems != nil:
		return m.itemsDefault(document.IsListOf[json.Number], document.Numbers(defaultKey, &m.NumberItems.Default))
	case m.BooleanItems != nil:
		return m.itemsDefault(document.IsListOf[bool], document.Bools(defaultKey, &m.BooleanItems.Default))
	case m.ObjectItems != nil:
		return m.itemsDefault(document.IsListOf[any], document.JSONs(defaultKey, &m.ObjectItems.Default))
	default:
		return document.JSON(defaultKey, &m.Default)
	}
}

// itemsDefault binds the default of an item type, which replaces the default of untyped arrays.
func (m *arrayModel) itemsDefault(fits func(any) bool, plain document.Binding) document.Binding {
	lenient := document.Lenient(defaultKey, fits, plain)
	return document.Custom(
		func(into document.Object) { document.Write(into, []document.Binding{lenient}) },
		func(from document.Object, isNew bool) error {
			m.Default = jsontype.Null()
			return document.Read(from, []document.Binding{lenient}, isNew)
		},
	)
}

func (m *stringItemsModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("format", &m.Format),
		textEnum(&m.Enum),
		document.LooseTextMap("enumColors", &m.EnumColors),
		document.Text("pattern", &m.Pattern),
	}
}

func (m *numberItemsModel) bindings() []document.Binding {
	return []document.Binding{numberEnum(&m.Enum), document.LooseTextMap("enumColors", &m.EnumColors)}
}

func (m *objectItemsModel) bindings() []document.Binding {
	return []document.Binding{document.Text("format", &m.Format)}
}

const enumKey = "enum"

func textEnum(target *[]types.String) document.Binding {
	return document.Lenient(enumKey, document.IsListOf[string], document.LooseTexts(enumKey, target))
}

func numberEnum(target *[]types.Number) document.Binding {
	return document.Lenient(enumKey, document.IsListOf[json.Number], document.LooseNumbers(enumKey, target))
}

// hasItemKind reports whether one of string_items, number_items, boolean_items and object_items
// describes the items of an array.
func hasItemKind(items *port.Items) bool {
	return items != nil && slices.Contains([]string{typeString, typeNumber, typeBoolean, typeObject}, items.Type)
}
