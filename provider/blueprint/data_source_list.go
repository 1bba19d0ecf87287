package blueprint

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

var _ datasource.DataSourceWithConfigure = (*listDataSource)(nil)

type listDataSource struct {
	envelope.DataSourceHead
}

// NewListDataSource returns the data source port_blueprints.
func NewListDataSource() datasource.DataSource {
	return &listDataSource{envelope.DataSourceHead{TypeName: "blueprints"}}
}

// Schema declares the data source.
func (d *listDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads all blueprints of the organization, whether or not Terraform manages them.",
		Attributes: map[string]schema.Attribute{
			"blueprints": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The blueprints, by identifier.",
				NestedObject:        listedAttributes(ctx),
			},
		},
	}
}

// listedAttributes declares one blueprint of the list.
func listedAttributes(ctx context.Context) schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: readableAttributes(ctx)}
}

// Read reads GET /v1/blueprints.
func (d *listDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	all, err := d.Backend.Client.Blueprints.List(ctx)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Blueprints", Err: err}.Diagnostic())
		return
	}
	whole := resp.State.Schema.Type().TerraformType(ctx)
	values, diagnostics := readableValues(ctx, all, types.MapType{ElemType: listedAttributes(ctx).Type()})
	resp.Diagnostics.Append(diagnostics...)
	if !diagnostics.HasError() {
		resp.State.Raw = tftypes.NewValue(whole, map[string]tftypes.Value{"blueprints": values})
	}
}

func readableValues(ctx context.Context, all []port.Blueprint, to types.MapType) (tftypes.Value, diag.Diagnostics) {
	element := to.ElemType.TerraformType(ctx)
	values := map[string]tftypes.Value{}
	for _, current := range all {
		value, err := readableValue(ctx, &current, element)
		if err != nil {
			return tftypes.Value{}, diag.Diagnostics{failure(ctx, "Read", current.Identifier, err).Diagnostic()}
		}
		values[current.Identifier] = value
	}
	return tftypes.NewValue(to.TerraformType(ctx), values), nil
}
