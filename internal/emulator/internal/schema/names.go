package schema

import (
	"errors"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/message"
)

// propertyNames checks the keyword propertyNames a second time: as of v6.0.3 the package jsonschema
// overwrites the location at which it reports an invalid name.
func propertyNames() *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL: base + "property-names",
		Compile: func(ctx *jsonschema.CompilerContext, keywords map[string]any) (jsonschema.SchemaExt, error) {
			if _, ok := keywords["propertyNames"]; !ok {
				return nil, nil
			}
			return nameChecker{ctx.Enqueue([]string{"propertyNames"})}, nil
		},
	}
}

type nameChecker struct{ schema *jsonschema.Schema }

// Validate implements jsonschema.SchemaExt.
func (c nameChecker) Validate(ctx *jsonschema.ValidatorContext, value any) {
	object, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		err, ok := errors.AsType[*jsonschema.ValidationError](ctx.Validate(c.schema, name, []string{name}))
		if !ok {
			continue
		}
		if m, ok := firstOf(name, err); ok {
			ctx.AddError(&invalidName{name: name, problem: m.problem})
		}
	}
}

// invalidName is the error kind for a property with an invalid name.
type invalidName struct{ name, problem string }

// KeywordPath implements jsonschema.ErrorKind.
func (*invalidName) KeywordPath() []string { return []string{"propertyNames"} }

// LocalizedString implements jsonschema.ErrorKind.
func (k *invalidName) LocalizedString(*message.Printer) string { return k.problem }
