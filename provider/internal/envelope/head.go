package envelope

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

// ResourceHead names a resource and stores its backend. Every resource embeds it.
type ResourceHead struct {
	// TypeName is the name of the resource type without the provider's prefix.
	TypeName string
	Backend  *backend.Backend
}

// Metadata names the resource. Its identity is mutable, because the object can be renamed.
func (h *ResourceHead) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + h.TypeName
	resp.ResourceBehavior.MutableIdentity = true
}

// Configure stores the backend.
func (h *ResourceHead) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	h.Backend = configured
}

// DataSourceHead names a data source and stores its backend. Every data source embeds it.
type DataSourceHead struct {
	// TypeName is the name of the data source without the provider's prefix.
	TypeName string
	Backend  *backend.Backend
}

// Metadata names the data source.
func (h *DataSourceHead) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + h.TypeName
}

// Configure stores the backend.
func (h *DataSourceHead) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	h.Backend = configured
}
