package recall

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/convert"
)

// canonical writes a value as JSON so that two texts are the same when and only
// when the values are. The String method of a value rounds numbers to ten digits.
func canonical(value tftypes.Value) string {
	text, err := jsonvalue.Encode(plain(value))
	if err != nil {
		panic(fmt.Sprintf("recall: %s: %s", value.Type(), err)) // plain returns nothing but JSON values.
	}
	return string(text)
}

// plain is a value as JSON has it. The elements of a set are in the order of their texts.
func plain(value tftypes.Value) any {
	switch {
	case value.IsNull(), !value.IsKnown():
		return nil
	case isKeyed(value.Type()):
		elements, _ := members(value)
		return convert.Map(elements, plain)
	case value.Type().Is(tftypes.String):
		return as[string](value)
	case value.Type().Is(tftypes.Bool):
		return as[bool](value)
	case value.Type().Is(tftypes.Number):
		return convert.NumberText(types.NumberValue(as[*big.Float](value)))
	}
	texts := []json.RawMessage{}
	for _, element := range as[[]tftypes.Value](value) {
		texts = append(texts, json.RawMessage(canonical(element)))
	}
	if value.Type().Is(tftypes.Set{}) {
		slices.SortFunc(texts, slices.Compare)
	}
	return texts
}

// as reads a value whose type has been looked at, so that it fits.
func as[T any](value tftypes.Value) T {
	var out T
	if err := value.As(&out); err != nil {
		panic(fmt.Sprintf("recall: %s: %s", value.Type(), err))
	}
	return out
}
