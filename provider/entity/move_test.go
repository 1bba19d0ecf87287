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

const moving = `"title": "E", "properties": {"string_props": {"text": "x"}}`

// renamed is a configuration of the entity "e" below the blueprint's new name.
func renamed(attributes string) string {
	return strings.Replace(declare(attributes), `"thing"`, `"renamed"`, 1)
}

// newRenaming is a session with an entity whose blueprint the same run is about
// to rename, as the blueprint's plan has told.
func newRenaming(t *testing.T, attributes string) (env *acctest.Environment, session *acctest.Session) {
	t.Helper()
	env = newThings(t)
	session = env.NewSession(t, "port_entity")
	blueprint := session.Beside("port_blueprint")
	blueprint.Import("thing")
	session.Apply(declare(attributes))
	if diagnostics := blueprint.Plan(`{"identifier": "renamed", "title": "Thing", "properties": {"string_props": {"text": {}}}}`); len(diagnostics) > 0 {
		t.Fatalf("the plan of the blueprint reports %q", diagnostics)
	}
	return env, session
}

// renameAtPort renames the blueprint, and its entities follow.
func renameAtPort(t *testing.T, env *acctest.Environment) {
	t.Helper()
	blueprint := thing()
	blueprint.Identifier = "renamed"
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
}

// replaceAtPort makes another blueprint of the new name, and the entities stay
// where they are.
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
	_, session := newRenaming(t, moving)
	if replaces := session.Replaces(renamed(moving)); len(replaces) > 0 {
		t.Errorf("the plan replaces because of %v", replaces)
	}
	if want, got := []string{"created_at", "created_by", "updated_at", "updated_by"}, session.Unknown(renamed(moving)); !slices.Equal(got, want) {
		t.Errorf("the plan leaves %v open, want %v", got, want)
	}
}

func TestMove_toAnotherBlueprintReplaces(t *testing.T) {
	t.Parallel()
	_, session := newRenaming(t, moving)
	other := strings.Replace(declare(moving), `"thing"`, `"target"`, 1)
	if replaces := session.Replaces(strings.Replace(other, `"properties": {"string_props": {"text": "x"}}`, `"properties": {}`, 1)); !slices.Equal(replaces, []string{"blueprint"}) {
		t.Errorf("the plan replaces because of %v", replaces)
	}
}

func TestMove_writesNothingIfPortMovedTheEntity(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	before := get(t, env, "thing", "e")
	renameAtPort(t, env)
	session.Apply(renamed(moving))
	after := get(t, env, "renamed", "e")
	if after.UpdatedAt != before.UpdatedAt || after.CreatedAt != before.CreatedAt {
		t.Error("the entity was written")
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
	if changed := session.Changes(renamed(moving)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_writesWhatChangesBesides(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	renameAtPort(t, env)
	session.Apply(strings.Replace(renamed(moving), `"x"`, `"y"`, 1))
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "y" {
		t.Errorf("Port holds %v", text)
	}
}

func TestMove_showsWhatSomebodyChangedMeanwhile(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	change(t, env, property("number", json.Number("7")))
	renameAtPort(t, env)
	session.Apply(renamed(moving))
	if changed := session.Changes(renamed(moving)); !slices.Equal(changed, []string{"properties.number_props.number"}) {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_createsThenDeletesIfPortDidNot(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	replaceAtPort(t, env)
	session.Apply(renamed(moving))
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "x" {
		t.Errorf("Port holds %v", text)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the old entity is still there: %v", err)
	}
	if changed := session.Changes(renamed(moving)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestMove_takesAlongWhatOthersWrote(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, `"management": "declared", `+moving)
	change(t, env, &port.EntityPatch{Icon: port.Set("Lock"), Properties: map[string]any{"number": json.Number("7")}, Relations: map[string]any{"one": "a"}})
	replaceAtPort(t, env)
	session.Apply(renamed(`"management": "declared", ` + moving))
	entity := get(t, env, "renamed", "e")
	if entity.Properties["number"] != json.Number("7") || entity.Relations["one"] != "a" || entity.Icon == nil || *entity.Icon != "Lock" {
		t.Errorf("Port holds %+v", entity)
	}
}

func TestMove_leavesTheEntityOfAnotherAlone(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	replaceAtPort(t, env)
	create(t, env, "renamed", &port.Entity{Identifier: "e", Title: new("Theirs")})
	diagnostics := session.TryApply(renamed(moving))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Update Entity") || !strings.Contains(diagnostics[0], "another entity") {
		t.Errorf("the apply reports %q", diagnostics)
	}
	if title := get(t, env, "renamed", "e").Title; *title != "Theirs" {
		t.Errorf("the title of another is %q", *title)
	}
	if title := get(t, env, "thing", "e").Title; *title != "E" {
		t.Errorf("ours is %q", *title)
	}
}

// TestMove_saysThatTheOldEntityIsLeft: the new one is in the state all the same.
func TestMove_saysThatTheOldEntityIsLeft(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	replaceAtPort(t, env)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "DELETE", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 403}`)
	diagnostics := session.TryApply(renamed(moving))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Delete Entity") || !strings.Contains(diagnostics[0], `"thing:e"`) {
		t.Errorf("the apply reports %q", diagnostics)
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
}

// TestMove_findsAnEntityUnderTheNewName applies the rename of the blueprint alone,
// as -target does: a refresh follows the entity.
func TestMove_findsAnEntityUnderTheNewName(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	renameAtPort(t, env)
	if changed := session.Changes(renamed(moving)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
	if session.IsGone() || session.Text("id") != "renamed:e" || session.Identity()["blueprint"] != "renamed" {
		t.Errorf("the state holds %q", session.Text("id"))
	}
}

// TestMove_findsNothingElse is the twin: an entity that has gone is gone, whoever
// else has its identifier.
func TestMove_findsNothingElse(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(*testing.T, *acctest.Environment){
		"the blueprint is still there": func(t *testing.T, env *acctest.Environment) { t.Helper(); replaceAtPort(t, env) },
		"the entity was made anew": func(t *testing.T, env *acctest.Environment) {
			t.Helper()
			replaceAtPort(t, env)
			if err := env.Client.Blueprints.Delete(t.Context(), "thing", port.DeleteBlueprintOptions{}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newRenaming(t, moving)
			if err := env.Client.Entities.Delete(t.Context(), "thing", "e", port.DeleteEntityOptions{}); err != nil {
				t.Fatal(err)
			}
			hide(t, env)
			create(t, env, "renamed", &port.Entity{Identifier: "e"})
			session.Refresh()
			if !session.IsGone() {
				t.Errorf("the state holds %q", session.Text("id"))
			}
		})
	}
}

// TestMove_isRecordedBeforeTheWrite has the write that follows the move fail.
func TestMove_isRecordedBeforeTheWrite(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	renameAtPort(t, env)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "PUT", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 422, "times": 1,
		"body": {"ok": false, "error": "invalid_request", "message": "No"}}`)
	after := strings.Replace(renamed(moving), `"x"`, `"y"`, 1)
	if diagnostics := session.TryApply(after); len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to Update Entity") {
		t.Fatalf("the apply reports %q", diagnostics)
	}
	if id := session.Text("id"); id != "renamed:e" {
		t.Errorf("the id is %q", id)
	}
	session.Refresh()
	session.Apply(after)
	if text := get(t, env, "renamed", "e").Properties["text"]; text != "y" {
		t.Errorf("Port holds %v", text)
	}
}
