package entity

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// ValidateConfig refuses a property that is set both in a typed map and in properties_json, because
// one of the values would be lost.
func (r *entityResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var typed types.Object
	var text jsontype.Value
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("properties"), &typed)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("properties_json"), &text)...)
	if resp.Diagnostics.HasError() {
		return
	}
	untyped, err := objectOf(text)
	if err != nil {
		// The validators of the attribute report this.
		return
	}
	resp.Diagnostics.Append(exclusiveKeys(typed, untyped)...)
}

func exclusiveKeys(typed types.Object, untyped map[string]any) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, entry := range entriesOf(path.Root("properties"), typed) {
		if has(untyped, entry.key) {
			diagnostics.AddAttributeError(path.Root("properties_json"), "Duplicate Key", fmt.Sprintf(
				"The key %q also appears in %s of properties. It can have one value only: remove it from one of the two.", entry.key, entry.collection))
		}
	}
	return diagnostics
}
