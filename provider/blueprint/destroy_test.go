package blueprint_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func lagging(o *emulator.Options) { o.DeleteLag = 700 * time.Millisecond }

func expectDestroyed(t *testing.T, env *acctest.Environment, failures []string) {
	t.Helper()
	if len(failures) > 0 {
		t.Fatalf("destroying reports %q", failures)
	}
	if _, err := env.Client.Blueprints.Get(t.Context(), "service"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the blueprint is still there: %v", err)
	}
}

// TestBlueprint_waitsForDeletedEntities destroys a blueprint while Port still counts deleted
// entities.
func TestBlueprint_waitsForDeletedEntities(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t, lagging)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(""))
	addEntity(t, env, "service", &port.Entity{Identifier: "e"})
	if err := env.Client.Entities.Delete(t.Context(), "service", "e", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	expectDestroyed(t, env, destroy(session))
	if deletes := env.Writes(t)["DELETE /v1/blueprints/{identifier}"]; deletes < 2 {
		t.Errorf("it took %d attempts", deletes)
	}
}

func TestBlueprint_hasEntities(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(""))
	addEntity(t, env, "service", &port.Entity{Identifier: "e"})
	failures := destroy(session)
	if len(failures) != 1 || !strings.Contains(failures[0], "has entities") || !strings.Contains(failures[0], "force_delete_entities = true") {
		t.Errorf("destroying reports %q", failures)
	}
	if deletes := env.Writes(t)["DELETE /v1/blueprints/{identifier}"]; deletes != 1 {
		t.Errorf("an occupied blueprint was tried %d times", deletes)
	}
}

// TestBlueprint_deletesEntities polls the migration that deletes the entities.
func TestBlueprint_deletesEntities(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t, lagging)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"force_delete_entities": true`))
	addEntity(t, env, "service", &port.Entity{Identifier: "e"})
	expectDestroyed(t, env, destroy(session))
}

func TestBlueprint_failedMigration(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"force_delete_entities": true`))
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/migrations/{migration_id}", "status": 200,
		"body": {"ok": true, "migration": {"id": "m", "status": "FAILURE", "actor": "a", "sourceBlueprint": "service"}}}`)
	failures := destroy(session)
	if len(failures) != 1 || !strings.Contains(failures[0], "ended with status FAILURE") {
		t.Errorf("destroying reports %q", failures)
	}
}

func TestBlueprint_alreadyGone(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{"alone": valid(""), "with entities": valid(`"force_delete_entities": true`)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(config)
			if err := env.Client.Blueprints.Delete(t.Context(), "service", port.DeleteBlueprintOptions{}); err != nil {
				t.Fatal(err)
			}
			expectDestroyed(t, env, destroy(session))
		})
	}
}

// destroy returns the errors of planning and applying the destruction of a blueprint.
func destroy(session *acctest.Session) []string {
	planned, applied := session.Destroy()
	return onlyErrors(append(planned, applied...))
}

// tryApply returns the errors of planning and applying a configuration.
func tryApply(session *acctest.Session, config string) []string {
	return onlyErrors(session.TryApply(config))
}

func onlyErrors(diagnostics []string) []string {
	return slices.DeleteFunc(diagnostics, func(d string) bool { return !strings.HasPrefix(d, "ERROR ") })
}

// TestBlueprint_deleteAdvice checks the advice for a blueprint that cannot be deleted.
func TestBlueprint_deleteAdvice(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config    string
		want, not string
	}{
		"the target of a relation":    {`{"identifier": "target", "title": "T"}`, "create_before_destroy", "removed block"},
		"such a target with entities": {`{"identifier": "target", "title": "T", "force_delete_entities": true}`, "-target", "force_delete_entities = true"},
		"a system blueprint":          {`{"identifier": "_target", "title": "T"}`, "removed block", "create_before_destroy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(test.config)
			for _, route := range []string{"/v1/blueprints/{identifier}", "/v1/blueprints/{blueprint_identifier}/all-entities"} {
				env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "DELETE", "route": "`+route+`", "status": 409,
					"body": {"ok": false, "error": "has_dependents", "message": "A relation targets it"}}`)
			}
			addEntity(t, env, session.Text("identifier"), &port.Entity{Identifier: "e"})
			failures := destroy(session)
			if len(failures) != 1 || !strings.Contains(failures[0], test.want) || strings.Contains(failures[0], test.not) {
				t.Errorf("destroying reports %q", failures)
			}
		})
	}
}
