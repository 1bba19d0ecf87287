package emulator_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// automationOf returns an automation that posts the changes of a blueprint.
func automationOf(identifier, blueprint string) string {
	return `{"identifier":"` + identifier + `","trigger":{"type":"automation","event":{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"` + blueprint + `"}},
		"invocationMethod":{"type":"WEBHOOK","url":"https://listener.example.com"}}`
}

// selfService returns a self-service action without a blueprint.
func selfService(identifier string) string {
	return `{"identifier":"` + identifier + `","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},
		"invocationMethod":{"type":"KAFKA"}}`
}

// changed returns a body with a part replaced.
func changed(body, part, replacement string) string {
	if !strings.Contains(body, part) {
		panic("the body does not contain " + part)
	}
	return strings.Replace(body, part, replacement, 1)
}

func TestActionIsReturnedAsSent(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	const sent = `{
		"identifier": "scale", "title": "Scale", "icon": "Microservice", "description": "", "publish": true,
		"trigger": {"type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "service", "actionCardButtonText": "Scale it",
			"condition": {"type": "SEARCH", "combinator": "and", "rules": [{"property": "replicas", "operator": ">", "value": 1.0}]},
			"userInputs": {"properties": {
				"replicas": {"type": "number", "default": 9007199254740993, "minimum": 1e0, "otherKey": {"z": 1, "a": null}},
				"of": {"type": "string", "format": "entity", "blueprint": "service", "visible": {"jqQuery": ".form.x"},
					"sort": {"property": "$title", "order": "ASC"},
					"dataset": {"combinator": "and", "rules": [{"property": "live", "operator": "=", "value": {"jqQuery": ".x"}}]}}},
				"required": {"jqQuery": "[\"of\"]"}, "titles": {"a": {"title": "A", "visible": false}},
				"steps": [{"title": "One", "order": ["replicas"], "visible": {"jqQuery": "true"}}]}},
		"invocationMethod": {"type": "WEBHOOK", "url": "{{ .inputs.url }}", "agent": "{{ .x }}", "synchronized": true, "method": "PUT",
			"headers": {"RUN_ID": "{{ .run.id }}"}, "body": {"{{ spreadValue() }}": "{{ .inputs }}", "n": 1.0}},
		"requiredApproval": {"type": "ANY"}, "approvalNotification": {"type": "webhook", "url": "https://a.example.com", "format": "slack"},
		"allowAnyoneToViewRuns": false
	}`
	created := s.mustDo(t, http.MethodPost, "/v1/actions", sent)
	if created.status != http.StatusCreated {
		t.Errorf("status %d", created.status)
	}
	got := s.mustDo(t, http.MethodGet, "/v1/actions/scale", "")
	id, _ := got.at(t, "action", "id").(string)
	if len(id) != len("action_")+16 {
		t.Errorf("the id is %q", id)
	}
	want := strings.TrimSuffix(strings.TrimSpace(sent), "}") + `,"id":"` + id + `",
		"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","updatedAt":"2026-06-15T16:44:56.288Z","updatedBy":"client@clients"}`
	same(t, got.at(t, "action"), want)
	same(t, created.at(t, "action"), want)
	if !strings.Contains(got.body, `"default":9007199254740993,"minimum":1e0,"otherKey":{"z":1,"a":null}`) {
		t.Errorf("numbers or order changed: %s", got.body)
	}
}

func TestActionIsReplaced(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	created := s.mustDo(t, http.MethodPost, "/v1/actions", changed(automationOf("a", "service"), `"trigger"`, `"title":"A","publish":false,"trigger"`))
	replaced := s.mustDo(t, http.MethodPut, "/v1/actions/a", automationOf("a", "service"))
	for _, key := range []string{"title", "publish"} {
		if replaced.at(t, "action", key) != nil {
			t.Errorf("%s still exists: %s", key, replaced.body)
		}
	}
	for _, key := range []string{"id", "createdAt", "createdBy"} {
		if created.at(t, "action", key) != replaced.at(t, "action", key) {
			t.Errorf("%s changed: %s", key, replaced.body)
		}
	}
	if at := replaced.at(t, "action", "updatedAt"); at != "2026-06-15T16:44:56.289Z" {
		t.Errorf("updatedAt is %s, want a later time", at)
	}
}

func TestActionIsRenamed(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("old"))
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("taken"))
	s.mustDo(t, http.MethodPost, "/v1/actions", `{"identifier":"follows","trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"old"}},
		"invocationMethod":{"type":"KAFKA"}}`)
	s.mustDo(t, http.MethodPatch, "/v1/actions/old/permissions", `{"execute":{"ownedByTeam":true}}`)

	s.do(t, http.MethodPut, "/v1/actions/old", selfService("taken")).refused(t, http.StatusConflict, "identifier_taken", `"taken"`)
	renamed := s.mustDo(t, http.MethodPut, "/v1/actions/old", selfService("new"))
	if got := renamed.at(t, "action", "identifier"); got != "new" {
		t.Errorf("identifier = %s", got)
	}
	s.do(t, http.MethodGet, "/v1/actions/old", "").refused(t, http.StatusNotFound, "not_found", `"old"`)
	if got := s.mustDo(t, http.MethodGet, "/v1/actions/new/permissions", "").at(t, "permissions", "execute", "ownedByTeam"); got != true {
		t.Error("the permissions are lost")
	}
	if got := s.mustDo(t, http.MethodGet, "/v1/actions/follows", "").at(t, "action", "trigger", "event", "actionIdentifier"); got != "new" {
		t.Errorf("the automation reacts to %s", got)
	}
}

func TestActionsAreRefused(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("taken"))
	automation, action := automationOf("a", "service"), selfService("a")
	const webhook = `"invocationMethod":{"type":"WEBHOOK","url":"https://listener.example.com"}`
	for _, test := range []struct {
		body   string
		status int
		code   string
		part   string
	}{
		{selfService("taken"), 409, "identifier_taken", `Action with identifier "taken" already exists`},
		{automationOf("a", "nowhere"), 404, "not_found", `Blueprint with identifier "nowhere"`},
		{changed(action, `"userInputs"`, `"blueprintIdentifier":"nowhere","userInputs"`), 404, "not_found", `"nowhere"`},
		{`{}`, 422, "", "required property 'identifier'"},
		{changed(action, `"trigger"`, `"id":"action_1","trigger"`), 422, "", "additional properties: 'id'"},
		{changed(action, `"trigger"`, `"publish":"yes","trigger"`), 422, "", "body/publish must be boolean"},
		{changed(action, `"trigger"`, `"requiredApproval":{"type":"SOME"},"trigger"`), 422, "", "body/requiredApproval"},
		{changed(action, `"trigger"`, `"approvalNotification":{"type":"webhook"},"trigger"`), 422, "", "'url'"},
		{changed(action, `"trigger"`, `"approvalNotification":{"type":"email","url":"https://a.example.com"},"trigger"`), 422, "", "'url'"},
		{selfService("a/b"), 422, "", "body/identifier must match pattern"},
		{selfService("a b"), 422, "", "body/identifier"},
		{selfService("a'b"), 422, "", "body/identifier"},
		{selfService("."), 422, "", "body/identifier"},
		{selfService(".."), 422, "", "body/identifier"},
		{changed(action, `"CREATE"`, `"UPDATE"`), 422, "", "body/trigger/operation"},
		{changed(action, `"CREATE"`, `"CREATE","condition":{"type":"SEARCH","rules":[],"combinator":"and"}`), 422, "", "'condition'"},
		{changed(action, `"CREATE"`, `"DAY-2","condition":{"type":"SEARCH","rules":[],"combinator":"and"}`), 422, "", "blueprintIdentifier"},
		{changed(action, `"CREATE"`, `"CREATE","actionCardButtonText":" Go"`), 422, "", "actionCardButtonText"},
		{changed(action, `"CREATE"`, `"CREATE","executeActionButtonText":"sixteen letters!"`), 422, "", "executeActionButtonText"},
		{changed(action, `{"properties":{}}`, `{}`), 422, "", "'properties'"},
		{changed(action, `{"properties":{}}`, `{"properties":{},"order":[],"steps":[]}`), 422, "", "body/trigger/userInputs"},
		{changed(action, `{"properties":{}}`, `{"properties":{"a b":{"type":"string"}}}`), 422, "", "a b"},
		{changed(action, `{"properties":{}}`, `{"properties":{"a":{}}}`), 422, "", "'type'"},
		{changed(action, `{"properties":{}}`, `{"properties":{"a":{"type":"string","format":"colour"}}}`), 422, "", "a/format"},
		{changed(action, `{"properties":{}}`, `{"properties":{"a":{"type":"string","dataset":{"rules":[]}}}}`), 422, "", "'combinator'"},
		{changed(action, `{"properties":{}}`, `{"properties":{},"titles":{"t":{"title":""}}}`), 422, "", "titles/t/title"},
		{changed(automation, `"ANY_ENTITY_CHANGE"`, `"ENTITY_RENAMED"`), 422, "", "body/trigger/event/type"},
		{changed(automation, `"ANY_ENTITY_CHANGE"`, `"TIMER_PROPERTY_EXPIRED"`), 422, "", "'propertyIdentifier'"},
		{changed(automation, `"ANY_ENTITY_CHANGE"`, `"RUN_CREATED"`), 422, "", "'actionIdentifier'"},
		{changed(automation, `"ANY_ENTITY_CHANGE",`, `"ANY_ENTITY_CHANGE","propertyIdentifier":"p",`), 422, "", "'propertyIdentifier'"},
		{changed(automation, `"automation",`, `"automation","condition":{"type":"JQ"},`), 422, "", "'expressions'"},
		{changed(automation, `"automation",`, `"automation","condition":{"type":"SEARCH","expressions":[]},`), 422, "", "condition/type"},
		{changed(automation, `"automation",`, `"automation","condition":{"type":"JQ","expressions":[],"combinator":"xor"},`), 422, "", "combinator"},
		{changed(automation, webhook, `"invocationMethod":{"type":"SLACK","url":"https://a.example.com"}`), 422, "", "body/invocationMethod/type"},
		{changed(automation, webhook, `"invocationMethod":{"type":"WEBHOOK"}`), 422, "", "'url'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"WEBHOOK","url":"u","queryParams":{}}`), 422, "", "'queryParams'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"WEBHOOK","url":"u","body":"text"}`), 422, "", "invocationMethod/body"},
		{changed(automation, webhook, `"invocationMethod":{"type":"WEBHOOK","url":"u","headers":{"n":1}}`), 422, "", "headers/n"},
		{changed(automation, webhook, `"invocationMethod":{"type":"WEBHOOK","url":"u","agent":1}`), 422, "", "invocationMethod/agent"},
		{changed(automation, webhook, `"invocationMethod":{"type":"GITHUB","org":"o","repo":"r"}`), 422, "", "'workflow'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"GITLAB","projectName":"p"}`), 422, "", "'groupName'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"AZURE_DEVOPS","org":"o"}`), 422, "", "'webhook'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"UPSERT_ENTITY","blueprintIdentifier":"b"}`), 422, "", "'mapping'"},
		{changed(automation, webhook, `"invocationMethod":{"type":"UPSERT_ENTITY","blueprintIdentifier":"b","mapping":{"properties":[]}}`), 422, "", "mapping/properties"},
		{changed(automation, webhook, `"invocationMethod":{"type":"INTEGRATION_ACTION","installationId":"i","integrationActionType":"restart"}`), 422, "", "'integrationActionExecutionProperties'"},
	} {
		if test.code == "" {
			test.code = "invalid_request"
		}
		s.do(t, http.MethodPost, "/v1/actions", test.body).refused(t, test.status, test.code, test.part)
	}
	for _, name := range []string{"a.b", "...", ".a", "a:b=c+d@e_f-g", "ünïcode"} {
		s.mustDo(t, http.MethodPost, "/v1/actions", selfService(name))
	}
}

func TestMissingActions(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for _, request := range []struct{ method, path, body string }{
		{http.MethodGet, "/v1/actions/absent", ""},
		{http.MethodPut, "/v1/actions/absent", selfService("absent")},
		{http.MethodDelete, "/v1/actions/absent", ""},
		{http.MethodGet, "/v1/actions/absent/permissions", ""},
		{http.MethodPatch, "/v1/actions/absent/permissions", `{}`},
	} {
		s.do(t, request.method, request.path, request.body).refused(t, http.StatusNotFound, "not_found", `Action with identifier "absent" was not found`)
	}
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("present"))
	s.mustDo(t, http.MethodDelete, "/v1/actions/present", "")
	s.do(t, http.MethodGet, "/v1/actions/present", "").refused(t, http.StatusNotFound, "not_found", "present")
}

func TestActionsAreListed(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("other", ""))
	for _, body := range []string{
		automationOf("any", "service"),
		changed(automationOf("draft", "service"), `"trigger"`, `"publish":false,"trigger"`),
		changed(automationOf("created", "other"), "ANY_ENTITY_CHANGE", "ENTITY_CREATED"),
		`{"identifier":"runs","trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"form"}},"invocationMethod":{"type":"KAFKA"}}`,
		selfService("form"),
		changed(selfService("scale"), `"CREATE"`, `"DAY-2","blueprintIdentifier":"service"`),
		changed(selfService("remove"), `"CREATE"`, `"DELETE","blueprintIdentifier":"service"`),
	} {
		s.mustDo(t, http.MethodPost, "/v1/actions", body)
	}
	for _, test := range []struct{ query, want string }{
		{"", "any draft created runs form scale remove"},
		{"?version=v2", "any draft created runs form scale remove"},
		{"?action_identifier=runs", "runs"},
		{"?action_identifier=runs&action_identifier=any", "any runs"},
		{"?blueprint_identifier=service", "any draft scale remove"},
		{"?blueprint_identifier=other&blueprint_identifier=service", "any draft created scale remove"},
		{"?operation=DAY-2", "scale"},
		{"?operation=DELETE&operation=CREATE", "form remove"},
		{"?published=true", "any created runs form scale remove"},
		{"?published=false", "draft form scale remove"},
		{"?published=false&trigger_type=automation", "draft"},
		{"?trigger_type=self-service", "form scale remove"},
		{"?trigger_type=automation&blueprint_identifier=service", "any draft"},
		{"?trigger_event=ENTITY_CREATED", "created"},
		{"?trigger_event=ENTITY_CREATED&trigger_event=ANY_ENTITY_CHANGE", "any draft created"},
		{"?trigger_event_action_identifier=form", "runs"},
		{"?action_identifier=absent", ""},
	} {
		var got []string
		list, _ := s.mustDo(t, http.MethodGet, "/v1/actions"+test.query, "").at(t, "actions").([]any)
		for _, item := range list {
			listed, _ := item.(map[string]any)
			identifier, _ := listed["identifier"].(string)
			got = append(got, identifier)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %s, want %s", test.query, got, test.want)
		}
	}
	for _, query := range []string{"operation=UPDATE", "published=maybe", "trigger_type=schedule", "trigger_event=SCORECARD", "version=v3"} {
		name, _, _ := strings.Cut(query, "=")
		s.do(t, http.MethodGet, "/v1/actions?"+query, "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "querystring/"+name)
	}
}

func TestActionPermissions(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("a"))
	const path = "/v1/actions/a/permissions"
	same(t, s.mustDo(t, http.MethodGet, path, "").at(t, "permissions"), `{
		"execute": {"users": [], "roles": ["Admin", "Member"], "teams": [], "ownedByTeam": false},
		"approve": {"users": [], "roles": ["Admin"], "teams": []}}`)
	updated := s.mustDo(t, http.MethodPatch, path, `{"execute": {"roles": [], "users": ["ana@example.com"], "ownedByTeam": true},
		"approve": {"teams": ["shop"], "policy": {"queries": {"q": {"combinator": "and", "rules": []}}, "conditions": [".results"]}}}`)
	const want = `{
		"execute": {"users": ["ana@example.com"], "roles": [], "teams": [], "ownedByTeam": true},
		"approve": {"users": [], "roles": ["Admin"], "teams": ["shop"],
			"policy": {"queries": {"q": {"combinator": "and", "rules": []}}, "conditions": [".results"]}}}`
	same(t, updated.at(t, "permissions"), want)
	s.mustDo(t, http.MethodPut, "/v1/actions/a", selfService("a"))
	same(t, s.mustDo(t, http.MethodGet, path, "").at(t, "permissions"), want)
	for body, part := range map[string]string{
		`{"delete":{}}`:                                            "'delete'",
		`{"approve":{"ownedByTeam":true}}`:                         "'ownedByTeam'",
		`{"execute":{"users":"ana"}}`:                              "execute/users must be array",
		`{"execute":{"policy":{}}}`:                                "'queries'",
		`{"execute":{"ownedByTeam":"yes"}}`:                        "execute/ownedByTeam must be boolean",
		`{"execute":{"policy":{"queries":{},"conditions":["."]}}}`: "policy/queries",
	} {
		s.do(t, http.MethodPatch, path, body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
	}
}

func TestBlueprintWithActionsIsDeleted(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.createService(t)
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(selfService("scale"), `"CREATE"`, `"DAY-2","blueprintIdentifier":"service"`))
	s.mustDo(t, http.MethodPost, "/v1/actions", automationOf("watch", "service"))
	s.do(t, http.MethodDelete, "/v1/blueprints/service", "").refused(t, http.StatusConflict, "has_dependents", "scale")
	s.mustDo(t, http.MethodDelete, "/v1/blueprints/service?delete_actions=true", "")
	s.do(t, http.MethodGet, "/v1/actions/scale", "").refused(t, http.StatusNotFound, "not_found", "scale")
	s.mustDo(t, http.MethodGet, "/v1/actions/watch", "")
	s.do(t, http.MethodDelete, "/v1/blueprints/service?delete_actions=true", "").refused(t, http.StatusNotFound, "not_found", "service")
}

func TestActionsFollowTheirBlueprint(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("old", ""))
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(selfService("scale"), `"CREATE"`, `"DAY-2","blueprintIdentifier":"old"`))
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(automationOf("watch", "old"),
		`{"type":"WEBHOOK","url":"https://listener.example.com"}`, `{"type":"UPSERT_ENTITY","blueprintIdentifier":"old","mapping":{}}`))
	s.mustDo(t, http.MethodPut, "/v1/blueprints/old", withProperties("new", ""))
	for path, keys := range map[string][]string{
		"/v1/actions/scale":  {"action", "trigger", "blueprintIdentifier"},
		"/v1/actions/watch":  {"action", "trigger", "event", "blueprintIdentifier"},
		"/v1/actions/watch?": {"action", "invocationMethod", "blueprintIdentifier"},
	} {
		if got := s.mustDo(t, http.MethodGet, path, "").at(t, keys...); got != "new" {
			t.Errorf("%s: %s is %s", path, strings.Join(keys, "."), got)
		}
	}
}

func TestActionsAreSeededAndDumped(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	seed := `{"blueprints":[` + withProperties("service", "") + `],"actions":[` + automationOf("a", "service") + `]}`
	if err := s.emulator.Seed(strings.NewReader(seed)); err != nil {
		t.Fatal(err)
	}
	s.mustDo(t, http.MethodPatch, "/v1/actions/a/permissions", `{"execute":{"users":["ana@example.com"]}}`)
	var dump, again bytes.Buffer
	if err := s.emulator.Dump(&dump); err != nil {
		t.Fatal(err)
	}
	copied := start(t, emulator.Options{})
	if err := copied.emulator.Seed(bytes.NewReader(dump.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := copied.emulator.Dump(&again); err != nil {
		t.Fatal(err)
	}
	if again.String() != dump.String() {
		t.Errorf("got  %s\nwant %s", again.String(), dump.String())
	}
	for _, path := range []string{"/v1/actions/a", "/v1/actions/a/permissions"} {
		if got, want := copied.mustDo(t, http.MethodGet, path, "").body, s.mustDo(t, http.MethodGet, path, "").body; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}

	s.mustDo(t, http.MethodPost, "/v1/actions", automationOf("b", "service"))
	s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
	if list, _ := s.mustDo(t, http.MethodGet, "/v1/actions", "").at(t, "actions").([]any); len(list) != 1 {
		t.Errorf("%d actions after the reset", len(list))
	}
}

func TestWrongSeedOfActionsAddsNothing(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	for seed, part := range map[string]string{
		`{"blueprints":[` + withProperties("b", "") + `],"actions":[` + selfService("a") + `,` + selfService("a") + `]}`: `actions/1: Action with identifier "a" already exists`,
		`{"blueprints":[` + withProperties("b", "") + `],"actions":[{"identifier":"a"}]}`:                                "seed/actions/0 must have required property",
	} {
		if err := s.emulator.Seed(strings.NewReader(seed)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want %s", err, part)
		}
		s.do(t, http.MethodGet, "/v1/blueprints/b", "").refused(t, http.StatusNotFound, "not_found", "b")
		s.do(t, http.MethodGet, "/v1/actions/a", "").refused(t, http.StatusNotFound, "not_found", "a")
	}
}
