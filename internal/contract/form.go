package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// form is the documented form of the body of a request or a response.
//
// The schemas of OpenAPI 3.1 are JSON Schema, which kin-openapi leaves to the package jsonschema.
// It compiles the schema for every body, which takes up to ten milliseconds, and silently validates
// less if that fails. So bodies are validated with that package directly: schemas are compiled
// once, on first use, and a compile error is reported.
type form struct {
	content  openapi3.Content
	required bool
	schema   func() (*jsonschema.Schema, error)
	// isRequest is set for request bodies.
	isRequest bool
}

func newForm(content openapi3.Content, required bool) *form {
	f := &form{content: content, required: required}
	f.schema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(content.Get(mediaType), f.isRequest) })
	return f
}

// mediaType is the media type of all bodies of the API.
const mediaType = "application/json"

// schemaName is the address of compiled schemas. Nothing exists there.
const schemaName = "https://contract.invalid/schema.json"

// compile returns the schema of a body, nil if the document has none.
func compile(described *openapi3.MediaType, request bool) (*jsonschema.Schema, error) {
	value, err := decode(described)
	if value == nil || err != nil {
		return nil, err
	}
	amend(value, amendments(), request)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.RegisterFormat(&jsonschema.Format{Name: "url", Validate: checkURL})
	compiler.AssertFormat()
	if err := compiler.AddResource(schemaName, value); err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	return compiler.Compile(schemaName)
}

// decode returns the documented schema of a body, nil if there is none.
func decode(described *openapi3.MediaType) (any, error) {
	if described == nil || described.Schema == nil {
		return nil, nil
	}
	text, err := json.Marshal(described.Schema)
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	return value, nil
}

// checkURL validates the format "url", which the document uses and JSON Schema lacks: an absolute
// URL.
func checkURL(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	address, err := url.Parse(text)
	if err != nil {
		return err
	}
	if address.Scheme == "" || address.Host == "" {
		return errors.New("is not absolute")
	}
	return nil
}

// read parses a body and checks its presence and Content-Type. It reports false if there is no body
// and none is required.
func (f *form) read(contentType string, body []byte) (any, bool, error) {
	if len(body) == 0 && !f.required {
		return nil, false, nil
	}
	if len(body) == 0 {
		return nil, false, errors.New("it is missing")
	}
	if len(f.content) == 0 {
		return nil, false, errors.New("the document has no body here")
	}
	if f.content.Get(contentType) == nil {
		return nil, false, fmt.Errorf("the document has no Content-Type %q here", contentType)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, false, fmt.Errorf("it is not JSON: %w", err)
	}
	return value, true, nil
}

// check validates a parsed body against the schema. It does not change the value.
func (f *form) check(value any) error {
	schema, err := f.schema()
	if err != nil {
		return err
	}
	if schema == nil {
		return nil
	}
	err = schema.Validate(value)
	if violation, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return errors.New(describe(violation))
	}
	return err
}

// maxMistakes is the maximum number of reported mistakes per body.
const maxMistakes = 4

// describe lists the mistakes, sorted because they and their keys come in map order.
func describe(violation *jsonschema.ValidationError) string {
	var mistakes []string
	for _, unit := range violation.BasicOutput().Errors {
		if unit.Error == nil {
			continue
		}
		if extra, ok := unit.Error.Kind.(*kind.AdditionalProperties); ok {
			slices.Sort(extra.Properties)
		}
		mistakes = append(mistakes, "at "+location(unit)+": "+unit.Error.String())
	}
	slices.Sort(mistakes)
	mistakes = slices.Compact(mistakes)
	if len(mistakes) > maxMistakes {
		mistakes = append(mistakes[:maxMistakes], "and more")
	}
	return strings.Join(mistakes, "; ")
}

// location returns the position of a mistake in a body.
func location(unit jsonschema.OutputUnit) string {
	if _, ok := unit.Error.Kind.(*kind.PropertyNames); ok {
		// The package does not copy the path here, so it may have been overwritten.
		return "a key of some object"
	}
	return cmp.Or(unit.InstanceLocation, "/")
}
