// Package document binds the attributes of a Terraform model to the keys of a JSON document in
// Port's API. One list of bindings serves both directions: it writes a model over the document that
// Port stores, so that keys without an attribute survive, and reads a document back into the model.
// Where Port does not distinguish an absent from an empty value, reading preserves the form that
// the model already has, so that neither shows as a change.
package document

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// Object is a JSON object with numbers as json.Number.
type Object = map[string]any

// Binding ties a part of a model to a part of a document.
type Binding struct {
	// write sets the key in the document, or removes it.
	write func(into Object)
	// read sets the attribute in the model. isNew means that the model has no prior form to
	// preserve, as after an import.
	read func(from Object, isNew bool) error
}

// Write updates a document from a model. Keys without a binding are left unchanged.
func Write(into Object, bindings []Binding) {
	for _, binding := range bindings {
		binding.write(into)
	}
}

// Read updates a model from a document. isNew means that the model has no prior form to preserve,
// as after an import.
func Read(from Object, bindings []Binding, isNew bool) error {
	for _, binding := range bindings {
		if err := binding.read(from, isNew); err != nil {
			return err
		}
	}
	return nil
}

// ErrShape means that a value in a document does not have the type that the model expects.
var ErrShape = errors.New("unexpected type")

func shapeError(key, want string, got any) error {
	return fmt.Errorf("%s: %w: expected %s, got %s", key, ErrShape, want, kindOf(got))
}

// kindOf names the JSON type of a decoded value without revealing the value.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// put sets a key, or removes it if isSet is false.
func put(into Object, key string, isSet bool, value any) {
	if isSet {
		into[key] = value
	} else {
		delete(into, key)
	}
}

// get reads a key as a T; ok is false if the key is absent or null.
func get[T any](from Object, key, want string) (value T, ok bool, err error) {
	raw := from[key]
	if raw == nil {
		return value, false, nil
	}
	value, ok = raw.(T)
	if !ok {
		return value, false, shapeError(key, want, raw)
	}
	return value, true, nil
}

// Text binds an optional string. If the document has none, "" in the model stays.
func Text(key string, target *types.String) Binding {
	return Binding{
		write: func(into Object) { put(into, key, !target.IsNull(), target.ValueString()) },
		read: func(from Object, _ bool) error {
			value, ok, err := get[string](from, key, "a string")
			if ok {
				*target = types.StringValue(value)
			} else if target.ValueString() != "" || target.IsUnknown() {
				*target = types.StringNull()
			}
			return err
		},
	}
}

// LooseText binds an optional string for which "" and absent mean the same.
func LooseText(key string, target *types.String) Binding {
	plain := Text(key, target)
	return Binding{
		write: plain.write,
		read: func(from Object, isNew bool) error {
			wasNull := target.IsNull() && !isNew
			err := plain.read(from, isNew)
			if target.ValueString() == "" {
				*target = types.StringValue("")
				if wasNull {
					*target = types.StringNull()
				}
			}
			return err
		},
	}
}

// Kind binds a string that determines what the other keys of its object mean: writing a different
// kind removes them.
func Kind(key string, target *types.String) Binding {
	plain := Text(key, target)
	return Binding{
		write: func(into Object) {
			if current, isText := into[key].(string); isText && current != target.ValueString() {
				clear(into)
			}
			plain.write(into)
		},
		read: plain.read,
	}
}

// ExactText binds an optional string for which "" and absent are different.
func ExactText(key string, target *types.String) Binding {
	return Binding{
		write: Text(key, target).write,
		read: func(from Object, isNew bool) error {
			*target = types.StringNull()
			return Text(key, target).read(from, isNew)
		},
	}
}

// Bool binds an optional boolean.
func Bool(key string, target *types.Bool) Binding {
	return Binding{
		write: func(into Object) { put(into, key, !target.IsNull(), target.ValueBool()) },
		read: func(from Object, _ bool) error {
			value, ok, err := get[bool](from, key, "a boolean")
			*target = types.BoolNull()
			if ok {
				*target = types.BoolValue(value)
			}
			return err
		},
	}
}

// BoolWithDefault binds a boolean that is never null in the model: it is fallback if the document
// has none.
func BoolWithDefault(key string, target *types.Bool, fallback bool) Binding {
	plain := Bool(key, target)
	return Binding{
		write: plain.write,
		read: func(from Object, isNew bool) error {
			err := plain.read(from, isNew)
			if target.IsNull() {
				*target = types.BoolValue(fallback)
			}
			return err
		},
	}
}

// TextWithDefault binds a string that is never null in the model: it is fallback if the document
// has none.
func TextWithDefault(key string, target *types.String, fallback string) Binding {
	plain := Text(key, target)
	return Binding{
		write: plain.write,
		read: func(from Object, isNew bool) error {
			err := plain.read(from, isNew)
			if target.IsNull() {
				*target = types.StringValue(fallback)
			}
			return err
		},
	}
}

// Number binds an optional number with full precision.
func Number(key string, target *types.Number) Binding {
	return Binding{
		write: func(into Object) {
			if target.IsNull() {
				delete(into, key)
			} else {
				into[key] = convert.NumberText(*target)
			}
		},
		read: func(from Object, _ bool) error {
			value, ok, err := get[json.Number](from, key, "a number")
			*target = types.NumberNull()
			if !ok {
				return err
			}
			*target, err = convert.NumberFromText(value)
			return err
		},
	}
}

// JSON binds a text of JSON to any JSON value. The text of the model stays if it is equivalent.
func JSON(key string, target *jsontype.Value) Binding {
	return Binding{
		write: func(into Object) {
			value, err := target.Decode()
			if err != nil {
				// The text was unknown when the configuration was validated. Port will refuse it.
				value = target.ValueString()
			}
			put(into, key, !target.IsNull(), value)
		},
		read: func(from Object, _ bool) error {
			value := from[key]
			if value == nil {
				*target = jsontype.Null()
				return nil
			}
			text, err := jsonvalue.Encode(value)
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			if target.IsNull() || !jsonvalue.EqualText(target.ValueString(), string(text)) {
				*target = jsontype.New(string(text))
			}
			return nil
		},
	}
}

// JSONOrNull is [JSON] for a key that has to be cleared with null, because Port merges a write into
// what it stores.
func JSONOrNull(key string, target *jsontype.Value) Binding {
	plain := JSON(key, target)
	return Binding{
		write: func(into Object) {
			into[key] = nil
			if !target.IsNull() {
				plain.write(into)
			}
		},
		read: plain.read,
	}
}

// BoolOrText binds a string to a key that takes a boolean or a string: "true" and "false" are
// written as booleans.
func BoolOrText(key string, target *types.String) Binding {
	return Binding{
		write: func(into Object) {
			switch target.ValueString() {
			case "true", "false":
				if into[key] != target.ValueString() {
					into[key] = target.ValueString() == "true"
				}
			default:
				put(into, key, !target.IsNull(), target.ValueString())
			}
		},
		read: func(from Object, _ bool) error {
			switch value := from[key].(type) {
			case nil:
				*target = types.StringNull()
			case bool:
				*target = types.StringValue("false")
				if value {
					*target = types.StringValue("true")
				}
			case string:
				*target = types.StringValue(value)
			default:
				return shapeError(key, "a boolean or a string", value)
			}
			return nil
		},
	}
}

// Custom returns a binding for what no other binding of this package covers.
func Custom(write func(into Object), read func(from Object, isNew bool) error) Binding {
	return Binding{write: write, read: read}
}
