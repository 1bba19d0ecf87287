package entity

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// typedMap is one of the maps of properties, such as string_props. A typedMap that is passed to a
// method must have the same type as the receiver.
type typedMap interface {
	// path returns the path of the attribute.
	path() path.Path
	has(key string) bool
	isNull() bool
	isEmpty() bool
	makeEmpty()
	// take copies the reference to the values of another one.
	take(other typedMap)
	// toAPI adds the values to those of an entity, null as nil.
	toAPI(values map[string]any) error
	// fromAPI adds a value of an entity, nil as null. JSON keeps its text in prior if that means
	// the same.
	fromAPI(key string, value any, prior typedMap) error
}

// mapOf is a map with values of one type.
type mapOf[T any] struct {
	at     path.Path
	values *map[string]T
	codec  codec[T]
}

// codec converts values of one type to and from the API, where null is nil. It reads a value of a
// different type as null.
type codec[T any] struct {
	write func(T) (any, error)
	read  func(value any, prior T) (T, error)
}

func (m mapOf[T]) path() path.Path     { return m.at }
func (m mapOf[T]) has(key string) bool { return has(*m.values, key) }
func (m mapOf[T]) isNull() bool        { return *m.values == nil }
func (m mapOf[T]) isEmpty() bool       { return len(*m.values) == 0 }
func (m mapOf[T]) makeEmpty()          { *m.values = map[string]T{} }

func (m mapOf[T]) take(other typedMap) {
	if same, isSame := other.(mapOf[T]); isSame {
		*m.values = *same.values
	}
}

func (m mapOf[T]) toAPI(values map[string]any) error {
	for key, value := range *m.values {
		written, err := m.codec.write(value)
		if err != nil {
			return fmt.Errorf("property %q: %w", key, err)
		}
		values[key] = written
	}
	return nil
}

func (m mapOf[T]) fromAPI(key string, value any, prior typedMap) error {
	var before T
	if same, isSame := prior.(mapOf[T]); isSame {
		before = (*same.values)[key]
	}
	read, err := m.codec.read(value, before)
	(*m.values)[key] = read
	return err
}

func textCodec() codec[types.String] {
	return codec[types.String]{
		write: func(value types.String) (any, error) { return orNull(value.IsNull(), value.ValueString()), nil },
		read: func(value any, _ types.String) (types.String, error) {
			text, isText := value.(string)
			if !isText {
				return types.StringNull(), nil
			}
			return types.StringValue(text), nil
		},
	}
}

func numberCodec() codec[types.Number] {
	return codec[types.Number]{
		write: func(value types.Number) (any, error) {
			if value.IsNull() {
				return nil, nil //nolint:nilnil // JSON null is a value.
			}
			return convert.NumberText(value), nil
		},
		read: func(value any, prior types.Number) (types.Number, error) {
			number, isNumber := value.(json.Number)
			if !isNumber {
				return types.NumberNull(), nil
			}
			read, err := convert.NumberFromText(number)
			if err == nil && read.Equal(prior) {
				return prior, nil // It may have another precision, which depends on how Terraform encoded it.
			}
			return read, err
		},
	}
}

func boolCodec() codec[types.Bool] {
	return codec[types.Bool]{
		write: func(value types.Bool) (any, error) { return orNull(value.IsNull(), value.ValueBool()), nil },
		read: func(value any, _ types.Bool) (types.Bool, error) {
			boolean, isBoolean := value.(bool)
			if !isBoolean {
				return types.BoolNull(), nil
			}
			return types.BoolValue(boolean), nil
		},
	}
}

func jsonCodec() codec[jsontype.Value] {
	return codec[jsontype.Value]{
		write: func(value jsontype.Value) (any, error) {
			if value.IsNull() {
				return nil, nil //nolint:nilnil // JSON null is a value.
			}
			return value.Decode()
		},
		read: func(value any, prior jsontype.Value) (jsontype.Value, error) {
			if value == nil {
				return jsontype.Null(), nil
			}
			text, err := jsonvalue.Encode(value)
			if !prior.IsNull() && jsonvalue.EqualText(prior.ValueString(), string(text)) {
				return prior, err
			}
			return jsontype.New(string(text)), err
		},
	}
}

func listCodec[T any](element codec[T]) codec[[]T] {
	return codec[[]T]{
		write: func(values []T) (any, error) {
			if values == nil {
				return nil, nil //nolint:nilnil // JSON null is a value.
			}
			list := make([]any, len(values))
			for i, value := range values {
				written, err := element.write(value)
				if err != nil {
					return nil, err
				}
				list[i] = written
			}
			return list, nil
		},
		read: func(value any, prior []T) ([]T, error) {
			elements, isList := value.([]any)
			if !isList {
				return nil, nil
			}
			list := make([]T, len(elements))
			for i, one := range elements {
				var before T
				if i < len(prior) {
					before = prior[i]
				}
				read, err := element.read(one, before)
				if err != nil {
					return nil, err
				}
				list[i] = read
			}
			return list, nil
		},
	}
}

func orNull(isNull bool, value any) any {
	if isNull {
		return nil
	}
	return value
}
