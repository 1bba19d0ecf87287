package action

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

// ReadInputs validates the inputs of a run against its action and fills in the defaults of those
// that are missing. [?runs] Assumed: Port's wording, and that it refuses inputs which the action
// does not have. Values that a form computes with a jqQuery are accepted unchanged.
func ReadInputs(userInputs, given *document.Object) (*document.Object, error) {
	definitions := userInputs.Object("properties")
	for name := range given.All() {
		if !definitions.Has(name) {
			return nil, refuseInput("body/properties must NOT have additional properties: '%s'", name)
		}
	}
	inputs := given.Clone()
	required := userInputs.List("required")
	for name, item := range definitions.All() {
		definition, _ := item.(*document.Object)
		definition = withoutQueries(definition)
		if fallback, ok := definition.Get("default"); ok && !inputs.Has(name) {
			inputs.Set(name, fallback)
		}
		value, ok := inputs.Get(name)
		if !ok {
			if slices.Contains(required, any(name)) {
				return nil, refuseInput("body/properties must have required property '%s'", name)
			}
			continue
		}
		s, violation := schema.Compile("trigger/userInputs/properties/"+name, definition)
		if violation == nil && value != nil {
			violation = s.Validate("body/properties/"+name, value)
		}
		if violation != nil {
			return nil, refuseInput("%s", violation.Error())
		}
	}
	return inputs, nil
}

// withoutQueries omits what a jqQuery computes when the form is shown.
func withoutQueries(definition *document.Object) *document.Object {
	plain := document.New()
	for key, value := range definition.All() {
		if query, ok := value.(*document.Object); ok && query.Has("jqQuery") {
			continue
		}
		plain.Set(key, value)
	}
	return plain
}

func refuseInput(format, argument string) error {
	return catalog.Refuse(catalog.Invalid, format, argument)
}
