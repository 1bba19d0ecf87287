package action

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

type kafkaModel struct {
	Payload jsontype.Value `tfsdk:"payload"`
}

func (m *kafkaModel) bindings() []document.Binding {
	return []document.Binding{document.JSON("payload", &m.Payload)}
}

type webhookModel struct {
	URL          types.String            `tfsdk:"url"`
	Agent        types.String            `tfsdk:"agent"`
	Synchronized types.String            `tfsdk:"synchronized"`
	Method       types.String            `tfsdk:"method"`
	Headers      map[string]types.String `tfsdk:"headers"`
	Body         jsontype.Value          `tfsdk:"body"`
}

func (m *webhookModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("url", &m.URL),
		document.BoolOrText("agent", &m.Agent),
		document.BoolOrText("synchronized", &m.Synchronized),
		document.Text("method", &m.Method),
		document.LooseTextMap("headers", &m.Headers),
		document.JSON("body", &m.Body),
	}
}

type githubModel struct {
	Org                  types.String   `tfsdk:"org"`
	Repo                 types.String   `tfsdk:"repo"`
	Workflow             types.String   `tfsdk:"workflow"`
	WorkflowInputs       jsontype.Value `tfsdk:"workflow_inputs"`
	ReportWorkflowStatus types.String   `tfsdk:"report_workflow_status"`
}

func (m *githubModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("org", &m.Org),
		document.Text("repo", &m.Repo),
		document.Text("workflow", &m.Workflow),
		document.JSON("workflowInputs", &m.WorkflowInputs),
		document.BoolOrText("reportWorkflowStatus", &m.ReportWorkflowStatus),
	}
}

type gitlabModel struct {
	ProjectName       types.String   `tfsdk:"project_name"`
	GroupName         types.String   `tfsdk:"group_name"`
	DefaultRef        types.String   `tfsdk:"default_ref"`
	PipelineVariables jsontype.Value `tfsdk:"pipeline_variables"`
}

func (m *gitlabModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("projectName", &m.ProjectName),
		document.Text("groupName", &m.GroupName),
		document.Text("defaultRef", &m.DefaultRef),
		document.JSON("pipelineVariables", &m.PipelineVariables),
	}
}

type azureModel struct {
	Webhook types.String   `tfsdk:"webhook"`
	Org     types.String   `tfsdk:"org"`
	Payload jsontype.Value `tfsdk:"payload"`
}

func (m *azureModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("webhook", &m.Webhook),
		document.Text("org", &m.Org),
		document.JSON("payload", &m.Payload),
	}
}

type integrationModel struct {
	InstallationID types.String `tfsdk:"installation_id"`
	ActionType     types.String `tfsdk:"integration_action_type"`
	Properties     *githubModel `tfsdk:"integration_action_execution_properties"`
}

func (m *integrationModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("installationId", &m.InstallationID),
		document.Text("integrationActionType", &m.ActionType),
		document.Nested("integrationActionExecutionProperties", &m.Properties, (*githubModel).bindings),
	}
}

// upsertModel creates or updates an entity. Port stores its title in the mapping.
type upsertModel struct {
	Blueprint types.String  `tfsdk:"blueprint_identifier"`
	Title     types.String  `tfsdk:"title"`
	Mapping   *mappingModel `tfsdk:"mapping"`
}

type mappingModel struct {
	Identifier types.String   `tfsdk:"identifier"`
	Icon       types.String   `tfsdk:"icon"`
	Teams      []types.String `tfsdk:"teams"`
	TeamsJQ    types.String   `tfsdk:"teams_jq"`
	Properties jsontype.Value `tfsdk:"properties"`
	Relations  jsontype.Value `tfsdk:"relations"`
}

func (m *upsertModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("blueprintIdentifier", &m.Blueprint),
		document.Inside("mapping",
			document.Text("title", &m.Title),
			document.Custom(m.writeMapping, m.readMapping),
		),
	}
}

func (m *upsertModel) writeMapping(into document.Object) {
	mapping := m.Mapping
	if mapping == nil {
		mapping = &mappingModel{}
	}
	document.Write(into, mapping.bindings())
}

// readMapping preserves whether a mapping without attributes is null or empty in the model.
func (m *upsertModel) readMapping(from document.Object, isNew bool) error {
	isNull := m.Mapping == nil && !isNew
	if m.Mapping == nil {
		m.Mapping = &mappingModel{}
	}
	if err := document.Read(from, m.Mapping.bindings(), isNew); err != nil {
		return err
	}
	if isNull && m.Mapping.isEmpty() {
		m.Mapping = nil
	}
	return nil
}

func (m *mappingModel) isEmpty() bool {
	return m.Identifier.IsNull() && m.Icon.IsNull() && m.Teams == nil && m.TeamsJQ.IsNull() && m.Properties.IsNull() && m.Relations.IsNull()
}

func (m *mappingModel) bindings() []document.Binding {
	return []document.Binding{
		document.Text("identifier", &m.Identifier),
		document.Text("icon", &m.Icon),
		document.Custom(m.writeTeam, m.readTeam),
		document.JSON("properties", &m.Properties),
		document.JSON("relations", &m.Relations),
	}
}

const teamKey = "team"

// writeTeam sets the team: a list of teams, or one template that evaluates to it.
func (m *mappingModel) writeTeam(into document.Object) {
	if m.TeamsJQ.IsNull() {
		document.Write(into, []document.Binding{document.Texts(teamKey, &m.Teams)})
	} else {
		into[teamKey] = m.TeamsJQ.ValueString()
	}
}

func (m *mappingModel) readTeam(from document.Object, isNew bool) error {
	m.TeamsJQ = types.StringNull()
	if text, isText := from[teamKey].(string); isText {
		m.Teams, m.TeamsJQ = nil, types.StringValue(text)
		return nil
	}
	return document.Read(from, []document.Binding{document.Texts(teamKey, &m.Teams)}, isNew)
}
