package schema

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Compile turns the definition of a property into a schema. Keys that are not
// JSON Schema, or that nobody has named yet, are without effect. The violation
// tells which keyword cannot be compiled; the path names the definition.
func Compile(path string, definition *document.Object) (*Schema, *Violation) {
	compiler := &compiler{}
	s := compiler.compile(path, definition)
	if compiler.failure != nil {
		return nil, compiler.failure
	}
	return s, nil
}

// compiler remembers the first keyword that makes no sense, so that the reading
// of one keyword stays one line.
type compiler struct{ failure *Violation }

func (c *compiler) fail(path, problem string) {
	if c.failure == nil {
		c.failure = &Violation{Path: path, Problem: problem}
	}
}

func (c *compiler) compile(path string, d *document.Object) *Schema {
	s := &Schema{
		Types:            c.types(path, d),
		Enum:             c.enum(path, d),
		AnyOf:            c.schemas(path, d, "anyOf"),
		Format:           d.Text("format"),
		Pattern:          c.pattern(path, d),
		MinLength:        c.count(path, d, "minLength"),
		MaxLength:        c.count(path, d, "maxLength"),
		Minimum:          c.number(path, d, "minimum"),
		Maximum:          c.number(path, d, "maximum"),
		ExclusiveMinimum: c.number(path, d, "exclusiveMinimum"),
		ExclusiveMaximum: c.number(path, d, "exclusiveMaximum"),
		MultipleOf:       c.divisor(path, d),
		Items:            c.schema(path, d, "items"),
		MinItems:         c.count(path, d, "minItems"),
		MaxItems:         c.count(path, d, "maxItems"),
		UniqueItems:      c.flag(path, d, "uniqueItems"),
		Properties:       c.properties(path, d),
		Required:         c.required(path, d),
		PropertyNames:    c.schema(path, d, "propertyNames"),
		MinProperties:    c.count(path, d, "minProperties"),
		MaxProperties:    c.count(path, d, "maxProperties"),
	}
	c.additional(path, d, s)
	return s
}

func (c *compiler) types(path string, d *document.Object) []Type {
	switch value := d.Value("type").(type) {
	case nil:
		return nil
	case string:
		return []Type{c.oneType(path, value)}
	case []any:
		types := make([]Type, len(value))
		for i, name := range value {
			text, _ := name.(string)
			types[i] = c.oneType(path, text)
		}
		return types
	default:
		c.fail(path+"/type", "must be string or array")
		return nil
	}
}

func (c *compiler) oneType(path, name string) Type {
	switch t := Type(name); t {
	case String, Number, Integer, Boolean, Objects, Array, Null:
		return t
	default:
		c.fail(path+"/type", "must be equal to one of the allowed values: string, number, integer, boolean, object, array, null")
		return ""
	}
}

func (c *compiler) enum(path string, d *document.Object) []any {
	value, ok := d.Get("enum")
	if !ok {
		return nil
	}
	values, ok := value.([]any)
	if !ok || len(values) == 0 {
		c.fail(path+"/enum", "must be an array with at least one value")
	}
	return values
}

// pattern compiles a regular expression. JavaScript knows lookaround and back
// references, Go does not: a pattern that uses them is stored and returned like
// any other, but values are not held to it.
func (c *compiler) pattern(path string, d *document.Object) *regexp.Regexp {
	value, ok := d.Get("pattern")
	if !ok {
		return nil
	}
	text, ok := value.(string)
	if !ok {
		c.fail(path+"/pattern", "must be string")
		return nil
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return expression
}

func (c *compiler) count(path string, d *document.Object, key string) *int {
	value, ok := d.Get(key)
	if !ok {
		return nil
	}
	number, _ := value.(json.Number)
	count, err := strconv.Atoi(number.String())
	if err != nil || count < 0 {
		c.fail(path+"/"+key, "must be a non-negative integer")
	}
	return &count
}

func (c *compiler) number(path string, d *document.Object, key string) *big.Rat {
	value, ok := d.Get(key)
	if !ok {
		return nil
	}
	number, ok := value.(json.Number)
	if !ok {
		c.fail(path+"/"+key, "must be number")
		return nil
	}
	exact, ok := document.Rational(number)
	if !ok {
		c.fail(path+"/"+key, "must be a number within the range of a double")
		return nil
	}
	return exact
}

func (c *compiler) divisor(path string, d *document.Object) *big.Rat {
	number := c.number(path, d, "multipleOf")
	if number != nil && number.Sign() <= 0 {
		c.fail(path+"/multipleOf", "must be > 0")
	}
	return number
}

func (c *compiler) flag(path string, d *document.Object, key string) bool {
	value, ok := d.Get(key)
	if !ok {
		return false
	}
	flag, ok := value.(bool)
	if !ok {
		c.fail(path+"/"+key, "must be boolean")
	}
	return flag
}

func (c *compiler) schema(path string, d *document.Object, key string) *Schema {
	value, ok := d.Get(key)
	if !ok {
		return nil
	}
	definition, ok := value.(*document.Object)
	if !ok {
		c.fail(path+"/"+key, "must be object")
		return nil
	}
	return c.compile(path+"/"+key, definition)
}

func (c *compiler) schemas(path string, d *document.Object, key string) []*Schema {
	value, ok := d.Get(key)
	if !ok {
		return nil
	}
	definitions, ok := value.([]any)
	if !ok || len(definitions) == 0 {
		c.fail(path+"/"+key, "must be an array with at least one schema")
		return nil
	}
	compiled := make([]*Schema, 0, len(definitions))
	for i, item := range definitions {
		itemPath := path + "/" + key + "/" + strconv.Itoa(i)
		definition, ok := item.(*document.Object)
		if !ok {
			c.fail(itemPath, "must be object")
			return nil
		}
		compiled = append(compiled, c.compile(itemPath, definition))
	}
	return compiled
}

func (c *compiler) properties(path string, d *document.Object) map[string]*Schema {
	value, ok := d.Get("properties")
	if !ok {
		return nil
	}
	definitions, ok := value.(*document.Object)
	if !ok {
		c.fail(path+"/properties", "must be object")
		return nil
	}
	properties := make(map[string]*Schema, definitions.Len())
	for key := range definitions.All() {
		properties[key] = c.schema(path+"/properties", definitions, key)
	}
	return properties
}

func (c *compiler) required(path string, d *document.Object) []string {
	value, ok := d.Get("required")
	if !ok {
		return nil
	}
	names, ok := value.([]any)
	if !ok {
		c.fail(path+"/required", "must be array")
		return nil
	}
	required := make([]string, len(names))
	for i, name := range names {
		text, ok := name.(string)
		if !ok {
			c.fail(path+"/required/"+strconv.Itoa(i), "must be string")
		}
		required[i] = text
	}
	return required
}

func (c *compiler) additional(path string, d *document.Object, s *Schema) {
	switch value := d.Value("additionalProperties").(type) {
	case bool:
		s.Closed = !value
	case *document.Object:
		s.Additional = c.compile(path+"/additionalProperties", value)
	case nil:
	default:
		c.fail(path+"/additionalProperties", "must be boolean or object")
	}
}
