package entity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// propertiesFromAPI sorts values into the typed maps and properties_json. A key
// goes where Terraform holds it already if that can hold the value, and else
// where the value's type belongs. A property without a value is listed only if
// Terraform lists it.
func propertiesFromAPI(values map[string]any, prior *model, definition *port.Blueprint) (*propertiesModel, jsontype.Value, error) {
	sorted, err := newSorter(prior, definition)
	if err != nil {
		return nil, jsontype.Null(), err
	}
	for key, value := range values {
		if err := sorted.add(key, value); err != nil {
			return nil, jsontype.Null(), fmt.Errorf("property %q: %w", key, err)
		}
	}
	for key := range sorted.listed {
		if _, answered := values[key]; !answered {
			sorted.addNull(key)
		}
	}
	untyped, err := sorted.json(prior.PropertiesJSON)
	if err != nil {
		return nil, jsontype.Null(), err
	}
	if prior.Properties == nil && sorted.isEmpty() {
		return nil, untyped, nil
	}
	return sorted.model(), untyped, nil
}

// sorter collects values into the typed maps and properties_json.
type sorter struct {
	known       *propertiesModel
	knownArrays *arraysModel
	knownJSON   map[string]any
	// listed are all values that Terraform holds.
	listed     map[string]any
	definition *port.Blueprint

	values  propertiesModel
	arrays  arraysModel
	untyped map[string]any
}

func newSorter(prior *model, definition *port.Blueprint) (*sorter, error) {
	listed, err := prior.values()
	if err != nil {
		return nil, err
	}
	object, err := objectOf(prior.PropertiesJSON)
	if err != nil {
		return nil, err
	}
	empty := emptyModel().Properties
	s := &sorter{
		known:       &propertiesModel{},
		knownArrays: &arraysModel{},
		knownJSON:   object,
		listed:      listed,
		definition:  definition,
		values:      *empty,
		arrays:      *empty.Array,
		untyped:     map[string]any{},
	}
	if prior.Properties != nil {
		s.known = prior.Properties
	}
	if s.known.Array != nil {
		s.knownArrays = s.known.Array
	}
	return s, nil
}

func (s *sorter) add(key string, value any) error {
	if _, isUntyped := s.knownJSON[key]; isUntyped {
		s.untyped[key] = value
		return nil
	}
	if value == nil {
		s.addNull(key)
		return nil
	}
	if _, asJSON := s.known.Object[key]; asJSON {
		return s.addJSON(key, value)
	}
	switch value := value.(type) {
	case string:
		s.values.String[key] = types.StringValue(value)
		return nil
	case bool:
		s.values.Boolean[key] = types.BoolValue(value)
		return nil
	case json.Number:
		number, err := convert.Number(&value)
		s.values.Number[key] = number
		return err
	case []any:
		return s.addArray(key, value)
	default:
		return s.addJSON(key, value)
	}
}

func (s *sorter) addJSON(key string, value any) error {
	text, err := jsonText(value)
	s.values.Object[key] = keepJSON(text, s.known.Object[key])
	return err
}

// keepJSON is the text that Terraform holds where it means the same as the fresh one.
func keepJSON(fresh, known jsontype.Value) jsontype.Value {
	if !known.IsNull() && jsonvalue.EqualText(fresh.ValueString(), known.ValueString()) {
		return known
	}
	return fresh
}

// addNull keeps a key that Terraform lists.
func (s *sorter) addNull(key string) {
	if _, isUntyped := s.knownJSON[key]; isUntyped {
		s.untyped[key] = nil
	}
	keepNull(s.values.String, s.known.String, key, types.StringNull())
	keepNull(s.values.Number, s.known.Number, key, types.NumberNull())
	keepNull(s.values.Boolean, s.known.Boolean, key, types.BoolNull())
	keepNull(s.values.Object, s.known.Object, key, jsontype.Null())
	keepNull(s.arrays.String, s.knownArrays.String, key, nil)
	keepNull(s.arrays.Number, s.knownArrays.Number, key, nil)
	keepNull(s.arrays.Boolean, s.knownArrays.Boolean, key, nil)
	keepNull(s.arrays.Object, s.knownArrays.Object, key, nil)
}

func keepNull[T any](fresh, known map[string]T, key string, null T) {
	if _, listed := known[key]; listed {
		fresh[key] = null
	}
}

func (s *sorter) addArray(key string, elements []any) error {
	switch s.arrayKind(key, elements) {
	case kindString:
		return addElements(s.arrays.String, key, elements, func(element any) (types.String, error) {
			text, isText := element.(string)
			if !isText {
				return types.StringNull(), nil
			}
			return types.StringValue(text), nil
		})
	case kindNumber:
		return addElements(s.arrays.Number, key, elements, func(element any) (types.Number, error) {
			number, isNumber := element.(json.Number)
			if !isNumber {
				return types.NumberNull(), nil
			}
			return convert.Number(&number)
		})
	case kindBoolean:
		return addElements(s.arrays.Boolean, key, elements, func(element any) (types.Bool, error) {
			boolean, isBoolean := element.(bool)
			if !isBoolean {
				return types.BoolNull(), nil
			}
			return types.BoolValue(boolean), nil
		})
	case kindObject:
		err := addElements(s.arrays.Object, key, elements, jsonText)
		for i, known := range s.knownArrays.Object[key] {
			if i < len(elements) {
				s.arrays.Object[key][i] = keepJSON(s.arrays.Object[key][i], known)
			}
		}
		return err
	case kindNone, kindMixed:
	}
	s.untyped[key] = elements
	return nil
}

func addElements[T any](lists map[string][]T, key string, elements []any, read func(any) (T, error)) error {
	list := make([]T, 0, len(elements))
	for _, element := range elements {
		value, err := read(element)
		if err != nil {
			return err
		}
		list = append(list, value)
	}
	lists[key] = list
	return nil
}

type kind int

const (
	kindNone kind = iota
	kindString
	kindNumber
	kindBoolean
	kindObject
	// kindMixed is what no typed list holds: lists in a list, and mixed types.
	kindMixed
)

// arrayKind says which map holds a list. A list that Terraform holds as JSON
// texts holds every element; the others hold their one type, and null.
func (s *sorter) arrayKind(key string, elements []any) kind {
	if _, asJSON := s.knownArrays.Object[key]; asJSON {
		return kindObject
	}
	found := kindNone
	for _, element := range elements {
		elementKind := kindOf(element)
		if elementKind == kindNone {
			continue
		}
		if found != kindNone && found != elementKind {
			return kindMixed
		}
		found = elementKind
	}
	if found != kindNone {
		return found
	}
	return s.emptyArrayKind(key)
}

// emptyArrayKind places a list that says nothing about its elements where
// Terraform holds it, and else where the blueprint has it.
func (s *sorter) emptyArrayKind(key string) kind {
	if _, listed := s.knownArrays.Number[key]; listed {
		return kindNumber
	}
	if _, listed := s.knownArrays.Boolean[key]; listed {
		return kindBoolean
	}
	if s.definition == nil {
		return kindString
	}
	return listKind(s.definition.Schema.Properties[key].Items)
}

// listKind is the kind of a list whose elements do not tell it.
func listKind(items *port.Items) kind {
	if items == nil {
		return kindString
	}
	switch items.Type {
	case typeNumber:
		return kindNumber
	case typeBoolean:
		return kindBoolean
	case typeObject:
		return kindObject
	default:
		return kindString
	}
}

func kindOf(value any) kind {
	switch value.(type) {
	case nil:
		return kindNone
	case string:
		return kindString
	case json.Number:
		return kindNumber
	case bool:
		return kindBoolean
	case map[string]any:
		return kindObject
	default:
		return kindMixed
	}
}

func jsonText(value any) (jsontype.Value, error) {
	if value == nil {
		return jsontype.Null(), nil
	}
	text, err := jsonvalue.Encode(value)
	return jsontype.New(string(text)), err
}

func (s *sorter) isEmpty() bool {
	return len(s.values.String)+len(s.values.Number)+len(s.values.Boolean)+len(s.values.Object) == 0 && s.arraysAreEmpty()
}

func (s *sorter) arraysAreEmpty() bool {
	return len(s.arrays.String)+len(s.arrays.Number)+len(s.arrays.Boolean)+len(s.arrays.Object) == 0
}

// model gives the maps that stayed empty the form that Terraform holds.
func (s *sorter) model() *propertiesModel {
	fresh := &propertiesModel{
		String:  orNil(s.values.String, s.known.String),
		Number:  orNil(s.values.Number, s.known.Number),
		Boolean: orNil(s.values.Boolean, s.known.Boolean),
		Object:  orNil(s.values.Object, s.known.Object),
	}
	if s.known.Array != nil || !s.arraysAreEmpty() {
		fresh.Array = &arraysModel{
			String:  orNil(s.arrays.String, s.knownArrays.String),
			Number:  orNil(s.arrays.Number, s.knownArrays.Number),
			Boolean: orNil(s.arrays.Boolean, s.knownArrays.Boolean),
			Object:  orNil(s.arrays.Object, s.knownArrays.Object),
		}
	}
	return fresh
}

// json writes properties_json. The text that Terraform holds stays if it means
// the same.
func (s *sorter) json(known jsontype.Value) (jsontype.Value, error) {
	if known.IsNull() && len(s.untyped) == 0 {
		return known, nil
	}
	if !known.IsNull() && jsonvalue.Equal(mapOf(s.knownJSON), s.untyped) {
		return known, nil
	}
	text, err := jsonvalue.Encode(s.untyped)
	return jsontype.New(string(text)), err
}

// mapOf makes a nil map an empty one.
func mapOf(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

// sortedKeys lists the keys of maps once, in order.
func sortedKeys[V any](all ...map[string]V) []string {
	keys := map[string]bool{}
	for _, values := range all {
		for key := range values {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
