package provider_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider"
)

// officialAttribute is an attribute of the official provider, on which existing configurations and
// states rely.
type officialAttribute struct {
	Type       json.RawMessage              `json:"type"`
	Nesting    string                       `json:"nesting"`
	Attributes map[string]officialAttribute `json:"attributes"`
	Mode       string                       `json:"mode"`
}

// TestSchemaAcceptsOfficialConfigurations checks that configurations and states of the official
// provider are valid without changes.
func TestSchemaAcceptsOfficialConfigurations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/official-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var official map[string]map[string]officialAttribute
	if err := json.Unmarshal(text, &official); err != nil {
		t.Fatal(err)
	}
	server := providerserver.NewProtocol6(provider.New("test")())()
	ours, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, attributes := range official {
		schema := ours.Provider
		if name != "provider" {
			schema = ours.ResourceSchemas[name]
		}
		if schema.Version != 0 {
			t.Errorf("%s: the schema version is %d", name, schema.Version)
		}
		compareAttributes(t, name, attributes, schema.Block.Attributes)
	}
}

func compareAttributes(t *testing.T, path string, official map[string]officialAttribute, ours []*tfprotov6.SchemaAttribute) {
	t.Helper()
	byName := map[string]*tfprotov6.SchemaAttribute{}
	for _, attribute := range ours {
		byName[attribute.Name] = attribute
		if _, isOfficial := official[attribute.Name]; !isOfficial && attribute.Required {
			t.Errorf("%s.%s: a new attribute must not be required", path, attribute.Name)
		}
	}
	for name, want := range official {
		got, exists := byName[name]
		if !exists {
			t.Errorf("%s.%s is missing", path, name)
			continue
		}
		compareAttribute(t, path+"."+name, want, got)
	}
}

func compareAttribute(t *testing.T, path string, official officialAttribute, ours *tfprotov6.SchemaAttribute) {
	t.Helper()
	if official.Mode != "computed" && !ours.Optional && !ours.Required {
		t.Errorf("%s cannot be configured", path)
	}
	if official.Mode != "required" && ours.Required {
		t.Errorf("%s became required", path)
	}
	if ours.NestedType == nil {
		got, err := json.Marshal(ours.Type)
		if err != nil {
			t.Fatal(err)
		}
		if !jsonvalue.EqualText(string(got), string(official.Type)) {
			t.Errorf("%s has the type %s, want %s", path, got, official.Type)
		}
		return
	}
	if got := strings.ToLower(ours.NestedType.Nesting.String()); got != official.Nesting {
		t.Errorf("%s has the nesting %s, want %s", path, got, official.Nesting)
	}
	compareAttributes(t, path, official.Attributes, ours.NestedType.Attributes)
}
