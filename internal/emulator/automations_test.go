package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// recommended is the automation from the listener's guide.
const recommended = `{"identifier":"health_alerts","trigger":{"type":"automation","event":{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"deploymentConfig"}},
	"invocationMethod":{"type":"WEBHOOK","url":"` + hook + `","method":"POST","synchronized":true,"headers":{"RUN_ID":"{{ .run.id }}"},
		"body":{"{{ spreadValue() }}":"{{ .event }}","run":{"id":"{{ .run.id }}"}}},"publish":true}`

// fires returns an automation that runs an invocation on an event.
func fires(identifier, event, invocation string) string {
	return `{"identifier":"` + identifier + `","trigger":{"type":"automation","event":` + event + `},"invocationMethod":` + invocation + `}`
}

// onEntity returns an event type for the blueprint deploymentConfig.
func onEntity(kind string) string {
	return `{"type":"` + kind + `","blueprintIdentifier":"deploymentConfig"}`
}

// kafka returns an invocation whose payload is recorded.
func kafka(payload string) string { return `{"type":"KAFKA","payload":` + payload + `}` }

// startWithConfig returns an emulator with the blueprint deploymentConfig, which has no changelog
// destination.
func startWithConfig(tb testing.TB, options emulator.Options, r *receiver) *server {
	tb.Helper()
	options.DeliveryTransport = r
	s := start(tb, options)
	s.mustDo(tb, http.MethodPost, "/v1/blueprints", deploymentConfig)
	return s
}

// list returns the objects under a key of a response.
func (s *server) list(tb testing.TB, path, key string) []map[string]any {
	tb.Helper()
	items, _ := s.mustDo(tb, http.MethodGet, path, "").at(tb, key).([]any)
	objects := make([]map[string]any, len(items))
	for i, item := range items {
		objects[i], _ = item.(map[string]any)
	}
	return objects
}

// payloads returns the payloads of the recorded deliveries of an action.
func (s *server) payloads(tb testing.TB, action string) []string {
	tb.Helper()
	var payloads []string
	for _, d := range s.list(tb, "/_emulator/deliveries", "deliveries") {
		if d["action"] == action {
			invocation, _ := d["payload"].(map[string]any)
			payloads = append(payloads, compact(tb, invocation["payload"]))
		}
	}
	return payloads
}

// runs returns "action status" of every run, oldest first.
func (s *server) runs(tb testing.TB) string {
	tb.Helper()
	var all []string
	for _, r := range s.list(tb, "/v1/actions/runs", "runs") {
		action, _ := r["action"].(map[string]any)
		all = append([]string{fmt.Sprint(action["identifier"], " ", r["status"])}, all...)
	}
	return strings.Join(all, ", ")
}

func TestAutomationPostsTheEvent(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"with changelog destinations":    {TimestampUnit: emulator.Seconds, ChangelogDestination: emulator.KeepDestination},
		"without changelog destinations": {TimestampUnit: emulator.Seconds},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &receiver{}
			synctest.Test(t, func(t *testing.T) {
				options.DeliveryTransport = r
				s := start(t, options)
				s.mustDo(t, http.MethodPost, "/v1/blueprints", changed(deploymentConfig, `,
	"changelogDestination":{"type":"WEBHOOK","url":"`+hook+`"}`, ""))
				s.mustDo(t, http.MethodPost, "/v1/actions", recommended)
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","team":"red","properties":{"healthStatus":"Healthy","cpuUtil":25.0}}`)
				synctest.Wait()
				events := r.all()
				if len(events) != 1 {
					t.Fatalf("%d events", len(events))
				}
				run := events[0].header.Get("RUN_ID")
				want := `{"action":"CREATE","context":{"blueprintIdentifier":"deploymentConfig","entityIdentifier":"prod","propertyIdentifier":null},"diff":{"after":{` +
					`"blueprint":"deploymentConfig","createdAt":"2026-06-15T16:44:56.288Z","createdBy":"client@clients","icon":null,"identifier":"prod",` +
					`"properties":{"cpuUtil":25,"healthStatus":"Healthy","locked":false},"relations":{},"team":["red"],"title":null,` +
					`"updatedAt":"2026-06-15T16:44:56.288Z","updatedBy":"client@clients"},"before":null},"resourceType":"entity",` +
					`"trigger":{"at":"2026-06-15T16:44:56.288Z","by":{"orgId":"org_PortEmulator","userId":"client@clients"},"origin":"API"},"run":{"id":"` + run + `"}}`
				if events[0].body != want || run == "" || events[0].url != hook {
					t.Errorf("got\n%s\nwant\n%s", events[0].body, want)
				}
				checkSignature(t, events[0], strconv.FormatInt(s.clock.Now().Unix(), 10))
				if got := s.mustDo(t, http.MethodGet, "/v1/actions/runs/"+run, "").at(t, "run", "status"); got != "SUCCESS" {
					t.Errorf("the run is %s", got)
				}
			})
		})
	}
}

// TestAutomationsFire checks which changes fire which automations.
func TestAutomationsFire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, &receiver{})
		s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("other", ""))
		for identifier, kind := range map[string]string{"created": "ENTITY_CREATED", "updated": "ENTITY_UPDATED", "deleted": "ENTITY_DELETED", "any": "ANY_ENTITY_CHANGE"} {
			s.mustDo(t, http.MethodPost, "/v1/actions", fires(identifier, onEntity(kind),
				kafka(`["{{ .event.action }}","{{ .event.diff.before.properties.cpuUtil }}","{{ .event.diff.after.properties.cpuUtil }}"]`)))
		}
		s.mustDo(t, http.MethodPost, "/v1/actions", changed(fires("draft", onEntity("ANY_ENTITY_CHANGE"), kafka(`{}`)), `{`, `{"publish":false,`))

		s.mustDo(t, http.MethodPost, "/v1/blueprints/other/entities?upsert=false", `{"identifier":"x"}`)
		s.mustDo(t, http.MethodPatch, "/v1/blueprints/deploymentConfig", `{"title":"New"}`)
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false&validation_only=true", `{"identifier":"y","properties":{}}`)
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"a","properties":{"cpuUtil":1}}`)
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=true", `{"identifier":"a","properties":{"cpuUtil":2}}`)
		s.mustDo(t, http.MethodPatch, configEntities+"/a", `{"properties":{"cpuUtil":3}}`)
		s.mustDo(t, http.MethodPut, configEntities+"/a", `{"properties":{"cpuUtil":4}}`)
		s.mustDo(t, http.MethodDelete, configEntities+"/a?delete_dependents=false", "")
		synctest.Wait()
		const created, updated, deleted = `["CREATE",null,1]`, `["UPDATE",1,2] ["UPDATE",2,3] ["UPDATE",3,4]`, `["DELETE",4,null]`
		for identifier, want := range map[string]string{
			"created": created, "updated": updated, "deleted": deleted,
			"any": created + " " + updated + " " + deleted, "draft": "",
		} {
			if got := strings.Join(s.payloads(t, identifier), " "); got != want {
				t.Errorf("%s: got %s, want %s", identifier, got, want)
			}
		}
	})
}

func TestOnlyExistingAutomationsFire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, &receiver{})
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"before","properties":{}}`)
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), kafka(`["{{ .event.context.entityIdentifier }}"]`)))
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"while","properties":{}}`)
		s.mustDo(t, http.MethodDelete, "/v1/actions/a", "")
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"after","properties":{}}`)
		synctest.Wait()
		if got := strings.Join(s.payloads(t, "a"), " "); got != `["while"]` {
			t.Error(got)
		}
	})
}

// TestConditions changes cpuUtil from 50 to 90 and leaves healthStatus unchanged.
func TestConditions(t *testing.T) {
	t.Parallel()
	for condition, fired := range map[string]bool{
		`{"type":"JQ","expressions":[]}`:                                                                                        true,
		`{"type":"JQ","expressions":[".diff.after.properties.cpuUtil > 80"]}`:                                                   true,
		`{"type":"JQ","expressions":[".diff.after.properties.cpuUtil > 95"]}`:                                                   false,
		`{"type":"JQ","expressions":[".diff.before.properties.healthStatus != .diff.after.properties.healthStatus"]}`:           false,
		`{"type":"JQ","expressions":[".action == \"UPDATE\"",".diff.after.properties.cpuUtil > 95"]}`:                           false,
		`{"type":"JQ","expressions":[".action == \"UPDATE\"",".diff.after.properties.cpuUtil > 95"],"combinator":"and"}`:        false,
		`{"type":"JQ","expressions":[".action == \"UPDATE\"",".diff.after.properties.cpuUtil > 95"],"combinator":"or"}`:         true,
		`{"type":"JQ","expressions":[".action == \"CREATE\"",".diff.after.properties.cpuUtil > 95"],"combinator":"or"}`:         false,
		`{"type":"JQ","expressions":[".action == \"UPDATE\"",".context.entityIdentifier == \"prod\""],"combinator":"and"}`:      true,
		`{"type":"JQ","expressions":[".event.action == \"UPDATE\""]}`:                                                           false,
		`{"type":"JQ","expressions":[".event == null"]}`:                                                                        true,
		`{"type":"JQ","expressions":[".action == 'UPDATE'"]}`:                                                                   true,
		`{"type":"JQ","expressions":[".diff.after.properties.cpuUtil"]}`:                                                        false,
		`{"type":"JQ","expressions":["\"true\""]}`:                                                                              false,
		`{"type":"JQ","expressions":["empty"]}`:                                                                                 false,
		`{"type":"JQ","expressions":[".action | error"]}`:                                                                       false,
		`{"type":"JQ","expressions":[".action =="]}`:                                                                            false,
		`{"type":"JQ","expressions":["true, false"]}`:                                                                           true,
		`{"type":"JQ","expressions":["[.diff.before, .diff.after] | map(.properties.cpuUtil) | .[0] <= 80 and .[1] > 80"]}`:     true,
		`{"type":"JQ","expressions":[".trigger.origin == \"API\" and .resourceType == \"entity\""]}`:                            true,
		`{"type":"JQ","expressions":[".diff.after.icon == null and (.diff.after | has(\"icon\")) and .diff.after.team == []"]}`: true,
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startWithConfig(t, emulator.Options{}, &receiver{})
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{"healthStatus":"Healthy","cpuUtil":50}}`)
				s.mustDo(t, http.MethodPost, "/v1/actions", changed(fires("a", onEntity("ANY_ENTITY_CHANGE"), kafka(`{}`)),
					`"type":"automation",`, `"type":"automation","condition":`+condition+`,`))
				s.mustDo(t, http.MethodPatch, configEntities+"/prod", `{"properties":{"cpuUtil":90}}`)
				synctest.Wait()
				if got := len(s.payloads(t, "a")) == 1; got != fired {
					t.Errorf("fired: %t", got)
				}
			})
		})
	}
}

func TestEventsOfAutomationsHaveMirrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		s := startPosting(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("owner", `"mail":{"type":"string"}`))
		s.mustDo(t, http.MethodPost, "/v1/blueprints", `{"identifier":"service","title":"S","schema":{"properties":{"n":{"type":"number"}}},
			"relations":{"owner":{"target":"owner","required":false,"many":false}},
			"mirrorProperties":{"owner_mail":{"path":"owner.mail"},"owner_title":{"path":"owner.$title"}},
			"calculationProperties":{"double":{"calculation":".properties.n * 2","type":"number"}},
			"changelogDestination":{"type":"WEBHOOK","url":"`+hook+`"}}`)
		s.mustDo(t, http.MethodPost, "/v1/blueprints/owner/entities?upsert=false", `{"identifier":"ana","title":"Ana","properties":{"mail":"ana@example.com"}}`)
		s.mustDo(t, http.MethodPost, "/v1/blueprints/owner/entities?upsert=false", `{"identifier":"bo","properties":{}}`)
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", `{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"service"}`,
			kafka(`["{{ .event.diff.before.properties }}","{{ .event.diff.after.properties }}"]`)))
		s.mustDo(t, http.MethodPost, serviceEntities+"?upsert=false", `{"identifier":"x","properties":{"n":1},"relations":{"owner":"ana"}}`)
		s.mustDo(t, http.MethodPatch, serviceEntities+"/x", `{"relations":{"owner":"bo"}}`)
		s.mustDo(t, http.MethodPatch, "/v1/blueprints/owner/entities/bo", `{"properties":{"mail":"bo@example.com"}}`) // Changes a mirrored value only.
		s.mustDo(t, http.MethodDelete, serviceEntities+"/x?delete_dependents=false", "")
		synctest.Wait()
		want := []string{
			`[null,{"n":1,"owner_mail":"ana@example.com","owner_title":"Ana"}]`,
			`[{"n":1,"owner_mail":"ana@example.com","owner_title":"Ana"},{"n":1,"owner_mail":null,"owner_title":null}]`,
			`[{"n":1,"owner_mail":"bo@example.com","owner_title":null},null]`,
		}
		if got := s.payloads(t, "a"); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, e := range r.all() {
			if strings.Contains(e.body, `"resourceType":"entity"`) && strings.Contains(e.body, "owner_mail") {
				t.Errorf("the changelog has mirrors: %s", e.body)
			}
		}
	})
}

func TestWebhookInvocation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		invocation                             string
		statuses                               []int
		method, url, body, header, status, log string
	}{
		"defaults":            {invocation: `{"type":"WEBHOOK","url":"https://a.example.com"}`, method: "POST", url: "https://a.example.com", status: "IN_PROGRESS"},
		"all parts":           {invocation: `{"type":"WEBHOOK","url":"https://a.example.com/{{ .event.context.entityIdentifier }}","method":"PUT","headers":{"X-Of":"{{ .event.action }} {{ .nothing }}"},"body":[{"n":"{{ .event.diff.after.properties.cpuUtil }}"}]}`, method: "PUT", url: "https://a.example.com/prod", body: `[{"n":90}]`, header: "CREATE null", status: "IN_PROGRESS"},
		"number as header":    {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","headers":{"X-Of":"{{ 1 + 1 }}"}}`, method: "POST", url: "https://a.example.com", header: "2", status: "IN_PROGRESS"},
		"null as header":      {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","headers":{"X-Of":"{{ .nothing }}"}}`, method: "POST", url: "https://a.example.com", status: "IN_PROGRESS"},
		"method by template":  {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","method":"{{ 'DELETE' }}"}`, method: "DELETE", url: "https://a.example.com", status: "IN_PROGRESS"},
		"synchronized":        {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":true}`, method: "POST", url: "https://a.example.com", status: "SUCCESS"},
		"by template":         {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":"{{ .event.action == \"CREATE\" }}"}`, method: "POST", url: "https://a.example.com", status: "SUCCESS"},
		"not by template":     {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":"{{ .event.action == \"DELETE\" }}"}`, method: "POST", url: "https://a.example.com", status: "IN_PROGRESS"},
		"synchronized fails":  {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":true}`, statuses: []int{500}, method: "POST", url: "https://a.example.com", status: "FAILURE", log: "The webhook returned status 500"},
		"redirected":          {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":true}`, statuses: []int{302}, method: "POST", url: "https://a.example.com", status: "FAILURE", log: "status 302"},
		"fails and waits":     {invocation: `{"type":"WEBHOOK","url":"https://a.example.com"}`, statuses: []int{404}, method: "POST", url: "https://a.example.com", status: "IN_PROGRESS", log: "status 404"},
		"no url":              {invocation: `{"type":"WEBHOOK","url":"{{ .nothing }}"}`, status: "FAILURE", log: `url "{{ .nothing }}" must evaluate to a string`},
		"no method":           {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","method":"TRACE"}`, status: "FAILURE", log: "method must be one of"},
		"template is broken":  {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","body":{"a":"{{ .x"}}`, status: "FAILURE", log: "double braces that open at character 1 are not closed"},
		"spread of no object": {invocation: `{"type":"WEBHOOK","url":"https://a.example.com","body":{"{{ spreadValue() }}":"{{ .nothing }}"}}`, status: "FAILURE", log: "must evaluate to an object or a list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{statuses: test.statuses}
				s := startWithConfig(t, emulator.Options{}, r)
				s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), test.invocation))
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{"cpuUtil":90.0}}`)
				synctest.Wait()
				if got := s.runs(t); got != "a "+test.status {
					t.Errorf("the runs are %s", got)
				}
				id, _ := s.list(t, "/v1/actions/runs", "runs")[0]["id"].(string)
				var messages []string
				for _, line := range s.list(t, "/v1/actions/runs/"+id+"/logs", "runLogs") {
					messages = append(messages, fmt.Sprint(line["message"]))
				}
				if got := strings.Join(messages, "\n"); !strings.Contains(got, test.log) || (got == "") != (test.log == "") {
					t.Errorf("the log is %q, want %q", got, test.log)
				}
				events := r.all()
				if test.url == "" {
					if len(events) != 0 {
						t.Errorf("it was sent to %s", events[0].url)
					}
					return
				}
				if e := events[0]; e.method != test.method || e.url != test.url || e.body != test.body || e.header.Get("X-Of") != test.header {
					t.Errorf("got %s %s %s with %v", e.method, e.url, e.body, e.header)
				}
				checkSignature(t, events[0], strconv.FormatInt(s.clock.Now().UnixMilli(), 10))
			})
		})
	}
}

func TestResponseOfASynchronizedWebhook(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		`{"a":[1.0]}`: `{"a":[1.0]}`,
		`[1]`:         `[1]`,
		`1`:           `"1"`,
		`plain`:       `"plain"`,
		``:            `null`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := startWithConfig(t, emulator.Options{}, &receiver{response: response})
			s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), `{"type":"WEBHOOK","url":"https://a.example.com","synchronized":true}`))
			s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{}}`)
			synctest.Wait()
			if got := compact(t, s.list(t, "/v1/actions/runs", "runs")[0]["response"]); got != want {
				t.Errorf("%s: got %s, want %s", response, got, want)
			}
		})
	}
}

// TestRecordedInvocations covers the invocations that are recorded but not executed.
func TestRecordedInvocations(t *testing.T) {
	t.Parallel()
	for invocation, want := range map[string]string{
		`{"type":"KAFKA","payload":{"e":"{{ .event.action }}"}}`: `{"payload":{"e":"CREATE"},"type":"KAFKA"}`,
		`{"type":"GITHUB","org":"o","repo":"{{ .event.context.blueprintIdentifier }}","workflow":"w.yml","workflowInputs":{"n":"{{ 1 }}"},"reportWorkflowStatus":"{{ false }}"}`: `{"org":"o","repo":"deploymentConfig","reportWorkflowStatus":false,"type":"GITHUB","workflow":"w.yml","workflowInputs":{"n":1}}`,
		`{"type":"GITLAB","projectName":"p","groupName":"g","defaultRef":"main","pipelineVariables":{"V":"{{ .run.id | length }}"}}`:                                             `{"defaultRef":"main","groupName":"g","pipelineVariables":{"V":18},"projectName":"p","type":"GITLAB"}`,
		`{"type":"AZURE_DEVOPS","webhook":"w","org":"o","payload":["{{ .action.identifier }}"]}`:                                                                                 `{"org":"o","payload":["a"],"type":"AZURE_DEVOPS","webhook":"w"}`,
		`{"type":"INTEGRATION_ACTION","installationId":"i","integrationActionType":"dispatch_workflow","integrationActionExecutionProperties":{"of":"{{ .trigger.origin }}"}}`:   `{"installationId":"i","integrationActionExecutionProperties":{"of":"AUTOMATION"},"integrationActionType":"dispatch_workflow","type":"INTEGRATION_ACTION"}`,
		`{"type":"WEBHOOK","url":"https://a.example.com","agent":"{{ true }}"}`:                                                                                                  `{"agent":true,"headers":{},"method":"POST","synchronized":false,"type":"WEBHOOK","url":"https://a.example.com"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &receiver{}
			s := startWithConfig(t, emulator.Options{}, r)
			s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), invocation))
			s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{}}`)
			synctest.Wait()
			delivery := s.list(t, "/_emulator/deliveries", "deliveries")[0]
			if got := compact(t, delivery["payload"]); got != want || delivery["done"] != true || delivery["action"] != "a" || len(r.all()) != 0 {
				t.Errorf("got  %s\nwant %s\nin %v", got, want, delivery)
			}
			if got := s.runs(t); got != "a IN_PROGRESS" {
				t.Error(got)
			}
			if got := compact(t, s.list(t, "/v1/actions/runs", "runs")[0]["payload"]); got != want {
				t.Errorf("the run has %s", got)
			}
		})
	}
}

func TestUpsertInvocation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ blueprint, mapping, status, log, entity string }{
		"creates": {
			"deploymentConfig", `{"identifier":"{{ .event.context.entityIdentifier }}-copy","title":"Copy of {{ .event.diff.after.title }}","team":["{{ 'red' }}"],"properties":{"cpuUtil":"{{ .event.diff.after.properties.cpuUtil * 2 }}","healthStatus":"{{ .nothing }}"}}`,
			"SUCCESS", `Created entity "prod-copy"`, `{"cpuUtil":4,"healthStatus":null,"locked":false,"memoryUtil":null,"newRelicUrl":null}`,
		},
		"updates":           {"deploymentConfig", `{"identifier":"present","properties":{"cpuUtil":1}}`, "SUCCESS", `Updated entity "present"`, ""},
		"no identifier":     {"deploymentConfig", `{"properties":{}}`, "SUCCESS", "Created entity", ""},
		"title of null":     {"deploymentConfig", `{"identifier":"present","title":"{{ .nothing }}"}`, "SUCCESS", "Updated entity", ""},
		"unknown blueprint": {"nowhere", `{"identifier":"a"}`, "FAILURE", `Blueprint with identifier "nowhere" was not found`, ""},
		"unknown property":  {"deploymentConfig", `{"identifier":"a","properties":{"x":1}}`, "FAILURE", "additional properties: 'x'", ""},
		"wrong value":       {"deploymentConfig", `{"identifier":"a","properties":{"cpuUtil":"{{ 'high' }}"}}`, "FAILURE", "body/properties/cpuUtil must be number", ""},
		"wrong identifier":  {"deploymentConfig", `{"identifier":"{{ 1 }}"}`, "FAILURE", "mapping/identifier must be string", ""},
		"missing relation":  {"deploymentConfig", `{"identifier":"a","relations":{"r":"x"}}`, "FAILURE", "additional properties: 'r'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startWithConfig(t, emulator.Options{}, &receiver{})
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"present","title":"Present","properties":{"memoryUtil":7}}`)
				s.mustDo(t, http.MethodPost, "/v1/actions", changed(fires("a", onEntity("ENTITY_CREATED"), `{"type":"UPSERT_ENTITY","blueprintIdentifier":"`+test.blueprint+`","mapping":`+test.mapping+`}`),
					`"type":"automation",`, `"type":"automation","condition":{"type":"JQ","expressions":[".context.entityIdentifier == 'prod'"]},`))
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","title":"Prod","properties":{"cpuUtil":2}}`)
				synctest.Wait()
				run := s.list(t, "/v1/actions/runs", "runs")[0]
				logs := s.list(t, fmt.Sprint("/v1/actions/runs/", run["id"], "/logs"), "runLogs")
				if message := fmt.Sprint(logs[0]["message"]); run["status"] != test.status || !strings.Contains(message, test.log) {
					t.Errorf("%s: %s", run["status"], message)
				}
				if test.entity != "" {
					same(t, s.mustDo(t, http.MethodGet, configEntities+"/prod-copy", "").at(t, "entity", "properties"), test.entity)
				}
				if got := s.mustDo(t, http.MethodGet, configEntities+"/present", "").at(t, "entity", "properties", "memoryUtil"); compact(t, got) != "7" {
					t.Errorf("the existing entity lost a value: %v", got)
				}
			})
		})
	}
}

// TestChainsAreStopped has an automation that reacts to its own upserts, one that does so through
// the API, and two that react to each other.
func TestChainsAreStopped(t *testing.T) {
	t.Parallel()
	const count = `"cpuUtil":"{{ .event.diff.after.properties.cpuUtil + 1 }}"`
	for name, actions := range map[string][]string{
		"upsert": {fires("a", onEntity("ANY_ENTITY_CHANGE"), `{"type":"UPSERT_ENTITY","blueprintIdentifier":"deploymentConfig",
			"mapping":{"identifier":"prod","properties":{`+count+`}}}`)},
		"API": {fires("a", onEntity("ANY_ENTITY_CHANGE"), `{"type":"WEBHOOK","url":"https://api.getport.io`+configEntities+`/prod","method":"PATCH",
			"body":{"properties":{`+count+`}}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				r := &receiver{}
				s := startWithConfig(t, emulator.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, r)
				for _, body := range actions {
					s.mustDo(t, http.MethodPost, "/v1/actions", body)
				}
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{"cpuUtil":0}}`)
				synctest.Wait()
				if got := s.mustDo(t, http.MethodGet, configEntities+"/prod", "").at(t, "entity", "properties", "cpuUtil"); compact(t, got) != "10" {
					t.Errorf("changed %v times", got)
				}
				if got := len(s.list(t, "/v1/actions/runs", "runs")); got != 10 {
					t.Errorf("%d runs", got)
				}
				if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "automation=a") || !strings.Contains(log.String(), "10 automations have triggered one another") {
					t.Error(log.String())
				}
				if !strings.Contains(s.deliveries(t), "not fired: 10 automations") || len(r.all()) != 0 {
					t.Error(s.deliveries(t))
				}
				s.mustDo(t, http.MethodPatch, configEntities+"/prod", `{"properties":{"cpuUtil":100}}`)
				synctest.Wait()
				if got := s.mustDo(t, http.MethodGet, configEntities+"/prod", "").at(t, "entity", "properties", "cpuUtil"); compact(t, got) != "110" {
					t.Errorf("a new chain ended with %v", got)
				}
			})
		})
	}
}

func TestChainOfRunsIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, &receiver{})
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("ping", onEntity("ENTITY_CREATED"), kafka(`{}`)))
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("pong", `{"type":"RUN_CREATED","actionIdentifier":"ping"}`, kafka(`{}`)))
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{}}`)
		synctest.Wait()
		if got := s.runs(t); got != "ping IN_PROGRESS, pong IN_PROGRESS" {
			t.Error(got)
		}
		s.mustDo(t, http.MethodPut, "/v1/actions/ping", fires("ping", `{"type":"ANY_RUN_CHANGE","actionIdentifier":"pong"}`, kafka(`{}`)))
		pong, _ := s.list(t, "/v1/actions/runs", "runs")[0]["id"].(string)
		s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+pong, `{"statusLabel":"x"}`)
		synctest.Wait()
		if got := len(s.list(t, "/v1/actions/runs", "runs")); got != 10 {
			t.Errorf("%d runs: %s", got, s.runs(t))
		}
	})
}

func TestAutomationsOnRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, &receiver{})
		s.mustDo(t, http.MethodPost, "/v1/actions", selfService("form"))
		for identifier, kind := range map[string]string{"created": "RUN_CREATED", "updated": "RUN_UPDATED", "any": "ANY_RUN_CHANGE"} {
			s.mustDo(t, http.MethodPost, "/v1/actions", fires(identifier, `{"type":"`+kind+`","actionIdentifier":"form"}`,
				kafka(`["{{ .event.action }}","{{ .event.diff.before.status }}","{{ .event.diff.after.status }}"]`)))
		}
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("whole", `{"type":"RUN_CREATED","actionIdentifier":"form"}`, kafka(`{"event":"{{ .event }}"}`)))
		id, _ := s.mustDo(t, http.MethodPost, "/v1/actions/form/runs", `{"properties":{}}`).at(t, "run", "id").(string)
		s.mustDo(t, http.MethodPost, "/v1/actions/runs/"+id+"/logs", `{"message":"a line changes nothing"}`)
		s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+id, `{"summary":"s"}`)
		s.mustDo(t, http.MethodPost, "/v1/actions/runs/"+id+"/logs", `{"message":"m","terminationStatus":"SUCCESS"}`)
		s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+id+"/response", `{"response":{"a":1}}`)
		synctest.Wait()
		const created = `["CREATE",null,"IN_PROGRESS"]`
		const updated = `["UPDATE","IN_PROGRESS","IN_PROGRESS"] ["UPDATE","IN_PROGRESS","SUCCESS"] ["UPDATE","SUCCESS","SUCCESS"]`
		for identifier, want := range map[string]string{"created": created, "updated": updated, "any": created + " " + updated} {
			if got := strings.Join(s.payloads(t, identifier), " "); got != want {
				t.Errorf("%s: got %s, want %s", identifier, got, want)
			}
		}
		var whole struct {
			Event struct {
				ID, ResourceType string
				Trigger          struct{ Origin string }
				Context          struct{ Action map[string]any }
				Diff             struct{ Before, After map[string]any }
			}
		}
		if err := json.Unmarshal([]byte(s.payloads(t, "whole")[0]), &whole); err != nil {
			t.Fatal(err)
		}
		e := whole.Event
		if !strings.HasPrefix(e.ID, "event_") || e.ResourceType != "run" || e.Trigger.Origin != "API" || e.Diff.Before != nil {
			t.Errorf("%+v", e)
		}
		same(t, e.Context.Action, compact(t, s.mustDo(t, http.MethodGet, "/v1/actions/form", "").at(t, "action")))
		same(t, e.Diff.After, `{"id":"`+id+`","status":"IN_PROGRESS","statusLabel":null,"action":{"identifier":"form","title":null,"icon":null,"deleted":false},
			"source":"API","link":[],"requiredApproval":false,"properties":{},"createdAt":"2026-06-15T16:44:56.288Z","updatedAt":"2026-06-15T16:44:56.288Z",
			"createdBy":"client@clients","updatedBy":"client@clients","payload":{"type":"KAFKA"}}`)
	})
}

// TestTimersExpireOnce advances the clock past the timers, in a synctest bubble.
func TestTimersExpireOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, emulator.Options{Now: time.Now, TokenTTL: 1000 * time.Hour})
		begin := time.Now().UTC()
		at := func(after time.Duration) string { return begin.Add(after).Format("2006-01-02T15:04:05.000Z") }
		s.mustDo(t, http.MethodPost, "/v1/blueprints", withProperties("environment",
			`"ttl":{"type":"string","format":"timer"},"until":{"type":"string","format":"timer"},"n":{"type":"number"}`))
		const event = `{"type":"TIMER_PROPERTY_EXPIRED","blueprintIdentifier":"environment","propertyIdentifier":"ttl"}`
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("ttl", event, kafka(`["{{ .event.context.entityIdentifier }}"]`)))
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("until", changed(event, `"ttl"`, `"until"`), kafka(`["{{ .event.context.entityIdentifier }}"]`)))
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("whole", event, kafka(`{"event":"{{ .event }}"}`)))
		const entities = "/v1/blueprints/environment/entities"
		for _, body := range []string{
			`{"identifier":"late","properties":{"ttl":"` + at(2*time.Hour) + `"}}`,
			`{"identifier":"early","properties":{"ttl":"` + at(time.Hour) + `","until":"` + at(3*time.Hour) + `"}}`,
			`{"identifier":"past","properties":{"ttl":"` + at(-time.Hour) + `"}}`,
			`{"identifier":"gone","properties":{"ttl":"` + at(time.Hour) + `"}}`,
			`{"identifier":"put-off","properties":{"ttl":"` + at(time.Hour) + `"}}`,
			`{"identifier":"none","properties":{"ttl":null}}`,
		} {
			s.mustDo(t, http.MethodPost, entities+"?upsert=false", body)
		}
		s.mustDo(t, http.MethodDelete, entities+"/gone?delete_dependents=false", "")
		s.mustDo(t, http.MethodPatch, entities+"/put-off", `{"properties":{"ttl":"`+at(4*time.Hour)+`"}}`)
		expired := func(after time.Duration, ttl, until string) {
			t.Helper()
			time.Sleep(time.Until(begin.Add(after)))
			synctest.Wait()
			if got := strings.Join(s.payloads(t, "ttl"), ""); got != ttl {
				t.Errorf("after %s: got %s, want %s", after, got, ttl)
			}
			if got := strings.Join(s.payloads(t, "until"), ""); got != until {
				t.Errorf("after %s: got %s, want %s", after, got, until)
			}
		}
		expired(time.Hour-time.Second, "", "")
		expired(time.Hour+time.Second, `["early"]`, "")
		s.mustDo(t, http.MethodPatch, entities+"/early", `{"properties":{"n":1}}`) // The timer has expired already.
		expired(2*time.Hour+time.Second, `["early"]["late"]`, "")
		expired(3*time.Hour+time.Second, `["early"]["late"]`, `["early"]`)
		expired(24*time.Hour, `["early"]["late"]["put-off"]`, `["early"]`)
		var whole struct{ Event any }
		if err := json.Unmarshal([]byte(s.payloads(t, "whole")[0]), &whole); err != nil {
			t.Fatal(err)
		}
		same(t, whole.Event, `{"action":"TIMER_EXPIRED","resourceType":"entity",
			"trigger":{"by":{"orgId":"org_PortEmulator"},"origin":"AUTOMATION","at":"`+at(time.Hour)+`"},
			"context":{"blueprintIdentifier":"environment","entityIdentifier":"early","propertyIdentifier":"ttl"},
			"diff":{"after":{"identifier":"early","title":null,"icon":null,"blueprint":"environment","team":[],
				"properties":{"ttl":"`+at(time.Hour)+`","until":"`+at(3*time.Hour)+`"},"relations":{},
				"createdAt":"`+at(0)+`","createdBy":"client@clients","updatedAt":"`+at(0)+`","updatedBy":"client@clients"}}}`)
	})
}

func TestTimersOfASeedExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, emulator.Options{Now: time.Now, TokenTTL: 1000 * time.Hour})
		seed := `{"blueprints":[` + withProperties("b", `"ttl":{"type":"string","format":"timer"}`) + `],
			"entities":[{"blueprint":"b","identifier":"e","properties":{"ttl":"` + time.Now().Add(time.Minute).Format(time.RFC3339) + `"}}],
			"actions":[` + fires("a", `{"type":"TIMER_PROPERTY_EXPIRED","blueprintIdentifier":"b","propertyIdentifier":"ttl"}`, kafka(`["expired"]`)) + `]}`
		if err := s.emulator.Seed(strings.NewReader(seed)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := s.payloads(t, "a"); len(got) != 1 {
			t.Errorf("%d timers have expired", len(got))
		}
	})
}

func TestCloseWaitsForAutomations(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("post", onEntity("ENTITY_CREATED"), `{"type":"WEBHOOK","url":"`+hook+`","synchronized":true}`))
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("next", `{"type":"RUN_UPDATED","actionIdentifier":"post"}`, `{"type":"WEBHOOK","url":"`+hook+`/next"}`))
		for i := range 100 {
			s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", fmt.Sprintf(`{"identifier":"e%d","properties":{}}`, i))
		}
		if err := s.emulator.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(r.all()); got != 200 {
			t.Errorf("%d webhooks", got)
		}
	})
}

func TestAutomationsDoNotBlockTheAPI(t *testing.T) {
	t.Parallel()
	r := &receiver{hang: true}
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, r)
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), `{"type":"WEBHOOK","url":"`+hook+`","synchronized":true}`))
		begin := time.Now()
		for i := range 100 {
			s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", fmt.Sprintf(`{"identifier":"e%d","properties":{}}`, i))
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("it took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.emulator.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWebhookToPortsOwnAPI(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"https://api.getport.io", "https://api.port.io", "https://api.us.getport.io", "https://api.us.port.io", "http://127.0.0.1:8400"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{}
				s := startWithConfig(t, emulator.Options{}, r)
				s.emulator.ServedAt("127.0.0.1:8400")
				s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), `{"type":"WEBHOOK","synchronized":true,"url":"`+host+configEntities+`/{{ .event.context.entityIdentifier }}",
					"method":"PATCH","headers":{"Authorization":"Bearer wrong"},"body":{"title":"{{ .run.id }}"}}`))
				s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{}}`)
				synctest.Wait()
				run := s.list(t, "/v1/actions/runs", "runs")[0]
				if got := s.mustDo(t, http.MethodGet, configEntities+"/prod", "").at(t, "entity", "title"); got != run["id"] || run["status"] != "SUCCESS" || len(r.all()) != 0 {
					t.Errorf("the title is %v, the run %v", got, run)
				}
				response, _ := run["response"].(map[string]any)
				if response["ok"] != true {
					t.Errorf("the response is %v", response)
				}
				if audits := s.mustDo(t, http.MethodGet, "/v1/audit-log?origin=AUTOMATION", "").at(t, "audits"); !strings.Contains(compact(t, audits), `"origin":"AUTOMATION"`) {
					t.Errorf("the audit log has %v", audits)
				}
			})
		})
	}
}

func TestResetDeletesAutomations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startWithConfig(t, emulator.Options{}, &receiver{})
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("a", onEntity("ENTITY_CREATED"), kafka(`{}`)))
		s.mustDo(t, http.MethodPost, configEntities+"?upsert=false", `{"identifier":"prod","properties":{}}`)
		synctest.Wait()
		s.mustDo(t, http.MethodPost, "/_emulator/reset", "")
		for path, key := range map[string]string{"/v1/actions": "actions", "/v1/actions/runs": "runs", "/_emulator/deliveries": "deliveries"} {
			if list := s.list(t, path, key); len(list) != 0 {
				t.Errorf("%s: %v", path, list)
			}
		}
	})
}
