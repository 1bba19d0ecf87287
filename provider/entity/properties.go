package entity

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// propertiesModel holds values by their type. A nil map is null.
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

// valuesToAPI gives the values of all properties that the typed maps and
// properties_json list, null as nil.
func valuesToAPI(typed *propertiesModel, untyped jsontype.Value) (map[string]any, error) {
	values, err := typed.toAPI()
	if err != nil {
		return nil, err
	}
	object, err := objectOf(untyped)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, object)
	return values, nil
}

func (m *propertiesModel) toAPI() (map[string]any, error) {
	values := map[string]any{}
	if m == nil {
		return values, nil
	}
	problems := []error{
		put(values, m.String, fromText),
		put(values, m.Number, fromNumber),
		put(values, m.Boolean, fromBool),
		put(values, m.Object, fromJSON),
	}
	if m.Array != nil {
		problems = append(problems,
			put(values, m.Array.String, listOf(fromText)),
			put(values, m.Array.Number, listOf(fromNumber)),
			put(values, m.Array.Boolean, listOf(fromBool)),
			put(values, m.Array.Object, listOf(fromJSON)),
		)
	}
	return values, errors.Join(problems...)
}

// objectOf reads properties_json; no value holds no properties.
func objectOf(untyped jsontype.Value) (map[string]any, error) {
	if untyped.IsNull() || untyped.IsUnknown() {
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

// isNull reports whether every map is null.
func (m *propertiesModel) isNull() bool {
	return m.String == nil && m.Number == nil && m.Boolean == nil && m.Object == nil && m.Array == nil
}
