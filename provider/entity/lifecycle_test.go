package entity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// expectError checks that there is one error that contains all of the texts.
func expectError(t *testing.T, diagnostics []string, texts ...string) {
	t.Helper()
	if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR") {
		t.Fatalf("got %q, want one error", diagnostics)
	}
	for _, text := range texts {
		if !strings.Contains(diagnostics[0], text) {
			t.Errorf("the error lacks %q: %s", text, diagnostics[0])
		}
	}
}

// TestEntity_identifiersOfAllKinds checks that identifiers are escaped in paths, read back, and
// imported by ID, by the JSON form and by identity.
func TestEntity_identifiersOfAllKinds(t *testing.T) {
	t.Parallel()
	for _, identifier := range []string{`arn:aws:s3:::bucket/key`, `a/b`, `a=b`, `me@example.com`, `a\b`, `größe`, `日本`, `a+b`, `a.b-c_d`, `a//b`, `..a`} {
		t.Run(identifier, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			quoted, err := json.Marshal(identifier)
			if err != nil {
				t.Fatal(err)
			}
			configured := func(text string) string {
				return fmt.Sprintf(`{"blueprint": "thing", "identifier": %s, "properties": {"string_props": {"text": %q}}}`, quoted, text)
			}
			session := env.NewSession(t, "port_entity")
			session.Apply(configured("x"))
			session.Apply(configured("y"))
			if text := get(t, env, "thing", identifier).Properties["text"]; text != "y" {
				t.Errorf("Port has %v", text)
			}
			imports := map[string]func(*acctest.Session){
				"id":    func(s *acctest.Session) { s.Import("thing:" + identifier) },
				"exact": func(s *acctest.Session) { s.Import(fmt.Sprintf(`{"blueprint":"thing","identifier":%s}`, quoted)) },
				"identity": func(s *acctest.Session) {
					s.ImportIdentity(map[string]string{"blueprint": "thing", "identifier": identifier})
				},
			}
			for form, importBy := range imports {
				imported := env.NewSession(t, "port_entity")
				importBy(imported)
				if changed := imported.Changes(configured("y")); len(changed) > 0 {
					t.Errorf("after an import by %s the plan changes %v", form, changed)
				}
			}
			if _, applied := session.Destroy(); len(applied) > 0 {
				t.Errorf("the destroy reports %q", applied)
			}
		})
	}
}

func TestEntity_lostResponseOfCreateIsReconciled(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "/v1/blueprints/{blueprint_identifier}/entities", "drop": "after", "times": 1}`)
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(basic))
	if changed := session.Changes(declare(basic)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestEntity_deleteSucceedsIfGone(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(basic))
	if err := env.Client.Entities.Delete(t.Context(), "thing", "e", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if planned, applied := session.Destroy(); len(planned)+len(applied) > 0 {
		t.Errorf("the destroy reports %q, %q", planned, applied)
	}
}

func TestEntity_deleteDependents(t *testing.T) {
	t.Parallel()
	for _, deletes := range []bool{false, true} {
		t.Run(strconv.FormatBool(deletes), func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			session.Apply(fmt.Sprintf(`{"blueprint": "target", "identifier": "c", "delete_dependents": %t}`, deletes))
			create(t, env, "thing", &port.Entity{Identifier: "e", Relations: map[string]any{"one": "c"}})
			_, applied := session.Destroy()
			_, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{})
			if !deletes {
				expectError(t, applied, "Unable to Delete Entity", `"target:c"`, "delete_dependents = true")
				if err != nil {
					t.Errorf("the dependent: %v", err)
				}
				return
			}
			if len(applied) > 0 || !errors.Is(err, port.ErrNotFound) {
				t.Errorf("the destroy reports %q, the dependent %v", applied, err)
			}
		})
	}
}

func TestEntity_errors(t *testing.T) {
	t.Parallel()
	exists := func(t *testing.T, env *acctest.Environment) {
		t.Helper()
		create(t, env, "thing", &port.Entity{Identifier: "e"})
	}
	fault := func(method, route, rest string) func(*testing.T, *acctest.Environment) {
		return func(t *testing.T, env *acctest.Environment) {
			t.Helper()
			env.Control(t, "POST", "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, %s}`, method, route, rest))
		}
	}
	const collection = "/v1/blueprints/{blueprint_identifier}/entities"
	tests := map[string]struct {
		before     func(*testing.T, *acctest.Environment)
		attributes string
		want       []string
	}{
		"exists":             {exists, basic, []string{`AttributeName("identifier"): Unable to Create Entity`, `terraform import port_entity.<name> "thing:e"`, `on_existing = "adopt"`}},
		"a missing target":   {nil, `"relations": {"single_relations": {"one": "nobody"}}`, []string{`AttributeName("relations").AttributeName("single_relations").ElementKeyString("one"): Unable to Create Entity`, `"thing:e"`, "422", "nobody"}},
		"a refused property": {fault("POST", collection, `"status": 422, "body": {"ok": false, "error": "invalid_request", "message": "body/properties/text must be nice"}`), basic, []string{`AttributeName("properties").AttributeName("string_props").ElementKeyString("text"): Unable to Create Entity`, "must be nice"}},
		"a refused element":  {fault("POST", collection, `"status": 422, "body": {"ok": false, "error": "invalid_request", "message": "body/properties/any/0 must be nice"}`), `"properties_json": "{\"any\": [1]}"`, []string{`AttributeName("properties_json"): Unable to Create Entity`}},
		"no permission":      {fault("POST", collection, `"status": 403, "body": {"ok": false, "error": "forbidden", "message": "No"}`), basic, []string{"Unable to Create Entity", "thing:e", "403", "lack permission"}},
		"too many requests":  {fault("POST", collection, `"status": 429, "headers": {"Retry-After": "0"}, "body": {"ok": false, "error": "too_many_requests", "message": "Slow down"}`), basic, []string{"429", "-parallelism"}},
		"a timeout":          {fault("POST", collection, `"status": 429, "headers": {"Retry-After": "60"}`), basic + `, "timeouts": {"create": "200ms"}`, []string{"Unable to Create Entity", "timeouts = { create ="}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			if test.before != nil {
				test.before(t, env)
			}
			expectError(t, env.NewSession(t, "port_entity").TryApply(declare(test.attributes)), test.want...)
		})
	}
}

// TestEntity_failedRefresh checks that a failed refresh is an error and keeps the state: an entity
// counts as deleted only if Port says so.
func TestEntity_failedRefresh(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault string
		want  []string
	}{
		"unauthorized":                 {`"status": 401, "body": {"ok": false, "error": "unauthorized", "message": "No"}`, []string{"401", "PORT_CLIENT_ID"}},
		"a 404 of a proxy":             {`"status": 404, "body": "<html>"`, []string{"404", "base URL"}},
		"a server error":               {`"status": 500, "body": {"ok": false, "error": "internal", "message": "Oops"}`, []string{"500", "Oops"}},
		"a response without an entity": {`"status": 200, "body": {"ok": true}`, []string{"contains no entity"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(basic))
			env.Control(t, "POST", "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", `+test.fault+`}`)
			expectError(t, session.TryRefresh(), append(test.want, "Unable to Read Entity", `"thing:e"`)...)
			env.Control(t, "DELETE", "/_emulator/faults", "")
			if session.IsGone() {
				t.Error("the entity left the state")
			}
		})
	}
}

func TestEntity_noBlueprint(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	diagnostics := env.NewSession(t, "port_entity").TryApply(strings.Replace(declare(basic), "thing", "nothing", 1))
	expectError(t, diagnostics, `AttributeName("blueprint"): Unable to Create Entity`, "404", "port_blueprint.<name>.identifier")
}

func TestEntity_renameToATakenIdentifier(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", &port.Entity{Identifier: "f"})
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(basic))
	expectError(t, session.TryApply(strings.Replace(declare(basic), `"e"`, `"f"`, 1)), `AttributeName("identifier"): Unable to Update Entity`, "is taken")
}

// TestEntity_timestamps checks that timestamps are RFC 3339, and unknown only if they will change.
func TestEntity_timestamps(t *testing.T) {
	t.Parallel()
	volatile := []string{"updated_at", "updated_by"}
	tests := map[string]struct {
		attributes string
		want       []string
	}{
		"nothing changes":               {basic, nil},
		"a property changes":            {strings.Replace(basic, `"x"`, `"y"`, 1), volatile},
		"a null is listed":              {strings.Replace(basic, `"x"`, `"x", "text2": null`, 1), nil},
		"an argument changes":           {basic + `, "create_missing_related_entities": true`, nil},
		"an empty relation is listed":   {basic + `, "relations": {"many_relations": {"many": []}}`, nil},
		"a map moves to JSON":           {`"title": "E", "properties_json": "{\"text\": \"x\"}"`, nil},
		"the default is listed":         {strings.Replace(basic, `"string_props"`, `"boolean_props": {"locked": false}, "string_props"`, 1), nil},
		"a value is known later":        {strings.Replace(basic, `"x"`, `"(unknown)"`, 1), []string{"properties", "updated_at", "updated_by"}},
		"the identifier changes":        {basic + `, "teams": ["a"]`, volatile},
		"the management changes":        {basic + `, "management": "declared"`, nil},
		"an explicit null of a default": {strings.Replace(basic, `"string_props"`, `"boolean_props": {"locked": null}, "string_props"`, 1), volatile},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			blueprint := thing()
			blueprint.Schema.Properties["text2"] = port.Property{Type: "string"}
			if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
				t.Fatal(err)
			}
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(basic))
			for _, stamp := range []string{"created_at", "updated_at"} {
				if text := session.Text(stamp); len(text) < len("2006-01-02T15:04:05Z") || text[10] != 'T' || !strings.HasSuffix(text, "Z") {
					t.Errorf("%s is %q", stamp, text)
				}
			}
			before := get(t, env, "thing", "e").UpdatedAt
			if got := session.Unknown(declare(test.attributes)); !slices.Equal(got, test.want) {
				t.Errorf("the plan leaves %v unknown, want %v", got, test.want)
			}
			if strings.Contains(test.attributes, acctest.Unknown) {
				return
			}
			session.Apply(declare(test.attributes))
			if wrote := get(t, env, "thing", "e").UpdatedAt != before; wrote != (test.want != nil) {
				t.Errorf("the apply wrote: %t", wrote)
			}
			if changed := session.Changes(declare(test.attributes)); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
		})
	}
}

// TestEntity_newBlueprintDefaultIsNoChange changes a default in the blueprint, which does not
// affect existing entities.
func TestEntity_newBlueprintDefaultIsNoChange(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	created, imported := env.NewSession(t, "port_entity"), env.NewSession(t, "port_entity")
	created.Apply(declare(basic))
	imported.Import("thing:e")
	blueprint := thing()
	blueprint.Schema.Properties["locked"] = port.Property{Type: "boolean", Default: json.RawMessage(`true`)}
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
	for name, session := range map[string]*acctest.Session{"created": created, "imported": imported} {
		if changed := session.Changes(declare(basic)); len(changed) > 0 {
			t.Errorf("%s: the plan changes %v", name, changed)
		}
	}
}

// TestEntity_updateKeepsImportedDefault checks that a default that an import listed leaves the
// state when another value of the same map changes, and stays in Port.
func TestEntity_updateKeepsImportedDefault(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.NewSession(t, "port_entity").Apply(declare(basic))
	session := env.NewSession(t, "port_entity")
	session.Import("thing:e")
	const attributes = basic + `, "icon": "Lock"`
	flagged := strings.Replace(attributes, `"string_props"`, `"boolean_props": {"flag": true}, "string_props"`, 1)
	session.Apply(declare(flagged))
	expectProperties(t, env, map[string]any{"locked": false, "flag": true})
	if changed := session.Changes(declare(flagged)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestEntity_omittedTitle(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(`"title": "E"`))
	session.Apply(declare(`"icon": "Lock"`))
	if title := get(t, env, "thing", "e").Title; title != nil {
		t.Errorf("the title is still %q", *title)
	}
	if changed := session.Changes(declare(`"icon": "Lock"`)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}
