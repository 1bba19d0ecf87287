package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// startWithForm returns an emulator with the self-service action "form", whose invocations are
// recorded.
func startWithForm(tb testing.TB) *server {
	tb.Helper()
	s := startWithout(tb)
	s.mustDo(tb, http.MethodPost, "/v1/actions", selfService("form"))
	return s
}

// run starts a run and returns its identifier.
func (s *server) run(tb testing.TB, action, body string) string {
	tb.Helper()
	id, _ := s.mustDo(tb, http.MethodPost, "/v1/actions/"+action+"/runs", body).at(tb, "run", "id").(string)
	return id
}

func TestRunOfASelfServiceAction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		s := start(t, emulator.Options{DeliveryTransport: r})
		s.createService(t)
		s.createEntity(t, `{"identifier":"cart","title":"Cart","properties":{"replicas":1}}`)
		s.mustDo(t, http.MethodPost, "/v1/actions", `{"identifier":"scale","title":"Scale","icon":"Up",
			"trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{
				"properties":{"replicas":{"type":"number","minimum":1},"why":{"type":"string","default":"no reason"},"who":{"type":"string","default":{"jqQuery":".user.email"}}},
				"required":["replicas"]}},
			"invocationMethod":{"type":"WEBHOOK","url":"`+hook+`","synchronized":true,"body":{
				"inputs":"{{ .inputs }}","entity":"{{ .entity.properties.replicas }}","operation":"{{ .trigger.operation }}","origin":"{{ .trigger.origin }}",
				"event":"{{ .event }}","action":"{{ .action }}","run":"{{ .run }}"}}}`)
		a := s.mustDo(t, http.MethodPost, "/v1/actions/scale/runs?run_as=ana@example.com", `{"entity":"cart","properties":{"replicas":3.0}}`)
		if a.status != http.StatusAccepted {
			t.Errorf("status %d", a.status)
		}
		id, _ := a.at(t, "run", "id").(string)
		if len(id) != 18 || !strings.HasPrefix(id, "r_") || a.at(t, "run", "status") != "IN_PROGRESS" {
			t.Error(a.body)
		}
		synctest.Wait()
		want := `{"inputs":{"replicas":3,"why":"no reason"},"entity":1,"operation":"DAY-2","origin":"API","event":null,` +
			`"action":{"blueprint":"service","encryptedProperties":[],"identifier":"scale"},"run":{"id":"` + id + `"}}`
		if got := r.all()[0].body; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		ended := s.mustDo(t, http.MethodGet, "/v1/actions/runs/"+id, "")
		payload := compact(t, ended.at(t, "run", "payload"))
		same(t, ended.at(t, "run"), `{"id":"`+id+`","status":"SUCCESS","statusLabel":null,
			"blueprint":{"identifier":"service","title":"Service","icon":null},"entity":{"identifier":"cart","title":"Cart","icon":null},
			"action":{"identifier":"scale","title":"Scale","icon":"Up","deleted":false},"source":"API","link":[],"requiredApproval":false,
			"properties":{"replicas":3.0,"why":"no reason"},"createdAt":"2026-06-15T16:44:56.288Z","createdBy":"ana@example.com","impersonatedBy":"client@clients",
			"updatedAt":"2026-06-15T16:44:56.289Z","updatedBy":"client@clients","endedAt":"2026-06-15T16:44:56.289Z","payload":`+payload+`}`)
	})
}

func TestRunsAreRefused(t *testing.T) {
	t.Parallel()
	s := startWithForm(t)
	s.createService(t)
	s.createEntity(t, `{"identifier":"cart","properties":{}}`)
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(changed(selfService("scale"), `"CREATE"`, `"DAY-2","blueprintIdentifier":"service"`),
		`{"properties":{}}`, `{"properties":{"n":{"type":"number"},"of":{"type":"string","enum":["a"]},"free":{"type":"string","enum":{"jqQuery":".x"}}},"required":["n"]}`))
	s.mustDo(t, http.MethodPost, "/v1/actions", automationOf("automation", "service"))
	for _, test := range []struct {
		action, body string
		status       int
		part         string
	}{
		{"absent", `{"properties":{}}`, 404, `Action with identifier "absent" was not found`},
		{"form", `{}`, 422, "'properties'"},
		{"form", `{"properties":{},"blueprint":"service"}`, 422, "'blueprint'"},
		{"form", `{"properties":{"x":1}}`, 422, "body/properties must NOT have additional properties: 'x'"},
		{"automation", `{"properties":{}}`, 422, "is an automation"},
		{"scale", `{"properties":{"n":1}}`, 422, "'entity'"},
		{"scale", `{"entity":"absent","properties":{"n":1}}`, 404, `Entity with identifier "absent"`},
		{"scale", `{"entity":"cart","properties":{}}`, 422, "body/properties must have required property 'n'"},
		{"scale", `{"entity":"cart","properties":{"n":"1"}}`, 422, "body/properties/n must be number"},
		{"scale", `{"entity":"cart","properties":{"n":1,"of":"b"}}`, 422, "body/properties/of must be equal to one of"},
	} {
		code := map[int]string{404: "not_found", 422: "invalid_request"}[test.status]
		s.do(t, http.MethodPost, "/v1/actions/"+test.action+"/runs", test.body).refused(t, test.status, code, test.part)
	}
	if got := s.run(t, "scale", `{"entity":"cart","properties":{"n":1,"of":"a","free":"anything"}}`); got == "" {
		t.Error("the run does not exist")
	}
}

func TestRunIsUpdated(t *testing.T) {
	t.Parallel()
	s := startWithForm(t)
	id := s.run(t, "form", `{"properties":{}}`)
	path := "/v1/actions/runs/" + id
	s.mustDo(t, http.MethodPatch, path, `{"statusLabel":"Half way","link":"https://a.example.com","summary":"One","externalRunId":"42","message":{"a":1}}`)
	a := s.mustDo(t, http.MethodPatch, path, `{"link":["https://b.example.com"],"summary":"Two"}`)
	for key, want := range map[string]string{
		"status": `"IN_PROGRESS"`, "statusLabel": `"Half way"`, "link": `["https://b.example.com"]`, "summary": `"Two"`, "externalRunId": `"42"`, "endedAt": "null",
	} {
		if got := compact(t, a.at(t, "run", key)); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	for body, part := range map[string]string{
		`{"status":"IN_PROGRESS"}`: "body/status", `{"response":{}}`: "'response'", `{"link":1}`: "body/link", `{"statusLabel":null}`: "statusLabel must be string",
	} {
		s.do(t, http.MethodPatch, path, body).refused(t, http.StatusUnprocessableEntity, "invalid_request", part)
	}
	s.clock.advance(time.Minute)
	ended := s.mustDo(t, http.MethodPatch, path, `{"status":"FAILURE"}`)
	if ended.at(t, "run", "endedAt") != "2026-06-15T16:45:56.288Z" {
		t.Error(ended.body)
	}
	for _, body := range []string{`{"status":"SUCCESS"}`, `{"summary":"Three"}`} {
		s.do(t, http.MethodPatch, path, body).refused(t, http.StatusUnprocessableEntity, "invalid_request", "has ended with status FAILURE")
	}
	s.do(t, http.MethodPost, path+"/logs", `{"message":"m","terminationStatus":"SUCCESS"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "has ended")
}

func TestRunLogs(t *testing.T) {
	t.Parallel()
	s := startWithForm(t)
	path := "/v1/actions/runs/" + s.run(t, "form", `{"properties":{}}`) + "/logs"
	for i := range 60 {
		a := s.mustDo(t, http.MethodPost, path, fmt.Sprintf(`{"message":"line %d"}`, i))
		if a.status != http.StatusCreated || a.at(t, "runLog", "message") != fmt.Sprintf("line %d", i) || a.at(t, "runLog", "createdAt") != "2026-06-15T16:44:56.288Z" {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	for query, want := range map[string]string{
		"": "50 from line 0", "?limit=2&offset=3": "2 from line 3", "?offset=59": "1 from line 59", "?offset=60": "0",
	} {
		list := s.list(t, path+query, "runLogs")
		got := strconv.Itoa(len(list))
		if len(list) > 0 {
			got += fmt.Sprint(" from ", list[0]["message"])
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"limit=51", "limit=0", "offset=-1", "limit=x"} {
		s.do(t, http.MethodGet, path+"?"+query, "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "querystring/")
	}
	s.do(t, http.MethodPost, path, `{"terminationStatus":"SUCCESS"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'message'")
	s.mustDo(t, http.MethodPost, path, `{"message":"done","terminationStatus":"SUCCESS","statusLabel":"Done"}`)
	if got := s.runs(t); got != "form SUCCESS" {
		t.Error(got)
	}
	s.mustDo(t, http.MethodPost, path, `{"message":"and another thing"}`)
}

func TestRunsAreListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, emulator.Options{})
		s.createService(t)
		s.createEntity(t, `{"identifier":"cart","properties":{}}`)
		s.mustDo(t, http.MethodPost, "/v1/actions", selfService("form"))
		s.mustDo(t, http.MethodPost, "/v1/actions", changed(selfService("scale"), `"CREATE"`, `"DAY-2","blueprintIdentifier":"service"`))
		s.mustDo(t, http.MethodPost, "/v1/actions", fires("follow", `{"type":"RUN_CREATED","actionIdentifier":"form"}`, `{"type":"KAFKA"}`))
		s.run(t, "form", `{"properties":{}}`)
		synctest.Wait()
		ended := s.run(t, "scale", `{"entity":"cart","properties":{}}`)
		s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+ended, `{"status":"SUCCESS","externalRunId":"42"}`)
		s.mustDo(t, http.MethodPost, "/v1/actions/scale/runs?run_as=ana@example.com", `{"entity":"cart","properties":{}}`)
		for query, want := range map[string]string{
			"":                            "scale scale follow form",
			"?limit=1":                    "scale",
			"?entity=cart":                "scale scale",
			"?entity=other":               "",
			"?blueprint=service":          "scale scale",
			"?active=true":                "scale follow form",
			"?active=false":               "scale",
			"?action=form":                "form",
			"?external_run_id=42":         "scale",
			"?source=AUTOMATION":          "follow",
			"?source=API":                 "scale scale form",
			"?source=API&source=UI":       "scale scale form",
			"?user_id=client@clients":     "scale follow form",
			"?user_email=ana@example.com": "scale",
			"?version=v2&limit=1000":      "scale scale follow form",
		} {
			var got []string
			for _, r := range s.list(t, "/v1/actions/runs"+query, "runs") {
				action, _ := r["action"].(map[string]any)
				got = append(got, fmt.Sprint(action["identifier"]))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: got %s, want %s", query, got, want)
			}
		}
		first := s.list(t, "/v1/actions/runs?exclude=properties&exclude=payload", "runs")[0]
		if first["properties"] != nil || first["payload"] != nil || first["id"] == nil {
			t.Errorf("%v", first)
		}
		for _, query := range []string{"limit=0", "limit=1001", "active=maybe", "source=EMAIL", "version=v3"} {
			s.do(t, http.MethodGet, "/v1/actions/runs?"+query, "").refused(t, http.StatusUnprocessableEntity, "invalid_request", "querystring/")
		}
	})
}

func TestRunWritesEntitiesWhileInProgress(t *testing.T) {
	t.Parallel()
	s := startWithForm(t)
	s.createService(t)
	id := s.run(t, "form", `{"properties":{}}`)
	writes := func(run string) []response {
		const entity = `{"identifier":"a","properties":{}}`
		return []response{
			s.do(t, http.MethodPost, serviceEntities+"?upsert=true&run_id="+run, entity),
			s.do(t, http.MethodPost, serviceEntities+"/bulk?upsert=true&run_id="+run, `{"entities":[`+entity+`]}`),
			s.do(t, http.MethodPut, serviceEntities+"/a?run_id="+run, entity),
			s.do(t, http.MethodPatch, serviceEntities+"/a?run_id="+run, entity),
			s.do(t, http.MethodDelete, serviceEntities+"/a?delete_dependents=false&run_id="+run, ""),
			s.do(t, http.MethodPost, "/v1/blueprints/service/bulk/entities/delete?delete_dependents=false&run_id="+run, `{"entities":["a"]}`),
			s.do(t, http.MethodDelete, "/v1/blueprints/service/all-entities?run_id="+run, ""),
		}
	}
	for _, run := range []string{id, "r_of_another_system"} {
		for i, a := range writes(run) {
			if a.status >= http.StatusBadRequest {
				t.Errorf("write %d by %s: %d %s", i, run, a.status, a.body)
			}
		}
	}
	s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+id, `{"status":"SUCCESS"}`)
	for _, a := range writes(id) {
		a.refused(t, http.StatusUnprocessableEntity, "invalid_request", "is not in progress")
	}
}

func TestMissingRuns(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	const path = "/v1/actions/runs/r_absent"
	for _, request := range []struct{ method, path, body string }{
		{http.MethodGet, path, ""},
		{http.MethodPatch, path, `{}`},
		{http.MethodPatch, path + "/approval", `{"status":"APPROVE"}`},
		{http.MethodGet, path + "/approvers", ""},
		{http.MethodGet, path + "/logs", ""},
		{http.MethodPost, path + "/logs", `{"message":"m"}`},
		{http.MethodPatch, path + "/response", `{"response":null}`},
		{http.MethodPatch, "/v1/actions/runs/ack", `{"runId":"r_absent"}`},
	} {
		s.do(t, request.method, request.path, request.body).refused(t, http.StatusNotFound, "not_found", `Run with identifier "r_absent" was not found`)
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		s := start(t, emulator.Options{DeliveryTransport: r})
		action := changed(changed(selfService("a"), `{"type":"KAFKA"}`, `{"type":"WEBHOOK","url":"`+hook+`","synchronized":true}`), `"trigger"`, `"requiredApproval":{"type":"ANY"},"trigger"`)
		s.mustDo(t, http.MethodPost, "/v1/actions", action)
		s.mustDo(t, http.MethodPatch, "/v1/actions/a/permissions", `{"approve":{"users":["ana@example.com"]}}`)
		begin := func() string {
			id := s.run(t, "a", `{"properties":{}}`)
			synctest.Wait()
			if got := s.mustDo(t, http.MethodGet, "/v1/actions/runs/"+id, "").at(t, "run", "status"); got != "WAITING_FOR_APPROVAL" {
				t.Errorf("the run is %s", got)
			}
			return "/v1/actions/runs/" + id
		}
		status := func(path, want string) {
			t.Helper()
			synctest.Wait()
			if got := s.mustDo(t, http.MethodGet, path, "").at(t, "run", "status"); got != want {
				t.Errorf("the run is %s, want %s", got, want)
			}
		}

		approved := begin()
		same(t, s.mustDo(t, http.MethodGet, approved+"/approvers", "").at(t, "approvers"), `[]`)
		same(t, s.mustDo(t, http.MethodGet, approved+"/approvers?include_pending_approvers=true", "").at(t, "approvers"), `[{"userId":"ana@example.com","state":"PENDING","description":null}]`)
		s.do(t, http.MethodPatch, approved, `{"status":"SUCCESS"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "waiting for approval")
		a := s.mustDo(t, http.MethodPatch, approved+"/approval", `{"status":"APPROVE","description":"Go"}`)
		if a.status != http.StatusCreated || a.at(t, "run", "status") != "IN_PROGRESS" {
			t.Errorf("%d %s", a.status, a.body)
		}
		same(t, a.at(t, "run", "approval"), `{"userId":"client@clients","state":"APPROVED","description":"Go"}`)
		status(approved, "SUCCESS")
		same(t, s.mustDo(t, http.MethodGet, approved+"/approvers?include_pending_approvers=true", "").at(t, "approvers"), `[{"userId":"client@clients","state":"APPROVED","description":"Go"}]`)
		s.do(t, http.MethodPatch, approved+"/approval", `{"status":"APPROVE"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "does not wait for approval")

		declined := begin()
		s.mustDo(t, http.MethodPatch, declined+"/approval", `{"status":"DECLINE"}`)
		status(declined, "DECLINED")
		s.do(t, http.MethodPatch, declined, `{"status":"FAILURE"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "DECLINED")

		withdrawn := begin()
		s.mustDo(t, http.MethodPatch, withdrawn, `{"status":"FAILURE"}`)
		status(withdrawn, "FAILURE")
		s.do(t, http.MethodPatch, withdrawn+"/approval", `{"status":"MAYBE"}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "body/status")
		if got := len(r.all()); got != 1 {
			t.Errorf("%d webhooks", got)
		}
	})
}

// TestAgent claims and acknowledges runs as an agent does.
func TestAgent(t *testing.T) {
	t.Parallel()
	s := startWithout(t)
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(selfService("mine"), `{"type":"KAFKA"}`, `{"type":"WEBHOOK","url":"`+hook+`","agent":true,"synchronized":true}`))
	s.mustDo(t, http.MethodPost, "/v1/actions", changed(selfService("integration"), `{"type":"KAFKA"}`,
		`{"type":"INTEGRATION_ACTION","installationId":"my-github","integrationActionType":"dispatch_workflow","integrationActionExecutionProperties":{}}`))
	s.mustDo(t, http.MethodPost, "/v1/actions", selfService("not-mine"))
	var ids []string
	for _, action := range []string{"mine", "integration", "not-mine", "mine", "mine"} {
		ids = append(ids, s.run(t, action, `{"properties":{}}`))
	}
	claim := func(body string) string {
		list, _ := s.mustDo(t, http.MethodPost, "/v1/actions/runs/claim-pending", body).at(t, "runs").([]any)
		var claimed []string
		for _, item := range list {
			r, _ := item.(map[string]any)
			for i, id := range ids {
				if r["id"] == id {
					claimed = append(claimed, strconv.Itoa(i))
				}
			}
			if r["payload"] == nil || r["claimedUntil"] == nil {
				t.Errorf("%v", r)
			}
		}
		return strings.Join(claimed, " ")
	}
	const agent = `{"installationId":"_PORT_EXEC_AGENT","limit":2,"visibilityTimeoutMs":60000}`
	for i, want := range []string{"0 3", "4", ""} {
		if got := claim(agent); got != want {
			t.Errorf("claim %d: got %s, want %s", i, got, want)
		}
	}
	if got := claim(`{"installationId":"my-github","limit":10,"invocationMethod":"INTEGRATION_ACTION"}`); got != "1" {
		t.Errorf("got %s", got)
	}
	const ack = "/v1/actions/runs/ack"
	same(t, s.mustDo(t, http.MethodPatch, ack, `{"runId":"`+ids[0]+`"}`).at(t, "ackedCount"), "1")
	s.do(t, http.MethodPatch, ack, `{"runIds":["`+ids[3]+`","`+ids[0]+`"]}`).refused(t, http.StatusConflict, "conflict", ids[0])
	s.do(t, http.MethodPatch, ack, `{"runId":"`+ids[2]+`"}`).refused(t, http.StatusConflict, "conflict", ids[2])
	s.clock.advance(2 * time.Minute)
	s.do(t, http.MethodPatch, ack, `{"runId":"`+ids[4]+`"}`).refused(t, http.StatusConflict, "conflict", ids[4])
	if got := claim(agent); got != "3 4" {
		t.Errorf("after the timeout: got %s", got)
	}
	same(t, s.mustDo(t, http.MethodPatch, ack, `{"runIds":["`+ids[3]+`","`+ids[4]+`"]}`).at(t, "ackedCount"), "2")
	for body, want := range map[string]string{`{"response":{"a":[1]}}`: `{"a":[1]}`, `{"response":"text"}`: `"text"`, `{"response":null}`: "null"} {
		same(t, s.mustDo(t, http.MethodPatch, "/v1/actions/runs/"+ids[0]+"/response", body).at(t, "run", "response"), want)
	}
	s.do(t, http.MethodPatch, "/v1/actions/runs/"+ids[0]+"/response", `{}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'response'")
	s.do(t, http.MethodPost, "/v1/actions/runs/claim-pending", `{}`).refused(t, http.StatusUnprocessableEntity, "invalid_request", "'installationId'")
}
