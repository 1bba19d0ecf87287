package changelog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Stringify serialises v as JavaScript's JSON.stringify does, because Port signs the output of
// JSON.stringify: characters stand for themselves unless JSON itself requires an escape (so no HTML
// escaping, and U+2028 and U+2029 as they are), a lone surrogate stays an escape, a float64 is
// written as in ECMAScript, and negative zero is 0.
//
// A json.Number keeps its text, struct fields keep their order, and map keys are sorted (JavaScript
// would keep the order of insertion, which a Go map does not have). Values that encoding/json
// refuses, such as NaN, are an error.
func Stringify(v any) ([]byte, error) {
	document, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("serialising as JavaScript does: %w", err)
	}
	return rewriteAsJavaScript(document), nil
}

// rewriteAsJavaScript takes compact, valid JSON and rewrites the tokens that encoding/json, or an
// author of raw JSON, writes differently from JavaScript.
func rewriteAsJavaScript(document []byte) []byte {
	out := make([]byte, 0, len(document))
	inString := false
	for i := 0; i < len(document); {
		switch c := document[i]; {
		case inString && c == '\\':
			var consumed int
			out, consumed = appendEscape(out, document[i:])
			i += consumed
		case c == '"':
			inString = !inString
			out = append(out, c)
			i++
		case !inString && isNegativeZero(document[i:]):
			out = append(out, '0')
			i += len("-0")
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// isNegativeZero reports whether the text begins with the number -0, as opposed to, say, -0.5
// or -0e1.
func isNegativeZero(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("-0")) {
		return false
	}
	return len(text) == len("-0") || bytes.IndexByte([]byte(",]}"), text[len("-0")]) >= 0
}

// appendEscape appends what JavaScript writes for the escape at the start of text, and returns the
// length of that escape (or surrogate pair) in bytes.
func appendEscape(out, text []byte) ([]byte, int) {
	const short, long = len(`\n`), len(`\u0000`)
	if text[1] == '/' {
		return append(out, '/'), short
	}
	if text[1] != 'u' {
		return append(out, text[:short]...), short
	}
	unit := hexUnit(text)
	if !utf16.IsSurrogate(unit) {
		return appendCharacter(out, unit), long
	}
	if pair := utf16.DecodeRune(unit, hexUnit(text[long:])); pair != utf8.RuneError {
		return utf8.AppendRune(out, pair), 2 * long
	}
	return fmt.Appendf(out, `\u%04x`, unit), long
}

// hexUnit returns the UTF-16 unit of a \uXXXX escape at the start of text, or utf8.RuneError if
// there is none.
func hexUnit(text []byte) rune {
	if len(text) < len(`\u0000`) || text[0] != '\\' || text[1] != 'u' {
		return utf8.RuneError
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(unit)
}

// appendCharacter appends one character of the basic plane inside a string.
func appendCharacter(out []byte, character rune) []byte {
	switch character {
	case '"', '\\':
		return append(out, '\\', byte(character))
	case '\b':
		return append(out, `\b`...)
	case '\f':
		return append(out, `\f`...)
	case '\n':
		return append(out, `\n`...)
	case '\r':
		return append(out, `\r`...)
	case '\t':
		return append(out, `\t`...)
	}
	if character < ' ' {
		return fmt.Appendf(out, `\u%04x`, character)
	}
	return utf8.AppendRune(out, character)
}
