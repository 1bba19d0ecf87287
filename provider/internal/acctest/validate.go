package acctest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider"
)

// Unknown represents an unknown value in a configuration for [Validate].
const Unknown = "(unknown)"

// Validate checks the configuration of a resource as `terraform validate` does, but without the
// CLI. The configuration is a JSON object; omitted attributes are null. Each diagnostic has the
// form "severity path: summary: detail".
func Validate(t *testing.T, resourceType, config string) []string {
	t.Helper()
	return ValidateAll(t, resourceType, map[string]string{"": config})[""]
}

// ValidateAll is [Validate] for many configurations, by name. It omits those without diagnostics.
func ValidateAll(t *testing.T, resourceType string, configs map[string]string) map[string][]string {
	t.Helper()
	server := providerserver.NewProtocol6(provider.New("test")())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	wireType := schemas.ResourceSchemas[resourceType].ValueType()
	all := map[string][]string{}
	for name, config := range configs {
		if diagnostics := validate(t, server, resourceType, wireType, config); len(diagnostics) > 0 {
			all[name] = diagnostics
		}
	}
	return all
}

func validate(t *testing.T, server tfprotov6.ProviderServer, resourceType string, wireType tftypes.Type, config string) []string {
	t.Helper()
	decoded, err := jsonvalue.Decode([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	value, err := terraformValue(wireType, decoded)
	if err != nil {
		t.Fatal(err)
	}
	dynamic, err := tfprotov6.NewDynamicValue(wireType, value)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: resourceType, Config: &dynamic})
	if err != nil {
		t.Fatal(err)
	}
	return describe(response.Diagnostics)
}

// terraformValue converts decoded JSON to a value of a type.
func terraformValue(wireType tftypes.Type, value any) (tftypes.Value, error) {
	if value == nil {
		return tftypes.NewValue(wireType, nil), nil
	}
	if value == Unknown {
		return tftypes.NewValue(wireType, tftypes.UnknownValue), nil
	}
	switch wireType := wireType.(type) {
	case tftypes.Object:
		object, ok := value.(map[string]any)
		if !ok {
			return tftypes.Value{}, fmt.Errorf("want an object, got %v", value)
		}
		return terraformObject(wireType, object)
	case tftypes.Map:
		object, ok := value.(map[string]any)
		if !ok {
			return tftypes.Value{}, fmt.Errorf("want a map, got %v", value)
		}
		elements := map[string]tftypes.Value{}
		for key := range object {
			element, err := terraformValue(wireType.ElementType, object[key])
			if err != nil {
				return tftypes.Value{}, fmt.Errorf("%s: %w", key, err)
			}
			elements[key] = element
		}
		return tftypes.NewValue(wireType, elements), nil
	case tftypes.List:
		return terraformElements(wireType, wireType.ElementType, value)
	case tftypes.Set:
		return terraformElements(wireType, wireType.ElementType, value)
	default:
		return terraformScalar(wireType, value)
	}
}

func terraformObject(wireType tftypes.Object, object map[string]any) (tftypes.Value, error) {
	attributes := map[string]tftypes.Value{}
	for name, attributeType := range wireType.AttributeTypes {
		attribute, err := terraformValue(attributeType, object[name])
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
		}
		attributes[name] = attribute
	}
	for name := range object {
		if _, exists := attributes[name]; !exists {
			return tftypes.Value{}, fmt.Errorf("unknown attribute %q", name)
		}
	}
	return tftypes.NewValue(wireType, attributes), nil
}

func terraformElements(wireType, elementType tftypes.Type, value any) (tftypes.Value, error) {
	list, ok := value.([]any)
	if !ok {
		return tftypes.Value{}, fmt.Errorf("want a list, got %v", value)
	}
	elements := make([]tftypes.Value, 0, len(list))
	for _, item := range list {
		element, err := terraformValue(elementType, item)
		if err != nil {
			return tftypes.Value{}, err
		}
		elements = append(elements, element)
	}
	return tftypes.NewValue(wireType, elements), nil
}

func terraformScalar(wireType tftypes.Type, value any) (tftypes.Value, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.ValueFromJSON(encoded, wireType) //nolint:staticcheck // It is deprecated for providers, which read a DynamicValue; a test has only JSON.
}
