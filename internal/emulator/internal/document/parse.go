package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrSyntax is wrapped by every error of Parse: the text is not one JSON value.
var ErrSyntax = errors.New("not valid JSON")

// Parse reads exactly one JSON value. Each number is converted by number, such as KeepNumber or
// RoundNumber. The last value of a repeated key wins, as in JavaScript. Nesting deeper than
// encoding/json allows (10,000) is an error.
func Parse(text []byte, number func(json.Number) json.Number) (any, error) {
	if err := check(text); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return read(decoder, number)
}

// check reports where text is not valid JSON: the decoder below reads single tokens and would
// notice neither deep nesting nor trailing text.
func check(text []byte) error {
	if json.Valid(text) {
		return nil
	}
	var ignored json.RawMessage
	err := json.Unmarshal(text, &ignored)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%w: at byte %d: %s", ErrSyntax, syntax.Offset, syntax.Error())
	}
	return fmt.Errorf("%w: %w", ErrSyntax, err)
}

// read reads the next value.
func read(decoder *json.Decoder, number func(json.Number) json.Number) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	switch token := token.(type) {
	case json.Number:
		return number(token), nil
	case json.Delim:
		if token == '[' {
			return readArray(decoder, number)
		}
		return readObject(decoder, number)
	default:
		return token, nil
	}
}

// readArray reads up to and including the closing bracket. An empty array is not nil.
func readArray(decoder *json.Decoder, number func(json.Number) json.Number) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := read(decoder, number)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token()
	return list, err
}

// readObject reads up to and including the closing brace.
func readObject(decoder *json.Decoder, number func(json.Number) json.Number) (any, error) {
	object := New()
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
		}
		value, err := read(decoder, number)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // The decoder yields nothing else as a key.
		object.Set(name, value)
	}
	_, err := decoder.Token()
	return object, err
}
