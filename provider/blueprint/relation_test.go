package blueprint_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// relation is a configuration of a relation of the blueprint service to target.
func relation(more string) string {
	if more != "" {
		more = ", " + more
	}
	return `{"blueprint": "service", "identifier": "uses", "target": "target"` + more + `}`
}

const everyRelationAttribute = `"title": "Uses", "description": "What it uses.", "many": false, "required": false, "mirror_properties": {"size": {"path": "uses.size", "title": "Size"}}`

// newRelations returns a session with two blueprints at Port.
func newRelations(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target", Schema: port.Schema{Properties: map[string]port.Property{
		"size": {Type: "string"}, "name": {Type: "string"},
	}}})
	create(t, env, &port.Blueprint{Identifier: "service", Title: "Service"})
	return env, env.NewSession(t, "port_blueprint_relation")
}

// serviceAt is the blueprint service as Port has it.
func serviceAt(t *testing.T, env *acctest.Environment) *port.Blueprint {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), "service")
	if err != nil {
		t.Fatal(err)
	}
	return blueprint
}

func TestRelation_everythingSetAndUnset(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(everyRelationAttribute))
	expectQuiet(t, session, "after the create", relation(everyRelationAttribute))
	if got := session.Text("id"); got != "service:uses" {
		t.Errorf("the id is %q", got)
	}
	session.Apply(relation(""))
	expectQuiet(t, session, "after everything was unset", relation(""))
	got := serviceAt(t, env)
	if of := got.Relations["uses"]; of.Title != nil || of.Description != nil || len(got.MirrorProperties) != 0 {
		t.Errorf("Port has %+v and the mirror properties %v", of, got.MirrorProperties)
	}
	_, diagnostics := session.Destroy()
	if len(diagnostics) > 0 || len(serviceAt(t, env).Relations) != 0 {
		t.Errorf("destroying: %v, and Port has %v", diagnostics, serviceAt(t, env).Relations)
	}
}

// TestRelation_destroyTakesMirrorsAlong also where the relation has already gone.
func TestRelation_destroyTakesMirrorsAlong(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(everyRelationAttribute))
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	if got := serviceAt(t, env); len(got.MirrorProperties)+len(got.Relations) != 0 {
		t.Errorf("Port has %v and %v", got.Relations, got.MirrorProperties)
	}
	session.Apply(relation(""))
	change(t, env, func(b *port.Blueprint) { b.Relations = nil })
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Errorf("destroying what has gone: %v", diagnostics)
	}
}

func TestRelation_disappears(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(""))
	change(t, env, func(b *port.Blueprint) { b.Relations = nil })
	session.Refresh()
	if !session.IsGone() {
		t.Error("the state still has a relation that has gone")
	}
	session.Apply(relation(""))
	if err := env.Client.Blueprints.Delete(t.Context(), "service", port.DeleteBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Errorf("destroying the relation of a blueprint that has gone: %v", diagnostics)
	}
}

func TestRelation_everyDriftShows(t *testing.T) {
	t.Parallel()
	text := "changed"
	tests := map[string]struct {
		change func(*port.Blueprint, *port.Relation)
		want   string
	}{
		"target":      {func(_ *port.Blueprint, r *port.Relation) { r.Target = "service" }, "target"},
		"title":       {func(_ *port.Blueprint, r *port.Relation) { r.Title = &text }, "title"},
		"description": {func(_ *port.Blueprint, r *port.Relation) { r.Description = nil }, "description"},
		"required":    {func(_ *port.Blueprint, r *port.Relation) { r.Required = true }, "required"},
		"mirror title": {func(b *port.Blueprint, _ *port.Relation) {
			b.MirrorProperties["size"] = port.MirrorProperty{Path: "uses.size"}
		}, "mirror_properties.size.title"},
		"mirror path": {func(b *port.Blueprint, _ *port.Relation) {
			b.MirrorProperties["size"] = port.MirrorProperty{Path: "uses.name", Title: b.MirrorProperties["size"].Title}
		}, "mirror_properties.size.path"},
		"mirror gone": {func(b *port.Blueprint, _ *port.Relation) { b.MirrorProperties = nil }, "mirror_properties.size"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newRelations(t)
			config := relation(everyRelationAttribute)
			session.Apply(config)
			change(t, env, func(b *port.Blueprint) {
				of := b.Relations["uses"]
				if strings.Contains(test.want, "target") {
					b.MirrorProperties = nil
				}
				test.change(b, &of)
				b.Relations["uses"] = of
			})
			changed := session.Changes(config)
			if !slices.ContainsFunc(changed, func(at string) bool { return strings.HasPrefix(at, test.want) }) {
				t.Errorf("the plan changes %v, want %s", changed, test.want)
			}
			session.Apply(config)
			expectQuiet(t, session, "after the repair", config)
		})
	}
}

// TestRelation_leavesTheRestAlone: what others have in the blueprint survives.
func TestRelation_leavesTheRestAlone(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	change(t, env, func(b *port.Blueprint) {
		b.Relations = map[string]port.Relation{"theirs": {Target: "target"}}
		b.MirrorProperties = map[string]port.MirrorProperty{"theirName": {Path: "theirs.name"}}
	})
	session.Apply(relation(everyRelationAttribute))
	change(t, env, func(b *port.Blueprint) { b.MirrorProperties["added"] = port.MirrorProperty{Path: "uses.name"} })
	expectQuiet(t, session, "with mirror properties of others", relation(everyRelationAttribute))
	session.Apply(relation(""))
	got := serviceAt(t, env)
	if len(got.Relations) != 2 || len(got.MirrorProperties) != 2 {
		t.Errorf("Port has %v and %v", got.Relations, got.MirrorProperties)
	}
}

func TestRelation_renameKeepsTargets(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(everyRelationAttribute))
	for _, entity := range []*port.Entity{
		{Blueprint: "target", Identifier: "t"},
		{Blueprint: "service", Identifier: "s", Relations: map[string]any{"uses": "t"}},
	} {
		if _, err := env.Client.Entities.Create(t.Context(), entity.Blueprint, entity, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	renamed := strings.NewReplacer(`"uses"`, `"needs"`, "uses.", "needs.").Replace(relation(everyRelationAttribute))
	session.Apply(renamed)
	expectQuiet(t, session, "after the rename", renamed)
	entity, err := env.Client.Entities.Get(t.Context(), "service", "s", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if entity.Relations["needs"] != "t" {
		t.Errorf("the entity relates to %v", entity.Relations)
	}

	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": 422, "times": 1}`)
	if diagnostics := session.TryApply(relation(everyRelationAttribute)); !containsText(diagnostics, "Unable to Update Relation") {
		t.Errorf("a failing write after the rename reports %v", diagnostics)
	}
	if _, exists := serviceAt(t, env).Relations["needs"]; !exists {
		t.Error("the rename was not taken back after the write failed")
	}
	session.Apply(relation(everyRelationAttribute))
}

func TestRelation_import(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(everyRelationAttribute))
	imported := env.NewSession(t, "port_blueprint_relation")
	imported.Import("service:uses")
	expectQuiet(t, imported, "after an import", relation(everyRelationAttribute))

	byIdentity := env.NewSession(t, "port_blueprint_relation")
	byIdentity.ImportIdentity(map[string]string{"blueprint": "service", "identifier": "uses"})
	expectQuiet(t, byIdentity, "after an import by identity", relation(everyRelationAttribute))

	create(t, env, &port.Blueprint{Identifier: "team:service", Title: "T", Relations: map[string]port.Relation{"uses": {Target: "target"}}})
	colon := env.NewSession(t, "port_blueprint_relation")
	colon.Import("team:service:uses")
	if got := colon.Text("blueprint"); got != "team:service" {
		t.Errorf("an id with two colons imports a relation of %q", got)
	}
	for _, id := range []string{"service", ":uses", "service:"} {
		if diagnostics := imported.TryImport(id); !containsText(diagnostics, "has the form <blueprint>:<identifier>") {
			t.Errorf("%q: %v", id, diagnostics)
		}
	}
}

func TestRelation_neverOverwrites(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	change(t, env, func(b *port.Blueprint) {
		b.Relations = map[string]port.Relation{"uses": {Target: "target", Many: true}}
	})
	if diagnostics := session.TryApply(relation("")); !containsText(diagnostics, `terraform import port_blueprint_relation.<name> "service:uses"`) {
		t.Errorf("creating a relation that exists reports %v", diagnostics)
	}
	if !serviceAt(t, env).Relations["uses"].Many {
		t.Error("the relation was overwritten")
	}
	change(t, env, func(b *port.Blueprint) {
		b.Relations = map[string]port.Relation{"theirs": {Target: "target"}}
		b.MirrorProperties = map[string]port.MirrorProperty{"size": {Path: "theirs.size"}}
	})
	if diagnostics := session.TryApply(relation(everyRelationAttribute)); !containsText(diagnostics, `the blueprint has another mirror property "size"`) {
		t.Errorf("overwriting a mirror property reports %v", diagnostics)
	}
}

func TestRelation_followsARename(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	blueprint := env.NewSession(t, "port_blueprint")
	blueprint.Apply(valid(""))
	session := blueprint.Beside("port_blueprint_relation")
	session.Apply(relation(""))

	const renamed = `{"identifier": "component", "title": "Service"}`
	ofRenamed := strings.ReplaceAll(relation(""), "service", "component")
	blueprint.Plan(renamed)
	if replaced := session.Replaces(ofRenamed); len(replaced) > 0 {
		t.Errorf("the plan replaces the relation because of %v", replaced)
	}
	blueprint.Apply(renamed)
	session.Apply(ofRenamed)
	expectQuiet(t, session, "after the rename", ofRenamed)

	if replaced := session.Replaces(relation("")); !slices.Equal(replaced, []string{"blueprint"}) {
		t.Errorf("another blueprint replaces because of %v", replaced)
	}
}

func TestRelation_validate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"identifier":             {`{"blueprint": "a", "identifier": "with space", "target": "b"}`, "identifier"},
		"target":                 {`{"blueprint": "a", "identifier": "r", "target": "b b"}`, "target"},
		"path of another one":    {relation(`"mirror_properties": {"m": {"path": "other.size"}}`), `as in "uses.size"`},
		"path without a prop":    {relation(`"mirror_properties": {"m": {"path": "uses"}}`), "mirror_properties"},
		"title beyond its limit": {relation(`"title": "` + strings.Repeat("x", 101) + `"`), "title"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diagnostics := acctest.Validate(t, "port_blueprint_relation", test.config); !containsText(diagnostics, test.want) {
				t.Errorf("got %v", diagnostics)
			}
		})
	}
}

func TestRelation_errorsNameTheCause(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 422, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			env, session := newRelations(t)
			env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": %d}`, status))
			diagnostics := session.TryApply(relation(""))
			if !containsText(diagnostics, `Creating relation "service:uses"`) || !containsText(diagnostics, strconv.Itoa(status)) {
				t.Errorf("got %v", diagnostics)
			}
		})
	}
	t.Run("no blueprint", func(t *testing.T) {
		t.Parallel()
		_, session := newRelations(t)
		if diagnostics := session.TryApply(strings.ReplaceAll(relation(""), "service", "nowhere")); !containsText(diagnostics, `the blueprint "nowhere" does not exist`) {
			t.Errorf("got %v", diagnostics)
		}
	})
}

func containsText(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
}
