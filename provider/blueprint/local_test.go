package blueprint_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestBlueprint_localChangesSendNothing changes attributes that Port does not store: the plan keeps
// the timestamps, and the apply writes nothing.
func TestBlueprint_localChangesSendNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		after string
		want  []string
	}{
		"force_delete_entities": {valid(`"force_delete_entities": true`), []string{"force_delete_entities"}},
		"delete_actions":        {valid(`"delete_actions": true`), []string{"delete_actions"}},
		"deletion_protection":   {valid(`"deletion_protection": true`), []string{"deletion_protection"}},
		"create_catalog_page":   {valid(`"create_catalog_page": false`), []string{"create_catalog_page"}},
		"relations_mode":        {valid(`"relations_mode": "declared"`), []string{"relations_mode"}},
		"aggregation mode":      {valid(`"aggregation_properties_mode": "declared"`), []string{"aggregation_properties_mode"}},
		"timeouts":              {valid(`"timeouts": {"create": "1m"}`), []string{"timeouts"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(valid(""))
			env.Writes(t)
			if changed := session.AllChanges(test.after); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(test.after)
			if writes := env.Writes(t); len(writes) > 0 {
				t.Errorf("the apply sent %v", writes)
			}
			expectEmptyPlan(t, session, "after the apply", test.after)
		})
	}
	t.Run("renamed_from of what was renamed", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(properties(`"string_props": {"a": {"renamed_from": "b"}}`))
		env.Writes(t)
		if got, want := session.AllChanges(properties(`"string_props": {"a": {}}`)), []string{"properties.string_props.a.renamed_from"}; !slices.Equal(got, want) {
			t.Errorf("the plan changes %v, want %v", got, want)
		}
		session.Apply(properties(`"string_props": {"a": {}}`))
		if writes := env.Writes(t); len(writes) > 0 {
			t.Errorf("the apply sent %v", writes)
		}
	})
}

func TestBlueprint_deletionProtection(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"deletion_protection": true`))

	failures := destroy(session)
	if len(failures) != 1 || !strings.Contains(failures[0], "Blueprint Is Protected") || !strings.Contains(failures[0], `The blueprint "service" has`) ||
		!strings.Contains(failures[0], "deletion_protection = false") {
		t.Errorf("the plan to destroy says %q", failures)
	}
	if writes := env.Writes(t); len(writes) != 1 {
		t.Errorf("next to the create there was %v", writes)
	}

	session.Apply(valid(`"deletion_protection": false`))
	if failures := destroy(session); len(failures) > 0 {
		t.Errorf("without protection it says %q", failures)
	}
}

func TestBlueprint_deleteActions(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"alone":         valid(`"delete_actions": true`),
		"with entities": valid(`"delete_actions": true, "force_delete_entities": true`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			queries := make(chan string, 10)
			session := env.Observed(t, func(r *http.Request) {
				if r.Method == http.MethodDelete {
					queries <- strings.TrimPrefix(r.URL.RequestURI(), "/v1/blueprints/service")
				}
			}).NewSession(t, "port_blueprint")
			session.Apply(config)
			if name == "with entities" {
				addEntity(t, env, "service", &port.Entity{Identifier: "e"})
			}
			if failures := destroy(session); len(failures) > 0 {
				t.Fatal(failures)
			}
			close(queries)
			got := slices.Collect(func(yield func(string) bool) {
				for query := range queries {
					if !yield(query) {
						return
					}
				}
			})
			want := []string{"?delete_actions=true"}
			if name == "with entities" {
				want = []string{"/all-entities?delete_blueprint=false", "?delete_actions=true"}
			}
			if !slices.Equal(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
		})
	}
}

// TestBlueprint_timeouts lets each operation time out while Port asks to retry later.
func TestBlueprint_timeouts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ method, route, config string }{
		"create": {"POST", "/v1/blueprints", valid(`"timeouts": {"create": "100ms"}`)},
		"update": {"PUT", "/v1/blueprints/{identifier}", valid(`"description": "d", "timeouts": {"update": "100ms"}`)},
		"delete": {"DELETE", "/v1/blueprints/{identifier}", valid(`"timeouts": {"delete": "100ms"}`)},
	}
	for operation, test := range tests {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			if operation != "create" {
				session.Apply(valid(`"timeouts": {"delete": "100ms"}`))
			}
			env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "status": 429, "headers": {"Retry-After": "60"}}`, test.method, test.route))
			var failures []string
			if operation == "delete" {
				failures = destroy(session)
			} else {
				failures = tryApply(session, test.config)
			}
			if len(failures) != 1 || !strings.Contains(failures[0], `timeouts = { `+operation+` = "40m" }`) {
				t.Errorf("it says %q", failures)
			}
			env.Control(t, http.MethodDelete, "/_emulator/faults", "")
		})
	}
}

func TestBlueprint_identity(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(""))
	expectIdentity(t, session, "service")

	imported := env.NewSession(t, "port_blueprint")
	imported.ImportIdentity(map[string]string{"identifier": "service"})
	expectIdentity(t, imported, "service")
	expectEmptyPlan(t, imported, "after an import by identity", valid(""))

	renamed := strings.Replace(valid(""), `"identifier": "service"`, `"identifier": "renamed"`, 1)
	session.Apply(renamed)
	expectIdentity(t, session, "renamed")
	expectEmptyPlan(t, session, "after the rename", renamed)

	if err := env.Client.Blueprints.Delete(t.Context(), "renamed", port.DeleteBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	session.Refresh()
	if !session.IsGone() {
		t.Error("a refresh still finds the blueprint")
	}
}

func expectIdentity(t *testing.T, session *acctest.Session, want string) {
	t.Helper()
	if got := session.Identity()["identifier"]; got != want {
		t.Errorf("the identity is %q, want %q", got, want)
	}
}

// TestBlueprint_relatedToItself creates a blueprint with a relation to itself, with a Port that
// accepts that and one that requires the target to exist.
func TestBlueprint_relatedToItself(t *testing.T) {
	t.Parallel()
	config := valid(`"relations": {"parent": {"target": "service"}}, "mirror_properties": {"above": {"path": "parent.$title"}},
		"aggregation_properties": {"children": {"title": "Children", "target_blueprint_identifier": "service", "method": {"count_entities": true}}}`)
	const refusal = `{"method": "POST", "route": "/v1/blueprints", "status": 422, "times": 1,
		"body": {"ok": false, "error": "invalid_request", "message": "relation target was not found"}}`
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(config)
		expectEmptyPlan(t, session, "after the create", config)
		if writes := env.Writes(t); len(writes) != 1 {
			t.Errorf("it took %v", writes)
		}
	})
	t.Run("in two steps", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		env.Control(t, http.MethodPost, "/_emulator/faults", refusal)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(config)
		expectEmptyPlan(t, session, "after the create", config)
	})
	t.Run("the second step fails", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		env.Control(t, http.MethodPost, "/_emulator/faults", refusal)
		env.Control(t, http.MethodPost, "/_emulator/faults", strings.Replace(strings.Replace(refusal, "POST", "PUT", 1), "/v1/blueprints", "/v1/blueprints/{identifier}", 1))
		failures := tryApply(env.NewSession(t, "port_blueprint"), config)
		if len(failures) != 1 || !strings.Contains(failures[0], "relation target was not found") {
			t.Errorf("it says %q", failures)
		}
		if _, err := env.Client.Blueprints.Get(t.Context(), "service"); err == nil {
			t.Error("half of the blueprint was left in Port")
		}
	})
}
