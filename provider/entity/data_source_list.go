package entity

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ datasource.DataSourceWithConfigure = (*entitiesDataSource)(nil)

// entitiesDataSource is the data source port_entities: the entities of one blueprint.
type entitiesDataSource struct {
	reader
}

// NewEntitiesDataSource returns the data source port_entities.
func NewEntitiesDataSource() datasource.DataSource { return &entitiesDataSource{newReader("entities")} }

// pageSize is the largest page size that Port accepts.
const pageSize = 1000

// Schema declares the data source.
func (d *entitiesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Searches the entities of one blueprint. It reads all pages of results, however many there are. To search all blueprints, use `port_search`.",
		Attributes: map[string]schema.Attribute{
			"blueprint": schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint.", Validators: validate.BlueprintIdentifier()},
			"query": schema.StringAttribute{
				Optional: true, CustomType: jsontype.Type{},
				MarkdownDescription: "A [search query](https://docs.port.io/search-and-query/) with `combinator` and `rules`, as JSON. Use `jsonencode`. Without it, all entities are returned.",
				Validators:          []validator.String{validate.Query{}},
			},
			"include": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Returns only these keys, such as `title` and `properties.cpuUtil`. Include `identifier` if you need it.",
			},
			"exclude":  schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Omits these keys from the results."},
			"entities": resultList("The matching entities, in Port's order."),
		},
	}
}

func resultList(description string) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: description,
		NestedObject:        schema.NestedAttributeObject{Attributes: resultAttributes()},
	}
}

// entitiesModel is the Terraform model of the data source.
type entitiesModel struct {
	Blueprint types.String   `tfsdk:"blueprint"`
	Query     jsontype.Value `tfsdk:"query"`
	Include   []types.String `tfsdk:"include"`
	Exclude   []types.String `tfsdk:"exclude"`
	Entities  []resultModel  `tfsdk:"entities"`
}

// Read fetches all pages of POST /v1/blueprints/{blueprint}/entities/search.
func (d *entitiesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state entitiesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := d.search(ctx, &state); err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Search", Kind: "Entities", Identifier: state.Blueprint.ValueString(), Err: err}.Diagnostic())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (d *entitiesDataSource) search(ctx context.Context, state *entitiesModel) error {
	options := port.SearchBlueprintOptions{PageSize: pageSize, Include: plainTexts(state.Include), Exclude: plainTexts(state.Exclude)}
	state.Entities = []resultModel{}
	for entity, err := range d.Backend.Client.Entities.SearchBlueprint(ctx, state.Blueprint.ValueString(), queryOf(state.Query), options) {
		if err != nil {
			return err
		}
		result, err := d.result(ctx, state.Blueprint.ValueString(), entity)
		if err != nil {
			return err
		}
		state.Entities = append(state.Entities, *result)
	}
	return nil
}

// queryOf returns the JSON of a query, nil if it is not set.
func queryOf(query jsontype.Value) json.RawMessage {
	if query.IsNull() {
		return nil
	}
	return json.RawMessage(query.ValueString())
}
