package blueprint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// This file reads and writes the JSON values inside a property: its default
// and its enum. A value of another type than the property has no form in
// Terraform: it is read as absent, so that one odd property does not keep a whole
// blueprint from being read, and written back like a key that no attribute is for.

func orZero[T any](pointer *T) T {
	if pointer == nil {
		var zero T
		return zero
	}
	return *pointer
}

// errOtherType says that a value is not of the type that an attribute has.
var errOtherType = errors.New("the value is of another type")

// defaultElements decodes the default of an array; nil means that there is
// none, and an empty list that the default is empty.
func defaultElements(in json.RawMessage) ([]any, error) {
	if len(in) == 0 {
		return nil, nil
	}
	value, err := jsonvalue.Decode(in)
	elements, _ := value.([]any)
	return elements, err
}

// readDefault reads an optional default value of one type.
func readDefault[T any](in json.RawMessage, read func(any) (T, error)) (T, error) {
	var absent T
	if len(in) == 0 {
		return absent, nil
	}
	value, err := jsonvalue.Decode(in)
	if err != nil {
		return absent, fmt.Errorf("default: %w", err)
	}
	out, err := read(value)
	switch {
	case errors.Is(err, errOtherType):
		return absent, nil
	case err != nil:
		return absent, fmt.Errorf("default: %w", err)
	}
	return out, nil
}

// readList reads a list of one type. An absent list becomes the empty list
// that prior may be.
func readList[T any](in []any, prior []T, read func(any) (T, error)) ([]T, error) {
	if in == nil {
		if prior != nil {
			return []T{}, nil
		}
		return nil, nil
	}
	out := make([]T, 0, len(in))
	for _, element := range in {
		value, err := read(element)
		switch {
		case errors.Is(err, errOtherType):
			return nil, nil
		case err != nil:
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

func textFromAny(in any) (types.String, error) {
	switch in := in.(type) {
	case nil:
		return types.StringNull(), nil
	case string:
		return types.StringValue(in), nil
	default:
		return types.StringNull(), errOtherType
	}
}

func numberFromAny(in any) (types.Number, error) {
	switch in := in.(type) {
	case nil:
		return types.NumberNull(), nil
	case json.Number:
		return convert.Number(&in)
	default:
		return types.NumberNull(), errOtherType
	}
}

func boolFromAny(in any) (types.Bool, error) {
	switch in := in.(type) {
	case nil:
		return types.BoolNull(), nil
	case bool:
		return types.BoolValue(in), nil
	default:
		return types.BoolNull(), errOtherType
	}
}

func jsonFromAny(in any) (jsontype.Value, error) {
	if in == nil {
		return jsontype.Null(), nil
	}
	text, err := jsonvalue.Encode(in)
	return jsontype.New(string(text)), err
}

// plain and wrapped move a list of strings to and from Terraform's. A nil list
// stays nil.
func plain(in []types.String) []string {
	if in == nil {
		return nil
	}
	out := make([]string, 0, len(in))
	for _, text := range in {
		out = append(out, text.ValueString())
	}
	return out
}

func wrapped(in []string) []types.String {
	if in == nil {
		return nil
	}
	out := make([]types.String, 0, len(in))
	for _, text := range in {
		out = append(out, types.StringValue(text))
	}
	return out
}

// keepJSON returns the text that Terraform holds where it means the same as the
// fresh one.
func keepJSON(fresh, prior jsontype.Value) jsontype.Value {
	if !fresh.IsNull() && !prior.IsNull() && jsonvalue.EqualText(fresh.ValueString(), prior.ValueString()) {
		return prior
	}
	return fresh
}

// texts and numbers write an enum. Its elements are not null once they are
// known; a null that came late is left out.
func texts(in []types.String) []any {
	var out []any
	for _, value := range in {
		if !value.IsNull() {
			out = append(out, value.ValueString())
		}
	}
	return out
}

func numbers(in []types.Number) []any {
	var out []any
	for _, value := range in {
		if !value.IsNull() {
			out = append(out, *convert.NumberToAPI(value))
		}
	}
	return out
}

func rawText(in types.String) json.RawMessage {
	if in.IsNull() {
		return nil
	}
	return raw(in.ValueString())
}

func rawNumber(in types.Number) json.RawMessage {
	if in.IsNull() {
		return nil
	}
	return json.RawMessage(*convert.NumberToAPI(in))
}

func rawBool(in types.Bool) json.RawMessage {
	if in.IsNull() {
		return nil
	}
	return raw(in.ValueBool())
}

func rawJSON(in jsontype.Value) json.RawMessage {
	if in.IsNull() {
		return nil
	}
	return json.RawMessage(in.ValueString())
}

// rawList writes a list of values, null for an element that is null. A null
// list is no default at all. Whether the elements are JSON shows when the
// whole blueprint is encoded.
func rawList[T any](in []T, element func(T) json.RawMessage) json.RawMessage {
	if in == nil {
		return nil
	}
	elements := make([][]byte, 0, len(in))
	for _, value := range in {
		text := element(value)
		if text == nil {
			text = json.RawMessage("null")
		}
		elements = append(elements, text)
	}
	return slices.Concat([]byte("["), bytes.Join(elements, []byte(",")), []byte("]"))
}

// raw encodes a string or a boolean, which always have a JSON form.
func raw[T string | bool](value T) json.RawMessage {
	encoded, _ := json.Marshal(value)
	return encoded
}
