package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

// portAPI is an emulator of Port that signs with the listener's secret.
type portAPI struct {
	emulator *emulator.Emulator
	token    string
}

func startPort(t *testing.T) *portAPI {
	t.Helper()
	e, err := emulator.New(emulator.Options{ClientID: "client", ClientSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	p := &portAPI{emulator: e}
	t.Cleanup(func() { p.settle(t) })
	p.token, _ = p.call(t, http.MethodPost, "/v1/auth/access_token", `{"clientId":"client","clientSecret":"`+secret+`"}`)["accessToken"].(string)
	return p
}

// call sends a request that must succeed.
func (p *portAPI) call(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	p.emulator.ServeHTTP(w, r)
	var result map[string]any
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&result); err != nil || w.Code >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return result
}

// settle waits until everything has been sent. Nothing can be changed after it.
func (p *portAPI) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := p.emulator.Close(ctx); err != nil {
		t.Error(err)
	}
}

// deliveries returns how many deliveries there were, by kind and status.
func (p *portAPI) deliveries(t *testing.T) map[string]int {
	t.Helper()
	count := make(map[string]int)
	list, _ := p.call(t, http.MethodGet, "/_emulator/deliveries", "")["deliveries"].([]any)
	for _, item := range list {
		delivery, _ := item.(map[string]any)
		count[fmt.Sprint(delivery["kind"], " ", delivery["action"], " ", delivery["status"])]++
	}
	return count
}

// createService creates a blueprint with a mirror property and, if a URL is given, a changelog
// destination.
func (p *portAPI) createService(t *testing.T, changelogURL string) {
	t.Helper()
	destination := ""
	if changelogURL != "" {
		destination = `,"changelogDestination":{"type":"WEBHOOK","url":"` + changelogURL + `"}`
	}
	p.call(t, http.MethodPost, "/v1/blueprints", `{"identifier":"owner","title":"Owner","schema":{"properties":{"mail":{"type":"string"}}}}`)
	p.call(t, http.MethodPost, "/v1/blueprints", `{"identifier":"service","title":"Service",
		"schema":{"properties":{"healthStatus":{"type":"string"},"cpuUtil":{"type":"number"},"ttl":{"type":"string","format":"timer"}}},
		"relations":{"owner":{"target":"owner","required":false,"many":false}},
		"mirrorProperties":{"owner_mail":{"path":"owner.mail"}}`+destination+`}`)
	p.call(t, http.MethodPost, "/v1/blueprints/owner/entities?upsert=false", `{"identifier":"ana","properties":{"mail":"ana@example.com"}}`)
	for _, entity := range []string{"cart", "shop"} {
		p.call(t, http.MethodPost, servicesPath+"?upsert=false", `{"identifier":"`+entity+`","title":"`+entity+`","team":["red"],"properties":{"healthStatus":"Healthy","cpuUtil":10.0},"relations":{"owner":"ana"}}`)
	}
}

// url is the URL that Port posts to.
func (l *listener) url() string { return "http://" + l.Addr().String() + "/api/slack" }

const servicesPath = "/v1/blueprints/service/entities"

// createAutomation creates an automation that posts a body to the listener.
func (p *portAPI) createAutomation(t *testing.T, url, identifier, event, condition, body string) {
	t.Helper()
	p.call(t, http.MethodPost, "/v1/actions", `{"identifier":"`+identifier+`","trigger":{"type":"automation","event":`+event+condition+`},
		"invocationMethod":{"type":"WEBHOOK","url":"`+url+`","synchronized":true,"body":`+body+`}}`)
}

const (
	anyChange = `{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"service"}`
	// spreadEvent is the body that the guide recommends, triggerData everything that Port offers to
	// a template.
	spreadEvent = `{"{{ spreadValue() }}":"{{ .event }}","run":{"id":"{{ .run.id }}"}}`
	triggerData = `{"{{ spreadValue() }}":"{{ . }}"}`
)

func (p *portAPI) setHealth(t *testing.T, entity, status string) {
	t.Helper()
	p.call(t, http.MethodPatch, servicesPath+"/"+entity, `{"properties":{"healthStatus":"`+status+`"}}`)
}

// TestOneChangeOfPortAlertsOnce sends each change by the changelog, which carries no mirror values,
// and by automations of both forms, which do.
func TestOneChangeOfPortAlertsOnce(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	p := startPort(t)
	p.createService(t, l.url())
	p.createAutomation(t, l.url(), "spread", anyChange, "", spreadEvent)
	p.createAutomation(t, l.url(), "whole", anyChange, "", triggerData)
	p.setHealth(t, "cart", "Degraded")
	p.setHealth(t, "cart", "Missing")
	p.call(t, http.MethodDelete, servicesPath+"/cart?delete_dependents=false", "")
	webhook.expect(t, "cart", "cart")
	p.setHealth(t, "shop", "Missing")
	webhook.expect(t, "shop")
	p.settle(t)
	if got := p.deliveries(t); got["CHANGELOG <nil> 202"] != 1+2+4 || got["WEBHOOK spread 202"] != 4 || got["WEBHOOK whole 202"] != 4 || len(got) != 3 {
		t.Errorf("deliveries: %v", got)
	}
	expectNoOther(t, l, webhook)
}

// expectNoOther checks that no other alert is pending, by sending a last one.
func expectNoOther(t *testing.T, l *listener, webhook *fakeSlack) {
	t.Helper()
	l.accept(t, change("last"))
	webhook.expect(t, "last")
}

// TestAutomationsOfPortAlert uses no changelog destination, like Port today.
func TestAutomationsOfPortAlert(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"the event": spreadEvent, "the trigger data": triggerData} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook := newSlack(t)
			l := start(t, t.TempDir(), webhook)
			defer l.stop(t)
			p := startPort(t)
			p.createService(t, "")
			p.createAutomation(t, l.url(), "watch", anyChange, "", body)
			p.setHealth(t, "cart", "Degraded")
			webhook.expect(t, "cart")
			p.setHealth(t, "shop", "Degraded")
			webhook.expect(t, "shop")
			p.settle(t)
			expectNoOther(t, l, webhook)
		})
	}
}

// readExample returns a JSON document of the guide, for the blueprint and the listener of the test.
func readExample(t *testing.T, name, url string) string {
	t.Helper()
	text, err := os.ReadFile("../../../examples/listener/" + name)
	if err != nil {
		t.Fatal(err)
	}
	const address, blueprint = `"https://listener.example.com/api/slack"`, `"deploymentConfig"`
	if bytes.Count(text, []byte(address)) != 1 || bytes.Count(text, []byte(blueprint)) != 1 {
		t.Fatalf("%s must name %s and %s once:\n%s", name, address, blueprint, text)
	}
	return strings.NewReplacer(address, `"`+url+`"`, blueprint, `"service"`).Replace(string(text))
}

// workflowAsAutomation returns the automation equivalent to a workflow with an event trigger and a
// webhook node. The emulator has no workflows; their conditions and templates are like those of
// automations, except for the path of the event in templates.
func workflowAsAutomation(t *testing.T, text string) string {
	t.Helper()
	var workflow struct {
		Nodes []struct {
			Identifier string         `json:"identifier"`
			Config     map[string]any `json:"config"`
		} `json:"nodes"`
		Connections []struct {
			Source string `json:"sourceIdentifier"`
			Target string `json:"targetIdentifier"`
		} `json:"connections"`
	}
	if err := json.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	if len(workflow.Nodes) != 2 || len(workflow.Connections) != 1 {
		t.Fatalf("the workflow has other nodes: %+v", workflow)
	}
	trigger, webhook, connection := workflow.Nodes[0], workflow.Nodes[1], workflow.Connections[0]
	if trigger.Config["type"] != "EVENT_TRIGGER" || connection.Source != trigger.Identifier || connection.Target != webhook.Identifier {
		t.Fatalf("the webhook does not follow the trigger: %+v", workflow)
	}
	trigger.Config["type"] = "automation"
	automation, err := json.Marshal(map[string]any{"identifier": "workflow", "trigger": trigger.Config, "invocationMethod": webhook.Config})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(automation), "{{ .outputs."+trigger.Identifier+" }}", "{{ .event }}")
}

// TestExamplesReportHealth creates the automation and the workflow of the guide, separately and
// together: a change of the health is one alert, and other changes are not even posted.
func TestExamplesReportHealth(t *testing.T) {
	t.Parallel()
	for name, reporters := range map[string][]string{"automation": {"automation"}, "workflow": {"workflow"}, "both": {"automation", "workflow"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook := newSlack(t)
			l := start(t, t.TempDir(), webhook)
			defer l.stop(t)
			p := startPort(t)
			p.createService(t, "")
			for _, reporter := range reporters {
				document := readExample(t, reporter+".json", l.url())
				if reporter == "workflow" {
					document = workflowAsAutomation(t, document)
				}
				p.call(t, http.MethodPost, "/v1/actions", document)
			}
			p.call(t, http.MethodPatch, servicesPath+"/cart", `{"title":"Cart","properties":{"cpuUtil":90}}`)
			p.setHealth(t, "cart", "Degraded")
			webhook.expect(t, "Cart")
			p.settle(t)
			got := p.deliveries(t)
			sent := 0
			for _, count := range got {
				sent += count
			}
			if sent != len(reporters) || len(got) != len(reporters) {
				t.Errorf("deliveries: %v", got)
			}
			for delivery := range got {
				if !strings.HasSuffix(delivery, " 202") {
					t.Errorf("delivery: %s", delivery)
				}
			}
			expectNoOther(t, l, webhook)
		})
	}
}

// TestOtherEventsOfAutomationsAreStored sends an expired timer and a change of a run: both are
// stored, and match no health rule.
func TestOtherEventsOfAutomationsAreStored(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	l := start(t, t.TempDir(), webhook)
	defer l.stop(t)
	p := startPort(t)
	p.createService(t, "")
	statuses := make(chan int, 10)
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status := l.postSigned(t, r.Header.Get(changelog.TimestampHeader), r.Header.Get(changelog.SignatureHeader), body)
		w.WriteHeader(status)
		statuses <- status
	}))
	defer relay.Close()
	p.createAutomation(t, relay.URL, "timer", `{"type":"TIMER_PROPERTY_EXPIRED","blueprintIdentifier":"service","propertyIdentifier":"ttl"}`, "", spreadEvent)
	p.createAutomation(t, relay.URL, "run", `{"type":"ANY_RUN_CHANGE","actionIdentifier":"timer"}`, "", triggerData)
	expires := time.Now().Add(50 * time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z")
	p.call(t, http.MethodPatch, servicesPath+"/cart", `{"properties":{"healthStatus":"Degraded","ttl":"`+expires+`"}}`)
	for range 3 { // The timer, the run that it starts, and the end of that run.
		select {
		case status := <-statuses:
			if status != http.StatusAccepted {
				t.Errorf("the response to an event is %d", status)
			}
		case <-time.After(patience):
			t.Fatalf("deliveries: %v", p.deliveries(t))
		}
	}
	p.settle(t)
	expectNoOther(t, l, webhook)
}
