package port

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// extraField is the name of the struct field for the keys of an object that its model does not
// name.
const extraField = "Extra"

// shapeError says where in a document a value does not have the type that the model expects. It
// names types and keys, but no values, which may be secret.
type shapeError struct {
	path []string
	want string
	got  string
}

func (e *shapeError) Error() string {
	problem := "expected " + e.want + ", got " + e.got
	if len(e.path) == 0 {
		return problem
	}
	return strings.Join(e.path, ".") + ": " + problem
}

// at prepends a key to the path of a shape error.
func at(key string, err error) error {
	var shape *shapeError
	if !errors.As(err, &shape) {
		return fmt.Errorf("%s: %w", key, err)
	}
	return &shapeError{path: append([]string{key}, shape.path...), want: shape.want, got: shape.got}
}

// objectField is one field of a model: its position in the struct and its JSON key.
type objectField struct {
	index    int
	key      string
	omitZero bool
}

// objectFields lists the fields of a model type that have a JSON key.
func objectFields(model reflect.Type) []objectField {
	fields := make([]objectField, 0, model.NumField())
	for i := range model.NumField() {
		key, options, _ := strings.Cut(model.Field(i).Tag.Get("json"), ",")
		if key == "" || key == "-" {
			continue
		}
		fields = append(fields, objectField{index: i, key: key, omitZero: options == "omitzero"})
	}
	return fields
}

// decodeObject reads a JSON object into the struct that target points to. Keys are matched exactly
// (encoding/json would ignore their case); those without a field go to the Extra field if the
// struct has one. Null leaves a field at its zero value, but a json.RawMessage keeps it. An absent
// key leaves a pointer, map or slice nil; an empty value does not.
func decodeObject(data []byte, target any) error {
	fields, err := objectKeys(data)
	if err != nil {
		return err
	}
	return decodeKeys(fields, target)
}

// objectKeys splits a JSON object into its keys and their undecoded values.
func objectKeys(data []byte) (map[string]json.RawMessage, error) {
	if got := kindOf(data); got != "an object" {
		return nil, &shapeError{want: "an object", got: got}
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, err
	}
	return keys, nil
}

// decodeKeys is decodeObject for an object that is already split into its keys; it modifies keys.
func decodeKeys(keys map[string]json.RawMessage, target any) error {
	model := reflect.ValueOf(target).Elem()
	for _, field := range objectFields(model.Type()) {
		raw, found := keys[field.key]
		if !found {
			continue
		}
		delete(keys, field.key)
		if err := decodeValue(raw, model.Field(field.index)); err != nil {
			return at(field.key, err)
		}
	}
	if extra := model.FieldByName(extraField); extra.IsValid() && len(keys) > 0 {
		extra.Set(reflect.ValueOf(keys))
	}
	return nil
}

// decodeValue reads any JSON value into a settable value, and reports the path of a mismatch.
func decodeValue(data []byte, target reflect.Value) error {
	if target.Type() == reflect.TypeFor[json.RawMessage]() {
		target.SetBytes(bytes.Clone(data))
		return nil
	}
	if kindOf(data) == "null" {
		return nil
	}
	if model, ok := reflect.TypeAssert[json.Unmarshaler](target.Addr()); ok {
		return model.UnmarshalJSON(data)
	}
	if target.Kind() == reflect.Struct {
		return decodeObject(data, target.Addr().Interface())
	}
	switch target.Kind() { //nolint:exhaustive // Every other kind is a scalar, which encoding/json decodes.
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return decodeValue(data, target.Elem())
	case reflect.Map:
		return decodeMap(data, target)
	case reflect.Slice:
		return decodeSlice(data, target)
	default:
		return decodeScalar(data, target)
	}
}

func decodeMap(data []byte, target reflect.Value) error {
	keys, err := objectKeys(data)
	if err != nil {
		return err
	}
	if target.Type() == reflect.TypeFor[map[string]any]() {
		// Free-form values accept anything, and are most of an entity.
		return decodeScalar(data, target)
	}
	target.Set(reflect.MakeMapWithSize(target.Type(), len(keys)))
	for key, raw := range keys {
		value := reflect.New(target.Type().Elem()).Elem()
		if err := decodeValue(raw, value); err != nil {
			return at(key, err)
		}
		target.SetMapIndex(reflect.ValueOf(key), value)
	}
	return nil
}

func decodeSlice(data []byte, target reflect.Value) error {
	if got := kindOf(data); got != "a list" {
		return &shapeError{want: "a list", got: got}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return err
	}
	target.Set(reflect.MakeSlice(target.Type(), len(elements), len(elements)))
	for i, raw := range elements {
		if err := decodeValue(raw, target.Index(i)); err != nil {
			return at(strconv.Itoa(i), err)
		}
	}
	return nil
}

func decodeScalar(data []byte, target reflect.Value) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err := decoder.Decode(target.Addr().Interface())
	if err == nil {
		return nil
	}
	return &shapeError{want: expectedKind(target), got: kindOf(data)}
}

// expectedKind names the JSON type that a scalar field accepts.
func expectedKind(target reflect.Value) string {
	if target.Type() == reflect.TypeFor[json.Number]() {
		return "a number"
	}
	switch target.Kind() { //nolint:exhaustive // The models hold no other scalars than these.
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "an integer"
	default:
		return "JSON"
	}
}

// kindOf names the type of a JSON value by its first byte.
func kindOf(data []byte) string {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return "nothing"
	}
	switch data[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return "a number"
	default:
		return "invalid JSON"
	}
}

// encodeObject writes a model as a JSON object with sorted keys. A field tagged omitzero is left
// out when it is nil or zero, so an empty map or list is written and a nil one is not; a nil map or
// list without the tag is written empty. Keys of Extra are added where the model wrote none.
func encodeObject(source any) ([]byte, error) {
	model := reflect.ValueOf(source)
	keys := map[string]json.RawMessage{}
	for _, field := range objectFields(model.Type()) {
		value := model.Field(field.index)
		if field.omitZero && value.IsZero() {
			continue
		}
		raw, err := encodeField(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.key, err)
		}
		keys[field.key] = raw
	}
	extra, _ := reflect.TypeAssert[map[string]json.RawMessage](model.FieldByName(extraField))
	for key, raw := range extra {
		if _, written := keys[key]; !written {
			keys[key] = raw
		}
	}
	return encodeJSON(keys)
}

// encode writes any value, and every model in it by [encodeObject]: encoding/json would omit Extra.
func encode(value any) (json.RawMessage, error) { return encodeField(reflect.ValueOf(value)) }

func encodeField(value reflect.Value) (json.RawMessage, error) {
	if value.Type().Implements(reflect.TypeFor[json.Marshaler]()) {
		return encodeJSON(value.Interface())
	}
	switch value.Kind() { //nolint:exhaustive // Every other kind is a scalar, which encoding/json encodes.
	case reflect.Struct:
		if _, isModel := value.Type().FieldByName(extraField); !isModel {
			return encodeJSON(value.Interface())
		}
		return encodeObject(value.Interface())
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return json.RawMessage("null"), nil
		}
		return encodeField(value.Elem())
	case reflect.Map:
		keys := make(map[string]json.RawMessage, value.Len())
		for key, element := range value.Seq2() {
			raw, err := encodeField(element)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			keys[key.String()] = raw
		}
		return encodeJSON(keys)
	case reflect.Slice:
		elements := make([]json.RawMessage, value.Len())
		for i := range elements {
			raw, err := encodeField(value.Index(i))
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			elements[i] = raw
		}
		return encodeJSON(elements)
	default:
		return encodeJSON(value.Interface())
	}
}

// encodeJSON is json.Marshal without the escaping of <, > and &: Port stores and shows the text as
// it was sent.
func encodeJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}
