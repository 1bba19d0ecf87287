package schema

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

func (s *Schema) validateType(path string, value any) *Violation {
	if len(s.Types) == 0 {
		return nil
	}
	for _, allowed := range s.Types {
		if hasType(value, allowed) {
			return nil
		}
	}
	names := make([]string, len(s.Types))
	for i, allowed := range s.Types {
		names[i] = string(allowed)
	}
	return violation(path, "must be %s", strings.Join(names, ","))
}

// hasType reports whether value is of the type. 5.0 is an integer, as in JSON
// Schema.
func hasType(value any, wanted Type) bool {
	switch value := value.(type) {
	case nil:
		return wanted == Null
	case bool:
		return wanted == Boolean
	case string:
		return wanted == String
	case []any:
		return wanted == Array
	case *document.Object:
		return wanted == Objects
	case json.Number:
		return wanted == Number || wanted == Integer && isInteger(value)
	default:
		return false
	}
}

func isInteger(number json.Number) bool {
	exact, ok := document.Rational(number)
	return ok && exact.IsInt()
}

func (s *Schema) validateEnum(path string, value any) *Violation {
	if s.Enum == nil || slices.ContainsFunc(s.Enum, func(allowed any) bool { return document.Equal(allowed, value) }) {
		return nil
	}
	return violation(path, "must be equal to one of the allowed values: %s", list(s.Enum))
}

// validateAnyOf reports, when no alternative fits, what is wrong by the one that
// was meant.
func (s *Schema) validateAnyOf(path string, value any) *Violation {
	alternatives := s.AnyOf
	if object, ok := value.(*document.Object); ok {
		for _, key := range s.Discriminators {
			meant := alternativesFor(alternatives, key, object)
			if len(meant) == 0 {
				return (&Schema{Enum: allowed(alternatives, key)}).Validate(path+"/"+key, object.Value(key))
			}
			alternatives = meant
		}
	}
	var furthest *Violation
	for _, alternative := range alternatives {
		v := alternative.Validate(path, value)
		if v == nil {
			return nil
		}
		if furthest == nil || strings.Count(v.Path, "/") > strings.Count(furthest.Path, "/") {
			furthest = v
		}
	}
	return furthest
}

// alternativesFor returns the alternatives that accept the object's value of a
// key.
func alternativesFor(alternatives []*Schema, key string, object *document.Object) []*Schema {
	var meant []*Schema
	for _, alternative := range alternatives {
		if alternative.Properties[key].Validate("", object.Value(key)) == nil {
			meant = append(meant, alternative)
		}
	}
	return meant
}

// allowed returns every value that one of the alternatives allows for a key.
func allowed(alternatives []*Schema, key string) []any {
	var values []any
	for _, alternative := range alternatives {
		for _, value := range alternative.Properties[key].Enum {
			if !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	return values
}

func (s *Schema) validateString(path, text string) *Violation {
	length := utf8.RuneCountInString(text)
	switch {
	case s.MinLength != nil && length < *s.MinLength:
		return violation(path, "must NOT have fewer than %d characters", *s.MinLength)
	case s.MaxLength != nil && length > *s.MaxLength:
		return violation(path, "must NOT have more than %d characters", *s.MaxLength)
	case s.Pattern != nil && !s.Pattern.MatchString(text):
		return violation(path, "must match pattern %q", s.Pattern)
	case !matchesFormat(s.Format, text):
		return violation(path, "must match format %q", s.Format)
	}
	return nil
}

// validateNumber refuses what JavaScript cannot hold: Port would have read it as
// infinity.
func (s *Schema) validateNumber(path string, value any) *Violation {
	number, ok := value.(json.Number)
	if !ok {
		return nil
	}
	if !document.InRange(number) {
		return violation(path, "must be a number within the range of a double")
	}
	if !s.limitsNumbers() {
		return nil
	}
	exact, ok := document.Rational(number)
	if !ok {
		return violation(path, "must be a number that can be compared exactly")
	}
	return s.validateRange(path, exact)
}

func (s *Schema) limitsNumbers() bool {
	return s.Minimum != nil || s.Maximum != nil || s.ExclusiveMinimum != nil || s.ExclusiveMaximum != nil || s.MultipleOf != nil
}

func (s *Schema) validateRange(path string, number *big.Rat) *Violation {
	switch {
	case s.Minimum != nil && number.Cmp(s.Minimum) < 0:
		return violation(path, "must be >= %s", decimal(s.Minimum))
	case s.Maximum != nil && number.Cmp(s.Maximum) > 0:
		return violation(path, "must be <= %s", decimal(s.Maximum))
	case s.ExclusiveMinimum != nil && number.Cmp(s.ExclusiveMinimum) <= 0:
		return violation(path, "must be > %s", decimal(s.ExclusiveMinimum))
	case s.ExclusiveMaximum != nil && number.Cmp(s.ExclusiveMaximum) >= 0:
		return violation(path, "must be < %s", decimal(s.ExclusiveMaximum))
	case s.MultipleOf != nil && !new(big.Rat).Quo(number, s.MultipleOf).IsInt():
		return violation(path, "must be multiple of %s", decimal(s.MultipleOf))
	}
	return nil
}

func (s *Schema) validateArray(path string, items []any) *Violation {
	switch {
	case s.MinItems != nil && len(items) < *s.MinItems:
		return violation(path, "must NOT have fewer than %d items", *s.MinItems)
	case s.MaxItems != nil && len(items) > *s.MaxItems:
		return violation(path, "must NOT have more than %d items", *s.MaxItems)
	case s.UniqueItems && hasDuplicate(items):
		return violation(path, "must NOT have duplicate items")
	}
	for i, item := range items {
		if v := s.Items.Validate(path+"/"+strconv.Itoa(i), item); v != nil {
			return v
		}
	}
	return nil
}

// hasDuplicate compares by value, in a single pass: a hostile array is long.
func hasDuplicate(items []any) bool {
	seen := make(map[string]struct{}, len(items))
	for _, item := range items {
		key := document.Key(item)
		if _, ok := seen[key]; ok {
			return true
		}
		seen[key] = struct{}{}
	}
	return false
}

func (s *Schema) validateObject(path string, object *document.Object) *Violation {
	switch {
	case s.MinProperties != nil && object.Len() < *s.MinProperties:
		return violation(path, "must NOT have fewer than %d properties", *s.MinProperties)
	case s.MaxProperties != nil && object.Len() > *s.MaxProperties:
		return violation(path, "must NOT have more than %d properties", *s.MaxProperties)
	}
	if s.Format == "labeled-url" && !isURL(object.Text("url")) {
		return violation(path, "must have a property 'url' that matches format \"url\"")
	}
	for _, name := range s.Required {
		if !object.Has(name) {
			return violation(path, "must have required property '%s'", name)
		}
	}
	for key, value := range object.All() {
		if v := s.validateMember(path, key, value); v != nil {
			return v
		}
	}
	return nil
}

func (s *Schema) validateMember(path, key string, value any) *Violation {
	if v := s.PropertyNames.Validate(path, key); v != nil {
		return violation(path, "property name must be valid: '%s' %s", key, v.Problem)
	}
	if property, ok := s.Properties[key]; ok {
		return property.Validate(path+"/"+key, value)
	}
	if s.Closed {
		return violation(path, "must NOT have additional properties: '%s'", key)
	}
	return s.Additional.Validate(path+"/"+key, value)
}

// decimal writes a limit as a person would have: without a trailing /1.
func decimal(limit *big.Rat) string {
	if limit.IsInt() {
		return limit.Num().String()
	}
	value, _ := limit.Float64()
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// list writes allowed values with commas between them.
func list(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		if text, ok := value.(string); ok {
			texts[i] = text
			continue
		}
		texts[i] = string(document.Append(nil, value))
	}
	return strings.Join(texts, ", ")
}
