package action

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/listing"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var _ list.ListResourceWithConfigure = (*listing.Resource[listFilter])(nil)

// listFilter is the configuration of a list block.
type listFilter struct {
	listModel
	Search types.String `tfsdk:"search"`
}

// NewListResource returns the list resource port_action.
func NewListResource() list.ListResource {
	return &listing.Resource[listFilter]{
		ResourceHead: envelope.ResourceHead{TypeName: typeName},
		Kind:         "Actions",
		Schema: schema.Schema{
			MarkdownDescription: "Lists the automations and self-service actions of the organization, whether or not Terraform manages them, for `terraform query` (Terraform 1.14 or newer).",
			Attributes: map[string]schema.Attribute{
				"trigger_type": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Only actions with this trigger: `automation` or `self-service`.",
					Validators:          []validator.String{stringvalidator.OneOf("automation", "self-service")},
				},
				"blueprint": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Only self-service actions of the blueprint with this identifier, and automations that its entities trigger.",
					Validators:          validate.BlueprintIdentifier(),
				},
				"search": listing.SearchAttribute("actions"),
			},
		},
		Find: findListed,
	}
}

// findListed reads GET /v1/actions.
func findListed(ctx context.Context, from *backend.Backend, filter listFilter) iter.Seq2[listing.Object, error] {
	return func(yield func(listing.Object, error) bool) {
		all, err := from.Client.Actions.List(ctx, port.ListActionsOptions{
			Blueprint: filter.Blueprint.ValueString(), TriggerType: filter.TriggerType.ValueString(),
		})
		if err != nil {
			yield(listing.Object{}, err)
			return
		}
		for _, current := range all {
			object := listedAction(current)
			if listing.Matches(filter.Search, object.Identifier, object.Title) && !yield(object, nil) {
				return
			}
		}
	}
}

func listedAction(current port.Action) listing.Object {
	title, _ := current["title"].(string)
	identifier := types.StringValue(current.Identifier())
	return listing.Object{
		Title:      title,
		Identifier: current.Identifier(),
		Identity: struct {
			Identifier types.String `tfsdk:"identifier"`
		}{identifier},
		State: func(none timeouts.Value) (any, error) {
			var imported model
			if err := document.Read(document.Object(current), imported.Bindings(), true); err != nil {
				return nil, err
			}
			imported.ID, imported.Timeouts = identifier, none
			return &imported, nil
		},
	}
}
