package action

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/port-changelog/terraform-provider-port/internal/jq"
	"github.com/port-changelog/terraform-provider-port/internal/template"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// checker collects diagnostics about the jq of an action.
type checker struct {
	diagnostics diag.Diagnostics
	// isAutomation says that templates and conditions read an event.
	isAutomation bool
}

// program checks a jq program. A syntax error is an error in every version of jq; a function that
// is unknown here may exist in Port's jq.
func (c *checker) program(at path.Path, what, source string) {
	_, err := jq.Compile(template.Program(source))
	switch {
	case err == nil:
	case jq.IsSyntaxError(err):
		c.diagnostics.AddAttributeError(at, "Invalid jq", fmt.Sprintf("%s is not valid jq: %s.", what, err))
	default:
		c.diagnostics.AddAttributeWarning(at, "Unknown jq", fmt.Sprintf(
			"%s cannot be checked: %s. If Port's jq does not support it either, the result is null, and Port reports no error.", what, err))
	}
}

// query checks an attribute that is a jq program.
func (c *checker) query(at path.Path, query types.String) {
	if !query.IsNull() && !query.IsUnknown() {
		c.program(at, "The query", query.ValueString())
	}
}

// Both match reads of an event from the wrong root: a condition is rooted at the event, a template
// has the event under .event.
var (
	belowEvent = regexp.MustCompile(`(?:^|[^\w.\])"'])\.event\.(?:diff|context|action|trigger)\b`)
	atRoot     = regexp.MustCompile(`(?:^|[^\w.\])"'])\.(?:diff|context)\b`)
	anyEvent   = regexp.MustCompile(`\.event\b`)
)

// condition checks an expression of a condition.
func (c *checker) condition(at path.Path, expression types.String) {
	if expression.IsNull() || expression.IsUnknown() {
		return
	}
	source := expression.ValueString()
	c.program(at, "The expression", source)
	if belowEvent.MatchString(source) {
		c.diagnostics.AddAttributeWarning(at, "Condition Reads .event",
			"A condition is jq over the event itself: write .diff and .context, not .event.diff and .event.context, which are null here. Only templates have the event under .event.")
	}
}

// text checks a text with templates. pointer says where the text is in a JSON value, or is "".
func (c *checker) text(at path.Path, pointer, text string) {
	expressions, err := template.Expressions(text)
	if err != nil {
		if pointer != "" {
			pointer = fmt.Sprintf(" at %q in the JSON", pointer)
		}
		// The text stays out of the message: headers and bodies often hold a secret.
		c.diagnostics.AddAttributeError(at, "Invalid Template", fmt.Sprintf("The braces of the template%s do not match: %s.", pointer, err))
		return
	}
	for _, expression := range expressions {
		if spread.MatchString(expression.Source) {
			continue
		}
		c.program(at, fmt.Sprintf("The template {{%s}}", expression.Source), expression.Source)
		if c.isAutomation && atRoot.MatchString(expression.Source) && !anyEvent.MatchString(expression.Source) {
			c.diagnostics.AddAttributeWarning(at, "Template Reads the Wrong Root", fmt.Sprintf(
				"The template {{%s}} reads .diff or .context, which are null here: a template of an automation has the event under .event, as in .event.diff.after.", expression.Source))
		}
	}
}

// spread is the only expression that is not jq: as a key it merges its value.
var spread = regexp.MustCompile(`^\s*spreadValue\(\s*\)\s*$`)

// templates checks attributes that are texts with templates, by name.
func (c *checker) templates(at path.Path, texts map[string]types.String) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if text := texts[name]; !text.IsNull() && !text.IsUnknown() {
			c.text(at.AtName(name), "", text.ValueString())
		}
	}
}

// json checks the templates in the keys and texts of a JSON value.
func (c *checker) json(at path.Path, value jsontype.Value) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	if decoded, err := value.Decode(); err == nil {
		c.value(at, "", decoded)
	}
}

func (c *checker) value(at path.Path, pointer string, value any) {
	switch value := value.(type) {
	case string:
		c.text(at, pointer, value)
	case []any:
		for i, element := range value {
			c.value(at, fmt.Sprintf("%s/%d", pointer, i), element)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			c.text(at, pointer+"/"+key, key)
			c.value(at, pointer+"/"+key, value[key])
		}
	}
}

// method checks every template of the method.
func (c *checker) method(m *model) {
	if m.Kafka != nil {
		c.json(path.Root("kafka_method").AtName("payload"), m.Kafka.Payload)
	}
	if m.Webhook != nil {
		at := path.Root("webhook_method")
		c.templates(at, map[string]types.String{
			"url": m.Webhook.URL, "agent": m.Webhook.Agent, "synchronized": m.Webhook.Synchronized, "method": m.Webhook.Method,
		})
		for _, name := range slices.Sorted(maps.Keys(m.Webhook.Headers)) {
			c.text(at.AtName("headers"), "", name)
			c.text(at.AtName("headers").AtMapKey(name), "", m.Webhook.Headers[name].ValueString())
		}
		c.json(at.AtName("body"), m.Webhook.Body)
	}
	if m.GitHub != nil {
		c.github(path.Root("github_method"), m.GitHub)
	}
	if m.GitLab != nil {
		at := path.Root("gitlab_method")
		c.templates(at, map[string]types.String{"project_name": m.GitLab.ProjectName, "group_name": m.GitLab.GroupName, "default_ref": m.GitLab.DefaultRef})
		c.json(at.AtName("pipeline_variables"), m.GitLab.PipelineVariables)
	}
	if m.Azure != nil {
		at := path.Root("azure_method")
		c.templates(at, map[string]types.String{"webhook": m.Azure.Webhook, "org": m.Azure.Org})
		c.json(at.AtName("payload"), m.Azure.Payload)
	}
	if m.Integration != nil && m.Integration.Properties != nil {
		c.github(path.Root("integration_method").AtName("integration_action_execution_properties"), m.Integration.Properties)
	}
	if m.Upsert != nil {
		c.upsert(path.Root("upsert_entity_method"), m.Upsert)
	}
}

func (c *checker) github(at path.Path, m *githubModel) {
	c.templates(at, map[string]types.String{
		"org": m.Org, "repo": m.Repo, "workflow": m.Workflow, "report_workflow_status": m.ReportWorkflowStatus,
	})
	c.json(at.AtName("workflow_inputs"), m.WorkflowInputs)
}

func (c *checker) upsert(at path.Path, m *upsertModel) {
	c.templates(at, map[string]types.String{"blueprint_identifier": m.Blueprint, "title": m.Title})
	if m.Mapping == nil {
		return
	}
	at = at.AtName("mapping")
	c.templates(at, map[string]types.String{"identifier": m.Mapping.Identifier, "icon": m.Mapping.Icon, "teams_jq": m.Mapping.TeamsJQ})
	for _, team := range m.Mapping.Teams {
		c.text(at.AtName("teams"), "", team.ValueString())
	}
	c.json(at.AtName("properties"), m.Mapping.Properties)
	c.json(at.AtName("relations"), m.Mapping.Relations)
}

// inputs checks the queries of a form.
func (c *checker) inputs(at path.Path, m *selfServiceModel) {
	c.query(at.AtName("required_jq_query"), m.RequiredJQ)
	for i, step := range m.Steps {
		c.query(at.AtName("steps").AtListIndex(i).AtName("visible_jq_query"), step.VisibleJQ)
	}
	for key, title := range m.Titles {
		c.query(at.AtName("titles").AtMapKey(key).AtName("visible_jq_query"), title.VisibleJQ)
	}
	if m.UserProperties == nil {
		return
	}
	at = at.AtName("user_properties")
	for key, input := range m.UserProperties.String {
		inputPath := at.AtName("string_props").AtMapKey(key)
		c.input(inputPath, input.inputModel)
		c.query(inputPath.AtName("pattern_jq_query"), input.PatternJQ)
		c.query(inputPath.AtName("enum_jq_query"), input.EnumJQ)
	}
	for key, input := range m.UserProperties.Number {
		inputPath := at.AtName("number_props").AtMapKey(key)
		c.input(inputPath, input.inputModel)
		c.query(inputPath.AtName("enum_jq_query"), input.EnumJQ)
	}
	for key, input := range m.UserProperties.Boolean {
		c.input(at.AtName("boolean_props").AtMapKey(key), input.inputModel)
	}
	for key, input := range m.UserProperties.Object {
		c.input(at.AtName("object_props").AtMapKey(key), input.inputModel)
	}
	for key, input := range m.UserProperties.Array {
		c.array(at.AtName("array_props").AtMapKey(key), input)
	}
}

func (c *checker) input(at path.Path, m inputModel) {
	c.query(at.AtName("visible_jq_query"), m.VisibleJQ)
	c.query(at.AtName("disabled_jq_query"), m.DisabledJQ)
	c.query(at.AtName("default_jq_query"), m.DefaultJQ)
}

func (c *checker) array(at path.Path, m arrayModel) {
	c.input(at, m.inputModel)
	c.query(at.AtName("min_items_jq_query"), m.MinItemsJQ)
	c.query(at.AtName("max_items_jq_query"), m.MaxItemsJQ)
	if m.StringItems != nil {
		c.query(at.AtName("string_items").AtName("enum_jq_query"), m.StringItems.EnumJQ)
	}
	if m.NumberItems != nil {
		c.query(at.AtName("number_items").AtName("enum_jq_query"), m.NumberItems.EnumJQ)
	}
}
