package entity_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestTexts compares the texts of errors and warnings with the reviewed ones.
func TestTexts(t *testing.T) {
	t.Parallel()
	texts := map[string][]string{}
	for name, test := range invalidConfigs() {
		texts["refused: "+name] = acctest.Validate(t, "port_entity", `{"blueprint": "service", `+test.attributes+`}`)
	}
	env := newStrict(t, unchanged)
	for name, test := range invalidEntities() {
		texts["mistake: "+name] = env.NewSession(t, "port_entity").Plan(strictEntity(test.attributes))
	}
	for name, says := range map[string]func(*testing.T) []string{
		"a rounded number":            roundedNumber,
		"another value":               changedValue,
		"teams of the owner":          changedTeams,
		"it exists":                   createExisting,
		"no blueprint":                createNowhere,
		"no identifier and no target": createUnrelated,
		"no target":                   createEarly,
		"it has dependents":           destroyRelated,
		"another blueprint":           changedBlueprint,
		"adopted":                     adoptExisting,
		"adopted, destroyed":          destroyAdopted,
		"created, destroyed":          destroyDeclared,
		"released values":             releasedValues,
		"moved":                       movedResource,
		"an ambiguous import":         importAmbiguous,
		"an import of nothing":        importNothing,
	} {
		texts["failure: "+name] = says(t)
	}
	acctest.Golden(t, "texts", texts)
}

func roundedNumber(t *testing.T) []string {
	t.Helper()
	return newThings(t, roundingPort).NewSession(t, "port_entity").TryApply(declare(beyondDoubles()["in a map"]))
}

func changedValue(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "`+entitiesRoute+`", "status": 201, "body": {"ok": true, "entity":
		{"identifier": "e", "title": "Theirs", "team": [], "properties": {"text": "theirs", "texts": []}, "relations": {"one": "b", "many": []}}}}`)
	return env.NewSession(t, "port_entity").TryApply(declare(`"title": "Ours", "relations": {"single_relations": {"one": "a"}},
		"properties": {"string_props": {"text": "ours"}, "array_props": {"string_items": {"texts": ["ours"]}}}`))
}

func changedTeams(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "`+entitiesRoute+`", "status": 201, "body": {"ok": true, "entity":
		{"identifier": "e", "title": "E", "team": ["theirs"], "properties": {"text": "x"}, "relations": {}}}}`)
	return env.NewSession(t, "port_entity").TryApply(declare(basic + `, "teams": ["ours"]`))
}

func createExisting(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	create(t, env, "thing", theirs())
	return env.NewSession(t, "port_entity").TryApply(declare(basic))
}

func createNowhere(t *testing.T) []string {
	t.Helper()
	return newThings(t).NewSession(t, "port_entity").TryApply(strings.Replace(declare(basic), "thing", "nothing", 1))
}

func createUnrelated(t *testing.T) []string {
	t.Helper()
	config := declare(`"relations": {"single_relations": {"one": "target:nobody"}}`)
	return newThings(t).NewSession(t, "port_entity").TryApply(strings.Replace(config, `, "identifier": "e"`, "", 1))
}

func createEarly(t *testing.T) []string {
	t.Helper()
	return newThings(t).NewSession(t, "port_entity").TryApply(declare(`"relations": {"single_relations": {"one": "nobody"}}`))
}

func destroyRelated(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(`{"blueprint": "target", "identifier": "c"}`)
	create(t, env, "thing", &port.Entity{Identifier: "e", Relations: map[string]any{"one": "c"}})
	_, applied := session.Destroy()
	return applied
}

func changedBlueprint(t *testing.T) []string {
	t.Helper()
	env, session := newThing(t)
	session.Plan(unknownBlueprint(`"title": "E"`))
	return env.Restart(t, session).TryApply(ofTarget())
}

func adoptExisting(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	create(t, env, "thing", theirs())
	return append(env.NewSession(t, "port_entity").Plan(adopted(declaredAttributes)), env.NewSession(t, "port_entity").Plan(declare(`"on_existing": "adopt"`))...)
}

func destroyAdopted(t *testing.T) []string {
	t.Helper()
	_, session := newAdopted(t)
	return session.PlanDestroy()
}

func destroyDeclared(t *testing.T) []string {
	t.Helper()
	session := newThings(t).NewSession(t, "port_entity")
	session.Apply(adopted(declaredAttributes))
	return session.PlanDestroy()
}

func releasedValues(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	create(t, env, "thing", theirs())
	session := env.NewSession(t, "port_entity")
	session.Import("thing:e")
	return session.Plan(declared(`"properties": {"number_props": {"number": 1}}`))
}

func movedResource(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	first := env.NewSession(t, "port_entity")
	first.Apply(declare(basic))
	old := env.Restart(t, first)
	old.PlanDestroy()
	return old.Sibling("port_entity").Plan(declare(basic))
}

func importAmbiguous(t *testing.T) []string {
	t.Helper()
	env := newThings(t)
	create(t, env, "thing", &port.Entity{Identifier: "a:b"})
	if _, err := env.Client.Blueprints.Create(t.Context(), &port.Blueprint{Identifier: "thing:a", Title: "A"}, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	create(t, env, "thing:a", &port.Entity{Identifier: "b"})
	return env.NewSession(t, "port_entity").TryImport("thing:a:b")
}

func importNothing(t *testing.T) []string {
	t.Helper()
	return newThings(t).NewSession(t, "port_entity").TryImport("thing")
}
