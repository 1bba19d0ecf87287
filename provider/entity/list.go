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
		TypeName: "entity",
		Kind:     "Entities",
		Schema: schema.Schema{
			MarkdownDescription: "Lists the entities of a blueprint, also those that Terraform does not manage, for `terraform query` of Terraform 1.14 and later. Port is asked page by page, so there may be any number of them; Terraform stops at 100 unless the block sets `limit`.",
			Attributes: map[string]schema.Attribute{
				"blueprint": schema.StringAttribute{Required: true, MarkdownDescription: "The identifier of the blueprint.", Validators: validate.BlueprintIdentifier()},
				"query": schema.StringAttribute{
					Optional: true, CustomType: jsontype.Type{},
					MarkdownDescription: "Which entities, as JSON: an object of `combinator` and `rules` ([search and query](https://docs.port.io/search-and-query/)). Use `jsonencode`. All of them without it.",
					Validators:          []validator.String{validate.Query{}},
				},
			},
		},
		Find: findListed,
	}
}

// findListed reads POST /v1/blueprints/{blueprint}/entities/search page by page.
func findListed(ctx context.Context, from *backend.Backend, filter listFilter) iter.Seq2[listing.Object, error] {
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
			fresh, err := fromAPI(definition.Identifier, ownPart(current, definition), nil, definition)
			if err != nil {
				return nil, err
			}
			fresh.Timeouts = none
			return fresh, nil
		},
	}
	if current.Title != nil {
		object.Title = *current.Title
	}
	return object
}

// ownPart leaves out what Port computes: a search shows it, unlike a read.
func ownPart(current *port.Entity, definition *port.Blueprint) *port.Entity {
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
