package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// setting is a single value. It is the zero value if it is missing, "" or invalid in the file.
type setting[T comparable] struct {
	item
	value T
}

// into replaces a default, unless the setting is the zero value.
func (s *setting[T]) into(target *T) {
	var nothing T
	if s.value != nothing {
		*target = s.value
	}
}

// text is a string. With the tag blank:"no" it must not be blank, and with the tag one_of it must
// be one of those words.
type text struct {
	setting[string]
	// written is the text as in the file, without the values of variables.
	written string
}

func (t *text) read(l *loader) {
	written, ok := textOf(t.node)
	if !ok {
		l.refuse(&t.item, notText)
		return
	}
	expanded := l.expand(&t.item, written)
	words := strings.Fields(t.tag.Get("one_of"))
	switch {
	case t.mistaken:
	case t.tag.Get("blank") == "no" && strings.TrimSpace(expanded) == "":
		l.refuse(&t.item, notText)
	case len(words) > 0 && !slices.Contains(words, expanded):
		l.refuse(&t.item, "it must be "+strings.Join(words, ", or "))
	default:
		t.value, t.written = expanded, written
	}
}

// truth is true or false.
type truth struct{ setting[bool] }

func (t *truth) read(l *loader) {
	node, ok := t.node.(*ast.BoolNode)
	if !ok {
		l.refuse(&t.item, "it must be true or false")
		return
	}
	t.value = node.Value
}

// list is a list of values.
type list[T any] struct {
	item
	elements []T
}

func (s *list[T]) read(l *loader) {
	sequence, ok := s.node.(*ast.SequenceNode)
	if !ok {
		l.refuse(&s.item, "it must be a list, such as [first, second]")
		return
	}
	s.elements = make([]T, len(sequence.Values))
	for i, node := range sequence.Values {
		l.fill(any(&s.elements[i]).(value), s.below(node, node, fmt.Sprintf("[%d]", i)))
	}
}

// many is a single value or a non-empty list of values.
type many[T any] struct{ list[T] }

func (m *many[T]) read(l *loader) {
	sequence, isList := m.node.(*ast.SequenceNode)
	switch {
	case !isList:
		m.elements = make([]T, 1)
		l.fill(any(&m.elements[0]).(value), m.itself())
	case len(sequence.Values) == 0:
		l.refuse(&m.item, "the list is empty; remove the key to allow any value")
	default:
		m.list.read(l)
	}
}

// valuesOf returns the values of a list, with the zero value for invalid ones.
func valuesOf[T, V any](list *list[T], value func(T) V) []V {
	if len(list.elements) == 0 {
		return nil
	}
	values := make([]V, len(list.elements))
	for i, element := range list.elements {
		values[i] = value(element)
	}
	return values
}

// matcher is a text or a list of texts, one of which must match.
type matcher struct{ many[text] }

func (m *matcher) read(l *loader) {
	if _, isSection := entries(m.node); isSection {
		l.refuse(&m.item, "it must be a string, or a list of strings such as [first, second]")
		return
	}
	m.many.read(l)
}

func (m *matcher) texts() []string {
	return valuesOf(&m.list, func(text text) string { return text.value })
}

// values are values of a property, including null.
type values struct{ many[jsonValue] }

func (v *values) list() []any {
	return valuesOf(&v.many.list, func(element jsonValue) any { return element.value })
}

const notText = "it must be a string"

// scalar is a value that is parsed from a non-empty text.
type scalar interface{ parse(text string) error }

// parse reads the text of a value.
func (l *loader) parse(target scalar, here *item) {
	written, ok := textOf(here.node)
	if !ok {
		l.refuse(here, notText)
		return
	}
	text := l.expand(here, written)
	if text == "" || here.mistaken {
		return
	}
	if err := target.parse(text); err != nil {
		l.refuse(here, err.Error())
	}
}

// duration is a positive duration, between the tags min and max if they are set.
type duration struct{ setting[time.Duration] }

func (d *duration) parse(text string) error {
	longest, _ := time.ParseDuration(d.tag.Get("max")) // The tags are valid.
	shortest, _ := time.ParseDuration(d.tag.Get("min"))
	parsed, err := time.ParseDuration(text)
	if shortest > 0 && (err != nil || parsed < shortest || parsed > longest) {
		return fmt.Errorf("it must be a duration between %s and %s", shortest, shorten(longest))
	}
	if err != nil || parsed <= 0 || parsed > longest {
		return fmt.Errorf("it must be a duration of up to %s, such as %s", shorten(longest), shorten(longest/2))
	}
	d.value = parsed
	return nil
}

// shorten formats a duration without zero units.
func shorten(duration time.Duration) string {
	text := duration.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = strings.TrimSuffix(text, nothing[1:])
		}
	}
	return text
}

// interval is a duration, or the word always for 0.
type interval struct{ duration }

func (i *interval) parse(text string) error {
	if text == "always" {
		return nil
	}
	if err := i.duration.parse(text); err != nil {
		return errors.New(strings.Replace(err.Error(), "a duration", "always, or a duration", 1))
	}
	return nil
}

// size is a number of bytes with a unit, between the tags min and max.
type size struct{ setting[int64] }

func (s *size) parse(text string) error {
	least, most := s.tag.Get("min"), s.tag.Get("max")
	smallest, _ := parseSize(least) // The tags are valid.
	largest, _ := parseSize(most)
	parsed, ok := parseSize(text)
	if !ok || parsed < smallest || parsed > largest {
		return fmt.Errorf("it must be a size between %s and %s, such as %s", least, most, s.tag.Get("such_as"))
	}
	s.value = parsed
	return nil
}

func parseSize(text string) (int64, bool) {
	digits := strings.TrimRight(text, "BKMGi ")
	number, err := strconv.ParseInt(digits, 10, 32)
	shift, valid := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[strings.TrimSpace(strings.TrimPrefix(text, digits))]
	return number << shift, err == nil && valid
}

// shortestInterval is the minimum time between two messages.
const shortestInterval = 10 * time.Millisecond

// rate is a rate of messages, such as 1/s or 30/m. Its value is the time between two messages.
type rate struct{ setting[time.Duration] }

func (r *rate) parse(text string) error {
	parts := regexp.MustCompile(`^([1-9][0-9]{0,5})/(s|m|h)$`).FindStringSubmatch(text)
	if parts == nil {
		return errors.New("it must be a number of messages per s, m or h, such as 1/s or 30/m")
	}
	number, _ := strconv.Atoi(parts[1]) // The regular expression only matches digits.
	between := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[parts[2]] / time.Duration(number)
	if between < shortestInterval {
		return fmt.Errorf("it must be at most %d/s", time.Second/shortestInterval)
	}
	r.value = between
	return nil
}

// jsonValue is any JSON value, with numbers as json.Number. With the tag null:"value", null is
// allowed, also within it.
type jsonValue struct {
	item
	value any
}

func (j *jsonValue) read(l *loader) {
	switch node := j.node.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		j.value = node.Value
	case *ast.IntegerNode:
		j.value = numberOf(node.GetToken().Value, fmt.Sprint(node.Value))
	case *ast.FloatNode:
		j.value = numberOf(node.GetToken().Value, strconv.FormatFloat(node.Value, 'g', -1, 64))
	case *ast.StringNode, *ast.LiteralNode:
		written, _ := textOf(node)
		j.value = l.expand(&j.item, written)
	case *ast.SequenceNode:
		elements := make([]any, len(node.Values))
		for i, element := range node.Values {
			elements[i] = j.child(l, element, element, fmt.Sprintf("[%d]", i))
		}
		j.value = elements
	case *ast.MappingNode, *ast.MappingValueNode:
		entries, _ := entries(node)
		object := make(map[string]any, len(entries))
		for _, entry := range entries {
			if l.isPlainKey(&j.item, entry) {
				object[keyOf(entry)] = j.child(l, entry.Key, entry.Value, keyOf(entry))
			}
		}
		j.value = object
	default:
		l.refuse(&j.item, "it must be a JSON value, such as Crashed, 80, true or null")
	}
}

// child reads a nested value.
func (j *jsonValue) child(l *loader, key, node ast.Node, step string) any {
	var child jsonValue
	l.fill(&child, j.below(key, node, step))
	return child.value
}

// numberOf returns a number as written, if that is valid JSON.
func numberOf(written, parsed string) json.Number {
	if json.Valid([]byte(written)) {
		return json.Number(written)
	}
	return json.Number(parsed)
}
