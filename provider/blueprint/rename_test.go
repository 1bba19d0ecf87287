package blueprint_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newOccupied applies a blueprint and creates an entity with values.
func newWithEntity(t *testing.T, config string, values map[string]any) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	addEntity(t, env, "target", &port.Entity{Identifier: "t"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(config)
	addEntity(t, env, "service", &port.Entity{Identifier: "e", Properties: values})
	return env, session
}

func addEntity(t *testing.T, env *acctest.Environment, blueprint string, entity *port.Entity) {
	t.Helper()
	if _, err := env.Client.Entities.Create(t.Context(), blueprint, entity, port.CreateEntityOptions{}); err != nil {
		t.Fatal(err)
	}
}

// valuesOf returns the properties of the entity that are not null.
func valuesOf(t *testing.T, env *acctest.Environment) map[string]any {
	t.Helper()
	entity, err := env.Client.Entities.Get(t.Context(), "service", "e", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	values := maps.Clone(entity.Properties)
	maps.DeleteFunc(values, func(_ string, value any) bool { return value == nil })
	return values
}

func TestBlueprint_renamedFromKeepsValues(t *testing.T) {
	t.Parallel()
	letters := map[string]any{"a": "1", "b": "2", "c": "3"}
	tests := map[string]struct {
		before, after string
		want          map[string]any
	}{
		"one": {
			`"a": {}, "b": {}, "c": {}`, `"x": {"renamed_from": "a"}, "b": {}, "c": {}`,
			map[string]any{"x": "1", "b": "2", "c": "3"},
		},
		"one that gets another title and becomes required": {
			`"a": {"title": "A"}, "b": {}, "c": {}`, `"x": {"renamed_from": "a", "title": "X", "required": true}, "b": {}, "c": {}`,
			map[string]any{"x": "1", "b": "2", "c": "3"},
		},
		"a chain": {
			`"a": {}, "b": {}, "c": {}`, `"b": {"renamed_from": "a"}, "c": {"renamed_from": "b"}, "d": {"renamed_from": "c"}`,
			map[string]any{"b": "1", "c": "2", "d": "3"},
		},
		"a swap": {
			`"a": {}, "b": {}, "c": {}`, `"a": {"renamed_from": "b"}, "b": {"renamed_from": "a"}, "c": {}`,
			map[string]any{"a": "2", "b": "1", "c": "3"},
		},
		"a ring": {
			`"a": {}, "b": {}, "c": {}`, `"a": {"renamed_from": "c"}, "b": {"renamed_from": "a"}, "c": {"renamed_from": "b"}`,
			map[string]any{"a": "3", "b": "1", "c": "2"},
		},
		"an old key that never existed": {
			`"a": {}, "b": {}, "c": {}`, `"a": {"renamed_from": "z"}, "b": {}, "c": {}`,
			letters,
		},
		"an existing new key": {
			`"a": {}, "b": {}, "c": {}`, `"a": {}, "b": {"renamed_from": "a"}, "c": {}`,
			letters,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := properties(`"string_props": {` + test.after + `}`)
			env, session := newWithEntity(t, properties(`"string_props": {`+test.before+`}`), letters)

			session.Apply(after)

			if got := valuesOf(t, env); !maps.Equal(got, test.want) {
				t.Errorf("the entity has %v, want %v", got, test.want)
			}
			expectEmptyPlan(t, session, "after the rename", after)
			session.Apply(strings.Replace(after, `"title": "Service"`, `"title": "Other"`, 1))
			if got := valuesOf(t, env); !maps.Equal(got, test.want) {
				t.Errorf("after another update the entity has %v, want %v", got, test.want)
			}
		})
	}
}

func TestBlueprint_renamedFromOnRelations(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target", Schema: port.Schema{Properties: map[string]port.Property{"owner": {Type: "string"}}}})
	addEntity(t, env, "target", &port.Entity{Identifier: "t"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"relations": {"old": {"target": "target"}}, "mirror_properties": {"owner": {"path": "old.owner"}}`))
	addEntity(t, env, "service", &port.Entity{Identifier: "e", Relations: map[string]any{"old": "t"}})

	renamed := valid(`"relations": {"new": {"target": "target", "renamed_from": "old"}}, "mirror_properties": {"possessor": {"path": "new.owner", "renamed_from": "owner"}}`)
	session.Apply(renamed)

	entity, err := env.Client.Entities.Get(t.Context(), "service", "e", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := entity.Relations["new"]; got != "t" {
		t.Errorf("the entity is related to %v", got)
	}
	expectEmptyPlan(t, session, "after the rename", renamed)
	if writes := env.Writes(t); writes["PATCH /v1/blueprints/{blueprint_identifier}/mirror/{property_identifier}/rename"] != 1 {
		t.Errorf("the mirror property was not renamed by its route: %v", writes)
	}
}

// TestBlueprint_failedRenameIsReverted checks that a swap whose update fails does not leave the
// values under the wrong keys, where the next apply would swap them again.
func TestBlueprint_failedRenameIsReverted(t *testing.T) {
	t.Parallel()
	letters := map[string]any{"a": "1", "b": "2"}
	// The update must write the icon.
	swapped := properties(`"string_props": {"a": {"renamed_from": "b", "icon": "Git"}, "b": {"renamed_from": "a"}}`)
	tests := map[string]string{
		"by the update": `{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": 422, "body": {"ok": false, "error": "invalid_request", "message": "No"}}`,
		"by the last rename": `{"method": "PATCH", "route": "/v1/blueprints/{blueprint_identifier}/properties/{property_identifier}/rename",
			"status": 422, "times": 1, "body": {"ok": false, "error": "invalid_request", "message": "No"}}`,
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newWithEntity(t, properties(`"string_props": {"a": {}, "b": {}}`), letters)
			env.Control(t, http.MethodPost, "/_emulator/faults", fault)

			failures := tryApply(session, swapped)

			if len(failures) != 1 || !strings.Contains(failures[0], "Unable to Update Blueprint") {
				t.Fatalf("the apply reports %q", failures)
			}
			if got := valuesOf(t, env); !maps.Equal(got, letters) {
				t.Errorf("after the failure the entity has %v", got)
			}
			env.Control(t, http.MethodDelete, "/_emulator/faults", "")
			session.Refresh()
			session.Apply(swapped)
			if got, want := valuesOf(t, env), map[string]any{"a": "2", "b": "1"}; !maps.Equal(got, want) {
				t.Errorf("after the next apply the entity has %v, want %v", got, want)
			}
		})
	}
}

// TestBlueprint_identifierAndKeyRenamedTogether renames the blueprint and a property and changes
// the type of another one, while the last response of Port is lost or a write fails.
func TestBlueprint_identifierAndKeyRenamedTogether(t *testing.T) {
	t.Parallel()
	const after = `{"identifier": "renamed", "title": "Service", "properties": {"string_props": {"kept2": {"renamed_from": "kept"}}, "number_props": {"retyped": {}}}}`
	const put = `"method": "PUT", "route": "/v1/blueprints/{identifier}"`
	start := func(t *testing.T) (*acctest.Environment, *acctest.Session) {
		t.Helper()
		env, _ := newWithEntity(t, properties(`"string_props": {"kept": {}, "retyped": {}}`), map[string]any{"kept": "k", "retyped": "r"})
		session := env.NewConfiguredSession(t, "port_blueprint", `{"blueprint_property_type_change_protection": false, "max_retries": 0}`)
		session.Import("service")
		return env, session
	}
	t.Run("the responses are lost", func(t *testing.T) {
		t.Parallel()
		env, session := start(t)
		env.Control(t, http.MethodPost, "/_emulator/faults", `{`+put+`, "drop": "after", "times": 1}`)
		failures := tryApply(session, after)
		if len(failures) != 1 {
			t.Fatalf("the first write may not be repeated without a word: %q", failures)
		}
		if got := valuesOf(t, env); got["kept"] != "k" {
			t.Errorf("after the failure the entity has %v", got)
		}
		session.Refresh()
		session.Apply(after)
		entity, err := env.Client.Entities.Get(t.Context(), "renamed", "e", port.GetEntityOptions{})
		if err != nil || entity.Properties["kept2"] != "k" {
			t.Errorf("in the end the entity is %v, %v", entity, err)
		}
		expectEmptyPlan(t, session, "in the end", after)
	})
	// One write removes the property whose type changes, and the next one renames.
	for name, earlier := range map[string]string{
		"the first write is interrupted":  "",
		"the second write is interrupted": `{` + put + `, "times": 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := start(t)
			if earlier != "" {
				env.Control(t, http.MethodPost, "/_emulator/faults", earlier) // It lets one write pass.
			}
			reported := env.Interrupt(t, session, http.MethodPut, blueprintRoute, func() []string { return session.TryApply(after) })
			session.Refresh()
			if session.IsGone() {
				t.Fatalf("the state lost the blueprint after %q", reported)
			}
			session.Apply(after)
			expectEmptyPlan(t, session, "in the end", after)
			entity, err := env.Client.Entities.Get(t.Context(), "renamed", "e", port.GetEntityOptions{})
			if err != nil || entity.Properties["kept2"] != "k" {
				t.Errorf("in the end the entity is %v, %v", entity, err)
			}
		})
	}
}

// losses are changes of a blueprint with entities, and a part of each warning.
func losses() map[string]struct {
	before, after string
	want          []string
} {
	const rename = `Values Will Be Deleted: Applying this deletes the property "a" with its value in every entity, and adds "x" without values. ` +
		`If this is a rename, set renamed_from = "a" on the new one to keep the values.`
	return map[string]struct {
		before, after string
		want          []string
	}{
		"a rename without renamed_from": {properties(`"string_props": {"a": {}}`), properties(`"string_props": {"x": {}}`), []string{rename}},
		"a rename":                      {properties(`"string_props": {"a": {}}`), properties(`"string_props": {"x": {"renamed_from": "a"}}`), nil},
		"a deletion":                    {properties(`"string_props": {"a": {}, "b": {}}`), properties(`"string_props": {"b": {}}`), nil},
		"another type":                  {properties(`"string_props": {"a": {}}`), properties(`"number_props": {"x": {}}`), nil},
		"a renamed relation":            {valid(`"relations": {"a": {"target": "target"}}`), valid(`"relations": {"x": {"target": "target"}}`), []string{`deletes the relation "a"`}},
		"a swap":                        {properties(`"string_props": {"a": {}, "b": {}}`), properties(`"string_props": {"a": {"renamed_from": "b"}, "b": {"renamed_from": "a"}}`), []string{`gives "a" the values that every entity has under "b"`, `gives "b" the values`}},
		"a key that stays":              {properties(`"string_props": {"a": {}}`), properties(`"string_props": {"a": {}, "b": {"renamed_from": "a"}}`), []string{`Values Will Be Moved: Applying this moves the value that every entity has under "a" to "b". "a" stays, but without values.`}},
		"unknown keys":                  {properties(`"string_props": {"a": {}}`), properties(`"string_props": "(unknown)"`), nil},
		"a mirror property":             {valid(`"relations": {"r": {"target": "target"}}, "mirror_properties": {"a": {"path": "r.$title"}}`), valid(`"relations": {"r": {"target": "target"}}, "mirror_properties": {"x": {"path": "r.$title"}}`), nil},
	}
}

func TestBlueprint_planWarnsAboutLosses(t *testing.T) {
	t.Parallel()
	for name, test := range losses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, session := newWithEntity(t, test.before, nil)
			session.Changes(test.after)
			expectWarnings(t, session, test.want...)
		})
	}
}

// expectWarnings checks that there is one warning with each text, and no other.
func expectWarnings(t *testing.T, session *acctest.Session, texts ...string) {
	t.Helper()
	warnings := slices.Clone(session.Warnings())
	for _, text := range texts {
		at := slices.IndexFunc(warnings, func(warning string) bool { return strings.Contains(warning, text) })
		if at < 0 {
			t.Errorf("no warning says %q: %q", text, session.Warnings())
			continue
		}
		warnings = slices.Delete(warnings, at, at+1)
	}
	if len(warnings) > 0 {
		t.Errorf("unexpected warnings %q", warnings)
	}
}

func TestBlueprint_typeChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after string
		values        map[string]any
		changed       string
	}{
		"of a property":         {`"string_props": {"x": {}}`, `"number_props": {"x": {}}`, nil, `The type of property "x" changed from "string" to "number".`},
		"of the items":          {`"array_props": {"x": {"string_items": {}}}`, `"array_props": {"x": {"number_items": {}}}`, nil, `The type of property "x" changed from "array of string" to "array of number".`},
		"to a list":             {`"string_props": {"x": {}}`, `"array_props": {"x": {"string_items": {}}}`, nil, `The type of property "x" changed from "string" to "array of string".`},
		"of a property renamed": {`"string_props": {"a": {}}`, `"number_props": {"x": {"renamed_from": "a"}}`, nil, `The type of property "x" changed from "string" to "number".`},
		"with values":           {`"string_props": {"x": {}}`, `"boolean_props": {"x": {}}`, map[string]any{"x": "large"}, `The type of property "x" changed from "string" to "boolean".`},
		"items with values":     {`"array_props": {"x": {"string_items": {}}}`, `"array_props": {"x": {"number_items": {}}}`, map[string]any{"x": []any{"a"}}, `The type of property "x" changed from "array of string"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newWithEntity(t, properties(test.before), test.values)
			failures := tryApply(session, properties(test.after))
			if len(failures) != 1 || !strings.Contains(failures[0], "Property Type Changed: "+test.changed) ||
				!strings.Contains(failures[0], "blueprint_property_type_change_protection = false") {
				t.Errorf("the protected plan says %q", failures)
			}

			unprotected := env.NewConfiguredSession(t, "port_blueprint", `{"blueprint_property_type_change_protection": false}`)
			unprotected.Import("service")
			unprotected.Changes(strings.Replace(properties(test.after), `"renamed_from": "a"`, "", 1))
			if !strings.Contains(test.after, "renamed_from") {
				expectWarnings(t, unprotected, "Property Values Will Be Deleted: "+test.changed)
			}
			unprotected.Apply(properties(test.after))
			expectEmptyPlan(t, unprotected, "after the change", properties(test.after))
			if got := valuesOf(t, env); len(got) != 0 {
				t.Errorf("the entity still has %v", got)
			}
		})
	}
	t.Run("from open elements to a kind", func(t *testing.T) {
		t.Parallel()
		_, session := newWithEntity(t, properties(`"array_props": {"x": {}}`), nil)
		session.Apply(properties(`"array_props": {"x": {"string_items": {}}}`))
	})
}

// TestBlueprint_typeChangedConcurrently changes a type in Port after the refresh: with the
// protection on, the update must not change it back.
func TestBlueprint_typeChangedConcurrently(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(properties(`"string_props": {"a": {}}`))
	change(t, env, func(b *port.Blueprint) { b.Schema.Properties["a"] = port.Property{Type: "number"} })

	failures := tryApply(session, properties(`"string_props": {"a": {}}}, "description": "d", "kafka_changelog_destination": {`))

	if len(failures) != 1 || !strings.Contains(failures[0], `the type of a property was changed in Port after Terraform read it: "a"`) || !strings.Contains(failures[0], "Nothing was written") {
		t.Errorf("the apply reports %q", failures)
	}
	if got := document(t, env); !strings.Contains(got, `"a":{"type":"number"}`) {
		t.Errorf("Port has %s", got)
	}
}

// TestBlueprint_formatChanges checks that a property whose format changes, which Port refuses, is
// deleted and added again if that loses nothing or is allowed.
func TestBlueprint_formatChanges(t *testing.T) {
	t.Parallel()
	before, after := properties(`"string_props": {"x": {}}`), properties(`"string_props": {"x": {"format": "email"}}`)
	t.Run("without entities", func(t *testing.T) {
		t.Parallel()
		session := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
		session.Apply(before)
		session.Changes(after)
		expectWarnings(t, session, `The format of property "x" changes. If Port refuses that, the apply fails`)
		session.Apply(after)
		expectEmptyPlan(t, session, "after the change", after)
	})
	t.Run("with values", func(t *testing.T) {
		t.Parallel()
		env, session := newWithEntity(t, before, map[string]any{"x": "a"})
		failures := tryApply(session, after)
		if len(failures) != 1 || !strings.Contains(failures[0], `does not change the format of an existing property: "x"`) ||
			!strings.Contains(failures[0], "blueprint_property_type_change_protection = false") {
			t.Errorf("it says %q", failures)
		}
		if got := valuesOf(t, env); got["x"] != "a" {
			t.Errorf("after the refusal the entity has %v", got)
		}
		unprotected := env.NewConfiguredSession(t, "port_blueprint", `{"blueprint_property_type_change_protection": false}`)
		unprotected.Import("service")
		unprotected.Changes(after)
		expectWarnings(t, unprotected, "deletes the value of every entity")
		unprotected.Apply(after)
		expectEmptyPlan(t, unprotected, "after the change", after)
	})
}
