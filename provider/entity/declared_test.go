package entity_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// declared returns a configuration of the entity "e" with declared management.
func declared(attributes string) string { return declare(`"management": "declared", ` + attributes) }

// adopted returns one that also takes over an existing entity.
func adopted(attributes string) string { return declared(`"on_existing": "adopt", ` + attributes) }

// theirs is the entity "e" as an exporter created it.
func theirs() *port.Entity {
	return &port.Entity{
		Identifier: "e", Title: new("Theirs"), Team: []string{"them"},
		Properties: map[string]any{"text": "theirs", "number": json.Number("1"), "flag": true},
		Relations:  map[string]any{"one": "a"},
	}
}

// expectProperties checks the values in Port of the entity "e"; null means no value.
func expectProperties(t *testing.T, env *acctest.Environment, want map[string]any) {
	t.Helper()
	properties := get(t, env, "thing", "e").Properties
	for key, value := range want {
		if !jsonvalue.Equal(properties[key], value) {
			t.Errorf("Port has %v for %s, want %v", properties[key], key, value)
		}
	}
}

// expectWarning checks that there is no error and one warning that contains all of the texts.
func expectWarning(t *testing.T, diagnostics []string, texts ...string) {
	t.Helper()
	for _, diagnostic := range diagnostics {
		if strings.HasPrefix(diagnostic, "ERROR") {
			t.Errorf("there is an error: %s", diagnostic)
		}
	}
	if !slices.ContainsFunc(diagnostics, func(diagnostic string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(diagnostic, text) })
	}) {
		t.Errorf("no warning contains all of %q: %q", texts, diagnostics)
	}
}

// newAdopted returns a session that has adopted the exporter's entity and declares its number and
// its relation.
func newAdopted(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := newThings(t)
	create(t, env, "thing", theirs())
	session := env.NewSession(t, "port_entity")
	session.Apply(adopted(declaredAttributes))
	return env, session
}

const declaredAttributes = `"properties": {"number_props": {"number": 2}}, "relations": {"many_relations": {"many": ["b"]}}`

func TestDeclared_writesOnlyDeclaredValues(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	entity := get(t, env, "thing", "e")
	if *entity.Title != "Theirs" || !slices.Equal(entity.Team, []string{"them"}) || entity.Relations["one"] != "a" {
		t.Errorf("adopting changed undeclared values: %+v", entity)
	}
	expectProperties(t, env, map[string]any{"text": "theirs", "number": json.Number("2"), "flag": true})
	session.Apply(adopted(strings.Replace(declaredAttributes, "2", "3", 1)))
	expectProperties(t, env, map[string]any{"text": "theirs", "number": json.Number("3"), "flag": true})
}

func TestDeclared_showsOnlyDeclaredValues(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		patch *port.EntityPatch
		shows []string
	}{
		"a property of others":         {property("text", "changed"), nil},
		"their property unset":         {property("flag", nil), nil},
		"a property nobody had":        {property("object", map[string]any{}), nil},
		"their title":                  {&port.EntityPatch{Title: port.Set("changed")}, nil},
		"their teams":                  {&port.EntityPatch{Team: port.Set([]string{"x"})}, nil},
		"an icon":                      {&port.EntityPatch{Icon: port.Set("Lock")}, nil},
		"their relation":               {relation("one", "b"), nil},
		"our property":                 {property("number", json.Number("9")), []string{"properties.number_props.number"}},
		"our property unset":           {property("number", nil), []string{"properties.number_props.number"}},
		"our relation":                 {relation("many", []string{"a"}), []string{"relations.many_relations.many"}},
		"our relation without targets": {relation("many", []string{}), []string{"relations.many_relations.many"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newAdopted(t)
			change(t, env, test.patch)
			if changed := session.Changes(adopted(declaredAttributes)); !slices.Equal(changed, test.shows) {
				t.Errorf("the plan changes %v, want %v", changed, test.shows)
			}
		})
	}
}

func TestDeclared_removedKeyIsUnset(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	session.Apply(adopted(declaredAttributes + `, "title": "Ours", "icon": "Lock", "teams": ["us"]`))
	session.Apply(adopted(`"properties": {"string_props": {"text": "ours"}}`))
	expectProperties(t, env, map[string]any{"text": "ours", "number": nil, "flag": true})
	entity := get(t, env, "thing", "e")
	if entity.Title != nil || entity.Icon != nil || len(entity.Team) > 0 || !hasNoTarget(entity.Relations["many"]) {
		t.Errorf("values that are no longer declared are still there: %+v", entity)
	}
	if entity.Relations["one"] != "a" {
		t.Errorf("the relation of others is %v", entity.Relations["one"])
	}
	if changed := session.Changes(adopted(`"properties": {"string_props": {"text": "ours"}}`)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func hasNoTarget(target any) bool {
	list, isList := target.([]string)
	return target == nil || (isList && len(list) == 0)
}

func TestDeclared_nullIsManaged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attributes, key string
		value           any
	}{
		"in a map":           {`"properties": {"string_props": {"text": null}}`, "text", "x"},
		"in properties_json": {`"properties_json": "{\"text\": null}"`, "text", "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newAdopted(t)
			session.Apply(adopted(test.attributes))
			expectProperties(t, env, map[string]any{test.key: nil, "flag": true})
			if changed := session.Changes(adopted(test.attributes)); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
			change(t, env, property(test.key, test.value))
			if changed := session.Changes(adopted(test.attributes)); len(changed) != 1 {
				t.Errorf("a value instead of our null shows as %v", changed)
			}
			session.Apply(adopted(test.attributes))
			expectProperties(t, env, map[string]any{test.key: nil})
			session.Apply(adopted(`"icon": "Lock"`))
			change(t, env, property(test.key, test.value))
			if changed := session.Changes(adopted(`"icon": "Lock"`)); len(changed) > 0 {
				t.Errorf("a value that is no longer declared shows as %v", changed)
			}
		})
	}
}

func TestDeclared_nullRelationUnsets(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	session.Apply(adopted(`"relations": {"single_relations": {"one": null}}`))
	if one := get(t, env, "thing", "e").Relations["one"]; one != nil {
		t.Errorf("the relation is %v", one)
	}
	if changed := session.Changes(adopted(`"relations": {"single_relations": {"one": null}}`)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestDeclared_destroyUnsetsAdoptedEntity(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	planned, applied := session.Destroy()
	expectWarning(t, planned, "Entity Will Be Kept", `"thing:e"`, "number, many")
	if len(applied) > 0 {
		t.Errorf("the apply reports %q", applied)
	}
	expectProperties(t, env, map[string]any{"text": "theirs", "number": nil, "flag": true})
	if entity := get(t, env, "thing", "e"); *entity.Title != "Theirs" || !hasNoTarget(entity.Relations["many"]) || entity.Relations["one"] != "a" {
		t.Errorf("Port has %+v", entity)
	}
}

func TestDeclared_destroyDeletesCreatedEntity(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(adopted(declaredAttributes))
	planned, applied := session.Destroy()
	expectWarning(t, planned, "Entity Will Be Deleted", `"thing:e"`)
	if len(applied) > 0 {
		t.Errorf("the apply reports %q", applied)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the entity is still there: %v", err)
	}
}

func TestDeclared_destroySucceedsIfGone(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	if err := env.Client.Entities.Delete(t.Context(), "thing", "e", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, applied := session.Destroy(); len(applied) > 0 {
		t.Errorf("the apply reports %q", applied)
	}
}

// TestDeclared_destroyFailsOnRequiredProperty checks the advice if a declared value cannot be
// unset.
func TestDeclared_destroyFailsOnRequiredProperty(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	stricter := thing()
	stricter.Schema.Required = []string{"number"}
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", stricter); err != nil {
		t.Fatal(err)
	}
	_, applied := session.Destroy()
	if len(applied) != 1 || !strings.Contains(applied[0], "Unable to Delete Entity") || !strings.Contains(applied[0], "removed block with lifecycle { destroy = false }") {
		t.Errorf("the apply reports %q", applied)
	}
}

// TestDeclared_importReleasesOtherValues checks that the update after an import, which only stores
// the management, sends nothing.
func TestDeclared_importReleasesOtherValues(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", theirs())
	before := get(t, env, "thing", "e")
	session := env.NewSession(t, "port_entity")
	session.Import("thing:e")
	const attributes = `"properties": {"number_props": {"number": 1}}`
	expectWarning(t, session.TryApply(declared(attributes)), "Values Released", "flag, locked, text, one")
	if after := get(t, env, "thing", "e"); after.UpdatedAt != before.UpdatedAt {
		t.Error("the update wrote to Port")
	}
	change(t, env, property("text", "changed"))
	if changed := session.Changes(declared(attributes)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
	planned, _ := session.Destroy()
	expectWarning(t, planned, "Entity Will Be Kept")
	expectProperties(t, env, map[string]any{"text": "changed", "number": nil})
}

// TestDeclared_becomesFullWithoutLoss checks that the values of others first show in the plan, and
// are removed only by applying it.
func TestDeclared_becomesFullWithoutLoss(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	full := declare(`"title": "Ours", "properties": {"number_props": {"number": 4}}`)
	session.Apply(full)
	expectProperties(t, env, map[string]any{"text": "theirs", "number": json.Number("4"), "flag": true})
	want := []string{"properties.boolean_props.flag", "properties.string_props.text", "relations.single_relations.one", "teams"}
	if changed := session.Changes(full); !slices.Equal(changed, want) {
		t.Errorf("the plan changes %v, want %v", changed, want)
	}
	session.Apply(full)
	expectProperties(t, env, map[string]any{"text": nil, "number": json.Number("4"), "flag": nil})
}

func TestDeclared_renamesInPlace(t *testing.T) {
	t.Parallel()
	env, session := newAdopted(t)
	session.Apply(strings.Replace(adopted(declaredAttributes), `"e"`, `"f"`, 1))
	entity := get(t, env, "thing", "f")
	if entity.Properties["text"] != "theirs" {
		t.Errorf("Port has %+v", entity)
	}
}

func TestAdopt_planWarns(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	if diagnostics := session.Plan(adopted(declaredAttributes)); len(diagnostics) > 0 {
		t.Errorf("without an entity to adopt, the plan reports %q", diagnostics)
	}
	create(t, env, "thing", theirs())
	expectWarning(t, session.Plan(adopted(declaredAttributes)), "Entity Will Be Adopted", `"thing:e"`, "everything else stays")
	expectWarning(t, session.Plan(declare(`"on_existing": "adopt"`)), "Entity Will Be Adopted", "are removed")
}

func TestAdopt_overwritesWithFullManagement(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", theirs())
	session := env.NewSession(t, "port_entity")
	const attributes = `"on_existing": "adopt", "title": "Ours", "properties": {"number_props": {"number": 2}}`
	session.Apply(declare(attributes))
	expectProperties(t, env, map[string]any{"text": nil, "number": json.Number("2"), "flag": nil, "locked": false})
	if changed := session.Changes(declare(attributes)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
	planned, applied := session.Destroy()
	if len(planned)+len(applied) > 0 {
		t.Errorf("the destroy reports %q, %q", planned, applied)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the entity is still there: %v", err)
	}
}
