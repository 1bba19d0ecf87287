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
	reported := env.NewSession(t, "port_action").TryApply(automation(`"title": "ours"`))
	expectReported(t, reported, "ERROR", `AttributeName("identifier"): Unable to Create Action`, "409", `terraform import port_action.<name> "tell"`)
	if title := get(t, env, "tell")["title"]; title != "theirs" {
		t.Errorf("the title is %v", title)
	}
}

func TestAction_renameToATakenIdentifier(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(strings.Replace(automation(), `"tell"`, `"taken"`, 1))
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	reported := session.TryApply(strings.Replace(automation(), `"tell"`, `"taken"`, 1))
	expectReported(t, reported, "ERROR", `AttributeName("identifier"): Unable to Update Action`, "The new identifier is taken.")
	if session.Text("id") != "tell" {
		t.Errorf("the id is %q", session.Text("id"))
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
	reported := session.TryApply(automation(`"title": "T"`))
	expectReported(t, reported, "ERROR", "Unable to Update Action", "Plan again: Terraform creates what is missing.")
	session.Refresh()
	if !session.IsGone() {
		t.Error("the refresh keeps an action that is gone")
	}
	session.Apply(automation())
	expectQuiet(t, session, "after the action was created again", automation())
}

func TestAction_errorsSayWhatWhichWhyAndWhatNext(t *testing.T) {
	t.Parallel()
	answer := func(method, route string, status int, code, message string) string {
		return fmt.Sprintf(`{"method": %q, "route": %q, "status": %d, "body": {"ok": false, "error": %q, "message": %q}}`, method, route, status, code, message)
	}
	tests := map[string]struct {
		fault string
		want  []string
	}{
		"refused":           {answer("POST", actionsRoute, 422, "invalid_request", "body/trigger must be nice"), []string{"Unable to Create Action", `Creating action "tell"`, "422", "body/trigger must be nice"}},
		"no credentials":    {answer("POST", actionsRoute, 401, "unauthorized", "No"), []string{"401", "PORT_CLIENT_ID"}},
		"no permission":     {answer("POST", actionsRoute, 403, "forbidden", "No"), []string{"403", "lack permission"}},
		"too many requests": {`{"method": "POST", "route": "/v1/actions", "status": 429, "headers": {"Retry-After": "0"}}`, []string{"429", "-parallelism"}},
		"a time limit":      {`{"method": "POST", "route": "/v1/actions", "status": 429, "headers": {"Retry-After": "60"}}`, []string{"Unable to Create Action", "timeouts = { create ="}},
		"too large":         {answer("POST", actionsRoute, 413, "payload_too_large", "Too large"), []string{"413"}},
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
			session := env.NewConfiguredSession(t, "port_action", `{"max_retries": 1}`)
			expectReported(t, session.TryApply(config), append([]string{"ERROR"}, test.want...)...)
		})
	}
}

func expectReported(t *testing.T, reported []string, want ...string) {
	t.Helper()
	if len(reported) != 1 || slices.ContainsFunc(want, func(part string) bool { return !strings.Contains(reported[0], part) }) {
		t.Errorf("it reports %q, want one with %q", reported, want)
	}
}

// TestAction_interruptedChangeIsRecorded: what Port completes after Terraform was
// interrupted is a success, so nothing is orphaned, tainted or done twice.
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
			reported := env.Interrupt(t, session, test.method, test.route, func() []string { return session.TryApply(test.after) })
			expectReported(t, reported, "WARNING", "Change Completed Late", test.verb+` action "tell"`)
			expectQuiet(t, session, "after the interruption", test.after)
		})
	}
}

// TestAction_lostAnswers loses the answer to each change: what Port has done is
// found out, and nothing is done twice.
func TestAction_lostAnswers(t *testing.T) {
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
			expectQuiet(t, session, "after a lost answer", test.after)
		})
	}
}

// TestAction_numbersThatPortRounds keeps what is configured, and says so once.
func TestAction_numbersThatPortRounds(t *testing.T) {
	t.Parallel()
	env := newPort(t, func(options *emulator.Options) { options.JSNumbers = true })
	session := env.NewSession(t, "port_action")
	config := webhook(`"body": "{\"n\": 9007199254740993}"`)
	reported := session.TryApply(config)
	expectReported(t, reported, "WARNING", "Value Changed by Port", `AttributeName("webhook_method").AttributeName("body")`)
	if strings.Contains(reported[0], "9007199254740993") {
		t.Errorf("the warning shows the body: %q", reported[0])
	}
	expectQuiet(t, session, "with a rounded number", config)
	put(t, env, changed(t, withoutStamps(get(t, env, "tell")), drift{path: "invocationMethod.body.n", value: "5"}))
	if got := session.Changes(config); !slices.Equal(got, []string{"webhook_method.body"}) {
		t.Errorf("another number shows as %v", got)
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
		t.Errorf("it sent %v", writes)
	}
}

func TestAction_imports(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(automation())
	session := env.NewSession(t, "port_action")
	session.ImportIdentity(map[string]string{"identifier": "tell"})
	expectQuiet(t, session, "after an import by identity", automation())
	if _, err := env.Client.Actions.Get(t.Context(), "nobody"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("an action that nobody made gives %v", err)
	}
}
