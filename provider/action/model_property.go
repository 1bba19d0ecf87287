package action

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// userPropertiesModel groups the inputs of a self-service action by type.
type userPropertiesModel struct {
	String  map[string]stringModel  `tfsdk:"string_props"`
	Number  map[string]numberModel  `tfsdk:"number_props"`
	Boolean map[string]booleanModel `tfsdk:"boolean_props"`
	Object  map[string]objectModel  `tfsdk:"object_props"`
	Array   map[string]arrayModel   `tfsdk:"array_props"`
}

// inputModel has the attributes that inputs of all types share.
type inputModel struct {
	Title       types.String   `tfsdk:"title"`
	Icon        types.String   `tfsdk:"icon"`
	Description types.String   `tfsdk:"description"`
	Required    types.Bool     `tfsdk:"required"`
	DependsOn   []types.String `tfsdk:"depends_on"`
	Visible     types.Bool     `tfsdk:"visible"`
	VisibleJQ   types.String   `tfsdk:"visible_jq_query"`
	Disabled    types.Bool     `tfsdk:"disabled"`
	DisabledJQ  types.String   `tfsdk:"disabled_jq_query"`
	DefaultJQ   types.String   `tfsdk:"default_jq_query"`
}

type stringModel struct {
	inputModel
	Default              types.String            `tfsdk:"default"`
	Blueprint            types.String            `tfsdk:"blueprint"`
	Format               types.String            `tfsdk:"format"`
	MinLength            types.Number            `tfsdk:"min_length"`
	MaxLength            types.Number            `tfsdk:"max_length"`
	Pattern              types.String            `tfsdk:"pattern"`
	PatternJQ            types.String            `tfsdk:"pattern_jq_query"`
	Enum                 []types.String          `tfsdk:"enum"`
	EnumJQ               types.String            `tfsdk:"enum_jq_query"`
	EnumColors           map[string]types.String `tfsdk:"enum_colors"`
	Encryption           types.String            `tfsdk:"encryption"`
	ClientSideEncryption *encryptionModel        `tfsdk:"client_side_encryption"`
	Dataset              *datasetModel           `tfsdk:"dataset"`
	Sort                 *sortModel              `tfsdk:"sort"`
}

type numberModel struct {
	inputModel
	Default    types.Number            `tfsdk:"default"`
	Minimum    types.Number            `tfsdk:"minimum"`
	Maximum    types.Number            `tfsdk:"maximum"`
	Enum       []types.Number          `tfsdk:"enum"`
	EnumJQ     types.String            `tfsdk:"enum_jq_query"`
	EnumColors map[string]types.String `tfsdk:"enum_colors"`
}

type booleanModel struct {
	inputModel
	Default types.Bool `tfsdk:"default"`
}

type objectModel struct {
	inputModel
	Default              jsontype.Value   `tfsdk:"default"`
	Encryption           types.String     `tfsdk:"encryption"`
	ClientSideEncryption *encryptionModel `tfsdk:"client_side_encryption"`
}

type arrayModel struct {
	inputModel
	MinItems     types.Number       `tfsdk:"min_items"`
	MinItemsJQ   types.String       `tfsdk:"min_items_jq_query"`
	MaxItems     types.Number       `tfsdk:"max_items"`
	MaxItemsJQ   types.String       `tfsdk:"max_items_jq_query"`
	StringItems  *stringItemsModel  `tfsdk:"string_items"`
	NumberItems  *numberItemsModel  `tfsdk:"number_items"`
	BooleanItems *booleanItemsModel `tfsdk:"boolean_items"`
	ObjectItems  *objectItemsModel  `tfsdk:"object_items"`
	Sort         *sortModel         `tfsdk:"sort"`
}

type stringItemsModel struct {
	Blueprint types.String   `tfsdk:"blueprint"`
	Format    types.String   `tfsdk:"format"`
	Dataset   jsontype.Value `tfsdk:"dataset"`
	Enum      []types.String `tfsdk:"enum"`
	EnumJQ    types.String   `tfsdk:"enum_jq_query"`
	Default   []types.String `tfsdk:"default"`
}

type numberItemsModel struct {
	Enum    []types.Number `tfsdk:"enum"`
	EnumJQ  types.String   `tfsdk:"enum_jq_query"`
	Default []types.Number `tfsdk:"default"`
}

type booleanItemsModel struct {
	Default []types.Bool `tfsdk:"default"`
}

type objectItemsModel struct {
	Default []map[string]types.String `tfsdk:"default"`
}

type encryptionModel struct {
	Algorithm types.String `tfsdk:"algorithm"`
	Key       types.String `tfsdk:"key"`
}

type sortModel struct {
	Property types.String `tfsdk:"property"`
	Order    types.String `tfsdk:"order"`
}

func (m *inputModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("title", &m.Title),
		document.Text("icon", &m.Icon),
		document.Text("description", &m.Description),
		document.LooseTexts("dependsOn", &m.DependsOn),
		visible(&m.Visible, &m.VisibleJQ),
		document.OrQuery("disabled", document.Bool("disabled", &m.Disabled), &m.DisabledJQ),
	}
}

const defaultKey = "default"

// defaultBinding binds a default or the query for it. Port does not validate a default against the
// type of its input.
func (m *inputModel) defaultBinding(fits func(any) bool, plain document.Binding) document.Binding {
	return document.OrQuery(defaultKey, document.Lenient(defaultKey, fits, plain), &m.DefaultJQ)
}

func (m *stringModel) bindings() []document.Binding {
	return append(m.inputModel.bindings(),
		m.defaultBinding(document.Is[string], document.ExactText(defaultKey, &m.Default)),
		document.Text("blueprint", &m.Blueprint),
		document.Text("format", &m.Format),
		document.Number("minLength", &m.MinLength),
		document.Number("maxLength", &m.MaxLength),
		document.OrQuery("pattern", document.Text("pattern", &m.Pattern), &m.PatternJQ),
		document.OrQuery("enum", document.NonEmptyTexts("enum", &m.Enum), &m.EnumJQ),
		document.LooseTextMap("enumColors", &m.EnumColors),
		encryption(&m.Encryption, &m.ClientSideEncryption),
		document.Nested("dataset", &m.Dataset, (*datasetModel).bindings),
		document.Nested("sort", &m.Sort, (*sortModel).bindings),
	)
}

func (m *numberModel) bindings() []document.Binding {
	return append(m.inputModel.bindings(),
		m.defaultBinding(document.Is[json.Number], document.Number(defaultKey, &m.Default)),
		document.Number("minimum", &m.Minimum),
		document.Number("maximum", &m.Maximum),
		document.OrQuery("enum", document.NonEmptyNumbers("enum", &m.Enum), &m.EnumJQ),
		document.LooseTextMap("enumColors", &m.EnumColors),
	)
}

func (m *booleanModel) bindings() []document.Binding {
	return append(m.inputModel.bindings(),
		m.defaultBinding(document.Is[bool], document.Bool(defaultKey, &m.Default)),
	)
}

func (m *objectModel) bindings() []document.Binding {
	return append(m.inputModel.bindings(),
		m.defaultBinding(document.Is[any], document.JSON(defaultKey, &m.Default)),
		encryption(&m.Encryption, &m.ClientSideEncryption),
	)
}

func (m *arrayModel) bindings() []document.Binding {
	return append(m.inputModel.bindings(),
		document.OrQuery("minItems", document.Number("minItems", &m.MinItems), &m.MinItemsJQ),
		document.OrQuery("maxItems", document.Number("maxItems", &m.MaxItems), &m.MaxItemsJQ),
		document.OneOf("items", "type",
			document.When("string", &m.StringItems, (*stringItemsModel).bindings),
			document.When("number", &m.NumberItems, (*numberItemsModel).bindings),
			document.When("boolean", &m.BooleanItems, (*booleanItemsModel).bindings),
			document.When("object", &m.ObjectItems, (*objectItemsModel).bindings),
		),
		document.OrQuery(defaultKey, document.Lazy(m.elementsBinding), &m.DefaultJQ),
		document.Nested("sort", &m.Sort, (*sortModel).bindings),
	)
}

// elementsBinding binds the default, which Port stores next to the items and not in them. Without
// an item type it has no attribute.
func (m *arrayModel) elementsBinding() document.Binding {
	switch {
	case m.StringItems != nil:
		return document.Lenient(defaultKey, document.IsListOf[string], document.Texts(defaultKey, &m.StringItems.Default))
	case m.NumberItems != nil:
		return document.Lenient(defaultKey, document.IsListOf[json.Number], document.Numbers(defaultKey, &m.NumberItems.Default))
	case m.BooleanItems != nil:
		return document.Lenient(defaultKey, document.IsListOf[bool], document.Bools(defaultKey, &m.BooleanItems.Default))
	case m.ObjectItems != nil:
		return document.Lenient(defaultKey, document.IsListOf[document.Object], document.TextMaps(defaultKey, &m.ObjectItems.Default))
	default:
		return document.None()
	}
}

func (m *stringItemsModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("blueprint", &m.Blueprint),
		document.Text("format", &m.Format),
		document.JSON("dataset", &m.Dataset),
		document.OrQuery("enum", document.NonEmptyTexts("enum", &m.Enum), &m.EnumJQ),
	}
}

func (m *numberItemsModel) bindings() []document.Binding {
	return []document.Binding{document.OrQuery("enum", document.NonEmptyNumbers("enum", &m.Enum), &m.EnumJQ)}
}

func (*booleanItemsModel) bindings() []document.Binding { return nil }

func (*objectItemsModel) bindings() []document.Binding { return nil }

func (m *encryptionModel) bindings() []document.Binding {
	return []document.Binding{document.Text("algorithm", &m.Algorithm), document.Text("key", &m.Key)}
}

func (m *sortModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("property", &m.Property),
		document.TextWithDefault("order", &m.Order, "ASC"),
	}
}

// encryption binds the name of an algorithm, or an object with an algorithm and a key, to one key.
func encryption(algorithm *types.String, clientSide **encryptionModel) document.Binding {
	const key = "encryption"
	named, keyed := document.Text(key, algorithm), document.Nested(key, clientSide, (*encryptionModel).bindings)
	return document.Custom(
		func(into document.Object) {
			if *clientSide != nil {
				document.Write(into, []document.Binding{keyed})
			} else {
				document.Write(into, []document.Binding{named})
			}
		},
		func(from document.Object, isNew bool) error {
			if _, isObject := from[key].(document.Object); isObject {
				*algorithm = types.StringNull()
				return document.Read(from, []document.Binding{keyed}, isNew)
			}
			*clientSide = nil
			return document.Read(from, []document.Binding{named}, isNew)
		},
	)
}

const (
	propertiesKey = "properties"
	requiredKey   = "required"
)

// binding binds the inputs of all types.
func (m *userPropertiesModel) binding() document.Binding {
	return document.ByType(propertiesKey, "type",
		document.OfType("string", &m.String, (*stringModel).bindings),
		document.OfType("number", &m.Number, (*numberModel).bindings),
		document.OfType("boolean", &m.Boolean, (*booleanModel).bindings),
		document.OfType("object", &m.Object, (*objectModel).bindings),
		document.OfType("array", &m.Array, (*arrayModel).bindings),
	)
}

// eachRequired visits the required attribute of every input and sets it to the result.
func (m *userPropertiesModel) eachRequired(visit func(key string, isRequired types.Bool) types.Bool) {
	eachRequired(m.String, visit)
	eachRequired(m.Number, visit)
	eachRequired(m.Boolean, visit)
	eachRequired(m.Object, visit)
	eachRequired(m.Array, visit)
}

// required returns the required attribute of an input.
func (m *inputModel) required() *types.Bool { return &m.Required }

func eachRequired[T any, P interface {
	*T
	required() *types.Bool
}](inputs map[string]T, visit func(key string, isRequired types.Bool) types.Bool) {
	for key, input := range inputs {
		isRequired := P(&input).required()
		*isRequired = visit(key, *isRequired)
		inputs[key] = input
	}
}

// inputs returns all inputs, and whether each is required.
func (m *userPropertiesModel) inputs() map[string]bool {
	all := map[string]bool{}
	if m != nil {
		m.eachRequired(func(key string, isRequired types.Bool) types.Bool {
			all[key] = isRequired.ValueBool()
			return isRequired
		})
	}
	return all
}

// requiredInputs returns the sorted keys of the required inputs.
func (m *userPropertiesModel) requiredInputs() []string {
	inputs := m.inputs()
	maps.DeleteFunc(inputs, func(_ string, isRequired bool) bool { return !isRequired })
	return slices.Sorted(maps.Keys(inputs))
}

// writeUserProperties sets the inputs and which of them are required.
func (m *selfServiceModel) writeUserProperties(into document.Object) {
	inputs := m.UserProperties
	if inputs == nil {
		inputs = &userPropertiesModel{}
	}
	document.Write(into, []document.Binding{inputs.binding()})
	m.writeRequired(into, inputs.requiredInputs())
}

// writeRequired sets the required inputs, or leaves the list unchanged if it differs only in order.
func (m *selfServiceModel) writeRequired(into document.Object, required []string) {
	current, isList := into[requiredKey].([]any)
	switch {
	case !m.RequiredJQ.IsNull():
		document.Write(into, []document.Binding{document.OrQuery(requiredKey, document.None(), &m.RequiredJQ)})
	case isList && slices.Equal(sortedTexts(current), required):
		// It is unchanged.
	case len(required) == 0 && into[requiredKey] == nil:
		// Absent means that none is required.
	default:
		list := make([]any, 0, len(required))
		for _, key := range required {
			list = append(list, key)
		}
		into[requiredKey] = list
	}
}

func sortedTexts(list []any) []string {
	var texts []string
	for _, value := range list {
		text, _ := value.(string)
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return texts
}

// readUserProperties sorts the inputs into the maps by type.
func (m *selfServiceModel) readUserProperties(from document.Object, isNew bool) error {
	isNull := m.UserProperties == nil && !isNew
	if m.UserProperties == nil {
		m.UserProperties = &userPropertiesModel{}
	}
	err := document.Read(from, []document.Binding{
		document.OrQuery(requiredKey, document.None(), &m.RequiredJQ),
		m.UserProperties.binding(),
	}, isNew)
	required, _ := from[requiredKey].([]any)
	m.UserProperties.eachRequired(func(key string, _ types.Bool) types.Bool {
		if slices.Contains(required, any(key)) {
			return types.BoolValue(true)
		}
		return types.BoolNull()
	})
	if isNull && len(m.UserProperties.inputs()) == 0 {
		m.UserProperties = nil
	}
	return err
}
