package action_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// The routes of actions.
const (
	actionsRoute = "/v1/actions"
	actionRoute  = actionsRoute + "/{action_identifier}"
)

func TestAction_createNeverOverwrites(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(automation(`"title": "theirs"`))
	diagnostics := env.NewSession(t, "port_action").TryApply(automation(`"title": "ours"`))
	expectDiagnostic(t, diagnostics, "ERROR", `AttributeName("identifier"): Unable to Create Action`, "409", `terraform import port_action.<name> "tell"`)
	if title := get(t, env, "tell")["title"]; title != "theirs" {
		t.Errorf("the title is %v", title)
	}
}

func TestAction_renameToExistingIdentifier(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(strings.Replace(automation(), `"tell"`, `"taken"`, 1))
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	diagnostics := session.TryApply(strings.Replace(automation(), `"tell"`, `"taken"`, 1))
	expectDiagnostic(t, diagnostics, "ERROR", `AttributeName("identifier"): Unable to Update Action`, "The new identifier is taken.")
	if session.Text("id") != "tell" {
		t.Errorf("the ID is %q", session.Text("id"))
	}
}

// TestAction_disappears deletes the action behind Terraform's back.
func TestAction_disappears(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	if err := env.Client.Actions.Delete(t.Context(), "tell"); err != nil {
		t.Fatal(err)
	}
	diagnostics := session.TryApply(automation(`"title": "T"`))
	expectDiagnostic(t, diagnostics, "ERROR", "Unable to Update Action", "Plan again: Terraform creates what is missing.")
	session.Refresh()
	if !session.IsGone() {
		t.Error("the refresh does not remove the deleted action")
	}
	session.Apply(automation())
	expectEmptyPlan(t, session, "after the action was created again", automation())
}

func TestAction_errorMessages(t *testing.T) {
	t.Parallel()
	fault := func(method, route string, status int, code, message string) string {
		return fmt.Sprintf(`{"method": %q, "route": %q, "status": %d, "body": {"ok": false, "error": %q, "message": %q}}`, method, route, status, code, message)
	}
	tests := map[string]struct {
		fault string
		want  []string
	}{
		"refused":           {fault("POST", actionsRoute, 422, "invalid_request", "body/trigger must be nice"), []string{"Unable to Create Action", `Creating action "tell"`, "422", "body/trigger must be nice"}},
		"no credentials":    {fault("POST", actionsRoute, 401, "unauthorized", "No"), []string{"401", "PORT_CLIENT_ID"}},
		"no permission":     {fault("POST", actionsRoute, 403, "forbidden", "No"), []string{"403", "lack permission"}},
		"too many requests": {`{"method": "POST", "route": "/v1/actions", "status": 429, "headers": {"Retry-After": "0"}}`, []string{"429", "-parallelism"}},
		"a time limit":      {`{"method": "POST", "route": "/v1/actions", "status": 429, "headers": {"Retry-After": "60"}}`, []string{"Unable to Create Action", "timeouts = { create ="}},
		"no connection":     {`{"method": "POST", "route": "/v1/actions", "drop": "before"}`, []string{"Unable to Create Action", "Port did not respond", "PORT_BASE_URL"}},
		"a slow response":   {`{"method": "POST", "route": "/v1/actions", "hold": true}`, []string{"Unable to Create Action", "raise request_timeout"}},
		"an error of Port":  {fault("POST", actionsRoute, 500, "internal_error", "Oops"), []string{"500", "Oops", "Port's support"}},
		"too large":         {fault("POST", actionsRoute, 413, "payload_too_large", "Too large"), []string{"413"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			env.Control(t, http.MethodPost, "/_emulator/faults", test.fault)
			limit := ""
			if name == "a time limit" {
				limit = `"timeouts": {"create": "200ms"}`
			}
			config := automation()
			if limit != "" {
				config = automation(limit)
			}
			session := env.NewConfiguredSession(t, "port_action", `{"max_retries": 1, "request_timeout": "2s"}`)
			expectDiagnostic(t, session.TryApply(config), append([]string{"ERROR"}, test.want...)...)
		})
	}
}

func expectDiagnostic(t *testing.T, diagnostics []string, want ...string) {
	t.Helper()
	if len(diagnostics) != 1 || slices.ContainsFunc(want, func(part string) bool { return !strings.Contains(diagnostics[0], part) }) {
		t.Errorf("got the diagnostics %q, want one with %q", diagnostics, want)
	}
}

// TestAction_interruptedChangeIsRecorded checks that a change that Port completes after an
// interruption counts as a success, so that nothing is orphaned, tainted or done twice.
func TestAction_interruptedChangeIsRecorded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before        string
		method, route string
		after         string
		verb          string
	}{
		"a create":  {"", "POST", actionsRoute, automation(), "create"},
		"an update": {automation(), "PUT", actionRoute, automation(`"title": "T"`), "update"},
		"a rename":  {automation(), "PUT", actionRoute, strings.Replace(automation(), `"tell"`, `"told"`, 1), "update"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			session := env.NewSession(t, "port_action")
			if test.before != "" {
				session.Apply(test.before)
			}
			diagnostics := env.Interrupt(t, session, test.method, test.route, func() []string { return session.TryApply(test.after) })
			expectDiagnostic(t, diagnostics, "WARNING", "Change Completed Late", test.verb+` action "tell"`)
			expectEmptyPlan(t, session, "after the interruption", test.after)
		})
	}
}

// TestAction_lostResponses drops the response to each change: the provider finds out the outcome
// and does nothing twice.
func TestAction_lostResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ method, route, before, after string }{
		"a create":  {"POST", actionsRoute, "", automation()},
		"an update": {"PUT", actionRoute, automation(), automation(`"title": "T"`)},
		"a rename":  {"PUT", actionRoute, automation(), strings.Replace(automation(), `"tell"`, `"told"`, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			session := env.NewSession(t, "port_action")
			if test.before != "" {
				session.Apply(test.before)
			}
			env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "drop": "after", "times": 1}`, test.method, test.route))
			session.Apply(test.after)
			expectEmptyPlan(t, session, "after a lost response", test.after)
		})
	}
}

// TestAction_numbersThatPortRounds checks that the state keeps the configured number, with one
// warning.
func TestAction_numbersThatPortRounds(t *testing.T) {
	t.Parallel()
	env := newPort(t, func(options *emulator.Options) { options.JSNumbers = true })
	session := env.NewSession(t, "port_action")
	config := webhook(`"body": "{\"n\": 9007199254740993}"`)
	diagnostics := session.TryApply(config)
	expectDiagnostic(t, diagnostics, "WARNING", "Value Changed by Port", `AttributeName("webhook_method").AttributeName("body")`)
	if strings.Contains(diagnostics[0], "9007199254740993") {
		t.Errorf("the warning shows the body: %q", diagnostics[0])
	}
	expectEmptyPlan(t, session, "with a rounded number", config)
	put(t, env, changed(t, withoutStamps(get(t, env, "tell")), drift{path: "invocationMethod.body.n", value: "5"}))
	if got := session.Changes(config); !slices.Equal(got, []string{"webhook_method.body"}) {
		t.Errorf("after a change of the number in Port, the plan changes %v", got)
	}
}

// TestAction_onlyTimeoutsSendNothing changes an argument that Port does not store.
func TestAction_onlyTimeoutsSendNothing(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	env.Writes(t)
	session.Apply(automation(`"timeouts": {"create": "5m"}`))
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
}

func TestAction_imports(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(automation())
	session := env.NewSession(t, "port_action")
	session.ImportIdentity(map[string]string{"identifier": "tell"})
	expectEmptyPlan(t, session, "after an import by identity", automation())
	if _, err := env.Client.Actions.Get(t.Context(), "nobody"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("reading an action that does not exist returns %v", err)
	}
}
