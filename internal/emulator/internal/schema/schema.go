package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/syntax"
)

// Schema is a compiled JSON Schema.
type Schema struct{ compiled *jsonschema.Schema }

// base is the base address of compiled schemas. Nothing exists there.
const base = "https://emulator.invalid/"

// definitionAddress is the address of the schema that Compile compiles.
const definitionAddress = base + "definition.json"

// Compile turns the definition of a property into a schema. Keys that are not part of JSON Schema
// have no effect. The violation says what is wrong with the definition at the given path.
func Compile(path string, definition *document.Object) (*Schema, *Violation) {
	value, violation := plain(path, definition)
	if violation != nil {
		return nil, violation
	}
	compiler := newCompiler()
	if err := compiler.AddResource(definitionAddress, value); err != nil {
		return nil, &Violation{Path: path, Problem: "must be a JSON Schema: " + err.Error()}
	}
	compiled, err := compiler.Compile(definitionAddress)
	if err == nil {
		return &Schema{compiled}, nil
	}
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if err, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			return nil, first(path, definition, err)
		}
	}
	return nil, &Violation{Path: path, Problem: "must be a JSON Schema: " + err.Error()}
}

// CompileFiles compiles the schemas of a directory, which may refer to each other by file name, and
// to syntax.json, which has the definitions of package syntax. An address is the name of a file
// with a fragment.
func CompileFiles[Address ~string](directory fs.FS, addresses ...Address) (map[Address]*Schema, error) {
	compiler := newCompiler()
	if err := compiler.AddResource(base+"syntax.json", syntax.Definitions()); err != nil {
		return nil, err
	}
	names, err := fs.Glob(directory, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := addFile(compiler, directory, name); err != nil {
			return nil, fmt.Errorf("reading the schema %s: %w", name, err)
		}
	}
	schemas := make(map[Address]*Schema, len(addresses))
	for _, address := range addresses {
		compiled, err := compiler.Compile(base + string(address))
		if err != nil {
			return nil, fmt.Errorf("compiling the schema %s: %w", address, err)
		}
		schemas[address] = &Schema{compiled}
	}
	return schemas, nil
}

func addFile(compiler *jsonschema.Compiler, directory fs.FS, name string) error {
	text, err := fs.ReadFile(directory, name)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return compiler.AddResource(base+name, value)
}

// newCompiler returns a compiler that validates as AJV does: draft 7, formats asserted, patterns of
// JavaScript. It reads no files and sends no requests.
func newCompiler() *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	compiler.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) { return syntax.ParsePattern(text) })
	compiler.RegisterVocabulary(propertyNames())
	for name, check := range syntax.Restricting() {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: textFormat(check)})
	}
	compiler.RegisterFormat(&jsonschema.Format{Name: "labeled-url", Validate: checkLabeledURL})
	return compiler
}

var errFormat = errors.New("invalid format")

func textFormat(check func(string) bool) func(any) error {
	return func(value any) error {
		if text, ok := value.(string); ok && !check(text) {
			return errFormat
		}
		return nil
	}
}

// checkLabeledURL validates the format of an object with a text and a URL.
func checkLabeledURL(value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	if address, _ := object["url"].(string); !syntax.HasFormat("url", address) {
		return errFormat
	}
	return nil
}

// Validate returns the first violation, or nil. The path names the value in it.
func (s *Schema) Validate(path string, value any) *Violation {
	converted, violation := plain(path, value)
	if violation != nil {
		return violation
	}
	if err, ok := errors.AsType[*jsonschema.ValidationError](s.compiled.Validate(converted)); ok {
		return first(path, value, err)
	}
	return nil
}

// plain returns a document in the form that the package jsonschema requires. It refuses a number
// beyond the range of JavaScript, which Port would read as infinity, and rounds numbers that are
// too long as JavaScript does.
func plain(path string, value any) (any, *Violation) {
	switch value := value.(type) {
	case json.Number:
		if !document.InRange(value) {
			return nil, &Violation{Path: path, Problem: "must be a number within the range of a double"}
		}
		if _, ok := document.Rational(value); !ok {
			return document.RoundNumber(value), nil
		}
		return value, nil
	case []any:
		return plainArray(path, value)
	case *document.Object:
		return plainObject(path, value)
	default:
		return value, nil
	}
}

func plainArray(path string, items []any) (any, *Violation) {
	list := make([]any, len(items))
	for i, item := range items {
		converted, violation := plain(path+"/"+strconv.Itoa(i), item)
		if violation != nil {
			return nil, violation
		}
		list[i] = converted
	}
	return list, nil
}

func plainObject(path string, object *document.Object) (any, *Violation) {
	members := make(map[string]any, object.Len())
	for key, value := range object.All() {
		converted, violation := plain(path+"/"+key, value)
		if violation != nil {
			return nil, violation
		}
		members[key] = converted
	}
	return members, nil
}

// Fill adds the defaults of missing properties to a document, at all levels, as Port does before it
// validates.
func (s *Schema) Fill(value any) { fill(s.compiled, value) }

func fill(s *jsonschema.Schema, value any) {
	for s != nil && s.Ref != nil {
		s = s.Ref
	}
	if s == nil {
		return
	}
	for _, part := range s.AllOf {
		fill(part, value)
	}
	switch value := value.(type) {
	case []any:
		items, _ := s.Items.(*jsonschema.Schema)
		for _, item := range value {
			fill(items, item)
		}
	case *document.Object:
		fillObject(s, value)
	}
}

func fillObject(s *jsonschema.Schema, object *document.Object) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if fallback := s.Properties[name].Default; fallback != nil && !object.Has(name) {
			object.Set(name, *fallback)
		}
	}
	additional, _ := s.AdditionalProperties.(*jsonschema.Schema)
	for key, value := range object.All() {
		if property, ok := s.Properties[key]; ok {
			fill(property, value)
			continue
		}
		fill(additional, value)
	}
}
