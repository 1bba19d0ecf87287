package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const (
	actionPath      = "/v1/actions/{action_identifier}"
	permissionsPath = actionPath + "/permissions"
	runPath         = "/v1/actions/runs/{run_id}"
)

// actionUses has the operations on actions, their permissions and runs.
func actionUses() map[string]use {
	return map[string]use{
		"GET /v1/actions": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.List(ctx, port.ListActionsOptions{Blueprint: n.blueprint, TriggerType: "automation"}))
		}},
		"POST /v1/actions": {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.Create(ctx, newAutomation("new", n)))
		}},
		"GET " + actionPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.Get(ctx, n.action))
		}},
		"PUT " + actionPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.Update(ctx, n.action, newAutomation(n.action, n)))
		}},
		"DELETE " + actionPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return c.Actions.Delete(ctx, n.action)
		}},
		"GET " + permissionsPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.Permissions(ctx, n.action))
		}},
		"PATCH " + permissionsPath: {call: func(ctx context.Context, c *port.Client, n names) error {
			return second(c.Actions.UpdatePermissions(ctx, n.action, port.ActionPermissions{
				"execute": map[string]any{"users": []any{"ana@example.com"}, "roles": []any{}, "teams": []any{}, "ownedByTeam": true, "policy": nil},
			}))
		}},

		"POST " + actionPath + "/runs": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodPost, "/v1/actions/" + n.action + "/runs?run_as=ana@example.com", `{"entity":"api","properties":{"replicas":2}}`}
		}},
		"GET /v1/actions/runs": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodGet, "/v1/actions/runs?limit=10&active=true&source=API&version=v2&entity=" + n.entity, ""}
		}},
		"GET " + runPath: {plain: func(n names) plainRequest {
			return plainRequest{http.MethodGet, "/v1/actions/runs/" + n.run + "?version=v2", ""}
		}},
		"PATCH " + runPath: {plain: func(n names) plainRequest {
			return plainRequest{http.MethodPatch, "/v1/actions/runs/" + n.run, `{"status":"SUCCESS","statusLabel":"Done","summary":"S","link":["https://ci.test"],"externalRunId":"1"}`}
		}},
		"PATCH " + runPath + "/approval": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodPatch, "/v1/actions/runs/" + n.waiting + "/approval", `{"status":"APPROVE","description":"Go"}`}
		}},
		"GET " + runPath + "/approvers": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodGet, "/v1/actions/runs/" + n.waiting + "/approvers?include_pending_approvers=true", ""}
		}},
		"GET " + runPath + "/logs": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodGet, "/v1/actions/runs/" + n.run + "/logs?limit=10&offset=0", ""}
		}},
		"POST " + runPath + "/logs": {plain: func(n names) plainRequest {
			return plainRequest{http.MethodPost, "/v1/actions/runs/" + n.run + "/logs", `{"message":"m","terminationStatus":"FAILURE","statusLabel":"L"}`}
		}},
	}
}

// newAutomation returns an automation with most of the writable keys.
func newAutomation(identifier string, n names) port.Action {
	return port.Action{
		"identifier": identifier, "title": "Tell", "icon": "Slack", "description": "Tells a listener", "publish": true, "allowAnyoneToViewRuns": false,
		"trigger": map[string]any{
			"type":      "automation",
			"event":     map[string]any{"type": "ENTITY_UPDATED", "blueprintIdentifier": n.blueprint},
			"condition": map[string]any{"type": "JQ", "expressions": []any{`.action == "UPDATE"`}, "combinator": "and"},
		},
		"invocationMethod": map[string]any{
			"type": "WEBHOOK", "url": "https://listener.test", "method": "POST", "synchronized": true, "agent": "{{ false }}",
			"headers": map[string]any{"RUN_ID": "{{ .run.id }}"}, "body": map[string]any{"{{ spreadValue() }}": "{{ .event }}"},
		},
	}
}

// seedActions are the self-service actions of every world. Their invocations are recorded.
const seedActions = `{"actions":[
	{"identifier":"scale","title":"Scale","icon":"Up","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
		"userInputs":{"properties":{"replicas":{"type":"number"}}}},"invocationMethod":{"type":"KAFKA","payload":{"n":"{{ .inputs.replicas }}"}}},
	{"identifier":"ask","requiredApproval":{"type":"ANY"},"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},
		"invocationMethod":{"type":"KAFKA"}}]}`

// plainRequest is a request that is sent without the client.
type plainRequest struct{ method, path, body string }

// sendPlain sends a request through a transport and returns the error that the client would return.
func (w *world) sendPlain(ctx context.Context, transport http.RoundTripper, p plainRequest) (string, error) {
	request, err := http.NewRequestWithContext(ctx, p.method, w.address+p.path, strings.NewReader(p.body))
	if err != nil {
		return "", err
	}
	if p.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode < http.StatusMultipleChoices {
		return string(body), err
	}
	sentinels := map[int]error{
		http.StatusUnauthorized: port.ErrUnauthorized, http.StatusNotFound: port.ErrNotFound,
		http.StatusRequestEntityTooLarge: port.ErrTooLarge, http.StatusUnprocessableEntity: port.ErrInvalid,
	}
	return "", errors.Join(fmt.Errorf("%s %s: %d %s", p.method, p.path, response.StatusCode, body), sentinels[response.StatusCode])
}

// caller returns a function that uses an operation. alter, if set, modifies its requests.
func (w *world) caller(t *testing.T, o *operation, u use, alter func(*http.Request) error) func(n names) error {
	t.Helper()
	if u.plain == nil {
		client := w.client
		if alter != nil {
			client = w.connectAltering(t, o, alter)
		}
		return func(n names) error { return u.call(t.Context(), client, n) }
	}
	var transport http.RoundTripper
	if alter != nil {
		transport = altered{document: w.document, operation: o, alter: alter}
	}
	return func(n names) error { return second(w.sendPlain(t.Context(), transport, u.plain(n))) }
}

// actAsAgent uses the undocumented operations of Port's agent.
func actAsAgent(ctx context.Context, w *world) error {
	var failures []error
	for _, p := range []plainRequest{
		{http.MethodPost, "/v1/actions/runs/claim-pending", `{"installationId":"_PORT_EXEC_AGENT","limit":1,"visibilityTimeoutMs":1000}`},
		{http.MethodPatch, "/v1/actions/runs/ack", `{"runIds":[]}`},
		{http.MethodPatch, "/v1/actions/runs/" + w.present.run + "/response", `{"response":{"a":1}}`},
	} {
		failures = append(failures, second(w.sendPlain(ctx, nil, p)))
	}
	return errors.Join(failures...)
}

// has reports whether the loaded documents have an operation.
func (d *document) has(operation string) bool { return d.operations[operation] != nil }

// isElsewhere reports whether an operation is in the document on runs.
func (d *document) isElsewhere(operation string) bool {
	return slices.ContainsFunc(d.exceptions, func(e exception) bool { return e.elsewhere && e.undocumented == operation })
}

// operationsOf are the operations of an exception that the documents have.
func (d *document) operationsOf(e exception) []string {
	return slices.DeleteFunc(slices.Clone(e.operations), func(name string) bool { return !d.has(name) })
}
