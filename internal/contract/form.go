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

// form is what the document says about the body of a request or an answer.
//
// The schemas of OpenAPI 3.1 are JSON Schema, which kin-openapi leaves to the
// package jsonschema. It compiles the schema anew for every body, for up to ten
// milliseconds, and where it cannot it silently checks less. So bodies are
// checked with that package directly: schemas are compiled once, when they are
// first needed, and one that cannot be compiled is an error.
type form struct {
	content  openapi3.Content
	required bool
	schema   func() (*jsonschema.Schema, error)
	// isRequest is set for what clients send.
	isRequest bool
}

func newForm(content openapi3.Content, required bool) *form {
	f := &form{content: content, required: required}
	f.schema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(content.Get(mediaType), f.isRequest) })
	return f
}

// mediaType is that of all bodies of the API.
const mediaType = "application/json"

// schemaName is the address under which a schema is compiled. Nothing is there.
const schemaName = "https://contract.invalid/schema.json"

// compile returns the schema of a body, nil when the document gives none.
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

// decode returns the schema of a body as the document has it, nil when it has none.
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

// checkURL is the format "url", which JSON Schema does not have and the document
// uses: an absolute address.
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

// read parses a body, and checks what comes before its schema. It reports false
// when there is none, and none is needed.
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

// check holds a parsed body against the schema. It does not change the value.
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

// mostMistakes is how many mistakes of one body are told.
const mostMistakes = 4

// describe tells what is wrong, sorted, for the mistakes and the keys that they
// name come in the order of maps.
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
	if len(mistakes) > mostMistakes {
		mistakes = append(mistakes[:mostMistakes], "and more")
	}
	return strings.Join(mistakes, "; ")
}

// location says where in a body a mistake is.
func location(unit jsonschema.OutputUnit) string {
	if _, ok := unit.Error.Kind.(*kind.PropertyNames); ok {
		// The package does not copy the path here, and it may have become another.
		return "a key of some object"
	}
	return cmp.Or(unit.InstanceLocation, "/")
}
