package action_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// permissions is the configuration of the permissions of the action "tell", with these attributes
// of execute and approve.
func permissions(execute, approve string) string {
	return `{"action_identifier": "tell", "permissions": {"execute": {` + execute + `}, "approve": {` + approve + `}}}`
}

func newPermissions(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := newPort(t)
	env.NewSession(t, "port_action").Apply(automation())
	return env, env.NewSession(t, "port_action_permissions")
}

const policy = `"policy": "{\"queries\": {\"q\": {\"combinator\": \"and\", \"rules\": []}}, \"conditions\": [\"true\"]}"`

func TestPermissions_quiet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, reworded string }{
		"none":       {permissions("", ""), permissions(`"users": [], "owned_by_team": true`, `"roles": []`)},
		"everything": {permissions(`"users": ["b@example.com", "a@example.com"], "roles": ["Admin"], "teams": ["t"], "owned_by_team": false, `+policy, `"users": ["a@example.com"], "roles": ["Member"], "teams": ["t"], `+policy), ""},
		"a policy":   {permissions(policy, ""), permissions(strings.ReplaceAll(policy, " ", ""), "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newPermissions(t)
			session.Apply(test.config)
			expectEmptyPlan(t, session, "after the apply", test.config)
			if test.reworded != "" {
				expectEmptyPlan(t, session, "with an equivalent configuration", test.reworded)
			}
			imported := env.NewSession(t, "port_action_permissions")
			imported.Import("tell")
			expectEmptyPlan(t, imported, "after an import", test.config)
		})
	}
}

func TestPermissions_everyDriftShows(t *testing.T) {
	t.Parallel()
	env, session := newPermissions(t)
	config := permissions(`"users": ["a@example.com"], "roles": ["Admin"], "teams": ["t"], "owned_by_team": false, `+policy, `"users": ["a@example.com"], "roles": ["Admin"], "teams": ["t"], `+policy)
	session.Apply(config)
	other := map[string]any{"users": []any{}, "roles": []any{"Admin", "Member"}, "teams": []any{"u"}, "policy": nil}
	for _, part := range []string{"execute", "approve"} {
		for key, value := range other {
			if _, err := env.Client.Actions.UpdatePermissions(t.Context(), "tell", port.ActionPermissions{part: map[string]any{key: value}}); err != nil {
				t.Fatal(err)
			}
			want := "permissions." + part + "." + key
			if got := strings.Join(session.Changes(config), " "); got != want {
				t.Errorf("the plan changes %s, want %s", got, want)
			}
			session.Apply(config)
			expectEmptyPlan(t, session, "after the repair of "+want, config)
		}
	}
	if _, err := env.Client.Actions.UpdatePermissions(t.Context(), "tell", port.ActionPermissions{"execute": map[string]any{"ownedByTeam": true}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(session.Changes(config), " "); got != "permissions.execute.owned_by_team" {
		t.Errorf("the plan changes %s", got)
	}
}

// TestPermissions_policyIsRemoved removes a policy from the configuration.
func TestPermissions_policyIsRemoved(t *testing.T) {
	t.Parallel()
	env, session := newPermissions(t)
	session.Apply(permissions(policy, policy))
	session.Apply(permissions("", ""))
	expectEmptyPlan(t, session, "without policies", permissions("", ""))
	current, err := env.Client.Actions.Permissions(t.Context(), "tell")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"execute", "approve"} {
		if grants, _ := current[part].(map[string]any); grants["policy"] != nil {
			t.Errorf("%s has the policy %v", part, grants["policy"])
		}
	}
}

// TestPermissions_destroyingSendsNothing checks that a destroy leaves the permissions unchanged.
func TestPermissions_destroyingSendsNothing(t *testing.T) {
	t.Parallel()
	env, session := newPermissions(t)
	session.Apply(permissions(`"roles": ["Admin"]`, ""))
	env.Writes(t)
	planned, applied := session.Destroy()
	expectDiagnostic(t, planned, "WARNING", "Permissions Are Kept", `the action "tell"`)
	if len(applied) > 0 {
		t.Errorf("the apply reports %q", applied)
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the destroy sent %v", writes)
	}
	current, err := env.Client.Actions.Permissions(t.Context(), "tell")
	if err != nil {
		t.Fatal(err)
	}
	if execute, _ := current["execute"].(map[string]any); len(execute["roles"].([]any)) != 1 {
		t.Errorf("Port has %v", current)
	}
}

func TestPermissions_missingAction(t *testing.T) {
	t.Parallel()
	diagnostics := newPort(t).NewSession(t, "port_action_permissions").TryApply(permissions("", ""))
	expectDiagnostic(t, diagnostics, "ERROR", "Unable to Create Action Permissions", `"tell"`, "404")
}

func TestPermissions_validate(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		permissions(`"policy": "[]"`, ""):   "Not a JSON Object",
		permissions(`"users": [null]`, ""):  "Null Set Value",
		permissions("", `"policy": "true"`): "Not a JSON Object",
	} {
		if diagnostics := acctest.Validate(t, "port_action_permissions", config); len(diagnostics) != 1 || !strings.Contains(diagnostics[0], want) {
			t.Errorf("%s: got %q", config, diagnostics)
		}
	}
}
