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

// canonical encodes a value as JSON such that equal values, and only those, have equal texts. The
// String method of a value does not serve: it rounds numbers to ten digits.
func canonical(value tftypes.Value) string {
	text, err := jsonvalue.Encode(plain(value))
	if err != nil {
		panic(fmt.Sprintf("recall: %s: %s", value.Type(), err)) // plain returns only JSON values.
	}
	return string(text)
}

// plain converts a value to its JSON form. The elements of a set are sorted by their texts.
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

// as converts a value whose type has already been checked.
func as[T any](value tftypes.Value) T {
	var out T
	if err := value.As(&out); err != nil {
		panic(fmt.Sprintf("recall: %s: %s", value.Type(), err))
	}
	return out
}
