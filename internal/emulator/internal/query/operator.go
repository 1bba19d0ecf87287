package query

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// operator is a comparison operator. A negative one matches exactly what its positive form does
// not, including records without a value.
type operator struct {
	name     string
	operand  operand
	negative bool
	// positive prepares the positive comparison with a value.
	positive func(value any, env environment) func(property any) bool
}

// operand is the form of value that an operator accepts.
type operand int

const (
	noOperand operand = iota
	anyOperand
	equalityOperand // any, or a range of time
	orderedOperand  // a number or an instant
	rangeOperand    // a range of time
)

// prepare returns the comparison with a value.
func (o operator) prepare(value any, env environment) func(any) bool {
	compare := o.positive(value, env)
	if !o.negative {
		return compare
	}
	return func(property any) bool { return !compare(property) }
}

// keys returns the additional keys that a rule with the operator may have.
func (o operator) keys(others ...string) []string {
	keys := slices.Concat(others, []string{"operator"})
	if o.operand != noOperand {
		keys = append(keys, "value")
	}
	return keys
}

// operators returns every comparison operator by its name.
func operators() map[string]operator {
	all := []operator{
		{name: "=", operand: equalityOperand, positive: equals},
		{name: "!=", operand: anyOperand, negative: true, positive: equals},
		{name: ">", operand: orderedOperand, positive: ordered(func(c int) bool { return c > 0 })},
		{name: ">=", operand: orderedOperand, positive: ordered(func(c int) bool { return c >= 0 })},
		{name: "<", operand: orderedOperand, positive: ordered(func(c int) bool { return c < 0 })},
		{name: "<=", operand: orderedOperand, positive: ordered(func(c int) bool { return c <= 0 })},
		{name: "in", operand: anyOperand, positive: oneOf},
		{name: "notIn", operand: anyOperand, negative: true, positive: oneOf},
		{name: "contains", operand: anyOperand, positive: contains},
		{name: "doesNotContains", operand: anyOperand, negative: true, positive: contains},
		{name: "containsAny", operand: anyOperand, positive: containsAny},
		{name: "beginsWith", operand: anyOperand, positive: affix(strings.HasPrefix)},
		{name: "doesNotBeginsWith", operand: anyOperand, negative: true, positive: affix(strings.HasPrefix)},
		{name: "endsWith", operand: anyOperand, positive: affix(strings.HasSuffix)},
		{name: "doesNotEndsWith", operand: anyOperand, negative: true, positive: affix(strings.HasSuffix)},
		{name: "between", operand: rangeOperand, positive: between},
		{name: "notBetween", operand: rangeOperand, negative: true, positive: between},
		{name: "isEmpty", positive: isEmpty},
		{name: "isNotEmpty", negative: true, positive: isEmpty},
		{name: "isExpired", positive: expired(func(c int) bool { return c <= 0 })},
		// A property without a value is neither expired nor running, so this is not the negation of
		// isExpired.
		{name: "isNotExpired", positive: expired(func(c int) bool { return c > 0 })},
		{name: "matchAny", operand: anyOperand, positive: oneOf},
	}
	byName := make(map[string]operator, len(all))
	for _, o := range all {
		byName[o.name] = o
	}
	return byName
}

// equals compares by value; two texts that are instants as instants. An object as value is a range
// of time.
func equals(value any, env environment) func(any) bool {
	if _, ok := value.(*document.Object); ok {
		return between(value, env)
	}
	instant, isInstant := parseInstant(value)
	return func(property any) bool {
		if document.Equal(property, value) {
			return true
		}
		other, ok := parseInstant(property)
		return ok && isInstant && other.Equal(instant)
	}
}

// ordered compares numbers with numbers and instants with instants; nothing else is ordered.
func ordered(accept func(int) bool) func(any, environment) func(any) bool {
	return func(value any, _ environment) func(any) bool {
		if number, ok := value.(json.Number); ok {
			return func(property any) bool {
				other, ok := property.(json.Number)
				return ok && accept(jsonvalue.CompareNumbers(other, number))
			}
		}
		instant, ok := parseInstant(value)
		if !ok {
			return never
		}
		return func(property any) bool {
			other, ok := parseInstant(property)
			return ok && accept(other.Compare(instant))
		}
	}
}

// oneOf matches a property that equals one of the values, or an array with such an item.
func oneOf(value any, _ environment) func(any) bool {
	operands := items(value)
	return func(property any) bool {
		return slices.ContainsFunc(items(property), func(item any) bool { return isAmong(item, operands) })
	}
}

// contains matches a substring of a text, or an item of an array.
func contains(value any, _ environment) func(any) bool {
	part, isText := value.(string)
	return func(property any) bool {
		switch property := property.(type) {
		case string:
			return isText && strings.Contains(property, part)
		case []any:
			return isAmong(value, property)
		default:
			return false
		}
	}
}

// containsAny matches an array that has one of the values as an item.
func containsAny(value any, _ environment) func(any) bool {
	operands := items(value)
	return func(property any) bool {
		list, _ := property.([]any)
		return slices.ContainsFunc(list, func(item any) bool { return isAmong(item, operands) })
	}
}

// affix matches a prefix or suffix of a text.
func affix(has func(text, part string) bool) func(any, environment) func(any) bool {
	return func(value any, _ environment) func(any) bool {
		part, isText := value.(string)
		return func(property any) bool {
			text, ok := property.(string)
			return ok && isText && has(text, part)
		}
	}
}

// between matches an instant within a range, including its ends.
func between(value any, env environment) func(any) bool {
	object, _ := value.(*document.Object)
	from, to, ok := timeRange(object, env.now)
	if !ok {
		return never
	}
	return func(property any) bool {
		instant, ok := parseInstant(property)
		return ok && !instant.Before(from) && !instant.After(to)
	}
}

// isEmpty matches a property that is null or not set. An empty text or array is a value.
func isEmpty(any, environment) func(any) bool {
	return func(property any) bool { return property == nil }
}

// expired compares a timer with the current time.
func expired(accept func(int) bool) func(any, environment) func(any) bool {
	return func(_ any, env environment) func(any) bool {
		return func(property any) bool {
			instant, ok := parseInstant(property)
			return ok && accept(instant.Compare(env.now))
		}
	}
}

func never(any) bool { return false }

// items returns the items of an array; anything else but null is one item.
func items(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		return []any{value}
	}
}

func isAmong(value any, list []any) bool {
	return slices.ContainsFunc(list, func(item any) bool { return document.Equal(item, value) })
}

// parseInstant reads a text that is an instant in RFC 3339.
func parseInstant(value any) (time.Time, bool) {
	text, ok := value.(string)
	if !ok || len(text) < len("2006-01-02T15:04:05Z") {
		return time.Time{}, false
	}
	instant, err := time.Parse(time.RFC3339, text)
	return instant, err == nil
}
