package jsonvalue

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// EqualNumbers reports whether two JSON numbers have the same value. It works on the digits, so
// neither a long fraction nor a huge exponent costs memory or precision.
func EqualNumbers(a, b json.Number) bool {
	if a == b {
		return true
	}
	order, ok := compareNumbers(a, b)
	return ok && order == 0
}

// CompareNumbers orders two JSON numbers by value, exactly: the result is negative, zero or
// positive. Text that is not a number is compared as text.
func CompareNumbers(a, b json.Number) int {
	order, ok := compareNumbers(a, b)
	if !ok {
		return strings.Compare(a.String(), b.String())
	}
	return order
}

// CanonicalNumber returns a JSON number in canonical form, in which equal numbers have equal texts.
// Text that is not a number is returned unchanged.
func CanonicalNumber(number json.Number) json.Number {
	value, ok := parseDecimal(number.String())
	switch {
	case !ok:
		return number
	case value.digits == "":
		return "0"
	case value.negative:
		return json.Number("-0." + value.digits + "e" + strconv.FormatInt(value.exponent, 10))
	default:
		return json.Number("0." + value.digits + "e" + strconv.FormatInt(value.exponent, 10))
	}
}

func compareNumbers(a, b json.Number) (order int, ok bool) {
	left, leftOK := parseDecimal(a.String())
	right, rightOK := parseDecimal(b.String())
	if !leftOK || !rightOK {
		return 0, false
	}
	return left.compare(right), true
}

// exponentBits limits exponents, so that adding a number of digits cannot overflow. A number beyond
// it equals only the same text.
const exponentBits = 62

// decimal is ±0.DIGITS × 10^exponent with no zero at either end of digits. Zero has no digits, and
// neither sign nor exponent.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

func parseDecimal(text string) (decimal, bool) {
	unsigned, negative := strings.CutPrefix(text, "-")
	mantissa, exponentText, hasExponent := cutExponent(unsigned)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, false
	}
	significant := strings.TrimLeft(digits, "0")
	if significant == "" {
		return decimal{}, true
	}
	exponent := int64(len(whole) - (len(digits) - len(significant)))
	if hasExponent {
		written, err := strconv.ParseInt(exponentText, 10, exponentBits)
		if err != nil {
			return decimal{}, false
		}
		exponent += written
	}
	return decimal{negative: negative, digits: strings.TrimRight(significant, "0"), exponent: exponent}, true
}

func cutExponent(text string) (mantissa, exponent string, found bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

func (d decimal) compare(other decimal) int {
	if d.sign() != other.sign() {
		return cmp.Compare(d.sign(), other.sign())
	}
	magnitude := cmp.Compare(d.exponent, other.exponent)
	if magnitude == 0 {
		magnitude = strings.Compare(d.digits, other.digits)
	}
	return magnitude * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}
