package changelog

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Equal reports whether two decoded JSON values mean the same: numbers are
// compared as numbers, exactly (25, 25.0 and 2.5e1 are equal), and a key that is
// null is as good as one that is absent.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && canonicalNumber(a) == canonicalNumber(b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalObjects(a, b)
	}
	switch b.(type) {
	case json.Number, []any, map[string]any:
		return false
	}
	return a == b
}

func equalObjects(a, b map[string]any) bool {
	for key, value := range a {
		if !Equal(value, b[key]) {
			return false
		}
	}
	for key, value := range b {
		if _, compared := a[key]; !compared && value != nil {
			return false
		}
	}
	return true
}

// canonicalNumber rewrites a JSON number so that equal numbers have equal texts:
// significant digits without zeros at either end, then the exponent. It works on
// the text, because 1e999999999 as a number would fill the memory.
func canonicalNumber(number json.Number) json.Number {
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(number.String()), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	exponent, ok := parseExponent(exponentText)
	if !ok {
		return number
	}
	significant := strings.TrimRight(digits, "0")
	exponent += int64(len(digits)-len(significant)) - int64(len(fraction))
	if negative {
		significant = "-" + significant
	}
	if exponent == 0 {
		return json.Number(significant)
	}
	return json.Number(significant + "e" + strconv.FormatInt(exponent, 10))
}

// parseExponent reads an exponent that is small enough to be counted with; a
// number with a larger one is equal only to the same text.
func parseExponent(text string) (exponent int64, ok bool) {
	if text == "" {
		return 0, true
	}
	exponent, err := strconv.ParseInt(text, 10, 62)
	return exponent, err == nil
}
