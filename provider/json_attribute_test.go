package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// TestJSONAttributes_refuseTheEmptyString checks the validators of every JSON attribute, because
// the type of these attributes accepts the empty string.
func TestJSONAttributes_refuseTheEmptyString(t *testing.T) {
	t.Parallel()
	checked := 0
	var check func(at path.Path, attributes map[string]schema.Attribute)
	check = func(at path.Path, attributes map[string]schema.Attribute) {
		for name, attribute := range attributes {
			at := at.AtName(name)
			switch attribute := attribute.(type) {
			case schema.SingleNestedAttribute:
				check(at, attribute.Attributes)
			case schema.MapNestedAttribute:
				check(at, attribute.NestedObject.Attributes)
			case schema.ListNestedAttribute:
				check(at, attribute.NestedObject.Attributes)
			case schema.StringAttribute:
				if _, isJSON := attribute.CustomType.(jsontype.Type); !isJSON {
					continue
				}
				checked++
				var resp validator.StringResponse
				for _, one := range attribute.Validators {
					one.ValidateString(t.Context(), validator.StringRequest{Path: at, ConfigValue: types.StringValue("")}, &resp)
				}
				if !resp.Diagnostics.HasError() {
					t.Errorf("%s accepts the empty string", at)
				}
			}
		}
	}
	for _, constructor := range provider.New("test")().Resources(t.Context()) {
		var metadata resource.MetadataResponse
		constructor().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "port"}, &metadata)
		var declared resource.SchemaResponse
		constructor().Schema(t.Context(), resource.SchemaRequest{}, &declared)
		check(path.Root(metadata.TypeName), declared.Schema.Attributes)
	}
	if checked == 0 {
		t.Error("no resource has a JSON attribute")
	}
}
