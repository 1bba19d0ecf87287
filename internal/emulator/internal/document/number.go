package document

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// The bounds of exact arithmetic. They include every float64; beyond them a short text could cost
// much memory.
const (
	exactLength   = 1200
	exactExponent = 400
)

// KeepNumber is the identity: a number stays exactly as it was sent.
func KeepNumber(number json.Number) json.Number { return number }

// RoundNumber returns the number as JavaScript represents and writes it: rounded to a float64, in
// the shortest spelling. JavaScript turns an overflow into null; here it stays unchanged, for
// validation to refuse.
func RoundNumber(number json.Number) json.Number {
	value, err := strconv.ParseFloat(number.String(), 64)
	if err != nil {
		return number
	}
	if value == 0 { // JSON.stringify(-0) is "0".
		return "0"
	}
	text, err := json.Marshal(value) // encoding/json spells floats as ECMAScript does.
	if err != nil {
		return number
	}
	return json.Number(text)
}

// SpellNumber returns the number in JavaScript's spelling (25.0 is 25, 1E2 is 100) if that has the
// same value, otherwise unchanged.
func SpellNumber(number json.Number) json.Number {
	spelled := RoundNumber(number)
	if !jsonvalue.EqualNumbers(spelled, number) {
		return number
	}
	return spelled
}

// InRange reports whether a JavaScript number can hold the value without overflow.
func InRange(number json.Number) bool {
	_, err := strconv.ParseFloat(number.String(), 64)
	return err == nil
}

// Rational returns the exact value of a number, or false if its exponent or length would cost too
// much memory.
func Rational(number json.Number) (*big.Rat, bool) {
	text := number.String()
	if len(text) > exactLength {
		return nil, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > exactExponent || exponent < -exactExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}
