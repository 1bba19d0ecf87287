package action

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
	"github.com/port-changelog/terraform-provider-port/provider/internal/validate"
)

// Schema declares port_action. Names, nesting and wire types are those of the official provider, so
// that existing configurations need no change.
func (r *actionResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = actionSchema(ctx)
}

func actionSchema(ctx context.Context) schema.Schema {
	attributes := map[string]schema.Attribute{
		"identifier": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The unique identifier of the action: letters, digits and `@_.+:=-`. Changing it renames the action in place.",
			Validators:          validate.ActionIdentifier(),
		},
		"title":       schema.StringAttribute{Optional: true, MarkdownDescription: "The display name in Port."},
		"icon":        schema.StringAttribute{Optional: true, MarkdownDescription: "The name of one of Port's icons, such as `Microservice`."},
		"description": schema.StringAttribute{Optional: true, MarkdownDescription: "What the action does."},
		"blueprint": schema.StringAttribute{
			Optional:            true,
			DeprecationMessage:  "The blueprint is now part of the trigger: use self_service_trigger.blueprint_identifier, or the blueprint_identifier of an event of automation_trigger.",
			MarkdownDescription: "Replaced by `blueprint_identifier` of the trigger; only the empty string is accepted.",
			Validators:          []validator.String{stringvalidator.OneOf("")},
		},
		"self_service_trigger": selfServiceAttribute(),
		"automation_trigger":   automationAttribute(),
		"publish": schema.BoolAttribute{
			Optional:            true,
			Computed:            true,
			Default:             booldefault.StaticBool(true),
			MarkdownDescription: "Whether the action is published. An unpublished automation is never triggered. Defaults to `true`.",
		},
		"allow_anyone_to_view_runs": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether everybody in the organization may see the runs of the action.",
		},
	}
	maps.Copy(attributes, methodAttributes())
	maps.Copy(attributes, approvalAttributes())
	maps.Copy(attributes, envelope.Attributes(ctx, "action", "its identifier"))
	return schema.Schema{
		MarkdownDescription: "An action: an automation, which Port runs when an event happens, or a self-service action, which people run. " +
			"It has exactly one trigger (`automation_trigger` or `self_service_trigger`) and exactly one method (such as `webhook_method`), which says what Port does.",
		Attributes: attributes,
	}
}

func approvalAttributes() map[string]schema.Attribute {
	const webhook, email, none = "approval_webhook_notification", "approval_email_notification", "approval_none_notification"
	return map[string]schema.Attribute{
		"required_approval": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Whether runs wait for approval: `\"true\"` or `\"ANY\"` (one of the approvers), `\"ALL\"` (each of them) or `\"false\"`. " +
				"`port_action_permissions` declares the approvers.",
			Validators: []validator.String{stringvalidator.OneOf("true", "false", "ANY", "ALL")},
		},
		webhook: schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Notify the approvers through a webhook.",
			Validators:          []validator.Object{objectvalidator.ConflictsWith(path.MatchRoot(email), path.MatchRoot(none))},
			Attributes: map[string]schema.Attribute{
				"url": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The absolute URL to send the notification to.",
					Validators:          validate.AbsoluteURL(),
				},
				"format": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "The format of the notification: `json` or `slack`.",
					Validators:          []validator.String{stringvalidator.OneOf("json", "slack")},
				},
			},
		},
		email: schema.ObjectAttribute{
			Optional:            true,
			AttributeTypes:      map[string]attr.Type{},
			MarkdownDescription: "`{}` notifies the approvers by email.",
			Validators:          []validator.Object{objectvalidator.ConflictsWith(path.MatchRoot(none))},
		},
		none: schema.ObjectAttribute{
			Optional:            true,
			AttributeTypes:      map[string]attr.Type{},
			MarkdownDescription: "`{}` notifies nobody.",
		},
	}
}
