package message

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// marked is a text that is a part of the message as it is.
type marked string

// functions returns what templates may call. They only look at their arguments.
// The comparisons take the place of the library's, which know neither the numbers
// of JSON nor what is absent.
func functions(into target, current *rendering) template.FuncMap {
	return template.FuncMap{
		escapeFunction: func(value any) (string, error) { return into.escape(value, current.limit) },
		fieldFunction:  lookUp,
		stepFunction:   current.step,

		"code":     func(value any) (marked, error) { return code(into, value, current.limit) },
		"date":     showDate,
		"default":  withDefault,
		"emoji":    current.alert.emoji,
		"join":     join,
		"json":     showJSON,
		"link":     func(address, label any) (marked, error) { return link(into, address, label, current.limit) },
		"lower":    func(value any) string { return strings.ToLower(plain(value)) },
		"raw":      func(value any) marked { return marked(plain(value)) },
		"round":    round,
		"truncate": truncate,
		"upper":    func(value any) string { return strings.ToUpper(plain(value)) },
		"urlquery": func(value any) string { return url.QueryEscape(plain(value)) },

		"index":  index,
		"len":    length,
		"print":  func(values ...any) string { return join("", values) },
		"printf": printf,
		"eq": func(a any, others ...any) bool {
			return slices.ContainsFunc(others, func(b any) bool { return equal(a, b) })
		},
		"ne": func(a, b any) bool { return !equal(a, b) },
		"lt": func(a, b any) bool { return compare(a, b, func(order int) bool { return order < 0 }) },
		"le": func(a, b any) bool { return compare(a, b, func(order int) bool { return order <= 0 }) },
		"gt": func(a, b any) bool { return compare(a, b, func(order int) bool { return order > 0 }) },
		"ge": func(a, b any) bool { return compare(a, b, func(order int) bool { return order >= 0 }) },
	}
}

// formatted is the target of a text in which Slack gives some characters a
// meaning.
func formatted() target { return target{escape: escapeValue, markup: true} }

// unformatted is that of a plain_text object: Slack finds no links there, and
// wants the same characters escaped.
func unformatted() target { return target{escape: escapeValue} }

// verbatim is that of any other text, such as a URL.
func verbatim() target {
	return target{escape: func(value any, limit int) (string, error) {
		if err := checkPrintable(value); err != nil {
			return "", err
		}
		return cutPlain(plain(value), limit), nil
	}}
}

func escapeValue(value any, limit int) (string, error) {
	if err := checkPrintable(value); err != nil {
		return "", err
	}
	if ready, ok := value.(marked); ok {
		return cut(string(ready), limit), nil
	}
	return escapeWithin(plain(value), limit), nil
}

func checkPrintable(value any) error {
	if _, whole := value.(*data); whole {
		return &misuse{"{{ . }} is everything; print one of its values, such as {{ .Title }}"}
	}
	return nil
}

// plain is a value as a text: an empty text is nothing, and what is absent is
// "none".
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case marked:
		return string(value)
	}
	return show(value)
}

// lookUp returns a value below another one. What is absent, or below something
// that is absent, is nil.
func lookUp(of any, names ...string) (any, error) {
	for _, name := range names {
		switch parent := of.(type) {
		case nil:
			return nil, nil
		case *data:
			value, known := parent.values[name]
			if !known {
				return nil, &misuse{"there is no ." + name + "; " + parent.suggest(name)}
			}
			of = value
		case map[string]any:
			of = parent[name]
		default:
			return nil, nil
		}
	}
	return of, nil
}

// index returns an element of a list or of an object, nil if there is none.
func index(of any, keys ...any) any {
	for _, key := range keys {
		switch parent := of.(type) {
		case map[string]any:
			of = parent[plain(key)]
		case []any:
			position, err := strconv.Atoi(plain(key))
			if err != nil || position < 0 || position >= len(parent) {
				return nil
			}
			of = parent[position]
		default:
			return nil
		}
	}
	return of
}

// length counts the elements of a list or of an object, or the characters of a
// text; what is absent has none.
func length(of any) int {
	switch of := of.(type) {
	case nil:
		return 0
	case []any:
		return len(of)
	case map[string]any:
		return len(of)
	}
	return utf8.RuneCountInString(plain(of))
}

func withDefault(other, value any) any {
	if value == nil || value == "" {
		return other
	}
	return value
}

func join(separator string, list any) string {
	elements, ok := list.([]any)
	if !ok {
		if list == nil {
			return ""
		}
		return plain(list)
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = plain(element)
	}
	return strings.Join(texts, separator)
}

func showJSON(value any) (string, error) {
	written, err := changelog.Stringify(value)
	return string(written), err
}

// showDate shows an RFC 3339 time in the form of an example, as Go's layouts are;
// anything else as it is.
func showDate(layout string, value any) string {
	at, err := time.Parse(time.RFC3339Nano, plain(value))
	if err != nil {
		return plain(value)
	}
	return at.UTC().Format(layout)
}

// round shows a number with so many digits after the point; anything else as it
// is.
func round(digits int, value any) string {
	const most = 20
	number, _ := toNumber(value)
	// What is beyond the range of a float64 would have millions of digits.
	if _, err := number.Float64(); err != nil {
		return plain(value)
	}
	exact, _, err := big.ParseFloat(number.String(), 10, 256, big.ToNearestEven)
	if err != nil {
		return plain(value)
	}
	return exact.Text('f', max(0, min(digits, most)))
}

func truncate(limit int, value any) string { return cutPlain(plain(value), limit) }

func cutPlain(value string, limit int) string {
	if utf8.RuneCountInString(value) <= limit {
		return value
	}
	return string([]rune(value)[:max(0, limit-1)]) + ellipsis
}

// code shows a value as code, where there is such a thing.
func code(into target, value any, limit int) (marked, error) {
	escaped, err := into.escape(strings.ReplaceAll(plain(value), "`", "'"), limit)
	if err != nil || !into.markup || escaped == "" {
		return marked(escaped), err
	}
	return marked("`" + escaped + "`"), nil
}

// link shows a text that leads to an address, or the text alone where there are
// no links or the address is not one of the web.
func link(into target, address, label any, limit int) (marked, error) {
	text, err := into.escape(label, limit)
	if err != nil || !into.markup || !isWebAddress(plain(address)) {
		return marked(text), err
	}
	escaped := strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C", "&", "&amp;", " ", "%20").Replace(plain(address))
	if utf8.RuneCountInString(escaped) > limit {
		return marked(text), nil
	}
	return marked("<" + escaped + "|" + text + ">"), nil
}

func isWebAddress(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != ""
}

// toNumber returns a number of an event, or one that stands in the template.
func toNumber(value any) (json.Number, bool) {
	switch value := value.(type) {
	case json.Number:
		return value, true
	case int:
		return json.Number(strconv.Itoa(value)), true
	case float64:
		return json.Number(strconv.FormatFloat(value, 'g', -1, 64)), true
	}
	return "", false
}

func equal(a, b any) bool {
	left, leftIs := toNumber(a)
	right, rightIs := toNumber(b)
	if leftIs && rightIs {
		return jsonvalue.EqualNumbers(left, right)
	}
	return changelog.Equal(unmark(a), unmark(b))
}

func unmark(value any) any {
	if text, ok := value.(marked); ok {
		return string(text)
	}
	return value
}

// compare orders numbers by value and texts by their characters. Nothing else is
// less or greater than anything.
func compare(a, b any, wanted func(order int) bool) bool {
	left, leftIs := toNumber(a)
	right, rightIs := toNumber(b)
	if leftIs && rightIs {
		return wanted(jsonvalue.CompareNumbers(left, right))
	}
	one, oneIs := unmark(a).(string)
	other, otherIs := unmark(b).(string)
	return oneIs && otherIs && wanted(strings.Compare(one, other))
}

// printf is fmt.Sprintf for the values of an event: a number may be printed as an
// integer or as a fraction.
func printf(format string, values ...any) string {
	wrapped := make([]any, len(values))
	for i, value := range values {
		wrapped[i] = printed{value}
	}
	return fmt.Sprintf(format, wrapped...)
}

// printed prints a value under the verb that it is given.
type printed struct{ value any }

// Format implements fmt.Formatter.
func (p printed) Format(state fmt.State, verb rune) {
	directive := fmt.FormatString(state, verb)
	number, isNumber := toNumber(p.value)
	switch verb {
	case 'd', 'x', 'X', 'o', 'b', 'c':
		if whole, err := strconv.ParseInt(number.String(), 10, 64); isNumber && err == nil {
			_, _ = fmt.Fprintf(state, directive, whole)
			return
		}
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if fraction, err := number.Float64(); isNumber && err == nil {
			_, _ = fmt.Fprintf(state, directive, fraction)
			return
		}
	case 't':
		if truth, ok := p.value.(bool); ok {
			_, _ = fmt.Fprintf(state, directive, truth)
			return
		}
	case 's', 'q':
		_, _ = fmt.Fprintf(state, directive, plain(p.value))
		return
	}
	_, _ = fmt.Fprint(state, plain(p.value))
}
