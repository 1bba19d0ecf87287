package action_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func TestValidate_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"an identifier with a slash":                {strings.Replace(automation(), `"tell"`, `"a/b"`, 1), `"identifier"): Invalid Attribute Value Match: `},
		"an identifier that is a path":              {strings.Replace(automation(), `"tell"`, `".."`, 1), `"identifier"): Invalid Attribute Value Match: `},
		"the deprecated blueprint":                  {automation(`"blueprint": "service"`), `"blueprint"): Invalid Attribute Value Match: `},
		"two triggers":                              {automation(`"self_service_trigger": {"operation": "CREATE"}`), `2 attributes specified when one (and only one) of`},
		"no trigger":                                {`{"identifier": "tell", "kafka_method": {}}`, `No attribute specified when one (and only one) of`},
		"two methods":                               {automation(`"kafka_method": {}`), `2 attributes specified when one (and only one) of`},
		"no method":                                 {`{"identifier": "tell", "automation_trigger": {"run_created_event": {"action_identifier": "a"}}}`, `No attribute specified when one (and only one) of`},
		"two events":                                {event(`"entity_created_event": {"blueprint_identifier": "a"}, "entity_deleted_event": {"blueprint_identifier": "a"}`), `2 attributes specified when one (and only one) of`},
		"no event":                                  {event(`"jq_condition": {"expressions": ["true"]}`), `No attribute specified when one (and only one) of`},
		"an event without a blueprint":              {event(`"entity_created_event": {"blueprint_identifier": ""}`), `"blueprint_identifier"): Invalid Attribute Value Length: `},
		"an invalid combinator":                     {condition(`{"expressions": ["true"], "combinator": "xor"}`), `"combinator"): Invalid Attribute Value Match: `},
		"a condition with invalid jq":               {condition(`{"expressions": ["true", ".a =="]}`), `ElementKeyInt(1): Invalid jq: The expression is not valid jq: `},
		"a condition of null":                       {condition(`{"expressions": [null]}`), `Null List Value`},
		"an invalid URL":                            {webhookTo(`example.com`), `"url"): Invalid URL: The value is neither an absolute URL`},
		"a URL of another scheme":                   {webhookTo(`ftp://example.com/{{ .a }}`), `"url"): Invalid URL: `},
		"a URL with open braces":                    {webhookTo(`https://example.com/{{ .run.id }`), `"url"): Invalid Template: The braces of the template do not match: the double braces that open at character 21 are not closed.`},
		"a URL with closing braces":                 {webhookTo(`https://example.com/.run.id }}`), `do not match: double braces close at character 29 without opening before.`},
		"a URL with invalid jq":                     {webhookTo(`https://example.com/{{ .run. }}`), `"url"): Invalid jq: The template {{ .run. }} is not valid jq: `},
		"an invalid HTTP method":                    {webhook(`"method": "FETCH"`), `"method"): Invalid Value: "FETCH" is neither one of GET, POST, PUT, PATCH, DELETE nor a template`},
		"an invalid agent":                          {webhook(`"agent": "yes"`), `"agent"): Invalid Value: "yes" is neither one of true, false nor a template`},
		"an invalid synchronized":                   {webhook(`"synchronized": "yes"`), `"synchronized"): Invalid Value: `},
		"a header with invalid jq":                  {webhook(`"headers": {"A": "{{ ( }}"}`), `ElementKeyString("A"): Invalid jq: `},
		"a header of null":                          {webhook(`"headers": {"A": null}`), `Null Map Value`},
		"a body that is HCL":                        {webhook(`"body": "{a = 1}"`), `"body"): Invalid JSON: `},
		"a body that is a text":                     {webhook(`"body": "\"a\""`), `"body"): Neither a JSON Object nor a JSON List: `},
		"a body with invalid jq":                    {webhook(`"body": "{\"a\": [\"{{ .x | }}\"]}"`), `"body"): Invalid jq: `},
		"a body with invalid jq in a key":           {webhook(`"body": "{\"{{ .x | }}\": 1}"`), `"body"): Invalid jq: `},
		"a body with open braces":                   {webhook(`"body": "{\"a\": [\"{{ .x\"]}"`), `"body"): Invalid Template: The braces of the template at "/a/0" in the JSON do not match: `},
		"a number out of range":                     {webhook(`"body": "{\"a\": 1e400}"`), `"body"): Number Out of Range: `},
		"a payload that is a number":                {method(`"kafka_method": {"payload": "1"}`), `"payload"): Neither a JSON Object nor a JSON List: `},
		"workflow inputs that are a list":           {method(`"github_method": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "[1]"}`), `"workflow_inputs"): Not a JSON Object: `},
		"a workflow with invalid jq":                {method(`"github_method": {"org": "{{ ) }}", "repo": "r", "workflow": "w"}`), `"org"): Invalid jq: `},
		"an invalid status":                         {method(`"github_method": {"org": "o", "repo": "r", "workflow": "w", "report_workflow_status": "no"}`), `"report_workflow_status"): Invalid Value: `},
		"variables that are a list":                 {method(`"gitlab_method": {"project_name": "p", "group_name": "g", "pipeline_variables": "[]"}`), `"pipeline_variables"): Not a JSON Object: `},
		"a ref with invalid jq":                     {method(`"gitlab_method": {"project_name": "p", "group_name": "g", "default_ref": "{{ | }}"}`), `"default_ref"): Invalid jq: `},
		"a payload with invalid jq":                 {method(`"azure_method": {"org": "o", "webhook": "w", "payload": "[\"{{ | }}\"]"}`), `"payload"): Invalid jq: `},
		"an integration with invalid jq":            {method(`"integration_method": {"installation_id": "i", "integration_action_type": "x", "integration_action_execution_properties": {"org": "o", "repo": "{{ | }}", "workflow": "w"}}`), `"repo"): Invalid jq: `},
		"mapped properties that are a list":         {upsert(`"mapping": {"properties": "[]"}`), `"properties"): Not a JSON Object: `},
		"mapped relations that are a text":          {upsert(`"mapping": {"relations": "\"x\""}`), `"relations"): Not a JSON Object: `},
		"a mapping with invalid jq":                 {upsert(`"mapping": {"identifier": "{{ .a. }}"}`), `"identifier"): Invalid jq: `},
		"a title with invalid jq":                   {upsert(`"title": "{{ .a. }}"`), `"title"): Invalid jq: `},
		"a team with invalid jq":                    {upsert(`"mapping": {"teams": ["{{ .a. }}"]}`), `"teams"): Invalid jq: `},
		"teams in two ways":                         {upsert(`"mapping": {"teams": ["a"], "teams_jq": "{{ .a }}"}`), `Invalid Attribute Combination: `},
		"an invalid approval":                       {automation(`"required_approval": "SOME"`), `"required_approval"): Invalid Attribute Value Match: `},
		"two notifications":                         {automation(`"approval_email_notification": {}, "approval_webhook_notification": {"url": "https://example.com"}`), `Invalid Attribute Combination: `},
		"a notification and none":                   {automation(`"approval_email_notification": {}, "approval_none_notification": {}`), `Invalid Attribute Combination: `},
		"a notification to an invalid URL":          {automation(`"approval_webhook_notification": {"url": "example.com"}`), `"url"): Invalid URL: `},
		"a notification in an invalid format":       {automation(`"approval_webhook_notification": {"url": "https://example.com", "format": "xml"}`), `"format"): Invalid Attribute Value Match: `},
		"an invalid operation":                      {strings.Replace(selfService(), "DAY-2", "UPDATE", 1), `"operation"): Invalid Attribute Value Match: `},
		"a button text that is too long":            {selfService(`"action_card_button_text": "sixteen letters!"`), `"action_card_button_text"): Invalid Attribute Value Length: `},
		"a button text that is too short":           {selfService(`"execute_action_button_text": "x"`), `"execute_action_button_text"): Invalid Attribute Value Match: `},
		"a button text with a trailing space":       {selfService(`"execute_action_button_text": "Run "`), `"execute_action_button_text"): Invalid Attribute Value Match: `},
		"a form with steps and an order":            {selfService(`"user_properties": {"string_props": {"a": {}}}, "order_properties": ["a"], "steps": [{"title": "One", "order": ["a"]}]`), `"steps"): Steps and an Order: `},
		"a step title that is too long":             {selfService(`"steps": [{"title": "` + strings.Repeat("x", 26) + `", "order": []}]`), `"title"): Invalid Attribute Value Length: `},
		"an empty title":                            {selfService(`"titles": {"t": {"title": ""}}`), `"title"): Invalid Attribute Value Length: `},
		"a title that is too long":                  {selfService(`"titles": {"t": {"title": "` + strings.Repeat("x", 141) + `"}}`), `"title"): Invalid Attribute Value Length: `},
		"a description of a title that is too long": {selfService(`"titles": {"t": {"title": "T", "description": "` + strings.Repeat("x", 1001) + `"}}`), `"description"): Invalid Attribute Value Length: `},
		"a title with an invalid key":               {selfService(`"titles": {"a b": {"title": "T"}}`), `Invalid Attribute Value Match: `},
		"a condition that is not a query":           {selfService(`"blueprint_identifier": "service", "condition": "{\"type\": \"SEARCH\"}"`), `"condition"): Invalid Query: `},
		"a condition of a create action":            {strings.Replace(selfService(`"blueprint_identifier": "service", "condition": "{\"combinator\": \"and\", \"rules\": []}"`), "DAY-2", "CREATE", 1), `"condition"): Condition Without an Entity: `},
		"two ways of requiring inputs":              {selfService(`"required_jq_query": "[]", "user_properties": {"string_props": {"a": {"required": true}}}`), `"required_jq_query"): Required Twice: required_jq_query already says which inputs are required: remove it, or remove required from a.`},
		"an input that is not required":             {inputs(`"string_props": {"a": {"required": false}}`), `"required"): Invalid Attribute Value Match: `},
		"a key in two maps":                         {inputs(`"string_props": {"size": {}}, "number_props": {"size": {}}`), `Duplicate Key: The key "size"`},
		"an input with an invalid key":              {inputs(`"string_props": {"a.b": {}}`), `Invalid Attribute Value Match: `},
		"a default and a query for it":              {inputs(`"string_props": {"a": {"default": "x", "default_jq_query": ".x"}}`), `"default_jq_query"): Invalid Attribute Combination: `},
		"a list default and a query for it":         {inputs(`"array_props": {"a": {"number_items": {"default": [1]}, "default_jq_query": ".x"}}`), `"default_jq_query"): Invalid Attribute Combination: `},
		"a boolean and a query for it":              {inputs(`"string_props": {"a": {"visible": true, "visible_jq_query": ".x"}}`), `"visible"): Invalid Attribute Combination: `},
		"an enum and a query for it":                {inputs(`"number_props": {"a": {"enum": [1], "enum_jq_query": "[1]"}}`), `"enum_jq_query"): Invalid Attribute Combination: `},
		"a pattern and a query for it":              {inputs(`"string_props": {"a": {"pattern": "x", "pattern_jq_query": ".x"}}`), `"pattern_jq_query"): Invalid Attribute Combination: `},
		"a count and a query for it":                {inputs(`"array_props": {"a": {"min_items": 1, "min_items_jq_query": "1"}}`), `"min_items_jq_query"): Invalid Attribute Combination: `},
		"an empty enum":                             {inputs(`"string_props": {"a": {"enum": []}}`), `"enum"): Invalid Attribute Value: `},
		"a duplicate value in an enum":              {inputs(`"number_props": {"a": {"enum": [1, 1.0]}}`), `"enum"): Duplicate List Value: `},
		"a length below zero":                       {inputs(`"string_props": {"a": {"min_length": -1}}`), `"min_length"): Invalid Count: `},
		"an invalid pattern":                        {inputs(`"string_props": {"a": {"pattern": "(["}}`), `"pattern"): Invalid Regular Expression: `},
		"an invalid encryption":                     {inputs(`"string_props": {"a": {"encryption": "rot13"}}`), `"encryption"): Invalid Attribute Value Match: `},
		"two encryptions":                           {inputs(`"object_props": {"a": {"encryption": "aes256-gcm", "client_side_encryption": {"algorithm": "client-side", "key": "k"}}}`), `Invalid Attribute Combination: `},
		"an object default that is a list":          {inputs(`"object_props": {"a": {"default": "[]"}}`), `"default"): Not a JSON Object: `},
		"items of two types":                        {inputs(`"array_props": {"a": {"string_items": {}, "object_items": {}}}`), `Invalid Attribute Combination: `},
		"an invalid sort order":                     {inputs(`"string_props": {"a": {"sort": {"property": "p", "order": "UP"}}}`), `"order"): Invalid Attribute Value Match: `},
		"a dataset with an invalid combinator":      {inputs(`"string_props": {"a": {"dataset": {"combinator": "nor", "rules": []}}}`), `"combinator"): Invalid Attribute Value Match: `},
		"a constant and a query":                    {dataset(`{"property": "p", "operator": "=", "value": {"jq_query": "1"}, "value_json": "1"}`), `"value_json"): Invalid Attribute Combination: `},
		"a constant that is not JSON":               {dataset(`{"property": "p", "operator": "=", "value_json": "production"}`), `"value_json"): Invalid JSON: `},
		"an invalid query of an input":              {inputs(`"string_props": {"a": {"visible_jq_query": ".form |"}}`), `"visible_jq_query"): Invalid jq: The query is not valid jq: `},
		"an invalid query of elements":              {inputs(`"array_props": {"a": {"string_items": {"enum_jq_query": ".form |"}}}`), `"enum_jq_query"): Invalid jq: `},
		"an invalid query of a step":                {selfService(`"steps": [{"title": "T", "order": [], "visible_jq_query": "|"}]`), `"visible_jq_query"): Invalid jq: `},
		"an invalid query for the required inputs":  {selfService(`"required_jq_query": "["`), `"required_jq_query"): Invalid jq: `},
		"a timeout of zero":                         {automation(`"timeouts": {"create": "0s"}`), `Invalid Duration: `},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_action", test.config)
			if len(diagnostics) == 0 || !strings.Contains(strings.Join(diagnostics, "\n"), test.want) || !strings.HasPrefix(diagnostics[0], "ERROR") {
				t.Errorf("got %q, want %q", diagnostics, test.want)
			}
		})
	}
}

func webhookTo(url string) string {
	return method(`"webhook_method": {"url": "` + url + `"}`)
}

func TestValidate_warns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"a function that only Port's jq may know": {condition(`{"expressions": ["unheard_of(.a)"]}`), `Unknown jq: The expression cannot be checked: compiling the jq program: function not defined: unheard_of/1.`},
		"a condition with the wrong root":         {condition(`{"expressions": [".event.diff.after.title == 'x'"]}`), `Condition Reads .event: `},
		"a template with the wrong root":          {webhook(`"body": "{\"a\": \"{{ .diff.after.title }}\"}"`), `Template Reads the Wrong Root: `},
		"an upsert that triggers itself":          {method(`"upsert_entity_method": {"blueprint_identifier": "service"}`), `"entity_updated_event"): Automation May Trigger Itself: `},
		"an automation triggered by its own runs": {event(`"run_updated_event": {"action_identifier": "tell"}`), `"run_updated_event"): Automation May Trigger Itself: `},
		"an order of an unknown input":            {selfService(`"user_properties": {"string_props": {"a": {}}}, "order_properties": ["a", "b"]`), `ElementKeyInt(1): Unknown Input: The action has neither an input nor a title "b"`},
		"a step of an unknown input":              {selfService(`"user_properties": {"string_props": {"a": {}}}, "steps": [{"title": "T", "order": ["b"]}]`), `Unknown Input: `},
		"a condition without a blueprint":         {selfService(`"condition": "{\"combinator\": \"and\", \"rules\": []}"`), `"condition"): Condition Without a Blueprint: `},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_action", test.config)
			if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "WARNING") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want %q", diagnostics, test.want)
			}
		})
	}
}

func TestValidate_accepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a URL that is a template":    webhookTo(`{{ .secrets.url }}`),
		"a URL with templates":        webhookTo(`https://{{ .inputs.host }}:8080/{{ .run.id }}?a={{ 'b c' }}`),
		"single quotes":               condition(`{"expressions": [".diff.after.properties.healthStatus == 'Healthy'"]}`),
		"braces in quotes":            webhook(`"body": "{\"a\": \"{{ '}}' + \\\"{{\\\" }}\"}"`),
		"an object literal":           webhook(`"body": "{\"a\": \"{{ {b: .event.diff.after.title}}}\"}"`),
		"a spread":                    webhook(`"body": "{\"{{ spreadValue() }}\": \"{{ .event }}\"}"`),
		"the event in a pipe":         webhook(`"body": "{\"a\": \"{{ .event | .diff.after.title }}\"}"`),
		"a template of a run":         strings.Replace(selfService(), `"https://example.com"`, `"https://example.com/{{ .trigger.by.user.email }}"`, 1),
		"an upsert of something else": upsert(),
		"an upsert after a deletion":  `{"identifier": "tell", "automation_trigger": {"entity_deleted_event": {"blueprint_identifier": "service"}}, "upsert_entity_method": {"blueprint_identifier": "service"}}`,
		"unknown texts":               `{"identifier": "(unknown)", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "(unknown)"}, "jq_condition": {"expressions": ["(unknown)"]}}, "webhook_method": {"url": "(unknown)", "agent": "(unknown)", "method": "(unknown)", "body": "(unknown)", "headers": {"A": "(unknown)"}}}`,
		"unknown collections":         `{"identifier": "a", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "b"}, "jq_condition": {"expressions": "(unknown)"}}, "webhook_method": {"url": "https://a.example", "headers": "(unknown)"}}`,
		"an unknown trigger":          `{"identifier": "a", "automation_trigger": "(unknown)", "webhook_method": {"url": "https://a.example"}}`,
		"an unknown condition":        `{"identifier": "a", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "b"}, "jq_condition": "(unknown)"}, "webhook_method": {"url": "https://a.example"}}`,
		"an unknown method":           `{"identifier": "a", "automation_trigger": {"entity_updated_event": {"blueprint_identifier": "b"}}, "webhook_method": "(unknown)"}`,
		"an unknown mapping":          upsert(`"mapping": "(unknown)"`),
		"unknown inputs":              selfService(`"user_properties": "(unknown)", "order_properties": ["a"]`),
		"an unknown map of inputs":    inputs(`"string_props": "(unknown)"`),
		"an unknown input":            inputs(`"string_props": {"a": "(unknown)", "b": {}}`),
		"unknown steps":               selfService(`"steps": "(unknown)"`),
		"unknown rules":               inputs(`"string_props": {"a": {"dataset": {"combinator": "and", "rules": "(unknown)"}}}`),
		"no expression":               condition(`{}`),
		"an order with a title":       selfService(`"user_properties": {"string_props": {"a": {}}}, "titles": {"t": {"title": "T"}}, "order_properties": ["t", "a"]`),
		"an empty order with steps":   selfService(`"user_properties": {"string_props": {"a": {}}}, "order_properties": [], "steps": [{"title": "T", "order": ["a"]}]`),
		"a lookahead":                 inputs(`"string_props": {"a": {"pattern": "^(?!x)"}}`),
		"deeply nested rules":         dataset(strings.Repeat(`{"combinator": "and", "rules": [`, 10) + `{"property": "p", "operator": "isEmpty"}` + strings.Repeat(`]}`, 10)),
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diagnostics := acctest.Validate(t, "port_action", config); len(diagnostics) > 0 {
				t.Errorf("got %q", diagnostics)
			}
		})
	}
}

// TestAction_validationHidesSecrets checks that no error shows the text of an attribute that may
// hold a secret.
func TestAction_validationHidesSecrets(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"a URL without a scheme":    webhookTo(`hooks.example.com/s3cret`),
		"a URL with open braces":    webhookTo(`https://hooks.example.com/s3cret/{{ .run.id }`),
		"a notification":            automation(`"approval_webhook_notification": {"url": "hooks.example.com/s3cret"}`),
		"a header with open braces": webhook(`"headers": {"Authorization": "Bearer s3cret {{ .x"}`),
		"a body with open braces":   webhook(`"body": "{\"token\": \"s3cret {{ .x\"}"`),
		"a body that is not JSON":   webhook(`"body": "s3cret"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_action", config)
			if len(diagnostics) == 0 || strings.Contains(strings.Join(diagnostics, " "), "s3cret") {
				t.Errorf("got %q", diagnostics)
			}
		})
	}
}
