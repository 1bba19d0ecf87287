package entity

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
	"github.com/port-changelog/terraform-provider-port/provider/internal/listing"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ list.ListResourceWithConfigure = (*listing.Resource[listFilter])(nil)

// listFilter is the configuration of a list block.
type listFilter struct {
	Blueprint types.String   `tfsdk:"blueprint"`
	Query     jsontype.Value `tfsdk:"query"`
}

// NewListResource returns the list resource port_entity.
func NewListResource() list.ListResource {
	return &listing.Resource[listFilter]{
		ResourceHead: envelope.ResourceHead{TypeName: "entity"},
		Kind:         "Entities",
		Schema: schema.Schema{
			MarkdownDescription: "Lists the entities of a blueprint, whether or not Terraform manages them, for `terraform query` (Terraform 1.14 or newer). Terraform stops after 100 entities unless the block sets `limit`.",
			Attributes: map[string]schema.Attribute{
				"blueprint": schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint.", Validators: validate.BlueprintIdentifier()},
				"query": schema.StringAttribute{
					Optional: true, CustomType: jsontype.Type{},
					MarkdownDescription: "A [search query](https://docs.port.io/search-and-query/) with `combinator` and `rules`, as JSON. Use `jsonencode`. Without it, all entities are listed.",
					Validators:          []validator.String{validate.Query{}},
				},
			},
		},
		Find: listEntities,
	}
}

// listEntities reads all pages of POST /v1/blueprints/{blueprint}/entities/search.
func listEntities(ctx context.Context, from *backend.Backend, filter listFilter) iter.Seq2[listing.Object, error] {
	return func(yield func(listing.Object, error) bool) {
		definition, err := from.Blueprint(ctx, filter.Blueprint.ValueString())
		if err != nil {
			yield(listing.Object{}, err)
			return
		}
		options := port.SearchBlueprintOptions{PageSize: pageSize}
		for current, err := range from.Client.Entities.SearchBlueprint(ctx, definition.Identifier, queryOf(filter.Query), options) {
			if err != nil {
				yield(listing.Object{}, err)
				return
			}
			if !yield(listedEntity(current, definition), nil) {
				return
			}
		}
	}
}

func listedEntity(current *port.Entity, definition *port.Blueprint) listing.Object {
	object := listing.Object{
		Identifier: current.Identifier,
		Identity:   identityModel{Blueprint: types.StringValue(definition.Identifier), Identifier: types.StringValue(current.Identifier)},
		State: func(none timeouts.Value) (any, error) {
			imported, err := fromAPI(definition.Identifier, withoutComputed(current, definition), nil, definition)
			if err != nil {
				return nil, err
			}
			imported.Timeouts = none
			return imported, nil
		},
	}
	if current.Title != nil {
		object.Title = *current.Title
	}
	return object
}

// withoutComputed omits the values that Port computes. Search results contain them, unlike reads.
func withoutComputed(current *port.Entity, definition *port.Blueprint) *port.Entity {
	own := *current
	own.Properties = map[string]any{}
	for key, value := range current.Properties {
		if !has(definition.MirrorProperties, key) && !has(definition.CalculationProperties, key) && !has(definition.AggregationProperties, key) {
			own.Properties[key] = value
		}
	}
	if inheritsTeams(definition) {
		own.Team = nil
	}
	return &own
}
