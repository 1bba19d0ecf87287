package convert

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// This file moves numbers between Terraform and JSON without losing a digit. Terraform's numbers
// are 512-bit decimals in practice, JSON's are text; neither passes through a float64 here.

// precision is the mantissa size, in bits, that Terraform parses number
// literals with; the same value must come out of the same text here.
const precision = 512

// Exponents within these bounds are written in plain notation, as JavaScript
// does, so that ordinary numbers read ordinarily at Port.
const (
	minPlain = 1e-7
	maxPlain = 1e21
)

// NumberText writes a known number as JSON. The shortest text that reads back as
// the same number is used.
func NumberText(number types.Number) json.Number {
	value := number.ValueBigFloat()
	magnitude, _ := new(big.Float).Abs(value).Float64()
	if value.Sign() == 0 || (magnitude >= minPlain && magnitude < maxPlain) {
		return json.Number(value.Text('f', -1))
	}
	return json.Number(value.Text('e', -1))
}

// NumberFromText reads a JSON number as Terraform would read the same literal.
func NumberFromText(number json.Number) (types.Number, error) {
	value, _, err := big.ParseFloat(number.String(), 10, precision, big.ToNearestEven)
	if err != nil {
		return types.NumberNull(), fmt.Errorf("read number %q: %w", number, err)
	}
	return types.NumberValue(value), nil
}

// IsStorable reports whether a JSON consumer that keeps numbers as doubles,
// as Port does, can hold the number at all: 1e400 would become infinite.
func IsStorable(number types.Number) bool {
	if number.IsNull() || number.IsUnknown() {
		return true
	}
	value, _ := number.ValueBigFloat().Float64()
	return !math.IsInf(value, 0)
}
