// Package document binds the attributes of a Terraform model to places in a JSON document of Port.
// One list of bindings serves both directions: it writes a model over the document that Port holds,
// so that keys which no attribute stands for survive, and reads a document back into the model. Its
// one rule: where Port treats an absent and an empty value alike, the form that the model already
// has is kept, so that neither looks like a change.
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
	// write sets the part in the document, or removes it.
	write func(into Object)
	// read sets the part of the model. isNew says that the model holds no form to
	// keep, as after an import.
	read func(from Object, isNew bool) error
}

// Write changes a document to what a model says. Values that the model does not bind stay.
func Write(into Object, bindings []Binding) {
	for _, binding := range bindings {
		binding.write(into)
	}
}

// Read changes a model to what a document says. isNew says that the model holds
// no form to keep, as after an import.
func Read(from Object, bindings []Binding, isNew bool) error {
	for _, binding := range bindings {
		if err := binding.read(from, isNew); err != nil {
			return err
		}
	}
	return nil
}

// ErrShape means that a document has a value of another type than the one that the model expects.
var ErrShape = errors.New("unexpected type")

func shapeError(key, want string, got any) error {
	return fmt.Errorf("%s: %w: expected %s, got %s", key, ErrShape, want, kindOf(got))
}

// kindOf names the type of a decoded value, and never shows the value.
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

// put sets a key, or removes it if there is no value.
func put(into Object, key string, isSet bool, value any) {
	if isSet {
		into[key] = value
	} else {
		delete(into, key)
	}
}

// get reads a key as a type; ok is false if it is absent or null.
func get[T any](from Object, key, want string) (value T, ok bool, err error) {
	found := from[key]
	if found == nil {
		return value, false, nil
	}
	value, ok = found.(T)
	if !ok {
		return value, false, shapeError(key, want, found)
	}
	return value, true, nil
}

// Text binds an optional string. An absent one stays "" where the model has that.
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

// LooseText binds an optional string of which "" and none are the same.
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

// Kind binds a string that says what the other keys of its object mean: where it
// changes, they are removed.
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

// ExactText binds an optional string of which "" is a value of its own.
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

// BoolWithDefault binds a boolean that is never absent in the model, and is fallback
// where Port has none.
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

// TextWithDefault binds a string that is never absent in the model, and is fallback
// where Port has none.
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

// Number binds an optional number with all its digits.
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

// JSON binds a text that holds any JSON value. The text of the model stays where it means the same.
func JSON(key string, target *jsontype.Value) Binding {
	return Binding{
		write: func(into Object) {
			value, err := target.Decode()
			if err != nil {
				// It was not known when the configuration was validated. Port refuses the text.
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

// JSONOrNull is [JSON] for a place that is emptied by null, because a write merges
// what it has into what is there.
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

// BoolOrText binds a string that says true, false or anything else to a place
// that takes a boolean or a string.
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

// Custom binds what no other binding of this package fits.
func Custom(write func(into Object), read func(from Object, isNew bool) error) Binding {
	return Binding{write: write, read: read}
}
