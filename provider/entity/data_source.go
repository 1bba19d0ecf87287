package entity

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ datasource.DataSourceWithConfigure = (*entityDataSource)(nil)

// entityDataSource is the data source port_entity: one entity.
type entityDataSource struct {
	reader
}

// NewDataSource returns the data source port_entity.
func NewDataSource() datasource.DataSource { return &entityDataSource{newReader("entity")} }

// reader is the common part of the data sources.
type reader struct {
	envelope.DataSourceHead
}

func newReader(typeName string) reader { return reader{envelope.DataSourceHead{TypeName: typeName}} }

// Schema declares the data source.
func (d *entityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := resultAttributes()
	attributes["id"] = computedText("The ID of the entity: `<blueprint>:<identifier>`.")
	attributes["blueprint"] = schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint.", Validators: validate.BlueprintIdentifier()}
	attributes["identifier"] = schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the entity.", Validators: validate.EntityIdentifier()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one entity, including its mirror, calculation and aggregation properties and its scorecards. It fails if the entity does not exist.",
		Attributes:          attributes,
	}
}

// entityDataModel is the Terraform model of the data source.
type entityDataModel struct {
	resultModel
	ID types.String `tfsdk:"id"`
}

// Read fetches GET /v1/blueprints/{blueprint}/entities/{identifier}.
func (d *entityDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var at identityModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("blueprint"), &at.Blueprint)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("identifier"), &at.Identifier)...)
	if resp.Diagnostics.HasError() {
		return
	}
	blueprint, identifier := at.Blueprint.ValueString(), at.Identifier.ValueString()
	result, err := d.read(ctx, blueprint, identifier)
	if err != nil {
		failure := diagnose.Failure{Verb: "Read", Kind: "Entity", Identifier: entityID(blueprint, identifier), Err: err}
		if errors.Is(err, port.ErrNotFound) {
			failure.Advice = "The entity does not exist. If it may be missing, use the data source port_entities instead, which returns an empty list."
		}
		resp.Diagnostics.Append(failure.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, entityDataModel{resultModel: *result, ID: types.StringValue(entityID(blueprint, identifier))})...)
}

func (d *entityDataSource) read(ctx context.Context, blueprint, identifier string) (*resultModel, error) {
	entity, err := d.Backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{})
	if err != nil {
		return nil, err
	}
	return d.result(ctx, blueprint, entity)
}
