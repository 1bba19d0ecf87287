package schema

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Type is a JSON Schema type.
type Type string

// The types of JSON Schema. Port documents all but Integer and Null for the
// properties of a blueprint; those two occur in nested schemas and in bodies.
const (
	String  Type = "string"
	Number  Type = "number"
	Integer Type = "integer"
	Boolean Type = "boolean"
	Objects Type = "object"
	Array   Type = "array"
	Null    Type = "null"
)

// Schema is what a value must satisfy. The zero value accepts everything; a nil
// field sets no limit. A keyword applies only to values of the types that it is
// made for, as in JSON Schema.
type Schema struct {
	Types []Type
	Enum  []any
	AnyOf []*Schema
	// Discriminators are the keys by which the alternatives of AnyOf, all objects,
	// are told apart. They only make violations clearer.
	Discriminators []string

	Format               string
	Pattern              *regexp.Regexp
	MinLength, MaxLength *int

	Minimum, Maximum                   *big.Rat
	ExclusiveMinimum, ExclusiveMaximum *big.Rat
	MultipleOf                         *big.Rat

	Items              *Schema
	MinItems, MaxItems *int
	UniqueItems        bool

	Properties                   map[string]*Schema
	Required                     []string
	Additional                   *Schema
	Closed                       bool // no properties but those in Properties
	PropertyNames                *Schema
	MinProperties, MaxProperties *int

	// Default is what Fill gives to a property that is missing; nil is none.
	Default any
}

// Fill adds the defaults of missing properties to a document and all within it, as
// Port does before it validates.
func (s *Schema) Fill(value any) {
	switch value := value.(type) {
	case []any:
		if s == nil || s.Items == nil {
			return
		}
		for _, item := range value {
			s.Items.Fill(item)
		}
	case *document.Object:
		s.fillObject(value)
	}
}

func (s *Schema) fillObject(object *document.Object) {
	if s == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if fallback := s.Properties[name].Default; fallback != nil && !object.Has(name) {
			object.Set(name, fallback)
		}
	}
	for key, value := range object.All() {
		if property, ok := s.Properties[key]; ok {
			property.Fill(value)
			continue
		}
		s.Additional.Fill(value)
	}
}

// Violation says where a document breaks its schema, and how.
type Violation struct {
	// Path leads from the root to the value, with slashes: body/schema/required.
	Path string
	// Problem completes the sentence that begins with the path.
	Problem string
}

// Error returns the sentence.
func (v *Violation) Error() string { return v.Path + " " + v.Problem }

func violation(path, format string, arguments ...any) *Violation {
	return &Violation{Path: path, Problem: fmt.Sprintf(format, arguments...)}
}

// Validate returns the first violation, or nil. The path names the value in it.
func (s *Schema) Validate(path string, value any) *Violation {
	if s == nil {
		return nil
	}
	if v := s.validateType(path, value); v != nil {
		return v
	}
	if v := s.validateEnum(path, value); v != nil {
		return v
	}
	if v := s.validateAnyOf(path, value); v != nil {
		return v
	}
	return s.validateContent(path, value)
}

// validateContent applies the keywords that belong to the type of the value.
func (s *Schema) validateContent(path string, value any) *Violation {
	switch value := value.(type) {
	case string:
		return s.validateString(path, value)
	case []any:
		return s.validateArray(path, value)
	case *document.Object:
		return s.validateObject(path, value)
	default:
		return s.validateNumber(path, value)
	}
}
