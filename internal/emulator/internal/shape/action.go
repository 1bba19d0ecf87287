package shape

import (
	"regexp"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

// ActionBodies has the schema of each request body of the operations under
// /v1/actions. It is built once and never changed.
type ActionBodies struct {
	// Action is the body of POST /v1/actions and of PUT /v1/actions/{action_identifier}.
	Action *schema.Schema
	// Permissions is the body of PATCH …/permissions.
	Permissions *schema.Schema
	// Run is the body of POST …/runs.
	Run *schema.Schema
	// The bodies of PATCH /v1/actions/runs/{run_id}, …/approval and …/response, and
	// of POST …/logs.
	RunUpdate, Approval, RunResponse, RunLog *schema.Schema
	// The bodies of POST /v1/actions/runs/claim-pending and PATCH …/ack, which Port
	// does not document: other keys are accepted.
	Claim, Acknowledgement *schema.Schema
}

// NewActionBodies builds the schemas.
func NewActionBodies() *ActionBodies {
	ended := oneOf("SUCCESS", "FAILURE")
	return &ActionBodies{
		Action:      actionBody().closed(),
		Permissions: permissionsBody(),
		Run:         object("properties").with("properties", anyObject()).with("entity", text()).closed(),
		RunUpdate: object().
			with("status", ended).
			with("statusLabel", text()).
			with("link", either(text(), list(text()))).
			with("summary", text()).
			with("externalRunId", text()).
			with("message", anyObject()).closed(),
		Approval: object("status").with("status", oneOf("APPROVE", "DECLINE")).with("description", text()).closed(),
		RunResponse: object("response").with("response", &schema.Schema{
			Types: []schema.Type{schema.Objects, schema.Array, schema.String, schema.Null},
		}).open(),
		RunLog: object("message").
			with("message", text()).
			with("terminationStatus", ended).
			with("statusLabel", text()).closed(),
		Claim: object("installationId").
			with("installationId", text()).
			with("limit", numberBetween(1, 1000)).
			with("visibilityTimeoutMs", numberBetween(1, 1<<31)).
			with("exclude", list(text())).open(),
		Acknowledgement: object().with("runId", text()).with("runIds", list(text())).open(),
	}
}

// storedAction is an action in a seed: with the keys that Port adds to it.
func storedAction() *schema.Schema {
	return actionBody().
		with("id", text()).
		with("createdAt", formatted("date-time")).
		with("createdBy", text()).
		with("updatedAt", formatted("date-time")).
		with("updatedBy", text()).
		with("permissions", permissionsBody()).
		closed()
}

// actionBody is a self-service action or an automation.
func actionBody() *builder {
	return object("identifier", "trigger", "invocationMethod").
		with("identifier", actionIdentifier()).
		with("title", text()).
		with("icon", text()).
		with("description", text()).
		with("publish", flag()).
		with("requiredApproval", either(flag(), object("type").with("type", oneOf("ANY", "ALL")).closed())).
		with("approvalNotification", approvalNotificationBody()).
		with("allowAnyoneToViewRuns", flag()).
		with("trigger", triggerBody()).
		with("invocationMethod", invocationBody())
}

// actionIdentifier is the identifier of an action: any but "." and "..", which
// no path can address.
func actionIdentifier() *schema.Schema {
	s := text()
	s.Pattern = regexp.MustCompile(
		`^(?:\.?[\p{L}0-9@_+:=-][\p{L}0-9@_.+:=-]*|\.\.[\p{L}0-9@_.+:=-]+)$`)
	return s
}

func triggerBody() *schema.Schema {
	return by([]string{"type", "operation"},
		object("type", "event").
			with("type", oneOf("automation")).
			with("event", eventBody()).
			with("condition", object("type", "expressions").
				with("type", oneOf("JQ")).
				with("expressions", list(text())).
				with("combinator", oneOf("and", "or")).closed()).
			closed(),
		selfServiceBody().with("operation", oneOf("CREATE")).closed(),
		selfServiceBody().with("operation", oneOf("DAY-2", "DELETE")).
			with("condition", object("type", "rules", "combinator").
				with("type", oneOf("SEARCH")).
				with("rules", list(anyObject())).
				with("combinator", oneOf("and", "or")).closed()).
			closed(),
	)
}

func eventBody() *schema.Schema {
	ofEntity := oneOf("ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE")
	ofRun := oneOf("RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE")
	return by([]string{"type"},
		object("type", "blueprintIdentifier").with("type", ofEntity).with("blueprintIdentifier", text()).closed(),
		object("type", "blueprintIdentifier", "propertyIdentifier").with("type", oneOf("TIMER_PROPERTY_EXPIRED")).
			with("blueprintIdentifier", text()).with("propertyIdentifier", text()).closed(),
		object("type", "actionIdentifier").with("type", ofRun).with("actionIdentifier", text()).closed(),
	)
}

func selfServiceBody() *builder {
	return object("type", "operation", "userInputs").
		with("type", oneOf("self-service")).
		with("blueprintIdentifier", text()).
		with("actionCardButtonText", buttonText()).
		with("executeActionButtonText", buttonText()).
		with("userInputs", either(
			userInputs("properties").closed(),
			userInputs("properties", "order").with("order", list(text())).closed(),
			userInputs("properties", "steps").
				with("steps", list(object("title").
					with("title", text()).
					with("order", list(text())).
					with("visible", either(flag(), jqQuery())).closed())).closed(),
		))
}

func buttonText() *schema.Schema {
	s := nonEmpty(textUpTo(15))
	s.Pattern = regexp.MustCompile(`^[^\s].*[^\s]$`)
	return s
}

func approvalNotificationBody() *schema.Schema {
	s := by([]string{"type"},
		object("type", "url").with("type", oneOf("webhook")).with("url", formatted("uri")).with("format", oneOf("json", "slack")).closed(),
		object("type").with("type", oneOf("email", "none")).closed())
	s.Properties = map[string]*schema.Schema{"type": or(text(), "email")}
	return s
}

func userInputs(required ...string) *builder {
	return object(required...).
		with("properties", keyed(inputKey(), inputBody())).
		with("required", either(list(text()), jqQuery())).
		with("titles", keyed(inputKey(), object().
			with("title", nonEmpty(textUpTo(140))).
			with("description", textUpTo(1000)).
			with("visible", either(flag(), jqQuery())).open()))
}

// inputKey is the name of an input, which Port does not limit in length.
func inputKey() *schema.Schema {
	s := text()
	s.Pattern = key().Pattern
	return s
}

func jqQuery() *schema.Schema { return object("jqQuery").with("jqQuery", text()).closed() }

// inputBody is an input of a self-service action: an open JSON Schema.
func inputBody() *schema.Schema {
	return object("type").
		with("type", typeName()).
		with("format", oneOf("date-time", "url", "email", "ipv4", "ipv6", "yaml", "entity", "user", "team", "proto",
			"markdown", "multi-line", "labeled-url")).
		with("blueprint", text()).
		with("dependsOn", list(text())).
		with("visible", either(flag(), jqQuery())).
		with("icon", text()).
		with("dataset", object("combinator", "rules").
			with("combinator", oneOf("and", "or")).
			with("rules", list(anyObject())).closed()).
		with("sort", object("property", "order").with("property", text()).with("order", oneOf("ASC", "DESC")).open()).
		open()
}

// invocationBody is the backend of an action. What a template may compute is
// "boolean or string" there.
func invocationBody() *schema.Schema {
	flagOrText := either(flag(), text())
	objectOrList := either(anyObject(), list(nil))
	method := func(name string, required ...string) *builder {
		return object(append([]string{"type"}, required...)...).with("type", oneOf(name))
	}
	return by([]string{"type"},
		method("WEBHOOK", "url").
			with("url", text()).
			with("agent", flagOrText).
			with("synchronized", flagOrText).
			with("method", text()).
			with("headers", keyed(nil, text())).
			with("body", objectOrList).closed(),
		method("KAFKA").with("payload", objectOrList).closed(),
		method("UPSERT_ENTITY", "blueprintIdentifier", "mapping").
			with("blueprintIdentifier", text()).
			with("mapping", object().
				with("identifier", text()).
				with("title", text()).
				with("icon", text()).
				with("team", either(text(), list(text()))).
				with("properties", anyObject()).
				with("relations", keyed(nil, either(text(), list(text()), null()))).open()).closed(),
		method("GITHUB", "org", "repo", "workflow").
			with("org", text()).with("repo", text()).with("workflow", text()).
			with("workflowInputs", anyObject()).
			with("reportWorkflowStatus", flagOrText).closed(),
		method("GITLAB", "projectName", "groupName").
			with("projectName", text()).with("groupName", text()).with("defaultRef", text()).
			with("pipelineVariables", anyObject()).closed(),
		method("AZURE_DEVOPS", "webhook", "org").
			with("webhook", text()).with("org", text()).with("payload", objectOrList).closed(),
		method("INTEGRATION_ACTION", "installationId", "integrationActionType", "integrationActionExecutionProperties").
			with("installationId", text()).
			with("integrationActionType", oneOf("dispatch_workflow")).
			with("integrationActionExecutionProperties", anyObject()).closed(),
	)
}

func permissionsBody() *schema.Schema {
	side := func() *builder {
		return object().
			with("users", list(text())).
			with("roles", list(text())).
			with("teams", list(text())).
			with("policy", either(policyBody(), null()))
	}
	return object().
		with("execute", side().with("ownedByTeam", flag()).closed()).
		with("approve", side().closed()).
		closed()
}

// policyBody has searches by name, and jq programs over what they find.
func policyBody() *schema.Schema {
	queries := keyed(nil, object("combinator", "rules").with("combinator", oneOf("and", "or")).with("rules", list(anyObject())).closed())
	fewest := 1
	queries.MinProperties = &fewest
	conditions := list(nonEmpty(text()))
	conditions.MinItems = &fewest
	return object("queries", "conditions").with("queries", queries).with("conditions", conditions).closed()
}
