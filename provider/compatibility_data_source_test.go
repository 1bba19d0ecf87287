package provider_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/port-changelog/terraform-provider-port/provider"
)

// TestDataSourcesAcceptOfficialConfigurations is [TestSchemaAcceptsOfficialConfigurations] for the
// official provider's data sources.
func TestDataSourcesAcceptOfficialConfigurations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/official-data-sources.json")
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
		schema, exists := ours.DataSourceSchemas[name]
		if !exists {
			t.Errorf("the data source %s is missing", name)
			continue
		}
		compareAttributes(t, name, attributes, schema.Block.Attributes)
	}
}
