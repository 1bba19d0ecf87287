package blueprint

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	frameworklist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/listing"
)

var _ frameworklist.ListResourceWithConfigure = (*listing.Resource[listFilter])(nil)

// listFilter is the configuration of a list block.
type listFilter struct {
	Identifiers []types.String `tfsdk:"identifiers"`
	Search      types.String   `tfsdk:"search"`
}

// NewListResource returns the list resource port_blueprint.
func NewListResource() frameworklist.ListResource {
	return &listing.Resource[listFilter]{
		ResourceHead: envelope.ResourceHead{TypeName: "blueprint"},
		Kind:         "Blueprints",
		Schema: schema.Schema{
			MarkdownDescription: "Lists the blueprints of the organization, whether or not Terraform manages them, for `terraform query` (Terraform 1.14 or newer). System blueprints such as `_user` are omitted, because `port_blueprint` cannot manage them.",
			Attributes: map[string]schema.Attribute{
				"identifiers": schema.ListAttribute{
					Optional: true, ElementType: types.StringType,
					MarkdownDescription: "Only the blueprints with these identifiers.",
				},
				"search": listing.SearchAttribute("blueprints"),
			},
		},
		Find: listBlueprints,
	}
}

// listBlueprints reads GET /v1/blueprints.
func listBlueprints(ctx context.Context, from *backend.Backend, filter listFilter) iter.Seq2[listing.Object, error] {
	return func(yield func(listing.Object, error) bool) {
		all, err := from.Client.Blueprints.List(ctx)
		if err != nil {
			yield(listing.Object{}, err)
			return
		}
		for _, current := range all {
			if filter.selects(&current) && !yield(listedBlueprint(&current), nil) {
				return
			}
		}
	}
}

func (f listFilter) selects(current *port.Blueprint) bool {
	isNamed := f.Identifiers == nil || slices.Contains(f.Identifiers, types.StringValue(current.Identifier))
	return isNamed && !strings.HasPrefix(current.Identifier, "_") && listing.Matches(f.Search, current.Identifier, current.Title)
}

func listedBlueprint(current *port.Blueprint) listing.Object {
	return listing.Object{
		Title:      current.Title,
		Identifier: current.Identifier,
		Identity:   identityModel{Identifier: types.StringValue(current.Identifier)},
		State: func(none timeouts.Value) (any, error) {
			imported := &model{localModel: localModel{Timeouts: none}}
			return imported, imported.refresh(current)
		},
	}
}
