package entity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/internal/syntax"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// The property types of Port.
const (
	typeString  = "string"
	typeNumber  = "number"
	typeBoolean = "boolean"
	typeObject  = "object"
	typeArray   = "array"
)

// rule contains the constraints of a property, or of the elements of a list.
type rule struct {
	format               *string
	enum                 []any
	minLength, maxLength *json.Number
	pattern              *string
	minimum, maximum     *json.Number
	minItems, maxItems   *json.Number
	itemType             string
	items                *rule
}

func ruleOf(property port.Property) rule {
	r := rule{
		format:    property.Format,
		enum:      property.Enum,
		minLength: property.MinLength,
		maxLength: property.MaxLength,
		pattern:   property.Pattern,
		minimum:   property.Minimum,
		maximum:   property.Maximum,
		minItems:  property.MinItems,
		maxItems:  property.MaxItems,
	}
	if items := property.Items; items != nil {
		r.itemType = items.Type
		r.items = &rule{
			format:    items.Format,
			enum:      items.Enum,
			minLength: items.MinLength,
			maxLength: items.MaxLength,
			pattern:   items.Pattern,
			minimum:   items.Minimum,
			maximum:   items.Maximum,
		}
	}
	return r
}

// violation describes how a value breaks the rule, as the end of a sentence about its property, or
// returns "". It does not contain the value, because a provider does not know which values are
// sensitive.
func (r rule) violation(value any) string {
	if len(r.enum) > 0 && !slices.ContainsFunc(r.enum, func(allowed any) bool { return jsonvalue.Equal(allowed, value) }) {
		return "must be one of " + joinJSON(r.enum)
	}
	switch value := value.(type) {
	case string:
		return r.textViolation(value)
	case json.Number:
		return r.rangeViolation(value)
	case []any:
		return r.listViolation(value)
	default:
		return ""
	}
}

func (r rule) textViolation(text string) string {
	length := json.Number(strconv.Itoa(utf8.RuneCountInString(text)))
	switch {
	case isLess(length, r.minLength):
		return fmt.Sprintf("must have at least %s characters, not %s", *r.minLength, length)
	case isMore(length, r.maxLength):
		return fmt.Sprintf("must have at most %s characters, not %s", *r.maxLength, length)
	case r.pattern != nil && !validate.Matches(*r.pattern, text):
		return "must match the pattern " + *r.pattern
	case r.format != nil && !hasFormat(*r.format, text):
		return "must have the format " + *r.format
	default:
		return ""
	}
}

func (r rule) rangeViolation(number json.Number) string {
	switch {
	case isLess(number, r.minimum):
		return fmt.Sprintf("must be at least %s", *r.minimum)
	case isMore(number, r.maximum):
		return fmt.Sprintf("must be at most %s", *r.maximum)
	default:
		return ""
	}
}

func (r rule) listViolation(list []any) string {
	length := json.Number(strconv.Itoa(len(list)))
	switch {
	case isLess(length, r.minItems):
		return fmt.Sprintf("must have at least %s elements, not %s", *r.minItems, length)
	case isMore(length, r.maxItems):
		return fmt.Sprintf("must have at most %s elements, not %s", *r.maxItems, length)
	case r.items == nil:
		return ""
	}
	for i, element := range list {
		if element == nil && r.itemType != "" {
			return fmt.Sprintf("must not have null as element %d, but %s", i, withArticle(r.itemType))
		}
		if element == nil {
			continue
		}
		if !isOfType(r.itemType, element) {
			return fmt.Sprintf("must have %[2]s as element %[1]d, not %[3]s", i, withArticle(r.itemType), withArticle(typeOf(element)))
		}
		if problem := r.items.violation(element); problem != "" {
			return fmt.Sprintf("has an invalid element %d, which %s", i, problem)
		}
	}
	return ""
}

// isOfType reports whether a value may have a type. Any value may have an unknown type.
func isOfType(typeName string, value any) bool {
	switch typeName {
	case typeString, typeNumber, typeBoolean, typeObject, typeArray:
		return typeOf(value) == typeName
	default:
		return true
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case string:
		return typeString
	case json.Number:
		return typeNumber
	case bool:
		return typeBoolean
	case []any:
		return typeArray
	default:
		return typeObject
	}
}

// withArticle returns the name of a type with its article.
func withArticle(name string) string {
	switch name {
	case typeArray, typeObject:
		return "an " + name
	default:
		return "a " + name
	}
}

func isLess(number json.Number, limit *json.Number) bool {
	return limit != nil && jsonvalue.CompareNumbers(number, *limit) < 0
}

func isMore(number json.Number, limit *json.Number) bool {
	return limit != nil && jsonvalue.CompareNumbers(number, *limit) > 0
}

// hasFormat checks the formats with a well-defined meaning. It is not known whether Port requires a
// user to be an email address.
func hasFormat(format, text string) bool { return format == "user" || syntax.HasFormat(format, text) }

func joinJSON(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = jsonText(value)
	}
	return strings.Join(texts, ", ")
}
