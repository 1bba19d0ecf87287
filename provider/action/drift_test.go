package action_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// removed is the value of a drift that removes the key.
const removed = "(removed)"

// drift is an out-of-band change of an action: the value under a path of keys is replaced by other
// JSON, or removed.
type drift struct {
	path, value string
	// want lists the attributes that the plan changes, separated by spaces.
	want string
}

// driftCases returns configurations that set all attributes, and changes to each.
func driftCases() map[string]struct {
	config string
	drifts []drift
} {
	const input = "trigger.userInputs.properties."
	const userProperties = "self_service_trigger.user_properties."
	return map[string]struct {
		config string
		drifts []drift
	}{
		"an automation": {
			config: `{"identifier": "tell", "title": "T", "icon": "I", "description": "D", "publish": false, "allow_anyone_to_view_runs": true, "required_approval": "ALL",
				"approval_webhook_notification": {"url": "https://example.com", "format": "json"},
				"automation_trigger": {"entity_updated_event": {"blueprint_identifier": "service"}, "jq_condition": {"expressions": ["true"], "combinator": "or"}},
				"webhook_method": {"url": "https://example.com", "agent": "false", "synchronized": "{{ true }}", "method": "PUT", "headers": {"A": "b"}, "body": "{\"a\": 1}"}}`,
			drifts: []drift{
				{"title", `"other"`, "title"},
				{"title", removed, "title"},
				{"title", `""`, "title"},
				{"icon", `"other"`, "icon"},
				{"icon", removed, "icon"},
				{"description", `"other"`, "description"},
				{"description", removed, "description"},
				{"publish", `true`, "publish"},
				{"publish", removed, "publish"},
				{"allowAnyoneToViewRuns", `false`, "allow_anyone_to_view_runs"},
				{"allowAnyoneToViewRuns", removed, "allow_anyone_to_view_runs"},
				{"requiredApproval", `true`, "required_approval"},
				{"requiredApproval", `{"type": "ANY"}`, "required_approval"},
				{"requiredApproval", removed, "required_approval"},
				{"approvalNotification.url", `"https://other.example"`, "approval_webhook_notification.url"},
				{"approvalNotification.format", `"slack"`, "approval_webhook_notification.format"},
				{"approvalNotification.format", removed, "approval_webhook_notification.format"},
				{"approvalNotification", `{"type": "email"}`, "approval_email_notification approval_webhook_notification"},
				{"approvalNotification", `{"type": "none"}`, "approval_none_notification approval_webhook_notification"},
				{"approvalNotification", removed, "approval_webhook_notification"},
				{"trigger.event.blueprintIdentifier", `"other"`, "automation_trigger.entity_updated_event.blueprint_identifier"},
				{"trigger.event", `{"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}`, "automation_trigger.entity_created_event automation_trigger.entity_updated_event"},
				{"trigger.event", `{"type": "ENTITY_DELETED", "blueprintIdentifier": "service"}`, "automation_trigger.entity_deleted_event automation_trigger.entity_updated_event"},
				{"trigger.event", `{"type": "ANY_ENTITY_CHANGE", "blueprintIdentifier": "service"}`, "automation_trigger.any_entity_change_event automation_trigger.entity_updated_event"},
				{"trigger.event", `{"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service", "propertyIdentifier": "ttl"}`, "automation_trigger.entity_updated_event automation_trigger.timer_property_expired_event"},
				{"trigger.event", `{"type": "RUN_CREATED", "actionIdentifier": "a"}`, "automation_trigger.entity_updated_event automation_trigger.run_created_event"},
				{"trigger.event", `{"type": "RUN_UPDATED", "actionIdentifier": "a"}`, "automation_trigger.entity_updated_event automation_trigger.run_updated_event"},
				{"trigger.event", `{"type": "ANY_RUN_CHANGE", "actionIdentifier": "a"}`, "automation_trigger.any_run_change_event automation_trigger.entity_updated_event"},
				{"trigger.condition.expressions", `["false"]`, "automation_trigger.jq_condition.expressions"},
				{"trigger.condition.expressions", `[]`, "automation_trigger.jq_condition.expressions"},
				{"trigger.condition.combinator", `"and"`, "automation_trigger.jq_condition.combinator"},
				{"trigger.condition.combinator", removed, "automation_trigger.jq_condition.combinator"},
				{"trigger.condition", removed, "automation_trigger.jq_condition"},
				{"trigger", `{"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}}`, "automation_trigger self_service_trigger"},
				{"invocationMethod.url", `"https://other.example"`, "webhook_method.url"},
				{"invocationMethod.agent", `true`, "webhook_method.agent"},
				{"invocationMethod.agent", removed, "webhook_method.agent"},
				{"invocationMethod.synchronized", `true`, "webhook_method.synchronized"},
				{"invocationMethod.method", `"POST"`, "webhook_method.method"},
				{"invocationMethod.method", removed, "webhook_method.method"},
				{"invocationMethod.headers.A", `"c"`, "webhook_method.headers.A"},
				{"invocationMethod.headers.B", `"c"`, "webhook_method.headers.B"},
				{"invocationMethod.headers", removed, "webhook_method.headers.A"},
				{"invocationMethod.body.a", `2`, "webhook_method.body"},
				{"invocationMethod.body.b", `2`, "webhook_method.body"},
				{"invocationMethod.body", removed, "webhook_method.body"},
				{"invocationMethod", `{"type": "KAFKA"}`, "kafka_method webhook_method"},
				{"invocationMethod", `{"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w"}`, "github_method webhook_method"},
				{"invocationMethod", `{"type": "GITLAB", "projectName": "p", "groupName": "g"}`, "gitlab_method webhook_method"},
				{"invocationMethod", `{"type": "AZURE_DEVOPS", "org": "o", "webhook": "w"}`, "azure_method webhook_method"},
				{"invocationMethod", `{"type": "UPSERT_ENTITY", "blueprintIdentifier": "log", "mapping": {}}`, "upsert_entity_method webhook_method"},
				{"invocationMethod", `{"type": "INTEGRATION_ACTION", "installationId": "i", "integrationActionType": "dispatch_workflow", "integrationActionExecutionProperties": {"org": "o", "repo": "r", "workflow": "w"}}`, "integration_method webhook_method"},
			},
		},
		"a timer and Kafka": {
			config: `{"identifier": "tell", "automation_trigger": {"timer_property_expired_event": {"blueprint_identifier": "service", "property_identifier": "ttl"}}, "kafka_method": {"payload": "{\"a\": 1}"}}`,
			drifts: []drift{
				{"trigger.event.propertyIdentifier", `"other"`, "automation_trigger.timer_property_expired_event.property_identifier"},
				{"trigger.event.blueprintIdentifier", `"other"`, "automation_trigger.timer_property_expired_event.blueprint_identifier"},
				{"trigger.condition", `{"type": "JQ", "expressions": ["true"]}`, "automation_trigger.jq_condition"},
				{"invocationMethod.payload", `[1]`, "kafka_method.payload"},
				{"invocationMethod.payload", removed, "kafka_method.payload"},
				{"approvalNotification", `{"type": "email"}`, "approval_email_notification"},
				{"publish", `false`, "publish"},
			},
		},
		"a run and GitHub": {
			config: `{"identifier": "tell", "automation_trigger": {"run_updated_event": {"action_identifier": "scale"}}, "github_method": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "{\"a\": 1}", "report_workflow_status": "true"}}`,
			drifts: []drift{
				{"trigger.event.actionIdentifier", `"other"`, "automation_trigger.run_updated_event.action_identifier"},
				{"invocationMethod.org", `"x"`, "github_method.org"},
				{"invocationMethod.repo", `"x"`, "github_method.repo"},
				{"invocationMethod.workflow", `"x"`, "github_method.workflow"},
				{"invocationMethod.workflowInputs", `{}`, "github_method.workflow_inputs"},
				{"invocationMethod.workflowInputs", removed, "github_method.workflow_inputs"},
				{"invocationMethod.reportWorkflowStatus", `"{{ true }}"`, "github_method.report_workflow_status"},
				{"invocationMethod.reportWorkflowStatus", removed, "github_method.report_workflow_status"},
			},
		},
		"GitLab": {
			config: method(`"gitlab_method": {"project_name": "p", "group_name": "g", "default_ref": "main", "pipeline_variables": "{\"A\": \"b\"}"}`),
			drifts: []drift{
				{"invocationMethod.projectName", `"x"`, "gitlab_method.project_name"},
				{"invocationMethod.groupName", `"x"`, "gitlab_method.group_name"},
				{"invocationMethod.defaultRef", `"x"`, "gitlab_method.default_ref"},
				{"invocationMethod.defaultRef", removed, "gitlab_method.default_ref"},
				{"invocationMethod.pipelineVariables.A", `"c"`, "gitlab_method.pipeline_variables"},
				{"invocationMethod.pipelineVariables", removed, "gitlab_method.pipeline_variables"},
			},
		},
		"Azure": {
			config: method(`"azure_method": {"webhook": "w", "org": "o", "payload": "{\"a\": 1}"}`),
			drifts: []drift{
				{"invocationMethod.webhook", `"x"`, "azure_method.webhook"},
				{"invocationMethod.org", `"x"`, "azure_method.org"},
				{"invocationMethod.payload", `{}`, "azure_method.payload"},
				{"invocationMethod.payload", removed, "azure_method.payload"},
			},
		},
		"an integration": {
			config: method(`"integration_method": {"installation_id": "i", "integration_action_type": "dispatch_workflow", "integration_action_execution_properties": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "{}", "report_workflow_status": "true"}}`),
			drifts: []drift{
				{"invocationMethod.installationId", `"x"`, "integration_method.installation_id"},
				{"invocationMethod.integrationActionExecutionProperties.org", `"x"`, "integration_method.integration_action_execution_properties.org"},
				{"invocationMethod.integrationActionExecutionProperties.repo", `"x"`, "integration_method.integration_action_execution_properties.repo"},
				{"invocationMethod.integrationActionExecutionProperties.workflow", `"x"`, "integration_method.integration_action_execution_properties.workflow"},
				{"invocationMethod.integrationActionExecutionProperties.workflowInputs", `{"a": 1}`, "integration_method.integration_action_execution_properties.workflow_inputs"},
				{"invocationMethod.integrationActionExecutionProperties.reportWorkflowStatus", removed, "integration_method.integration_action_execution_properties.report_workflow_status"},
			},
		},
		"an upsert": {
			config: upsert(`"title": "T", "mapping": {"identifier": "i", "icon": "I", "teams": ["a", "b"], "properties": "{\"a\": 1}", "relations": "{\"r\": \"x\"}"}`),
			drifts: []drift{
				{"invocationMethod.blueprintIdentifier", `"other"`, "upsert_entity_method.blueprint_identifier"},
				{"invocationMethod.mapping.title", `"x"`, "upsert_entity_method.title"},
				{"invocationMethod.mapping.title", removed, "upsert_entity_method.title"},
				{"invocationMethod.mapping.identifier", removed, "upsert_entity_method.mapping.identifier"},
				{"invocationMethod.mapping.icon", `"x"`, "upsert_entity_method.mapping.icon"},
				{"invocationMethod.mapping.team", `["a"]`, "upsert_entity_method.mapping.teams"},
				{"invocationMethod.mapping.team", removed, "upsert_entity_method.mapping.teams"},
				{"invocationMethod.mapping.team", `"{{ .x }}"`, "upsert_entity_method.mapping.teams upsert_entity_method.mapping.teams_jq"},
				{"invocationMethod.mapping.properties.a", `1.5`, "upsert_entity_method.mapping.properties"},
				{"invocationMethod.mapping.properties", removed, "upsert_entity_method.mapping.properties"},
				{"invocationMethod.mapping.relations.r", `null`, "upsert_entity_method.mapping.relations"},
				{"invocationMethod.mapping.relations", removed, "upsert_entity_method.mapping.relations"},
				{"invocationMethod.mapping", `{"title": "T"}`, "upsert_entity_method.mapping.icon upsert_entity_method.mapping.identifier upsert_entity_method.mapping.properties upsert_entity_method.mapping.relations upsert_entity_method.mapping.teams"},
			},
		},
		"a form": {
			config: selfService(`"blueprint_identifier": "service", "action_card_button_text": "Go", "execute_action_button_text": "Run", "condition": "{\"type\": \"SEARCH\", \"combinator\": \"and\", \"rules\": []}",
				"order_properties": ["s", "t"], "titles": {"t": {"title": "T", "description": "D", "visible": true}},
				"user_properties": {
					"string_props": {"s": {"title": "T", "icon": "I", "description": "D", "required": true, "depends_on": ["n"], "visible": true, "disabled_jq_query": "true", "default": "x", "format": "email", "min_length": 1, "max_length": 9, "pattern": "x", "enum": ["x", "y"], "enum_colors": {"x": "red"}, "encryption": "aes256-gcm"},
						"e": {"format": "entity", "blueprint": "service", "sort": {"property": "p", "order": "DESC"}, "dataset": {"combinator": "and", "rules": [{"property": "p", "operator": "=", "value": {"jq_query": ".x"}}, {"property": "q", "operator": "=", "value_json": "1"}]}, "client_side_encryption": {"algorithm": "client-side", "key": "k"}}},
					"number_props": {"n": {"default": 1, "minimum": 0, "maximum": 9, "enum": [1, 2], "enum_colors": {"1": "red"}}},
					"boolean_props": {"b": {"default": true}},
					"object_props": {"o": {"default": "{\"a\": 1}"}},
					"array_props": {"as": {"min_items": 1, "max_items_jq_query": "2", "string_items": {"format": "entity", "blueprint": "service", "dataset": "{\"combinator\": \"and\", \"rules\": []}", "enum": ["x"], "default": ["x"]}, "sort": {"property": "p"}},
						"an": {"number_items": {"enum": [1, 2], "default": [1]}}, "ab": {"boolean_items": {"default": [true]}}, "ao": {"object_items": {"default": [{"a": "x"}]}}}
				}`),
			drifts: []drift{
				{"trigger.operation", `"DELETE"`, "self_service_trigger.operation"},
				{"trigger.blueprintIdentifier", `"other"`, "self_service_trigger.blueprint_identifier"},
				{"trigger.actionCardButtonText", `"Other"`, "self_service_trigger.action_card_button_text"},
				{"trigger.actionCardButtonText", removed, "self_service_trigger.action_card_button_text"},
				{"trigger.executeActionButtonText", `"Other"`, "self_service_trigger.execute_action_button_text"},
				{"trigger.executeActionButtonText", removed, "self_service_trigger.execute_action_button_text"},
				{"trigger.condition.combinator", `"or"`, "self_service_trigger.condition"},
				{"trigger.condition", removed, "self_service_trigger.condition"},
				{"trigger.userInputs.order", `["t", "s"]`, "self_service_trigger.order_properties"},
				{"trigger.userInputs.order", removed, "self_service_trigger.order_properties"},
				{"trigger.userInputs.titles.t.title", `"x"`, "self_service_trigger.titles.t.title"},
				{"trigger.userInputs.titles.t.description", removed, "self_service_trigger.titles.t.description"},
				{"trigger.userInputs.titles.t.visible", `{"jqQuery": "true"}`, "self_service_trigger.titles.t.visible self_service_trigger.titles.t.visible_jq_query"},
				{"trigger.userInputs.titles.u", `{"title": "U"}`, "self_service_trigger.titles.u"},
				{"trigger.userInputs.titles", removed, "self_service_trigger.titles.t"},
				{"trigger.userInputs.required", `["s", "n"]`, userProperties + "number_props.n.required"},
				{"trigger.userInputs.required", `[]`, userProperties + "string_props.s.required"},
				{"trigger.userInputs.required", removed, userProperties + "string_props.s.required"},
				{"trigger.userInputs.required", `{"jqQuery": "[]"}`, "self_service_trigger.required_jq_query " + userProperties + "string_props.s.required"},
				{input + "s.title", `"x"`, userProperties + "string_props.s.title"},
				{input + "s.icon", removed, userProperties + "string_props.s.icon"},
				{input + "s.description", `"x"`, userProperties + "string_props.s.description"},
				{input + "s.dependsOn", `["b"]`, userProperties + "string_props.s.depends_on"},
				{input + "s.dependsOn", removed, userProperties + "string_props.s.depends_on"},
				{input + "s.visible", `false`, userProperties + "string_props.s.visible"},
				{input + "s.disabled", `true`, userProperties + "string_props.s.disabled " + userProperties + "string_props.s.disabled_jq_query"},
				{input + "s.default", `{"jqQuery": ".x"}`, userProperties + "string_props.s.default " + userProperties + "string_props.s.default_jq_query"},
				{input + "s.default", `""`, userProperties + "string_props.s.default"},
				{input + "s.format", removed, userProperties + "string_props.s.format"},
				{input + "s.minLength", `2`, userProperties + "string_props.s.min_length"},
				{input + "s.maxLength", removed, userProperties + "string_props.s.max_length"},
				{input + "s.pattern", `{"jqQuery": "'x'"}`, userProperties + "string_props.s.pattern " + userProperties + "string_props.s.pattern_jq_query"},
				{input + "s.enum", `["y", "x"]`, userProperties + "string_props.s.enum"},
				{input + "s.enum", `[]`, userProperties + "string_props.s.enum"},
				{input + "s.enum", `{"jqQuery": "[]"}`, userProperties + "string_props.s.enum " + userProperties + "string_props.s.enum_jq_query"},
				{input + "s.enumColors.y", `"blue"`, userProperties + "string_props.s.enum_colors.y"},
				{input + "s.encryption", removed, userProperties + "string_props.s.encryption"},
				{input + "s.encryption", `{"algorithm": "client-side", "key": "k"}`, userProperties + "string_props.s.client_side_encryption " + userProperties + "string_props.s.encryption"},
				{input + "s", removed, userProperties + "string_props.s"},
				{input + "s", `{"type": "boolean"}`, userProperties + "boolean_props.s " + userProperties + "string_props.s"},
				{input + "z", `{"type": "string"}`, userProperties + "string_props.z"},
				{input + "e.blueprint", `"x"`, userProperties + "string_props.e.blueprint"},
				{input + "e.sort.property", `"x"`, userProperties + "string_props.e.sort.property"},
				{input + "e.sort.order", `"ASC"`, userProperties + "string_props.e.sort.order"},
				{input + "e.sort", removed, userProperties + "string_props.e.sort"},
				{input + "e.dataset.combinator", `"or"`, userProperties + "string_props.e.dataset.combinator"},
				{input + "e.dataset.rules", `[]`, userProperties + "string_props.e.dataset.rules"},
				{input + "e.dataset.rules", `[{"property": "p", "operator": "=", "value": ".x"}, {"property": "q", "operator": "=", "value": 1}]`, userProperties + "string_props.e.dataset.rules"},
				{input + "e.dataset", removed, userProperties + "string_props.e.dataset"},
				{input + "e.encryption.key", `"x"`, userProperties + "string_props.e.client_side_encryption.key"},
				{input + "n.default", `2`, userProperties + "number_props.n.default"},
				{input + "n.minimum", `0.1`, userProperties + "number_props.n.minimum"},
				{input + "n.maximum", removed, userProperties + "number_props.n.maximum"},
				{input + "n.enum", `[1]`, userProperties + "number_props.n.enum"},
				{input + "n.enumColors", removed, userProperties + "number_props.n.enum_colors.1"},
				{input + "b.default", `false`, userProperties + "boolean_props.b.default"},
				{input + "b.default", removed, userProperties + "boolean_props.b.default"},
				{input + "o.default.a", `2`, userProperties + "object_props.o.default"},
				{input + "o.encryption", `"aes256-gcm"`, userProperties + "object_props.o.encryption"},
				{input + "as.minItems", removed, userProperties + "array_props.as.min_items"},
				{input + "as.maxItems", `2`, userProperties + "array_props.as.max_items " + userProperties + "array_props.as.max_items_jq_query"},
				{input + "as.items.format", `"team"`, userProperties + "array_props.as.string_items.format"},
				{input + "as.items.blueprint", removed, userProperties + "array_props.as.string_items.blueprint"},
				{input + "as.items.dataset.combinator", `"or"`, userProperties + "array_props.as.string_items.dataset"},
				{input + "as.items.enum", `["x", "y"]`, userProperties + "array_props.as.string_items.enum"},
				{input + "as.default", `[]`, userProperties + "array_props.as.string_items.default"},
				{input + "as.default", `{"jqQuery": "[]"}`, userProperties + "array_props.as.default_jq_query " + userProperties + "array_props.as.string_items.default"},
				{input + "as.sort.property", `"x"`, userProperties + "array_props.as.sort.property"},
				{input + "as.items", `{"type": "boolean"}`, userProperties + "array_props.as.boolean_items " + userProperties + "array_props.as.string_items"},
				{input + "an.items.enum", `{"jqQuery": "[]"}`, userProperties + "array_props.an.number_items.enum " + userProperties + "array_props.an.number_items.enum_jq_query"},
				{input + "an.default", `[2]`, userProperties + "array_props.an.number_items.default"},
				{input + "ab.default", `[true, false]`, userProperties + "array_props.ab.boolean_items.default"},
				{input + "ao.default", `[{"a": "x", "b": "y"}]`, userProperties + "array_props.ao.object_items.default"},
			},
		},
		"steps": {
			config: selfService(`"required_jq_query": "[]", "user_properties": {"string_props": {"a": {}}}, "steps": [{"title": "One", "order": ["a"], "visible": true}]`),
			drifts: []drift{
				{"trigger.userInputs.required.jqQuery", `"[1]"`, "self_service_trigger.required_jq_query"},
				{"trigger.userInputs.steps", `[{"title": "Two", "order": ["a"], "visible": true}]`, "self_service_trigger.steps"},
				{"trigger.userInputs.steps", `[{"title": "One", "order": [], "visible": true}]`, "self_service_trigger.steps"},
				{"trigger.userInputs.steps", `[{"title": "One", "order": ["a"], "visible": {"jqQuery": "true"}}]`, "self_service_trigger.steps"},
				{"trigger.userInputs.steps", removed, "self_service_trigger.steps"},
			},
		},
	}
}

// TestAction_everyDriftShows changes one value out of band: the next plan shows only that change,
// and the apply reverts it.
func TestAction_everyDriftShows(t *testing.T) {
	t.Parallel()
	for name, test := range driftCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			session := env.NewSession(t, "port_action")
			session.Apply(test.config)
			expectEmptyPlan(t, session, "after the apply", test.config)
			before := withoutStamps(get(t, env, "tell"))
			for _, drift := range test.drifts {
				put(t, env, changed(t, before, drift))
				if got := session.Changes(test.config); !isExactly(got, strings.Fields(drift.want)) {
					t.Errorf("%s = %s: the plan changes %s, want %s", drift.path, drift.value, got, drift.want)
				}
				session.Apply(test.config)
				if got := withoutStamps(get(t, env, "tell")); !jsonvalue.Equal(map[string]any(got), map[string]any(before)) {
					t.Errorf("%s = %s: the apply leaves %v, want %v", drift.path, drift.value, got, before)
					put(t, env, before)
				}
			}
		})
	}
}

// isExactly reports whether the changed leaves are those of the want attributes.
func isExactly(leaves, want []string) bool {
	isIn := func(leaf, attribute string) bool { return leaf == attribute || strings.HasPrefix(leaf, attribute+".") }
	for _, leaf := range leaves {
		if !slices.ContainsFunc(want, func(attribute string) bool { return isIn(leaf, attribute) }) {
			return false
		}
	}
	for _, attribute := range want {
		if !slices.ContainsFunc(leaves, func(leaf string) bool { return isIn(leaf, attribute) }) {
			return false
		}
	}
	return true
}

func withoutStamps(action port.Action) port.Action {
	result := maps.Clone(action)
	for _, key := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
		delete(result, key)
	}
	return result
}

func put(t *testing.T, env *acctest.Environment, action port.Action) {
	t.Helper()
	if _, err := env.Client.Actions.Update(t.Context(), "tell", action); err != nil {
		t.Fatal(err)
	}
}

// changed returns a copy of an action with a change.
func changed(t *testing.T, action port.Action, change drift) port.Action {
	t.Helper()
	keys := strings.Split(change.path, ".")
	result := maps.Clone(map[string]any(action))
	object := result
	for _, key := range keys[:len(keys)-1] {
		inner, isObject := object[key].(map[string]any)
		if !isObject {
			t.Fatalf("there is no object %s", change.path)
		}
		inner = maps.Clone(inner)
		object[key], object = inner, inner
	}
	last := keys[len(keys)-1]
	delete(object, last)
	if change.value != removed {
		value, err := jsonvalue.Decode([]byte(change.value))
		if err != nil {
			t.Fatal(err)
		}
		object[last] = value
	}
	return result
}

// TestAction_foreignKeysSurvive adds keys without an attribute and changes something else with
// Terraform.
func TestAction_foreignKeysSurvive(t *testing.T) {
	t.Parallel()
	for name, test := range driftCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			session := env.NewSession(t, "port_action")
			session.Apply(test.config)
			before := withoutStamps(get(t, env, "tell"))
			paths := []string{"trigger.userInputs.properties.s.novel", "trigger.userInputs.properties.as.items.novel", "trigger.userInputs.properties.e.sort.novel"}
			foreign := before
			for _, at := range paths {
				if name == "a form" {
					foreign = changed(t, foreign, drift{path: at, value: `{"list": [9007199254740993]}`})
				}
			}
			put(t, env, foreign)
			expectEmptyPlan(t, session, "with foreign keys", test.config)
			described := strings.Replace(test.config, `"identifier": "tell"`, `"identifier": "tell", "title": "changed"`, 1)
			described = strings.Replace(described, `, "title": "T", "icon"`, `, "icon"`, 1)
			session.Apply(described)
			want := changed(t, foreign, drift{path: "title", value: `"changed"`})
			if got := withoutStamps(get(t, env, "tell")); !jsonvalue.Equal(map[string]any(got), map[string]any(want)) {
				t.Errorf("Port has\n%v, want\n%v", got, want)
			}
			if slices.Contains(session.Changes(described), "title") {
				t.Error("the title was not changed")
			}
		})
	}
}
