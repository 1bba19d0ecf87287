package action

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/diagnose"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

var (
	_ datasource.DataSourceWithConfigure = (*envelope.DataSource[model, *model])(nil)
	_ datasource.DataSourceWithConfigure = (*listDataSource)(nil)
)

// unreadable is the attribute of the resource that Port does not store.
const unreadable = "blueprint"

// NewDataSource returns the data source port_action.
func NewDataSource() datasource.DataSource {
	return &envelope.DataSource[model, *model]{
		DataSourceHead: envelope.DataSourceHead{TypeName: typeName},
		Kind:           kind(),
		ManagedSchema:  actionSchema,
		Except:         []string{unreadable},
		Key: schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The identifier of the action to read.",
			Validators:          validate.ActionIdentifier(),
		},
	}
}

type listDataSource struct {
	envelope.DataSourceHead
}

// NewListDataSource returns the data source port_actions.
func NewListDataSource() datasource.DataSource {
	return &listDataSource{envelope.DataSourceHead{TypeName: "actions"}}
}

// Schema declares the data source.
func (d *listDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the automations and self-service actions of the organization, whether or not Terraform manages them.",
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
			"actions": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The actions, by identifier.",
				NestedObject:        listed(ctx),
			},
		},
	}
}

// listed declares one action of the list.
func listed(ctx context.Context) schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: envelope.Readable(actionSchema(ctx), unreadable)}
}

type listModel struct {
	TriggerType types.String `tfsdk:"trigger_type"`
	Blueprint   types.String `tfsdk:"blueprint"`
}

// Read reads GET /v1/actions.
func (d *listDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var selection listModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("trigger_type"), &selection.TriggerType)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("blueprint"), &selection.Blueprint)...)
	if resp.Diagnostics.HasError() {
		return
	}
	all, err := d.Backend.Client.Actions.List(ctx, port.ListActionsOptions{
		Blueprint: selection.Blueprint.ValueString(), TriggerType: selection.TriggerType.ValueString(),
	})
	if err != nil {
		resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Actions", Err: err}.Diagnostic())
		return
	}
	element := listed(ctx).Type().TerraformType(ctx)
	values := map[string]tftypes.Value{}
	for _, current := range all {
		value, err := envelope.ReadableValue[model](ctx, actionSchema(ctx), current, element)
		if err != nil {
			resp.Diagnostics.Append(diagnose.Failure{Verb: "Read", Kind: "Action", Identifier: current.Identifier(), Err: err}.Diagnostic())
			return
		}
		values[current.Identifier()] = value
	}
	resp.State.Raw = tftypes.NewValue(resp.State.Schema.Type().TerraformType(ctx), map[string]tftypes.Value{
		"trigger_type": tftypes.NewValue(tftypes.String, selection.TriggerType.ValueStringPointer()),
		"blueprint":    tftypes.NewValue(tftypes.String, selection.Blueprint.ValueStringPointer()),
		"actions":      tftypes.NewValue(tftypes.Map{ElementType: element}, values),
	})
}
