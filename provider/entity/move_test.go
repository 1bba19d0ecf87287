package entity_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const basic = `"title": "E", "properties": {"string_props": {"text": "x"}}`

// renamed returns a configuration of the entity "e" with the blueprint's new name.
func renamed(attributes string) string {
	return strings.Replace(declare(attributes), `"thing"`, `"renamed"`, 1)
}

// newRenaming returns a session with an entity whose blueprint the same run has planned to rename.
func newRenaming(t *testing.T, attributes string) (env *acctest.Environment, session *acctest.Session) {
	t.Helper()
	env = newThings(t)
	session = env.NewSession(t, "port_entity")
	blueprint := session.Sibling("port_blueprint")
	blueprint.Import("thing")
	session.Apply(declare(attributes))
	if diagnostics := blueprint.Plan(`{"identifier": "renamed", "title": "Thing", "properties": {"string_props": {"text": {}}}}`); len(diagnostics) > 0 {
		t.Fatalf("the plan of the blueprint reports %q", diagnostics)
	}
	return env, session
}

// renameAtPort renames the blueprint, and its entities move with it.
func renameAtPort(t *testing.T, env *acctest.Environment) {
	t.Helper()
	blueprint := thing()
	blueprint.Identifier = "renamed"
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
}

// replaceAtPort creates another blueprint with the new name. The entities stay in the old one.
func replaceAtPort(t *testing.T, env *acctest.Environment) {
	t.Helper()
	blueprint := thing()
	blueprint.Identifier = "renamed"
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestMove_isPlannedInPlace(t *testing.T) {
	t.Parallel()
	_, session := newRenaming(t, basic)
	if replaces := session.Replaces(renamed(basic)); len(replaces) > 0 {
		t.Errorf("the plan replaces because of %v", replaces)
	}
	if want, got := []string{"created_at", "created_by", "updated_at", "updated_by"}, session.Unknown(renamed(basic)); !slices.Equal(got, want) {
		t.Errorf("the plan leaves %v unknown, want %v", got, want)
	}
}

func TestMove_toAnotherBlueprintReplaces(t *testing.T) {
	t.Parallel()
	_, session := newRenaming(t, basic)
	other := strings.Replace(declare(basic), `"thing"`, `"target"`, 1)
	if replaces := session.Replaces(strings.Replace(other, `"properties": {"string_props": {"text": "x"}}`, `"properties": {}`, 1)); !slices.Equal(replaces, []string{"blueprint"}) {
		t.Errorf("the plan replaces because of %v", replaces)
	}
}

func TestMove_writesNothingIfPortMovedTheEntity(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	before := get(t, env, "thing", "e")
	renameAtPort(t, env)
	session.Apply(renamed(basic))
	after := get(t, env, "renamed", "e")
	if after.UpdatedAt != before.UpdatedAt || after.CreatedAt != before.CreatedAt {
		t.Error("the entity was written")
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
	if changed := session.Changes(renamed(basic)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_writesOtherChanges(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	renameAtPort(t, env)
	session.Apply(strings.Replace(renamed(basic), `"x"`, `"y"`, 1))
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "y" {
		t.Errorf("Port has %v", text)
	}
}

func TestMove_showsConcurrentChanges(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	change(t, env, property("number", json.Number("7")))
	renameAtPort(t, env)
	session.Apply(renamed(basic))
	if changed := session.Changes(renamed(basic)); !slices.Equal(changed, []string{"properties.number_props.number"}) {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_recreatesIfPortDidNotMoveTheEntity(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	replaceAtPort(t, env)
	session.Apply(renamed(basic))
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "x" {
		t.Errorf("Port has %v", text)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the old entity is still there: %v", err)
	}
	if changed := session.Changes(renamed(basic)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_copiesValuesOfOthers(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, `"management": "declared", `+basic)
	change(t, env, &port.EntityPatch{Icon: port.Set("Lock"), Properties: map[string]any{"number": json.Number("7")}, Relations: map[string]any{"one": "a"}})
	replaceAtPort(t, env)
	session.Apply(renamed(`"management": "declared", ` + basic))
	entity := get(t, env, "renamed", "e")
	if entity.Properties["number"] != json.Number("7") || entity.Relations["one"] != "a" || entity.Icon == nil || *entity.Icon != "Lock" {
		t.Errorf("Port has %+v", entity)
	}
}

func TestMove_keepsExistingEntity(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	replaceAtPort(t, env)
	create(t, env, "renamed", &port.Entity{Identifier: "e", Title: new("Theirs")})
	diagnostics := session.TryApply(renamed(basic))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Update Entity") || !strings.Contains(diagnostics[0], "another entity") {
		t.Errorf("the apply reports %q", diagnostics)
	}
	if title := get(t, env, "renamed", "e").Title; *title != "Theirs" {
		t.Errorf("the title of the other entity is %q", *title)
	}
	if title := get(t, env, "thing", "e").Title; *title != "E" {
		t.Errorf("the title of the old entity is %q", *title)
	}
}

// TestMove_reportsUndeletedEntity checks that the new entity is in the state although deleting the
// old one failed.
func TestMove_reportsUndeletedEntity(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	replaceAtPort(t, env)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "DELETE", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 403}`)
	diagnostics := session.TryApply(renamed(basic))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Delete Entity") || !strings.Contains(diagnostics[0], `"thing:e"`) {
		t.Errorf("the apply reports %q", diagnostics)
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
}

// TestMove_findsEntityUnderNewName applies only the rename of the blueprint, as -target does: a
// refresh finds the entity under the new name.
func TestMove_findsEntityUnderNewName(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	renameAtPort(t, env)
	if changed := session.Changes(renamed(basic)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
	if session.IsGone() || session.Text("id") != "renamed:e" || session.Identity()["blueprint"] != "renamed" {
		t.Errorf("the state has %q", session.Text("id"))
	}
}

// TestMove_ignoresOtherEntities checks that a deleted entity counts as deleted even if another one
// has its identifier.
func TestMove_ignoresOtherEntities(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(*testing.T, *acctest.Environment){
		"the blueprint is still there": func(t *testing.T, env *acctest.Environment) { t.Helper(); replaceAtPort(t, env) },
		"the entity was created again": func(t *testing.T, env *acctest.Environment) {
			t.Helper()
			replaceAtPort(t, env)
			if err := env.Client.Blueprints.Delete(t.Context(), "thing", port.DeleteBlueprintOptions{}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newRenaming(t, basic)
			if err := env.Client.Entities.Delete(t.Context(), "thing", "e", port.DeleteEntityOptions{}); err != nil {
				t.Fatal(err)
			}
			hide(t, env)
			create(t, env, "renamed", &port.Entity{Identifier: "e"})
			session.Refresh()
			if !session.IsGone() {
				t.Errorf("the state has %q", session.Text("id"))
			}
		})
	}
}

// TestMove_isRecordedBeforeTheWrite makes the write after the move fail.
func TestMove_isRecordedBeforeTheWrite(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	renameAtPort(t, env)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "PUT", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 422, "times": 1,
		"body": {"ok": false, "error": "invalid_request", "message": "No"}}`)
	after := strings.Replace(renamed(basic), `"x"`, `"y"`, 1)
	if diagnostics := session.TryApply(after); len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Update Entity") {
		t.Fatalf("the apply reports %q", diagnostics)
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
	session.Refresh()
	session.Apply(after)
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "y" {
		t.Errorf("Port has %v", text)
	}
}
