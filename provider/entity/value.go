package entity

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// This file moves the values of properties between JSON and the typed maps of
// the configuration.

// put adds the values of one map to the body, null as null.
func put[T any](body map[string]any, values map[string]T, write func(T) (any, error)) error {
	for key, value := range values {
		written, err := write(value)
		if err != nil {
			return fmt.Errorf("property %q: %w", key, err)
		}
		body[key] = written
	}
	return nil
}

func fromText(value types.String) (any, error) {
	if value.IsNull() {
		return nil, nil //nolint:nilnil // JSON null is a value.
	}
	return value.ValueString(), nil
}

func fromNumber(value types.Number) (any, error) {
	if value.IsNull() {
		return nil, nil //nolint:nilnil // JSON null is a value.
	}
	return *convert.NumberToAPI(value), nil
}

func fromBool(value types.Bool) (any, error) {
	if value.IsNull() {
		return nil, nil //nolint:nilnil // JSON null is a value.
	}
	return value.ValueBool(), nil
}

func fromJSON(value jsontype.Value) (any, error) {
	if value.IsNull() {
		return nil, nil //nolint:nilnil // JSON null is a value.
	}
	return value.Decode()
}

func listOf[T any](write func(T) (any, error)) func([]T) (any, error) {
	return func(values []T) (any, error) {
		if values == nil {
			return nil, nil //nolint:nilnil // JSON null is a value.
		}
		list := make([]any, 0, len(values))
		for _, value := range values {
			written, err := write(value)
			if err != nil {
				return nil, err
			}
			list = append(list, written)
		}
		return list, nil
	}
}

// propertiesFromAPI sorts values into the typed maps. A key goes where
// Terraform already holds it if that map can hold the value, and else where the
// value's type belongs. A property without a value is listed only if Terraform
// lists it.
func propertiesFromAPI(values map[string]any, prior *propertiesModel) (*propertiesModel, error) {
	known := prior
	if known == nil {
		known = &propertiesModel{}
	}
	fresh := newSorter(known)
	for key, value := range values {
		if err := fresh.add(key, value); err != nil {
			return nil, fmt.Errorf("property %q: %w", key, err)
		}
	}
	for _, key := range fresh.knownNulls() {
		if _, answered := values[key]; !answered {
			fresh.addNull(key)
		}
	}
	if prior == nil && fresh.isEmpty() {
		return nil, nil //nolint:nilnil // A null properties attribute is a value of its own.
	}
	return fresh.model(known), nil
}

// sorter collects values into the typed maps.
type sorter struct {
	known       *propertiesModel
	knownArrays *arraysModel
	values      propertiesModel
	arrays      arraysModel
}

func newSorter(known *propertiesModel) *sorter {
	s := &sorter{
		known:       known,
		knownArrays: &arraysModel{},
		values: propertiesModel{
			String:  map[string]types.String{},
			Number:  map[string]types.Number{},
			Boolean: map[string]types.Bool{},
			Object:  map[string]jsontype.Value{},
		},
		arrays: arraysModel{
			String:  map[string][]types.String{},
			Number:  map[string][]types.Number{},
			Boolean: map[string][]types.Bool{},
			Object:  map[string][]jsontype.Value{},
		},
	}
	if known.Array != nil {
		s.knownArrays = known.Array
	}
	return s
}

func (s *sorter) add(key string, value any) error {
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
	s.values.Object[key] = text
	return err
}

// addNull keeps a null that Terraform holds.
func (s *sorter) addNull(key string) {
	keepNull(s.values.String, s.known.String, key, types.StringNull())
	keepNull(s.values.Number, s.known.Number, key, types.NumberNull())
	keepNull(s.values.Boolean, s.known.Boolean, key, types.BoolNull())
	keepNull(s.values.Object, s.known.Object, key, jsontype.Null())
	keepNull(s.arrays.String, s.knownArrays.String, key, nil)
	keepNull(s.arrays.Number, s.knownArrays.Number, key, nil)
	keepNull(s.arrays.Boolean, s.knownArrays.Boolean, key, nil)
	keepNull(s.arrays.Object, s.knownArrays.Object, key, nil)
}

// knownNulls lists the keys that Terraform holds with a null.
func (s *sorter) knownNulls() []string {
	return slices.Concat(
		keysOf(s.known.String, types.String.IsNull),
		keysOf(s.known.Number, types.Number.IsNull),
		keysOf(s.known.Boolean, types.Bool.IsNull),
		keysOf(s.known.Object, jsontype.Value.IsNull),
		keysOf(s.knownArrays.String, func(v []types.String) bool { return v == nil }),
		keysOf(s.knownArrays.Number, func(v []types.Number) bool { return v == nil }),
		keysOf(s.knownArrays.Boolean, func(v []types.Bool) bool { return v == nil }),
		keysOf(s.knownArrays.Object, func(v []jsontype.Value) bool { return v == nil }),
	)
}

func keysOf[T any](values map[string]T, matches func(T) bool) []string {
	var keys []string
	for key, value := range values {
		if matches(value) {
			keys = append(keys, key)
		}
	}
	return keys
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
	case kindNone, kindJSON:
	}
	return addElements(s.arrays.Object, key, elements, jsonText)
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
	kindJSON
)

// arrayKind says which map holds a list. Lists of JSON hold every element; the
// others hold elements of their one type, and null.
func (s *sorter) arrayKind(key string, elements []any) kind {
	if _, asJSON := s.knownArrays.Object[key]; asJSON {
		return kindJSON
	}
	found := kindNone
	for _, element := range elements {
		elementKind := kindOf(element)
		if elementKind == kindNone {
			continue
		}
		if found != kindNone && found != elementKind {
			return kindJSON
		}
		found = elementKind
	}
	if found != kindNone {
		return found
	}
	return s.knownArrayKind(key)
}

// knownArrayKind places a list that says nothing about its elements where
// Terraform holds it.
func (s *sorter) knownArrayKind(key string) kind {
	if _, listed := s.knownArrays.Number[key]; listed {
		return kindNumber
	}
	if _, listed := s.knownArrays.Boolean[key]; listed {
		return kindBoolean
	}
	return kindString
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
	default:
		return kindJSON
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
func (s *sorter) model(known *propertiesModel) *propertiesModel {
	fresh := &propertiesModel{
		String:  orNil(s.values.String, known.String),
		Number:  orNil(s.values.Number, known.Number),
		Boolean: orNil(s.values.Boolean, known.Boolean),
		Object:  orNil(s.values.Object, known.Object),
	}
	if known.Array != nil || !s.arraysAreEmpty() {
		fresh.Array = &arraysModel{
			String:  orNil(s.arrays.String, s.knownArrays.String),
			Number:  orNil(s.arrays.Number, s.knownArrays.Number),
			Boolean: orNil(s.arrays.Boolean, s.knownArrays.Boolean),
			Object:  orNil(s.arrays.Object, s.knownArrays.Object),
		}
	}
	return fresh
}
