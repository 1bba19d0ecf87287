// Package jsonvalue compares and decodes JSON without losing a digit: numbers stay the text that
// was written (json.Number) and are equal when their values are, so 1, 1.0 and 1e0 are one number
// and 9007199254740993 is not 9007199254740992. The provider, the client and the listener use it
// wherever two documents must be called the same or different.
package jsonvalue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrTrailingData means that a JSON value is followed by something else.
var ErrTrailingData = errors.New("unexpected data after the JSON value")

// Decode reads exactly one JSON value (RFC 8259). Objects become map[string]any, arrays []any and
// numbers json.Number.
func Decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrTrailingData
	}
	return value, nil
}

// Encode writes a value as compact JSON with sorted keys and without HTML escaping, so that `<`,
// `>` and `&` stay readable.
func Encode(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// Option changes how values are compared.
type Option int

// NullIsAbsent makes a null key of an object equal to an absent one.
const NullIsAbsent Option = iota

// Equal reports whether two decoded values are equal. The order of keys is irrelevant, that of
// array elements is not, and numbers are compared by value.
func Equal(a, b any, options ...Option) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && equalObjects(a, b, options)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(a, b any) bool { return Equal(a, b, options...) })
	case json.Number:
		b, ok := b.(json.Number)
		return ok && EqualNumbers(a, b)
	default:
		return a == b
	}
}

// EqualText reports whether two JSON texts are equal. Text that is not JSON equals only itself.
func EqualText(a, b string) bool {
	if a == b {
		return true
	}
	left, err := Decode([]byte(a))
	if err != nil {
		return false
	}
	right, err := Decode([]byte(b))
	if err != nil {
		return false
	}
	return Equal(left, right)
}

func equalObjects(a, b map[string]any, options []Option) bool {
	nullIsAbsent := slices.Contains(options, NullIsAbsent)
	for key, left := range a {
		right, ok := b[key]
		if !ok && (!nullIsAbsent || left != nil) || !Equal(left, right, options...) {
			return false
		}
	}
	for key, right := range b {
		if _, ok := a[key]; !ok && (!nullIsAbsent || right != nil) {
			return false
		}
	}
	return true
}
