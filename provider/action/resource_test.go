package action_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newPort returns an environment with blueprints.
func newPort(t *testing.T, settings ...func(*emulator.Options)) *acctest.Environment {
	t.Helper()
	env := acctest.NewEmulated(t, settings...)
	blueprint := &port.Blueprint{Identifier: "service", Title: "Service"}
	blueprint.Schema.Properties = map[string]port.Property{
		"healthStatus": {Type: "string"},
		"ttl":          {Type: "string", Format: new("timer")},
	}
	for _, blueprint := range []*port.Blueprint{blueprint, {Identifier: "log", Title: "Log"}, {Identifier: "other", Title: "Other"}} {
		if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

// expectEmptyPlan checks that a plan changes nothing.
func expectEmptyPlan(t *testing.T, session *acctest.Session, when, config string) {
	t.Helper()
	if changed := session.AllChanges(config); len(changed) > 0 {
		t.Errorf("%s the plan changes %v", when, changed)
	}
}

func get(t *testing.T, env *acctest.Environment, identifier string) port.Action {
	t.Helper()
	action, err := env.Client.Actions.Get(t.Context(), identifier)
	if err != nil {
		t.Fatal(err)
	}
	return action
}

func TestAction_lifecycle(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	session := env.NewSession(t, "port_action")
	session.Apply(automation())
	if session.Text("id") != "tell" || session.Identity()["identifier"] != "tell" {
		t.Errorf("the ID is %q and the identity %v", session.Text("id"), session.Identity())
	}
	expectEmptyPlan(t, session, "after the apply", automation())
	renamed := strings.Replace(automation(`"title": "Tell"`), `"tell"`, `"told"`, 1)
	if unknown := session.Unknown(renamed); len(unknown) > 0 {
		t.Errorf("the plan has the unknown attributes %v", unknown)
	}
	session.Apply(renamed)
	expectEmptyPlan(t, session, "after the rename", renamed)
	if session.Text("id") != "told" || session.Identity()["identifier"] != "told" {
		t.Errorf("the ID is %q and the identity %v", session.Text("id"), session.Identity())
	}
	if _, err := env.Client.Actions.Get(t.Context(), "tell"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("reading the old identifier returns %v", err)
	}
	if _, applied := session.Destroy(); len(applied) > 0 {
		t.Errorf("the destroy reports %q", applied)
	}
	if _, err := env.Client.Actions.Get(t.Context(), "told"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("after the destroy, reading returns %v", err)
	}
}
