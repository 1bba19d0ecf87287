package entity

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// propertiesModel holds property values by type. A nil map is null.
type propertiesModel struct {
	String  map[string]types.String   `tfsdk:"string_props"`
	Number  map[string]types.Number   `tfsdk:"number_props"`
	Boolean map[string]types.Bool     `tfsdk:"boolean_props"`
	Object  map[string]jsontype.Value `tfsdk:"object_props"`
	Array   *arraysModel              `tfsdk:"array_props"`
}

type arraysModel struct {
	String  map[string][]types.String   `tfsdk:"string_items"`
	Number  map[string][]types.Number   `tfsdk:"number_items"`
	Boolean map[string][]types.Bool     `tfsdk:"boolean_items"`
	Object  map[string][]jsontype.Value `tfsdk:"object_items"`
}

// collection identifies a typed map by its index in [propertiesModel.maps].
type collection int

const (
	stringProps collection = iota
	numberProps
	booleanProps
	objectProps
	stringItems
	numberItems
	booleanItems
	objectItems
	// noCollection stands for properties_json, which holds what no typed map can.
	noCollection
)

// maps returns the typed maps. Those of a nil model are null.
func (m *propertiesModel) maps() []typedMap {
	if m == nil {
		m = &propertiesModel{}
	}
	arrays := m.Array
	if arrays == nil {
		arrays = &arraysModel{}
	}
	scalars, lists := path.Root("properties"), path.Root("properties").AtName("array_props")
	return []typedMap{
		stringProps:  mapOf[types.String]{scalars.AtName("string_props"), &m.String, textCodec()},
		numberProps:  mapOf[types.Number]{scalars.AtName("number_props"), &m.Number, numberCodec()},
		booleanProps: mapOf[types.Bool]{scalars.AtName("boolean_props"), &m.Boolean, boolCodec()},
		objectProps:  mapOf[jsontype.Value]{scalars.AtName("object_props"), &m.Object, jsonCodec()},
		stringItems:  mapOf[[]types.String]{lists.AtName("string_items"), &arrays.String, listCodec(textCodec())},
		numberItems:  mapOf[[]types.Number]{lists.AtName("number_items"), &arrays.Number, listCodec(numberCodec())},
		booleanItems: mapOf[[]types.Bool]{lists.AtName("boolean_items"), &arrays.Boolean, listCodec(boolCodec())},
		objectItems:  mapOf[[]jsontype.Value]{lists.AtName("object_items"), &arrays.Object, listCodec(jsonCodec())},
	}
}

// array returns array_props, which may be nil.
func (m *propertiesModel) array() *arraysModel {
	if m == nil {
		return nil
	}
	return m.Array
}

// isNull reports whether every map is null.
func (m *propertiesModel) isNull() bool { return areNull(m.maps()) }

func areNull(all []typedMap) bool {
	for _, one := range all {
		if !one.isNull() {
			return false
		}
	}
	return true
}

// emptyProperties has no values, and every map in its empty form.
func emptyProperties() *propertiesModel {
	empty := &propertiesModel{Array: &arraysModel{}}
	for _, one := range empty.maps() {
		one.makeEmpty()
	}
	return empty
}

// valuesToAPI returns the values in the typed maps and properties_json, null as nil.
func valuesToAPI(typed *propertiesModel, untyped jsontype.Value) (map[string]any, error) {
	values := map[string]any{}
	for _, one := range typed.maps() {
		if err := one.toAPI(values); err != nil {
			return nil, err
		}
	}
	object, err := objectOf(untyped)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, object)
	return values, nil
}

// objectOf decodes properties_json: nil if it is null, unknown, or the empty string of an import.
func objectOf(untyped jsontype.Value) (map[string]any, error) {
	if untyped.ValueString() == "" {
		return nil, nil //nolint:nilnil // A nil map is an empty one.
	}
	value, err := untyped.Decode()
	if err != nil {
		return nil, fmt.Errorf("properties_json: %w", err)
	}
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil, errors.New("properties_json must be a JSON object, from the key of a property to its value")
	}
	return object, nil
}

// propertyPath returns the path of the attribute that sets a property.
func (m *model) propertyPath(key string) path.Path {
	for _, one := range m.Properties.maps() {
		if one.has(key) {
			return one.path().AtMapKey(key)
		}
	}
	return path.Root("properties_json")
}

// propertiesFromAPI distributes values over the typed maps and properties_json. A key goes into the
// map that prior has it in, if that can hold the value, and otherwise into the map of the value's
// type. A property without a value is listed only if prior lists it.
func propertiesFromAPI(values map[string]any, prior *model, definition *port.Blueprint) (*propertiesModel, jsontype.Value, error) {
	listed, err := prior.values()
	if err != nil {
		return nil, jsontype.Null(), err
	}
	untyped, err := objectOf(prior.PropertiesJSON)
	if err != nil {
		return nil, jsontype.Null(), err
	}
	typed, others := emptyProperties(), map[string]any{}
	before, after := prior.Properties.maps(), typed.maps()
	for _, key := range sortedKeys(values, listed) {
		value := values[key]
		into := collectionOf(key, value, before, definition)
		switch {
		case has(untyped, key), value != nil && into == noCollection:
			others[key] = value
		case value != nil:
			err = after[into].fromAPI(key, value, before[into])
		default:
			err = keepNull(key, before, after)
		}
		if err != nil {
			return nil, jsontype.Null(), fmt.Errorf("property %q: %w", key, err)
		}
	}
	text, err := untypedFromAPI(others, untyped, prior.PropertiesJSON)
	return typed.inFormOf(prior.Properties), text, err
}

// keepNull lists a property without a value in the maps where prior lists it.
func keepNull(key string, before, after []typedMap) error {
	for i, one := range before {
		if !one.has(key) {
			continue
		}
		if err := after[i].fromAPI(key, nil, one); err != nil {
			return err
		}
	}
	return nil
}

// inFormOf makes empty maps null if they are null in prior.
func (m *propertiesModel) inFormOf(prior *propertiesModel) *propertiesModel {
	before, after := prior.maps(), m.maps()
	for i, one := range after {
		if one.isEmpty() && before[i].isNull() {
			one.take(before[i])
		}
	}
	if prior == nil && m.isNull() {
		return nil
	}
	if prior.array() == nil && areNull(after[stringItems:]) {
		m.Array = nil
	}
	return m
}

// untypedFromAPI encodes properties_json. It keeps the text of prior if that means the same.
func untypedFromAPI(values, listed map[string]any, prior jsontype.Value) (jsontype.Value, error) {
	if prior.IsNull() && len(values) == 0 || !prior.IsNull() && jsonvalue.Equal(orEmpty(listed), values) {
		return prior, nil
	}
	text, err := jsonvalue.Encode(values)
	return jsontype.New(string(text)), err
}

// collectionOf returns the map for a value. A key that prior has in object_props or object_items
// stays there, because these maps can hold any JSON.
func collectionOf(key string, value any, prior []typedMap, definition *port.Blueprint) collection {
	if prior[objectProps].has(key) {
		return objectProps
	}
	switch value := value.(type) {
	case string:
		return stringProps
	case bool:
		return booleanProps
	case json.Number:
		return numberProps
	case []any:
		return listCollection(key, value, prior, definition)
	default:
		return objectProps
	}
}

// listCollection returns the map for a list: that of the type of its non-null elements, if they
// have the same type. A list without such elements goes into the map that prior has it in, or
// otherwise into that of the blueprint's item type.
func listCollection(key string, elements []any, prior []typedMap, definition *port.Blueprint) collection {
	if prior[objectItems].has(key) {
		return objectItems
	}
	all := noCollection
	for _, element := range elements {
		if element == nil {
			continue
		}
		if _, isList := element.([]any); isList {
			return noCollection
		}
		one := itemsCollection(typeOf(element))
		if all != noCollection && all != one {
			return noCollection
		}
		all = one
	}
	switch {
	case all != noCollection:
		return all
	case prior[numberItems].has(key):
		return numberItems
	case prior[booleanItems].has(key):
		return booleanItems
	case definition == nil:
		return stringItems
	default:
		return typeCollection(typeArray, definition.Schema.Properties[key].Items)
	}
}

// typeCollection returns the map for properties of a type, noCollection for an unknown type.
func typeCollection(typeName string, items *port.Items) collection {
	switch typeName {
	case typeString:
		return stringProps
	case typeNumber:
		return numberProps
	case typeBoolean:
		return booleanProps
	case typeObject:
		return objectProps
	case typeArray:
		if items == nil {
			return stringItems
		}
		return itemsCollection(items.Type)
	default:
		return noCollection
	}
}

// itemsCollection returns the map for lists with an item type.
func itemsCollection(typeName string) collection {
	switch typeName {
	case typeNumber:
		return numberItems
	case typeBoolean:
		return booleanItems
	case typeObject:
		return objectItems
	default:
		return stringItems
	}
}
