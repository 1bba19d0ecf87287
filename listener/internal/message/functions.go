package message

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"

	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

// marked is a text that is already escaped.
type marked string

// functions returns the functions for templates. They replace those of the library that do not
// support JSON numbers or absent values.
func functions(into target, current *rendering) template.FuncMap {
	result := template.FuncMap{
		escapeFunction: func(value any) (string, error) { return current.escape(into, value) },
		fieldFunction:  lookUp,
		stepFunction:   current.step,
		truthFunction:  truth,

		"code":     func(value any) marked { return current.code(into, value) },
		"date":     date,
		"default":  withDefault,
		"emoji":    func(value any) marked { return marked(into.sign(current.alert.sign(value))) },
		"join":     join,
		"json":     write,
		"link":     func(address, label any) (marked, error) { return current.link(into, address, label) },
		"lower":    func(value any) string { return change(value, strings.ToLower) },
		"raw":      func(value any) marked { return marked(plain(value)) },
		"round":    round,
		"truncate": func(limit int, value any) string { return change(value, cutTo(limit)) },
		"upper":    func(value any) string { return change(value, strings.ToUpper) },
		"urlquery": func(value any) string { return change(value, url.QueryEscape) },

		"index":   index,
		"len":     length,
		"print":   func(values ...any) (string, error) { return join("", values) },
		"println": func(values ...any) (string, error) { return join(" ", values) },
		"printf":  printf,
		"and":     func(first any, others ...any) any { return firstOf(false, first, others) },
		"or":      func(first any, others ...any) any { return firstOf(true, first, others) },
		"not":     func(value any) bool { return truth(value) == nil },
		"eq":      equalToOne,
		"ne":      func(a, b any) bool { return !equal(a, b) },
		"lt":      func(a, b any) bool { return compare(a, b, func(order int) bool { return order < 0 }) },
		"le":      func(a, b any) bool { return compare(a, b, func(order int) bool { return order <= 0 }) },
		"gt":      func(a, b any) bool { return compare(a, b, func(order int) bool { return order > 0 }) },
		"ge":      func(a, b any) bool { return compare(a, b, func(order int) bool { return order >= 0 }) },
	}
	for name, reason := range map[string]string{
		"call": "functions cannot be called", "html": "values are escaped already", "js": "values are escaped already", "slice": "use truncate or index",
	} {
		result[name] = func(...any) (string, error) {
			return "", &misuse{"the function " + name + " is not available: " + reason}
		}
	}
	return result
}

// truth returns a value, or nil if it is false: false, 0, or an empty string, list or object.
func truth(value any) any {
	if number, ok := toNumber(value); ok && jsonvalue.EqualNumbers(number, "0") {
		return nil
	}
	empty := false
	switch value := unmark(value).(type) {
	case bool:
		empty = !value
	case string:
		empty = value == ""
	case []any:
		empty = len(value) == 0
	case map[string]any:
		empty = len(value) == 0
	}
	if empty {
		return nil
	}
	return value
}

// firstOf returns the first value whose truth equals want, otherwise the last value.
func firstOf(want bool, first any, others []any) any {
	last := first
	for _, value := range append([]any{first}, others...) {
		if (truth(value) != nil) == want {
			return value
		}
		last = value
	}
	return last
}

// formatted is the target for mrkdwn.
func formatted() target {
	return target{escape: escapeValue, link: slackLink, code: codeWith(escapeWithin), sign: func(of sign) string { return of.code }}
}

// unformatted is the target for a plain_text object, which has no links. The same characters must
// be escaped, and emoji are written as characters, because shortcodes may not be displayed.
func unformatted() target { return target{escape: escapeValue, sign: character} }

// standard is the target for a markdown block, which uses standard Markdown. Code is not escaped
// there.
func standard() target {
	return target{escape: escapeMarkdown, link: markdownLink, code: codeWith(cutPlain), sign: character}
}

// verbatim is the target for any other text, such as a URL.
func verbatim() target {
	return target{escape: func(value any, limit int) string { return cutPlain(plain(value), limit) }, sign: character}
}

func character(of sign) string { return of.character }

// codeWith returns a function that formats a text as code after truncating, and if necessary
// escaping, it with cut. Backticks in the text are replaced.
func codeWith(cut func(text string, limit int) string) func(text string, limit int) string {
	return func(text string, limit int) string {
		return "`" + cut(oneLine(strings.ReplaceAll(text, "`", "'")), limit) + "`"
	}
}

// escapeMarkdown escapes all Markdown syntax, including headings and lists at the beginning of a
// line. Line breaks become spaces. See https://spec.commonmark.org/0.31.2/#backslash-escapes.
func escapeMarkdown(value any, limit int) string {
	if ready, ok := value.(marked); ok {
		return cutPlain(string(ready), limit)
	}
	text := cutPlain(oneLine(plain(value)), limit/2)
	text = regexp.MustCompile("[\\\\`*_\\[\\]<>~|&:]").ReplaceAllString(text, `\$0`)
	return regexp.MustCompile(`^([0-9]*)([-+](?:[-+ ]|$)|[.)](?: |$)|[#=])`).ReplaceAllString(text, `$1\$2`)
}

func escapeValue(value any, limit int) string {
	if ready, ok := value.(marked); ok {
		return cut(string(ready), limit)
	}
	return escapeWithin(plain(value), limit)
}

// escape formats a value for a target.
func (r *rendering) escape(into target, value any) (string, error) {
	if err := checkPrintable(value); err != nil {
		return "", err
	}
	if _, ready := value.(marked); !ready {
		value = plain(value)
	}
	return into.escape(value, r.limit), nil
}

func checkPrintable(value any) error {
	if _, whole := value.(*data); whole {
		return &misuse{"{{ . }} is the whole event; print one of its values, such as {{ .Title }}"}
	}
	return nil
}

// plain formats a value as text. Strings, including empty ones, are unchanged, and null is "none".
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case marked:
		return string(value)
	}
	return show(value)
}

// lookUp returns a nested value, or nil if it or any of its parents is absent.
func lookUp(of any, names ...string) (any, error) {
	for _, name := range names {
		switch parent := of.(type) {
		case nil:
			return nil, nil
		case *data:
			value, exists := parent.values[name]
			if !exists {
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

// index returns a nested element of a list or an object, or nil if there is none.
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

// length counts the elements of a list or an object, or the characters of a text. It returns 0 for
// null.
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

// change applies a function to the text of a value. Null remains "none".
func change(value any, change func(string) string) string {
	if value == nil {
		return plain(value)
	}
	return change(plain(value))
}

func cutTo(limit int) func(string) string {
	return func(text string) string { return cutPlain(text, limit) }
}

func withDefault(other, value any) any {
	if value == nil || value == "" {
		return other
	}
	return value
}

// join concatenates the elements of a list with a separator.
func join(separator string, list any) (string, error) {
	elements, ok := list.([]any)
	if !ok {
		if list == nil {
			return "", nil
		}
		return plain(list), nil
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		if err := checkPrintable(element); err != nil {
			return "", err
		}
		texts[i] = plain(element)
	}
	return strings.Join(texts, separator), nil
}

// write formats a value as JSON.
func write(value any) (string, error) {
	written, err := changelog.Stringify(value)
	return string(written), err
}

// date formats a time with a Go layout. Anything else is returned unchanged.
func date(layout string, value any) string {
	return change(value, func(text string) string {
		for _, format := range []string{time.RFC3339Nano, timeFormat} {
			if at, err := time.Parse(format, text); err == nil {
				return at.UTC().Format(layout)
			}
		}
		return text
	})
}

// round formats a number with the given number of decimal places. Anything else, and numbers with
// very many digits, are returned unchanged.
func round(digits int, value any) (string, error) {
	const maxDigits, maxLength = 20, 60
	text := plain(value)
	number, isNumber := toNumber(value)
	if !isNumber || len(number) > maxLength || !isFinite(number) {
		return text, nil
	}
	exact, _, err := big.ParseFloat(number.String(), 10, 256, big.ToNearestEven)
	if err != nil {
		return "", err
	}
	return exact.Text('f', max(0, min(digits, maxDigits))), nil
}

// isFinite reports whether a number is within the range of float64.
func isFinite(number json.Number) bool {
	_, err := number.Float64()
	return err == nil
}

func cutPlain(value string, limit int) string {
	if utf8.RuneCountInString(value) <= limit {
		return value
	}
	return string([]rune(value)[:max(0, limit-1)]) + ellipsis
}

// code formats a value as code, if the target supports it.
func (r *rendering) code(into target, value any) marked {
	text := plain(value)
	if into.code == nil || oneLine(text) == "" {
		return marked(into.escape(text, r.limit))
	}
	return marked(into.code(text, r.limit))
}

// link formats a link with a text, or only the text if the target has no links or the address is
// not a valid web URL.
func (r *rendering) link(into target, address, label any) (marked, error) {
	to := plain(address)
	if text, isText := label.(string); isText && oneLine(text) == "" {
		label = to
	}
	text, err := r.escape(into, label)
	text = oneLine(text)
	if err != nil || into.link == nil || !isWebAddress(to) || utf8.RuneCountInString(to) > r.limit {
		return marked(text), err
	}
	return marked(into.link(to, text)), nil
}

// slackLink returns a link in mrkdwn.
func slackLink(address, text string) string {
	return "<" + strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C", "&", "&amp;", " ", "%20").Replace(address) + "|" + text + ">"
}

// markdownLink returns a link in standard Markdown.
func markdownLink(address, text string) string {
	return "[" + text + "](" + strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\\", "%5C").Replace(address) + ")"
}

func isWebAddress(address string) bool {
	_, err := weburl.Parse(address)
	return err == nil
}

// toNumber converts a number from an event or from a template.
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

// equalToOne reports whether a value is equal to one of the others.
func equalToOne(value any, others ...any) bool {
	return slices.ContainsFunc(others, func(other any) bool { return equal(value, other) })
}

func equal(a, b any) bool {
	left, leftIs := toNumber(a)
	right, rightIs := toNumber(b)
	if leftIs && rightIs {
		return jsonvalue.EqualNumbers(left, right)
	}
	return jsonvalue.Equal(unmark(a), unmark(b), jsonvalue.NullIsAbsent)
}

func unmark(value any) any {
	if text, ok := value.(marked); ok {
		return string(text)
	}
	return value
}

// compare compares numbers by value and strings lexically, and passes the result to matches. It
// returns false for anything else.
func compare(a, b any, matches func(order int) bool) bool {
	left, leftIs := toNumber(a)
	right, rightIs := toNumber(b)
	if leftIs && rightIs {
		return matches(jsonvalue.CompareNumbers(left, right))
	}
	one, oneIs := unmark(a).(string)
	other, otherIs := unmark(b).(string)
	return oneIs && otherIs && matches(strings.Compare(one, other))
}

// printf is fmt.Sprintf for the values of an event: numbers accept integer and floating-point
// verbs. It refuses widths of more than three digits, which could produce huge outputs.
func printf(format string, values ...any) (string, error) {
	const longest = 1000
	if len(format) > longest || regexp.MustCompile(`[0-9]{4}|\*`).MatchString(format) {
		return "", &misuse{"the format of printf is too long, or contains a number that is too large"}
	}
	wrapped := make([]any, len(values))
	for i, value := range values {
		if err := checkPrintable(value); err != nil {
			return "", err
		}
		wrapped[i] = printed{value}
	}
	return fmt.Sprintf(format, wrapped...), nil
}

// printed formats a value according to the verb.
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
