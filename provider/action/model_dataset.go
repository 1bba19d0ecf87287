package action

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// ruleDepth is how deep the rules of a dataset nest in the schema.
const ruleDepth = 11

// datasetModel selects the entities that an input offers. Its rules are not a struct because they
// nest.
type datasetModel struct {
	Combinator types.String `tfsdk:"combinator"`
	Rules      types.List   `tfsdk:"rules"`
}

func (m *datasetModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("combinator", &m.Combinator),
		document.Custom(
			func(into document.Object) { into[rulesKey] = rulesToAPI(m.Rules, into[rulesKey]) },
			func(from document.Object, _ bool) (err error) {
				m.Rules, err = rulesFromAPI(from[rulesKey], m.Rules, ruleDepth)
				return err
			},
		),
	}
}

// The keys of a rule in Port, and the attributes with different names.
const (
	rulesKey      = "rules"
	propertyKey   = "property"
	valueKey      = "value"
	jqQueryKey    = "jqQuery"
	jqQueryName   = "jq_query"
	valueJSONName = "value_json"
)

// ruleTexts returns the attributes of a rule that are strings in Port.
func ruleTexts() []string { return []string{"blueprint", "combinator", "operator"} }

func queryType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{jqQueryName: types.StringType}}
}

// ruleType returns the type of a rule with depth-1 further levels of rules below it.
func ruleType(depth int) types.ObjectType {
	attributes := map[string]attr.Type{
		propertyKey:   types.StringType,
		valueKey:      queryType(),
		valueJSONName: jsontype.Type{},
	}
	for _, name := range ruleTexts() {
		attributes[name] = types.StringType
	}
	if depth > 1 {
		attributes[rulesKey] = types.ListType{ElemType: ruleType(depth - 1)}
	}
	return types.ObjectType{AttrTypes: attributes}
}

// rulesToAPI writes rules. A rule that Port already has keeps its keys without an attribute.
func rulesToAPI(rules types.List, current any) []any {
	existing, _ := current.([]any)
	list := make([]any, 0, len(rules.Elements()))
	for i, element := range rules.Elements() {
		rule, _ := element.(types.Object)
		written := ruleToAPI(rule)
		if i < len(existing) && isRule(existing[i], written) {
			list = append(list, existing[i])
		} else {
			list = append(list, written)
		}
	}
	return list
}

// isRule reports whether a rule in Port equals a written one, apart from additional keys.
func isRule(current any, written document.Object) bool {
	object, isObject := current.(document.Object)
	if !isObject {
		return false
	}
	read, err := ruleFromAPI(object, types.ObjectNull(nil), ruleDepth)
	return err == nil && jsonvalue.Equal(ruleToAPI(read), written)
}

func ruleToAPI(rule types.Object) document.Object {
	attributes, object := rule.Attributes(), document.Object{}
	for _, name := range ruleTexts() {
		if text, ok := attributes[name].(types.String); ok && !text.IsNull() {
			object[name] = text.ValueString()
		}
	}
	if property, ok := attributes[propertyKey].(types.String); ok && !property.IsNull() {
		object[propertyKey] = textOrObject(property.ValueString())
	}
	query, _ := attributes[valueKey].(types.Object)
	if text, ok := query.Attributes()[jqQueryName].(types.String); ok && !text.IsNull() {
		object[valueKey] = document.Object{jqQueryKey: text.ValueString()}
	}
	if constant, ok := attributes[valueJSONName].(jsontype.Value); ok {
		document.Write(object, constantBinding(&constant, object))
	}
	if rules, ok := attributes[rulesKey].(types.List); ok && !rules.IsNull() {
		object[rulesKey] = rulesToAPI(rules, nil)
	}
	return object
}

// constantBinding binds a constant, unless the value is a query.
func constantBinding(constant *jsontype.Value, object document.Object) []document.Binding {
	if constant.IsNull() && object[valueKey] != nil {
		return nil
	}
	return []document.Binding{document.JSON(valueKey, constant)}
}

// textOrObject decodes a text that holds a JSON object, and returns any other text unchanged.
func textOrObject(text string) any {
	value, err := jsonvalue.Decode([]byte(text))
	if object, isObject := value.(document.Object); err == nil && isObject {
		return object
	}
	return text
}

func rulesFromAPI(value any, prior types.List, depth int) (types.List, error) {
	list, isList := value.([]any)
	if !isList && value != nil {
		return prior, fmt.Errorf("%s: %w", rulesKey, document.ErrShape)
	}
	if depth == 0 {
		return prior, fmt.Errorf("%s nest deeper than %d levels, which the schema does not support", rulesKey, ruleDepth)
	}
	elements := make([]attr.Value, 0, len(list))
	for i, element := range list {
		object, isObject := element.(document.Object)
		if !isObject {
			return prior, fmt.Errorf("%s[%d]: %w", rulesKey, i, document.ErrShape)
		}
		old := types.ObjectNull(nil)
		if i < len(prior.Elements()) {
			old, _ = prior.Elements()[i].(types.Object)
		}
		rule, err := ruleFromAPI(object, old, depth)
		if err != nil {
			return prior, fmt.Errorf("%s[%d].%w", rulesKey, i, err)
		}
		elements = append(elements, rule)
	}
	return types.ListValueMust(ruleType(depth), elements), nil
}

func ruleFromAPI(rule document.Object, prior types.Object, depth int) (types.Object, error) {
	attributes := map[string]attr.Value{}
	for _, name := range ruleTexts() {
		text, _ := prior.Attributes()[name].(types.String)
		if err := document.Read(rule, []document.Binding{document.Text(name, &text)}, false); err != nil {
			return prior, err
		}
		attributes[name] = text
	}
	property, err := textOf(rule[propertyKey])
	if err != nil {
		return prior, err
	}
	attributes[propertyKey] = property
	attributes[valueKey], attributes[valueJSONName] = types.ObjectNull(queryType().AttrTypes), jsontype.Null()
	query, isObject := rule[valueKey].(document.Object)
	if text, isQuery := query[jqQueryKey].(string); isObject && isQuery && len(query) == 1 {
		attributes[valueKey] = types.ObjectValueMust(queryType().AttrTypes, map[string]attr.Value{jqQueryName: types.StringValue(text)})
	} else {
		constant, _ := prior.Attributes()[valueJSONName].(jsontype.Value)
		if err := document.Read(rule, []document.Binding{document.JSON(valueKey, &constant)}, false); err != nil {
			return prior, err
		}
		attributes[valueJSONName] = constant
	}
	if depth > 1 {
		attributes[rulesKey] = types.ListNull(ruleType(depth - 1))
	}
	if rule[rulesKey] != nil {
		old, _ := prior.Attributes()[rulesKey].(types.List)
		if attributes[rulesKey], err = rulesFromAPI(rule[rulesKey], old, depth-1); err != nil {
			return prior, err
		}
	}
	return types.ObjectValueMust(ruleType(depth).AttrTypes, attributes), nil
}

// textOf returns a string unchanged and any other value as JSON.
func textOf(value any) (types.String, error) {
	switch value := value.(type) {
	case nil:
		return types.StringNull(), nil
	case string:
		return types.StringValue(value), nil
	default:
		encoded, err := jsonvalue.Encode(value)
		return types.StringValue(string(encoded)), err
	}
}
