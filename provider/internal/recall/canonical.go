package recall

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/provider/internal/exact"
)

// canonical writes a value so that two texts are the same when and only when
// the values are. The String method of a value rounds numbers to ten digits.
func canonical(value tftypes.Value) string {
	switch {
	case value.IsNull():
		return "null"
	case !value.IsKnown():
		return "unknown"
	case isKeyed(value.Type()):
		elements, _ := members(value)
		parts := make([]string, 0, len(elements))
		for _, name := range slices.Sorted(maps.Keys(elements)) {
			parts = append(parts, strconv.Quote(name)+":"+canonical(elements[name]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case value.Type().Is(tftypes.String):
		return strconv.Quote(as[string](value))
	case value.Type().Is(tftypes.Bool):
		return strconv.FormatBool(as[bool](value))
	case value.Type().Is(tftypes.Number):
		return exact.ToJSON(types.NumberValue(as[*big.Float](value))).String()
	default:
		return list(value)
	}
}

func list(value tftypes.Value) string {
	elements := as[[]tftypes.Value](value)
	parts := make([]string, 0, len(elements))
	for _, element := range elements {
		parts = append(parts, canonical(element))
	}
	if value.Type().Is(tftypes.Set{}) {
		slices.Sort(parts)
	}
	return fmt.Sprintf("[%s]", strings.Join(parts, ","))
}

// as reads a value whose type has been looked at, so that it fits.
func as[T any](value tftypes.Value) T {
	var out T
	if err := value.As(&out); err != nil {
		panic(fmt.Sprintf("recall: %s: %s", value.Type(), err))
	}
	return out
}
