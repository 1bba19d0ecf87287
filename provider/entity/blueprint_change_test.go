package entity_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// unknownBlueprint returns the configuration of the entity "e" with an unknown blueprint, such as
// one that a data source reads during the apply.
func unknownBlueprint(attributes string) string {
	return strings.Replace(declare(attributes), `"thing"`, `"(unknown)"`, 1)
}

// ofTarget returns the configuration of the entity "e" in another blueprint.
func ofTarget() string { return `{"blueprint": "target", "identifier": "e", "title": "E"}` }

// newThing returns a session with an entity without properties.
func newThing(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(`"title": "E"`))
	return env, session
}

func TestBlueprintChange_unknownIsPlannedInPlace(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	if replaces := session.Replaces(unknownBlueprint(`"title": "E"`)); len(replaces) > 0 {
		t.Errorf("the plan replaces because of %v", replaces)
	}
	want := []string{"blueprint", "created_at", "created_by", "id", "updated_at", "updated_by"}
	if unknown := session.Unknown(unknownBlueprint(`"title": "E"`)); !slices.Equal(unknown, want) {
		t.Errorf("the plan leaves %v unknown, want %v", unknown, want)
	}
	env.Writes(t)
	env.Restart(t, session).Apply(declare(`"title": "E"`))
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the blueprint is the same, but the apply sent %v", writes)
	}
}

// TestBlueprintChange_unknownBecomesAnother checks that an update in place does not become a
// replacement during the apply.
func TestBlueprintChange_unknownBecomesAnother(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	session.Plan(unknownBlueprint(`"title": "E"`))
	env.Writes(t)
	expectError(t, env.Restart(t, session).TryApply(ofTarget()), `AttributeName("blueprint"): Plan Again`, `"thing:e"`, `"target"`, "Nothing was written")
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("it sent %v", writes)
	}
	again := env.Restart(t, session)
	again.Refresh()
	if replaces := again.Replaces(ofTarget()); !slices.Equal(replaces, []string{"blueprint"}) {
		t.Errorf("the plan that follows replaces because of %v", replaces)
	}
}

// TestBlueprintChange_renamePlannedLater plans an entity before its blueprint, which is possible if
// the entity names it literally.
func TestBlueprintChange_renamePlannedLater(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	planning := env.Restart(t, session)
	planning.Refresh()
	if replaces := planning.Replaces(renamed(`"title": "E"`)); len(replaces) > 0 {
		t.Errorf("the plan replaces because of %v", replaces)
	}
	renameAtPort(t, env)
	env.Writes(t)
	applying := env.Restart(t, session)
	applying.Apply(renamed(`"title": "E"`))
	if id := applying.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("it sent %v", writes)
	}
}

// TestBlueprintChange_waitsForTheRename updates the entity before the blueprint is renamed.
func TestBlueprintChange_waitsForTheRename(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{identifier}", "hold": true}`)
	applying := env.Restart(t, session)
	done := make(chan []string, 1)
	go func() { done <- applying.TryApply(renamed(`"title": "E"`)) }()
	env.AwaitHeld(t)
	env.Control(t, http.MethodDelete, "/_emulator/faults", "")
	renameAtPort(t, env)
	if reported := <-done; len(reported) > 0 {
		t.Errorf("it reports %q", reported)
	}
	if id := applying.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
}

// TestBlueprintChange_literalNameOfNewBlueprint checks the case in which only the apply shows that
// another resource creates the blueprint instead of renaming the old one.
func TestBlueprintChange_literalNameOfNewBlueprint(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	session.Refresh()
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{identifier}", "hold": true}`)
	done := make(chan []string, 1)
	go func() { done <- session.TryApply(renamed(`"title": "E"`)) }()
	env.AwaitHeld(t)
	env.Control(t, http.MethodDelete, "/_emulator/faults", "")
	replaceAtPort(t, env)
	expectError(t, <-done, `AttributeName("blueprint")`, `"thing:e"`, "is not a new name of", "Run terraform plan again")
	if entity := get(t, env, "thing", "e"); entity.Title == nil || *entity.Title != "E" {
		t.Errorf("the entity has changed: %+v", entity)
	}
	next := env.Restart(t, session)
	next.Refresh()
	if replaces := next.Replaces(renamed(`"title": "E"`)); !slices.Equal(replaces, []string{"blueprint"}) {
		t.Errorf("the plan that follows replaces because of %v", replaces)
	}
}

// TestBlueprintChange_anotherBlueprintReplaces checks that a blueprint that is planned as new, or
// exists next to the old one, does not count as renamed.
func TestBlueprintChange_anotherBlueprintReplaces(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, *acctest.Environment, *acctest.Session){
		"one that exists":         func(t *testing.T, env *acctest.Environment, _ *acctest.Session) { t.Helper(); replaceAtPort(t, env) },
		"one that is planned":     planBlueprint(`{"identifier": "renamed", "title": "New"}`, ""),
		"one next to the old one": planBlueprint(`{"identifier": "thing", "title": "Thing"}`, "thing"),
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newThing(t)
			prepare(t, env, session)
			session.Refresh()
			if replaces := session.Replaces(renamed(`"title": "E"`)); !slices.Equal(replaces, []string{"blueprint"}) {
				t.Errorf("the plan replaces because of %v", replaces)
			}
		})
	}
}

func planBlueprint(config, imported string) func(*testing.T, *acctest.Environment, *acctest.Session) {
	return func(t *testing.T, _ *acctest.Environment, session *acctest.Session) {
		t.Helper()
		blueprint := session.Sibling("port_blueprint")
		if imported != "" {
			blueprint.Import(imported)
		}
		blueprint.Plan(config)
	}
}

// TestBlueprintChange_renamedByOthers checks that the new name counts as that of the same blueprint
// if the one in the state no longer exists.
func TestBlueprintChange_renamedByOthers(t *testing.T) {
	t.Parallel()
	env, session := newThing(t)
	renameAtPort(t, env)
	if replaces := env.Restart(t, session).Replaces(renamed(`"title": "E"`)); len(replaces) > 0 {
		t.Errorf("the plan replaces because of %v", replaces)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "renamed", "e", port.GetEntityOptions{}); err != nil {
		t.Error(err)
	}
}
