package convert

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// This file converts numbers between Terraform and JSON without losing digits. Terraform's numbers
// are 512-bit floats in practice, JSON's are text; neither passes through a float64 here.

// precision is the mantissa size, in bits, with which Terraform parses number literals; the same
// text must give the same value here.
const precision = 512

// Numbers within these bounds are written in plain notation, as JavaScript does, so that ordinary
// numbers look ordinary in Port.
const (
	minPlain = 1e-7
	maxPlain = 1e21
)

// NumberText writes a known number as JSON, in the shortest text that parses to the same number.
func NumberText(number types.Number) json.Number {
	value := number.ValueBigFloat()
	magnitude, _ := new(big.Float).Abs(value).Float64()
	if value.Sign() == 0 || (magnitude >= minPlain && magnitude < maxPlain) {
		return json.Number(value.Text('f', -1))
	}
	return json.Number(value.Text('e', -1))
}

// NumberFromText parses a JSON number as Terraform would parse the same literal.
func NumberFromText(number json.Number) (types.Number, error) {
	value, _, err := big.ParseFloat(number.String(), 10, precision, big.ToNearestEven)
	if err != nil {
		return types.NumberNull(), fmt.Errorf("read number %q: %w", number, err)
	}
	return types.NumberValue(value), nil
}

// IsStorable reports whether a number is within the range of a double, which Port stores numbers
// as: 1e400 would become infinite.
func IsStorable(number types.Number) bool {
	if number.IsNull() || number.IsUnknown() {
		return true
	}
	value, _ := number.ValueBigFloat().Float64()
	return !math.IsInf(value, 0)
}
