package acctest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// Generated returns the configuration that `terraform plan -generate-config-out` writes for the
// object in the state: every attribute that can be configured.
func (s *Session) Generated() string {
	s.t.Helper()
	text, err := jsonvalue.Encode(configurable(s.t, s.schema.Block.Attributes, s.state))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// configurable returns the attributes of an object that can be configured.
func configurable(t *testing.T, attributes []*tfprotov6.SchemaAttribute, object tftypes.Value) map[string]any {
	t.Helper()
	result, values := map[string]any{}, members(t, object)
	for _, attribute := range attributes {
		value := values[attribute.Name]
		switch {
		case value.IsNull() || (!attribute.Optional && !attribute.Required) || isEmptyString(value):
		case attribute.NestedType == nil:
			result[attribute.Name] = plain(t, value)
		default:
			result[attribute.Name] = configurableNested(t, attribute.NestedType, value)
		}
	}
	return result
}

// isEmptyString reports whether a value is the empty string, for which Terraform generates null.
func isEmptyString(value tftypes.Value) bool {
	var text string
	return value.IsKnown() && value.Type().Is(tftypes.String) && value.As(&text) == nil && text == ""
}

func configurableNested(t *testing.T, nested *tfprotov6.SchemaObject, value tftypes.Value) any {
	t.Helper()
	switch {
	case value.Type().Is(tftypes.Object{}):
		return configurable(t, nested.Attributes, value)
	case value.Type().Is(tftypes.Map{}):
		elements := map[string]any{}
		for key, element := range members(t, value) {
			elements[key] = configurable(t, nested.Attributes, element)
		}
		return elements
	default:
		elements := []any{}
		for _, element := range listElements(t, value) {
			elements = append(elements, configurable(t, nested.Attributes, element))
		}
		return elements
	}
}
