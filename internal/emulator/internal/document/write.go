package document

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// MarshalJSON makes an object usable inside other values that encoding/json writes.
func (o *Object) MarshalJSON() ([]byte, error) { return Append(nil, o), nil }

// Append appends value as compact JSON in the form JavaScript writes: keys in order, numbers as
// they were sent, no unnecessary escapes. It panics on a type that is not part of a document, which
// is a bug and never caused by input.
func Append(to []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(to, "null"...)
	case bool:
		return strconv.AppendBool(to, value)
	case string:
		return appendString(to, value)
	case json.Number:
		return append(to, value...)
	case int:
		return strconv.AppendInt(to, int64(value), 10)
	case []any:
		return appendArray(to, value)
	case *Object:
		return appendObject(to, value)
	default:
		panic(fmt.Sprintf("document: a %T is not part of a JSON document", value))
	}
}

func appendArray(to []byte, list []any) []byte {
	to = append(to, '[')
	for i, value := range list {
		if i > 0 {
			to = append(to, ',')
		}
		to = Append(to, value)
	}
	return append(to, ']')
}

func appendObject(to []byte, object *Object) []byte {
	if object == nil {
		return append(to, "null"...)
	}
	to = append(to, '{')
	for i, m := range object.members {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendString(to, m.key)
		to = append(to, ':')
		to = Append(to, m.value)
	}
	return append(to, '}')
}

// appendString appends quoted text. It copies runs without escapes at once: nearly every string is
// one such run.
func appendString(to []byte, text string) []byte {
	to = append(to, '"')
	start := 0
	for i := range len(text) {
		if c := text[i]; c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[start:i]...)
		to = appendEscape(to, text[i])
		start = i + 1
	}
	return append(append(to, text[start:]...), '"')
}

// appendEscape appends the escape of one character below U+0080.
func appendEscape(to []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(to, '\\', c)
	case '\b':
		return append(to, `\b`...)
	case '\f':
		return append(to, `\f`...)
	case '\n':
		return append(to, `\n`...)
	case '\r':
		return append(to, `\r`...)
	case '\t':
		return append(to, `\t`...)
	default:
		return fmt.Appendf(to, `\u%04x`, c)
	}
}
