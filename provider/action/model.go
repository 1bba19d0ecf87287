package action

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/envelope"
)

// model is the Terraform model of port_action. A nil map, list or pointer is null; an empty one is
// configured as empty.
type model struct {
	envelope.Model
	Identifier            types.String          `tfsdk:"identifier"`
	Title                 types.String          `tfsdk:"title"`
	Icon                  types.String          `tfsdk:"icon"`
	Description           types.String          `tfsdk:"description"`
	Blueprint             types.String          `tfsdk:"blueprint"`
	SelfService           *selfServiceModel     `tfsdk:"self_service_trigger"`
	Automation            *automationModel      `tfsdk:"automation_trigger"`
	Kafka                 *kafkaModel           `tfsdk:"kafka_method"`
	Webhook               *webhookModel         `tfsdk:"webhook_method"`
	GitHub                *githubModel          `tfsdk:"github_method"`
	GitLab                *gitlabModel          `tfsdk:"gitlab_method"`
	Azure                 *azureModel           `tfsdk:"azure_method"`
	Upsert                *upsertModel          `tfsdk:"upsert_entity_method"`
	Integration           *integrationModel     `tfsdk:"integration_method"`
	RequiredApproval      types.String          `tfsdk:"required_approval"`
	ApprovalWebhook       *approvalWebhookModel `tfsdk:"approval_webhook_notification"`
	ApprovalEmail         *emptyModel           `tfsdk:"approval_email_notification"`
	ApprovalNone          *emptyModel           `tfsdk:"approval_none_notification"`
	AllowAnyoneToViewRuns types.Bool            `tfsdk:"allow_anyone_to_view_runs"`
	Publish               types.Bool            `tfsdk:"publish"`
}

// emptyModel is an object without attributes: only its presence matters.
type emptyModel struct{}

func (*emptyModel) bindings() []document.Binding { return nil }

type approvalWebhookModel struct {
	URL    types.String `tfsdk:"url"`
	Format types.String `tfsdk:"format"`
}

func (m *approvalWebhookModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("url", &m.URL),
		document.Text("format", &m.Format),
	}
}

// Key identifies the action.
func (m *model) Key() types.String { return m.Identifier }

// Bindings tie the attributes to the body of POST /v1/actions.
func (m *model) Bindings() []document.Binding {
	return []document.Binding{
		document.Text("identifier", &m.Identifier),
		document.Text("title", &m.Title),
		document.Text("icon", &m.Icon),
		document.Text("description", &m.Description),
		document.BoolWithDefault("publish", &m.Publish, true),
		document.Bool("allowAnyoneToViewRuns", &m.AllowAnyoneToViewRuns),
		document.OneOf("trigger", "type",
			document.When("self-service", &m.SelfService, (*selfServiceModel).bindings),
			document.When("automation", &m.Automation, (*automationModel).bindings),
		),
		document.OneOf("invocationMethod", "type",
			document.When("KAFKA", &m.Kafka, (*kafkaModel).bindings),
			document.When("WEBHOOK", &m.Webhook, (*webhookModel).bindings),
			document.When("GITHUB", &m.GitHub, (*githubModel).bindings),
			document.When("GITLAB", &m.GitLab, (*gitlabModel).bindings),
			document.When("AZURE_DEVOPS", &m.Azure, (*azureModel).bindings),
			document.When("UPSERT_ENTITY", &m.Upsert, (*upsertModel).bindings),
			document.When("INTEGRATION_ACTION", &m.Integration, (*integrationModel).bindings),
		),
		document.Custom(m.writeApproval, m.readApproval),
		document.OneOf("approvalNotification", "type",
			document.When("webhook", &m.ApprovalWebhook, (*approvalWebhookModel).bindings),
			document.When("email", &m.ApprovalEmail, (*emptyModel).bindings),
			document.When("none", &m.ApprovalNone, (*emptyModel).bindings),
		),
	}
}

const approvalKey = "requiredApproval"

// writeApproval sets requiredApproval, which is a boolean or an object with a type.
func (m *model) writeApproval(into document.Object) {
	switch approval := m.RequiredApproval.ValueString(); {
	case m.RequiredApproval.IsNull():
		delete(into, approvalKey)
	case approval == "true" || approval == "false":
		into[approvalKey] = approval == "true"
	default:
		object := document.Child(into, approvalKey)
		object["type"] = approval
		into[approvalKey] = object
	}
}

func (m *model) readApproval(from document.Object, isNew bool) error {
	if object, isObject := from[approvalKey].(document.Object); isObject {
		return document.Read(object, []document.Binding{document.Text("type", &m.RequiredApproval)}, isNew)
	}
	return document.Read(from, []document.Binding{document.BoolOrText(approvalKey, &m.RequiredApproval)}, isNew)
}
