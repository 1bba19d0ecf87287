package entity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ datasource.DataSourceWithConfigure = (*searchDataSource)(nil)

// searchDataSource is the data source port_search: entities of all blueprints.
type searchDataSource struct {
	reader
}

// NewSearchDataSource returns the data source port_search.
func NewSearchDataSource() datasource.DataSource { return &searchDataSource{newReader("search")} }

// Schema declares the data source. Names and wire types are those of the official provider, so that
// existing configurations work unchanged.
func (d *searchDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Searches the entities of all blueprints. Port returns all results in one response; for many entities of one blueprint, use `port_entities`.",
		Attributes: map[string]schema.Attribute{
			"id": computedText("The ID of the search. Equal arguments have the same ID."),
			"query": schema.StringAttribute{
				Required: true, CustomType: jsontype.Type{},
				MarkdownDescription: "A [search query](https://docs.port.io/search-and-query/) with `combinator` and `rules`, as JSON. Use `jsonencode`.",
				Validators:          []validator.String{validate.Query{}},
			},
			"exclude_calculated_properties": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to omit values that Port computes. Defaults to `false`."},
			"attach_title_to_relation":      schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to return the titles of related entities in `relation_titles`. Defaults to `false`."},
			"include": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Returns only these keys, such as `title` and `properties.cpuUtil`. Include `identifier` and `blueprint` if you need them.",
			},
			"exclude":             schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Omits these keys from the results."},
			"matching_blueprints": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The blueprints of the matching entities."},
			"entities":            resultList("The matching entities, in Port's order."),
		},
	}
}

// searchModel is the Terraform model of the data source.
type searchModel struct {
	ID                    types.String   `tfsdk:"id"`
	Query                 jsontype.Value `tfsdk:"query"`
	ExcludeCalculated     types.Bool     `tfsdk:"exclude_calculated_properties"`
	AttachTitleToRelation types.Bool     `tfsdk:"attach_title_to_relation"`
	Include               []types.String `tfsdk:"include"`
	Exclude               []types.String `tfsdk:"exclude"`
	MatchingBlueprints    []types.String `tfsdk:"matching_blueprints"`
	Entities              []resultModel  `tfsdk:"entities"`
}

// Read fetches POST /v1/entities/search.
func (d *searchDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state searchModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	failedBlueprints, err := d.search(ctx, &state)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Search", Kind: "Entities", Identifier: state.Query.ValueString(), Err: err}.Diagnostic())
		return
	}
	if len(failedBlueprints) > 0 {
		resp.Diagnostics.AddAttributeWarning(path.Root("query"), "Blueprints Not Searched",
			fmt.Sprintf("Port could not search these blueprints, so their entities may be missing: %s.", strings.Join(failedBlueprints, ", ")))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (d *searchDataSource) search(ctx context.Context, state *searchModel) (failedBlueprints []string, err error) {
	options := port.SearchOptions{GetEntityOptions: port.GetEntityOptions{
		ExcludeCalculated:     state.ExcludeCalculated.ValueBool(),
		AttachTitleToRelation: state.AttachTitleToRelation.ValueBool(),
		Include:               plainTexts(state.Include),
		Exclude:               plainTexts(state.Exclude),
	}}
	result, err := d.Backend.Client.Entities.Search(ctx, queryOf(state.Query), options)
	if err != nil {
		return nil, err
	}
	id, err := searchID(state.Query, options.GetEntityOptions)
	if err != nil {
		return nil, err
	}
	state.ID = types.StringValue(id)
	state.MatchingBlueprints = textList(result.MatchingBlueprints)
	state.Entities = make([]resultModel, 0, len(result.Entities))
	for i := range result.Entities {
		one, err := d.result(ctx, "", &result.Entities[i])
		if err != nil {
			return nil, err
		}
		state.Entities = append(state.Entities, *one)
	}
	return result.FailedBlueprints, nil
}

// searchID returns a digest of the arguments. It does not depend on the formatting of the query.
func searchID(query jsontype.Value, options port.GetEntityOptions) (string, error) {
	decoded, err := query.Decode()
	if err != nil {
		return "", err
	}
	text, err := jsonvalue.Encode([]any{decoded, options})
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}
