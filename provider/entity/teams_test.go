package entity_test

import (
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// inheriting configures an entity that is related to the owner of [newInheriting].
const inheriting = basic + `, "relations": {"single_relations": {"one": "owner"}}`

// newInheriting returns a Port with an entity that was given a team, and that is related to an
// owner with the same team.
func newInheriting(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := newThings(t)
	create(t, env, "target", &port.Entity{Identifier: "owner", Team: []string{"theirs"}})
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(inheriting))
	change(t, env, &port.EntityPatch{Team: port.Set([]string{"theirs"})})
	return env, session
}

// inherit makes entities inherit their teams from their owners.
func inherit(t *testing.T, env *acctest.Environment) {
	t.Helper()
	blueprint := thing()
	blueprint.Ownership = &port.Ownership{Type: "Inherited", Path: new("one")}
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
}

// TestTeams_inheritedAreNoChange checks that inherited teams that the configuration omits are not
// compared.
func TestTeams_inheritedAreNoChange(t *testing.T) {
	t.Parallel()
	env, session := newInheriting(t)
	if changed := env.Restart(t, session).Changes(declare(inheriting)); !slices.Equal(changed, []string{"teams"}) {
		t.Errorf("teams that are not inherited show as %v", changed)
	}
	inherit(t, env)
	for _, team := range []string{"theirs", "others"} {
		_, err := env.Client.Entities.Patch(t.Context(), "target", "owner", &port.EntityPatch{Team: port.Set([]string{team})}, port.UpdateEntityOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if changed := env.Restart(t, session).Changes(declare(inheriting)); len(changed) > 0 {
			t.Errorf("the plan changes %v", changed)
		}
	}
}

func TestTeams_inheritedAreNotImported(t *testing.T) {
	t.Parallel()
	env, _ := newInheriting(t)
	inherit(t, env)
	session := env.NewSession(t, "port_entity")
	session.Import("thing:e")
	if changed := session.Changes(declare(inheriting)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

// TestTeams_configuredButInherited checks that inherited teams are reported if other teams are
// configured.
func TestTeams_configuredButInherited(t *testing.T) {
	t.Parallel()
	env, session := newInheriting(t)
	inherit(t, env)
	applying := env.Restart(t, session)
	applying.Refresh()
	expectWarning(t, applying.TryApply(declare(inheriting+`, "teams": ["ours"]`)), "Teams Stored Differently", `"thing:e"`)
	if changed := applying.Changes(declare(inheriting + `, "teams": ["ours"]`)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

// TestTeams_storedDifferently checks that teams that Port stores differently are reported once, and
// show as no change until they change again.
func TestTeams_storedDifferently(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	const configured = basic + `, "teams": ["ours"]`
	fault := `{"method": "POST", "route": "` + entitiesRoute + `", "status": 201, "body": {"ok": true, "entity": {"identifier": "e", "title": "E", "team": [], "properties": {"text": "x"}, "relations": {}}}}`
	env.Control(t, "POST", "/_emulator/faults", fault)
	expectWarning(t, session.TryApply(declare(configured)), "Teams Stored Differently", `"thing:e"`)
	second := session.Sibling("port_entity")
	if reported := second.TryApply(declare(configured)); len(reported) > 0 {
		t.Errorf("the second entity reports %q", reported)
	}
	env.Control(t, "DELETE", "/_emulator/faults", "")
	create(t, env, "thing", &port.Entity{Identifier: "e", Title: new("E"), Properties: map[string]any{"text": "x"}})
	if changed := session.Changes(declare(configured)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
	change(t, env, &port.EntityPatch{Team: port.Set([]string{"theirs"})})
	if changed := session.Changes(declare(configured)); !slices.Equal(changed, []string{"teams"}) {
		t.Errorf("changed teams show as %v", changed)
	}
}

// TestEntity_attributesStoredDifferently checks the same for other attributes.
func TestEntity_attributesStoredDifferently(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ configured, returned, at string }{
		"a title":                  {`"title": "Ours"`, `"title": "Theirs"`, `AttributeName("title")`},
		"an icon":                  {`"title": "E", "icon": "Lock"`, `"title": "E"`, `AttributeName("icon")`},
		"a target":                 {`"title": "E", "relations": {"single_relations": {"one": "a"}}`, `"title": "E", "relations": {"one": "b", "many": []}`, `ElementKeyString("one")`},
		"a target that is gone":    {`"title": "E", "relations": {"many_relations": {"many": ["a"]}}`, `"title": "E", "relations": {"one": null, "many": []}`, `ElementKeyString("many")`},
		"an icon of the blueprint": {`"title": "E"`, `"title": "E", "icon": "Lock"`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			entity := `{"ok": true, "entity": {"identifier": "e", "team": [], "properties": {}, ` + test.returned + `}}`
			env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "`+entitiesRoute+`", "status": 201, "body": `+entity+`}`)
			reported := session.TryApply(declare(test.configured))
			if test.at == "" && len(reported) > 0 {
				t.Errorf("it reports %q", reported)
			}
			if test.at != "" {
				expectWarning(t, reported, "Value Changed by Port", test.at)
			}
			env.Control(t, "POST", "/_emulator/faults", `{"method": "GET", "route": "`+entityRoute+`", "status": 200, "body": `+entity+`}`)
			if changed := session.Changes(declare(test.configured)); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
		})
	}
}
