package action_test

import (
	"testing"
)

// TestAction_emptyPlan applies configurations and expects an empty plan: for the same
// configuration, for an equivalent one, and after an import.
func TestAction_emptyPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config string
		// reworded is an equivalent configuration.
		reworded string
	}{
		"minimal":                        {config: automation()},
		"empty texts":                    {config: automation(`"title": "", "icon": "", "description": ""`)},
		"defaults":                       {config: automation(), reworded: automation(`"publish": true`)},
		"not published":                  {config: automation(`"publish": false, "allow_anyone_to_view_runs": false`)},
		"approval":                       {config: automation(`"required_approval": "true", "approval_email_notification": {}`)},
		"approval by any":                {config: automation(`"required_approval": "ANY", "approval_webhook_notification": {"url": "https://example.com"}`)},
		"approval by all":                {config: automation(`"required_approval": "ALL", "approval_webhook_notification": {"url": "https://example.com", "format": "slack"}`)},
		"no notification":                {config: automation(`"required_approval": "false", "approval_none_notification": {}`)},
		"created":                        {config: event(`"entity_created_event": {"blueprint_identifier": "service"}`)},
		"deleted":                        {config: event(`"entity_deleted_event": {"blueprint_identifier": "service"}`)},
		"any entity":                     {config: event(`"any_entity_change_event": {"blueprint_identifier": "service"}`)},
		"a timer":                        {config: event(`"timer_property_expired_event": {"blueprint_identifier": "service", "property_identifier": "ttl"}`)},
		"run created":                    {config: event(`"run_created_event": {"action_identifier": "scale"}`)},
		"run updated":                    {config: event(`"run_updated_event": {"action_identifier": "scale"}`)},
		"any run":                        {config: event(`"any_run_change_event": {"action_identifier": "scale"}`)},
		"a condition":                    {config: condition(`{"expressions": ["true", ".diff.after.title == 'x'"]}`), reworded: condition(`{"expressions": ["true", ".diff.after.title == 'x'"], "combinator": "and"}`)},
		"a condition or another":         {config: condition(`{"expressions": ["true"], "combinator": "or"}`)},
		"a condition with no expression": {config: condition(`{"expressions": []}`), reworded: automation()},
		"an empty condition":             {config: condition(`{"expressions": []}`), reworded: condition(`{}`)},
		"empty headers":                  {config: webhook(`"headers": {}`), reworded: webhook()},
		"a webhook": {
			config:   webhook(`"agent": "false", "synchronized": "true", "method": "PUT", "headers": {"A": "b"}, "body": "{\"a\": [1, 2.50, {\"b\": null}]}"`),
			reworded: webhook(`"agent": "false", "synchronized": "true", "method": "PUT", "headers": {"A": "b"}, "body": "{ \"a\" : [1.0, 2.5, {\"b\": null}] }"`),
		},
		"flags by templates":            {config: webhook(`"agent": "{{ .inputs.agent }}", "synchronized": " {{ true }} ", "method": "{{ 'PUT' }}"`)},
		"a list as body":                {config: webhook(`"body": "[{\"{{ spreadValue() }}\": \"{{ .event }}\"}]"`)},
		"exact numbers":                 {config: webhook(`"body": "{\"n\": 9007199254740993, \"f\": 0.1, \"g\": 1e21}"`)},
		"Kafka":                         {config: method(`"kafka_method": {}`)},
		"Kafka with a payload":          {config: method(`"kafka_method": {"payload": "{\"a\": 1}"}`), reworded: method(`"kafka_method": {"payload": "{\"a\": 1.0}"}`)},
		"GitHub":                        {config: method(`"github_method": {"org": "o", "repo": "r", "workflow": "w"}`)},
		"GitHub with all attributes":    {config: method(`"github_method": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "{\"a\": \"{{ .x }}\"}", "report_workflow_status": "true"}`)},
		"GitLab":                        {config: method(`"gitlab_method": {"project_name": "p", "group_name": "g", "default_ref": "main", "pipeline_variables": "{\"A\": \"b\"}"}`)},
		"Azure":                         {config: method(`"azure_method": {"org": "o", "webhook": "w", "payload": "[1]"}`)},
		"an integration":                {config: method(`"integration_method": {"installation_id": "i", "integration_action_type": "dispatch_workflow", "integration_action_execution_properties": {"org": "o", "repo": "r", "workflow": "w", "workflow_inputs": "{}", "report_workflow_status": "{{ true }}"}}`)},
		"an upsert":                     {config: upsert()},
		"an upsert of a title":          {config: upsert(`"title": "T", "mapping": {}`), reworded: upsert(`"title": "T"`)},
		"an upsert with all attributes": {config: upsert(`"title": "T", "mapping": {"identifier": "{{ .x }}", "icon": "I", "teams": ["b", "a"], "properties": "{\"a\": 1}", "relations": "{\"r\": [\"x\"]}"}`)},
		"no teams":                      {config: upsert(`"mapping": {"teams": []}`)},
		"teams by a template":           {config: upsert(`"mapping": {"teams_jq": "{{ .x }}"}`)},
		"an empty form":                 {config: selfService(`"user_properties": {"string_props": {}, "array_props": {}}, "order_properties": [], "steps": [], "titles": {}`), reworded: selfService()},
		"a form with an order":          {config: selfService(`"user_properties": {"string_props": {"a": {}}}, "order_properties": ["a", "t"], "titles": {"t": {"title": "T", "description": "D", "visible_jq_query": "true"}}`)},
		"a form with steps":             {config: selfService(`"user_properties": {"string_props": {"a": {}}}, "steps": [{"title": "One", "order": ["a"], "visible": true}, {"title": "Two", "order": [], "visible_jq_query": "false"}]`)},
		"a form with all texts":         {config: selfService(`"blueprint_identifier": "service", "required_jq_query": "[]", "action_card_button_text": "Go", "execute_action_button_text": "Do it"`)},
		"a condition of a form": {
			config:   selfService(`"blueprint_identifier": "service", "condition": "{\"type\": \"SEARCH\", \"combinator\": \"and\", \"rules\": [{\"property\": \"healthStatus\", \"operator\": \"=\", \"value\": \"x\"}]}"`),
			reworded: selfService(`"blueprint_identifier": "service", "condition": "{\"rules\": [{\"value\": \"x\", \"property\": \"healthStatus\", \"operator\": \"=\"}], \"combinator\": \"and\", \"type\": \"SEARCH\"}"`),
		},
		"inputs of all types":          {config: inputs(`"string_props": {"s": {}}, "number_props": {"n": {}}, "boolean_props": {"b": {}}, "object_props": {"o": {}}, "array_props": {"a": {}}`)},
		"an input with all attributes": {config: inputs(`"string_props": {"s": {"title": "T", "icon": "I", "description": "D", "required": true, "depends_on": ["n"], "visible": false, "disabled": true, "default": "x"}}, "number_props": {"n": {"required": true, "visible_jq_query": "true", "disabled_jq_query": "true", "default_jq_query": "1"}}`)},
		"empty lists of an input": {
			config:   inputs(`"string_props": {"s": {"depends_on": [], "enum_colors": {}}}, "number_props": {"n": {"enum_colors": {}}}`),
			reworded: inputs(`"string_props": {"s": {}}, "number_props": {"n": {}}`),
		},
		"a string":                 {config: inputs(`"string_props": {"s": {"format": "email", "min_length": 1, "max_length": 9, "pattern": "^a", "enum": ["b", "a"], "enum_colors": {"a": "red"}, "encryption": "aes256-gcm", "default": ""}}`)},
		"a string by queries":      {config: inputs(`"string_props": {"s": {"pattern_jq_query": "'x'", "enum_jq_query": "[]", "default_jq_query": ".x", "client_side_encryption": {"algorithm": "client-side", "key": "k"}}}`)},
		"an entity":                {config: inputs(`"string_props": {"s": {"format": "entity", "blueprint": "service", "sort": {"property": "$title"}}}`), reworded: inputs(`"string_props": {"s": {"format": "entity", "blueprint": "service", "sort": {"property": "$title", "order": "ASC"}}}`)},
		"a dataset":                {config: dataset(`{"property": "$team", "operator": "containsAny", "value": {"jq_query": ".user.teams"}}`)},
		"a dataset of constants":   {config: dataset(`{"property": "healthStatus", "operator": "=", "value_json": "\"x\""}, {"property": "n", "operator": "in", "value_json": "[1, 2.0]"}`), reworded: dataset(`{"property": "healthStatus", "operator": "=", "value_json": " \"x\" "}, {"property": "n", "operator": "in", "value_json": "[1.0,2]"}`)},
		"a dataset of no value":    {config: dataset(`{"property": "healthStatus", "operator": "isEmpty"}`)},
		"nested rules":             {config: dataset(`{"combinator": "or", "rules": [{"combinator": "and", "rules": [{"blueprint": "service", "operator": "relatedTo", "value_json": "\"a\""}]}, {"combinator": "and", "rules": []}]}`)},
		"a property of the user":   {config: dataset(`{"property": "{\"context\":\"user\",\"property\":\"email\"}", "operator": "=", "value_json": "true"}`)},
		"a number":                 {config: inputs(`"number_props": {"n": {"default": 1, "minimum": 0.1, "maximum": 100, "enum": [1, 9007199254740993], "enum_colors": {"1": "red"}}}`), reworded: inputs(`"number_props": {"n": {"default": 1.0, "minimum": 1e-1, "maximum": 1e2, "enum": [1e0, 9007199254740993.0], "enum_colors": {"1": "red"}}}`)},
		"a number by queries":      {config: inputs(`"number_props": {"n": {"default_jq_query": "1", "enum_jq_query": "[1]"}}`)},
		"a boolean":                {config: inputs(`"boolean_props": {"b": {"default": false}}`)},
		"an object":                {config: inputs(`"object_props": {"o": {"default": "{\"a\": [1]}", "encryption": "aes256-gcm"}}`), reworded: inputs(`"object_props": {"o": {"default": "{ \"a\": [ 1.0 ] }", "encryption": "aes256-gcm"}}`)},
		"strings":                  {config: inputs(`"array_props": {"a": {"min_items": 0, "max_items": 3, "string_items": {"format": "entity", "blueprint": "service", "dataset": "{\"combinator\": \"and\", \"rules\": []}", "enum": ["x"], "default": ["x"]}, "sort": {"property": "p", "order": "DESC"}}}`)},
		"strings by queries":       {config: inputs(`"array_props": {"a": {"min_items_jq_query": "1", "max_items_jq_query": "2", "default_jq_query": "[]", "string_items": {"enum_jq_query": "[]"}}}`)},
		"numbers":                  {config: inputs(`"array_props": {"a": {"number_items": {"enum": [1.5], "default": [1.5]}}}`)},
		"numbers by queries":       {config: inputs(`"array_props": {"a": {"number_items": {"enum_jq_query": "[1]"}}}`)},
		"booleans":                 {config: inputs(`"array_props": {"a": {"boolean_items": {"default": [true, false]}}}`)},
		"booleans with no default": {config: inputs(`"array_props": {"a": {"boolean_items": {}}}`)},
		"objects":                  {config: inputs(`"array_props": {"a": {"object_items": {"default": [{"a": "1"}, {}]}}}`)},
		"empty defaults":           {config: inputs(`"array_props": {"a": {"string_items": {"default": []}}, "b": {"object_items": {"default": []}}}`)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			session := env.NewSession(t, "port_action")
			session.Apply(test.config)
			expectEmptyPlan(t, session, "after the apply", test.config)
			if test.reworded != "" {
				expectEmptyPlan(t, session, "with an equivalent configuration", test.reworded)
			}
			for _, config := range []string{test.config, test.reworded} {
				if config == "" {
					continue
				}
				imported := env.NewSession(t, "port_action")
				imported.Import("tell")
				expectEmptyPlan(t, imported, "after an import", config)
			}
		})
	}
}
