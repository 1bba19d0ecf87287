package entity

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ datasource.DataSourceWithConfigure = (*entityDataSource)(nil)

// entityDataSource is port_entity, one entity that somebody else manages.
type entityDataSource struct {
	reader
}

// NewDataSource returns the data source port_entity.
func NewDataSource() datasource.DataSource { return &entityDataSource{} }

// reader is what the data sources have in common.
type reader struct {
	backend *backend.Backend
}

// Configure takes over the client.
func (r *reader) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	configured, diagnostics := backend.FromProviderData(req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.backend = configured
}

// Metadata names the data source.
func (d *entityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_entity"
}

// Schema declares the data source.
func (d *entityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := resultAttributes()
	attributes["id"] = computedText("The id of the entity: `<blueprint>:<identifier>`.")
	attributes["blueprint"] = schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint.", Validators: validate.BlueprintIdentifier()}
	attributes["identifier"] = schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the entity.", Validators: validate.EntityIdentifier()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one entity, with everything that Port knows of it: also mirror, calculation and aggregation properties, and scorecards. It fails if there is no such entity.",
		Attributes:          attributes,
	}
}

// entityDataModel is the data source in Terraform's terms.
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
	result, err := d.find(ctx, blueprint, identifier)
	if err != nil {
		failure := diagnose.Failure{Verb: "Read", Kind: "Entity", Identifier: entityID(blueprint, identifier), Err: err}
		if errors.Is(err, port.ErrNotFound) {
			failure.Advice = "There is no such entity. Use the data source port_entities to look for one that may be missing."
		}
		resp.Diagnostics.Append(failure.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, entityDataModel{resultModel: *result, ID: types.StringValue(entityID(blueprint, identifier))})...)
}

func (d *entityDataSource) find(ctx context.Context, blueprint, identifier string) (*resultModel, error) {
	entity, err := d.backend.Client.Entities.Get(ctx, blueprint, identifier, port.GetEntityOptions{})
	if err != nil {
		return nil, err
	}
	return d.result(ctx, blueprint, entity)
}
