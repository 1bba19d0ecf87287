package jsonvalue

import (
	"encoding/json"
	"math/big"
	"strings"
)

// EqualNumbers reports whether two JSON numbers have the same value. It works
// on the digits, so neither a long fraction nor a huge exponent costs memory
// or precision.
func EqualNumbers(a, b json.Number) bool {
	if a == b {
		return true
	}
	left, ok := parseDecimal(a.String())
	if !ok {
		return false
	}
	right, ok := parseDecimal(b.String())
	if !ok {
		return false
	}
	return left.equal(right)
}

// decimal is ±0.DIGITS × 10^exponent with no zero at either end of digits.
// Zero has no digits, and neither sign nor exponent.
type decimal struct {
	negative bool
	digits   string
	exponent *big.Int
}

func parseDecimal(text string) (decimal, bool) {
	negative := strings.HasPrefix(text, "-")
	mantissa, exponentText, hasExponent := cutExponent(strings.TrimPrefix(text, "-"))
	exponent := new(big.Int)
	if hasExponent {
		if _, ok := exponent.SetString(exponentText, 10); !ok {
			return decimal{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, false
	}
	significant := strings.TrimLeft(digits, "0")
	leadingZeros := len(digits) - len(significant)
	significant = strings.TrimRight(significant, "0")
	if significant == "" {
		return decimal{exponent: new(big.Int)}, true
	}
	exponent.Add(exponent, big.NewInt(int64(len(whole)-leadingZeros)))
	return decimal{negative: negative, digits: significant, exponent: exponent}, true
}

func cutExponent(text string) (mantissa, exponent string, found bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

func (d decimal) equal(other decimal) bool {
	return d.negative == other.negative && d.digits == other.digits && d.exponent.Cmp(other.exponent) == 0
}
