package blueprint_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// relation returns the configuration of a relation from the blueprint service to target.
func relation(more string) string {
	if more != "" {
		more = ", " + more
	}
	return `{"blueprint": "service", "identifier": "uses", "target": "target"` + more + `}`
}

const everyRelationAttribute = `"title": "Uses", "description": "What it uses.", "many": false, "required": false, "mirror_properties": {"size": {"path": "uses.size", "title": "Size"}}`

// newRelations returns a session with two blueprints in Port.
func newRelations(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target", Schema: port.Schema{Properties: map[string]port.Property{
		"size": {Type: "string"}, "name": {Type: "string"},
	}}})
	create(t, env, &port.Blueprint{Identifier: "service", Title: "Service"})
	return env, env.NewSession(t, "port_blueprint_relation")
}

// serviceAt returns the blueprint service from Port.
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
	expectEmptyPlan(t, session, "after the create", relation(everyRelationAttribute))
	if got := session.Text("id"); got != "service:uses" {
		t.Errorf("the id is %q", got)
	}
	session.Apply(relation(""))
	expectEmptyPlan(t, session, "after everything was unset", relation(""))
	got := serviceAt(t, env)
	if of := got.Relations["uses"]; of.Title != nil || of.Description != nil || len(got.MirrorProperties) != 0 {
		t.Errorf("Port has %+v and the mirror properties %v", of, got.MirrorProperties)
	}
	_, diagnostics := session.Destroy()
	if len(diagnostics) > 0 || len(serviceAt(t, env).Relations) != 0 {
		t.Errorf("destroying: %v, and Port has %v", diagnostics, serviceAt(t, env).Relations)
	}
}

// TestRelation_destroyDeletesMirrors destroys a relation with its mirror properties, also if the
// relation is already gone.
func TestRelation_destroyDeletesMirrors(t *testing.T) {
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
		t.Errorf("destroying what no longer exists: %v", diagnostics)
	}
}

func TestRelation_disappears(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(""))
	change(t, env, func(b *port.Blueprint) { b.Relations = nil })
	session.Refresh()
	if !session.IsGone() {
		t.Error("the state still has a deleted relation")
	}
	session.Apply(relation(""))
	if err := env.Client.Blueprints.Delete(t.Context(), "service", port.DeleteBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Errorf("destroying the relation of a deleted blueprint: %v", diagnostics)
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
		"many":        {func(_ *port.Blueprint, r *port.Relation) { r.Many = true }, "many"},
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
			expectEmptyPlan(t, session, "after the next apply", config)
		})
	}
}

// TestRelation_leavesTheRestAlone checks that everything else in the blueprint survives.
func TestRelation_leavesTheRestAlone(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	change(t, env, func(b *port.Blueprint) {
		b.Relations = map[string]port.Relation{"theirs": {Target: "target"}}
		b.MirrorProperties = map[string]port.MirrorProperty{"theirName": {Path: "theirs.name"}}
	})
	session.Apply(relation(everyRelationAttribute))
	change(t, env, func(b *port.Blueprint) { b.MirrorProperties["added"] = port.MirrorProperty{Path: "uses.name"} })
	expectEmptyPlan(t, session, "with mirror properties of others", relation(everyRelationAttribute))
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
	createRelated(t, env)
	renamed := strings.NewReplacer(`"uses"`, `"needs"`, "uses.", "needs.").Replace(relation(everyRelationAttribute))
	session.Apply(renamed)
	expectEmptyPlan(t, session, "after the rename", renamed)
	expectRelated(t, env, "needs")

	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": 422, "times": 1}`)
	if diagnostics := session.TryApply(relation(everyRelationAttribute)); !containsText(diagnostics, "Unable to Update Relation") {
		t.Errorf("a failing write after the rename reports %v", diagnostics)
	}
	if _, exists := serviceAt(t, env).Relations["needs"]; !exists {
		t.Error("the rename was not reverted after the write failed")
	}
	session.Apply(relation(everyRelationAttribute))
}

func TestRelation_import(t *testing.T) {
	t.Parallel()
	env, session := newRelations(t)
	session.Apply(relation(everyRelationAttribute))
	imported := env.NewSession(t, "port_blueprint_relation")
	imported.Import("service:uses")
	expectEmptyPlan(t, imported, "after an import", relation(everyRelationAttribute))

	byIdentity := env.NewSession(t, "port_blueprint_relation")
	byIdentity.ImportIdentity(map[string]string{"blueprint": "service", "identifier": "uses"})
	expectEmptyPlan(t, byIdentity, "after an import by identity", relation(everyRelationAttribute))

	create(t, env, &port.Blueprint{Identifier: "team:service", Title: "T", Relations: map[string]port.Relation{"uses": {Target: "target"}}})
	colon := env.NewSession(t, "port_blueprint_relation")
	colon.Import("team:service:uses")
	if got := colon.Text("blueprint"); got != "team:service" {
		t.Errorf("an id with two colons imports a relation of %q", got)
	}
	for _, id := range []string{"service", ":uses", "service:"} {
		if diagnostics := imported.TryImport(id); !containsText(diagnostics, "must have the form <blueprint>:<identifier>") {
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
	if diagnostics := session.TryApply(relation(everyRelationAttribute)); !containsText(diagnostics, `the blueprint already has a different mirror property "size"`) {
		t.Errorf("overwriting a mirror property reports %v", diagnostics)
	}
}

func TestRelation_followsARename(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	blueprint := env.NewSession(t, "port_blueprint")
	blueprint.Apply(valid(""))
	session := blueprint.Sibling("port_blueprint_relation")
	session.Apply(relation(""))

	const renamed = `{"identifier": "component", "title": "Service"}`
	ofRenamed := strings.ReplaceAll(relation(""), "service", "component")
	blueprint.Plan(renamed)
	if replaced := session.Replaces(ofRenamed); len(replaced) > 0 {
		t.Errorf("the plan replaces the relation because of %v", replaced)
	}
	blueprint.Apply(renamed)
	session.Apply(ofRenamed)
	expectEmptyPlan(t, session, "after the rename", ofRenamed)

	if replaced := session.Replaces(relation("")); !slices.Equal(replaced, []string{"blueprint"}) {
		t.Errorf("another blueprint replaces because of %v", replaced)
	}
}

func TestRelation_validate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"identifier":               {`{"blueprint": "a", "identifier": "with space", "target": "b"}`, "identifier"},
		"target":                   {`{"blueprint": "a", "identifier": "r", "target": "b b"}`, "target"},
		"path of another relation": {relation(`"mirror_properties": {"m": {"path": "other.size"}}`), `as in "uses.size"`},
		"path without a prop":      {relation(`"mirror_properties": {"m": {"path": "uses"}}`), "mirror_properties"},
		"title beyond its limit":   {relation(`"title": "` + strings.Repeat("x", 101) + `"`), "title"},
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
	for _, status := range []int{401, 403, 404, 409, 422, 429, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			env, _ := newRelations(t)
			session := env.NewConfiguredSession(t, "port_blueprint_relation", `{"max_retries": 0}`)
			fault := func(method, route string) {
				env.Control(t, http.MethodDelete, "/_emulator/faults", "")
				env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "status": %d}`, method, route, status))
			}
			const blueprint, rename = "/v1/blueprints/{identifier}", "/v1/blueprints/{blueprint_identifier}/relations/{relation_identifier}/rename"
			fault(http.MethodPut, blueprint)
			expectCause(t, session.TryApply(relation("")), `Creating relation "service:uses"`, status)
			env.Control(t, http.MethodDelete, "/_emulator/faults", "")
			session.Apply(relation(""))
			fault(http.MethodPut, blueprint)
			expectCause(t, session.TryApply(relation(`"title": "Other"`)), `Updating relation "service:uses"`, status)
			fault(http.MethodPatch, rename)
			expectCause(t, session.TryApply(strings.Replace(relation(""), "uses", "needs", 1)), `Updating relation "service:uses"`, status)
			if status == http.StatusNotFound {
				return
			}
			fault(http.MethodPut, blueprint)
			_, diagnostics := session.Destroy()
			expectCause(t, diagnostics, `Deleting relation "service:uses"`, status)
			fault(http.MethodGet, blueprint)
			expectCause(t, session.TryRefresh(), `Reading relation "service:uses"`, status)
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

// TestRelation_timeouts checks that the error names the timeout of each operation.
func TestRelation_timeouts(t *testing.T) {
	t.Parallel()
	const limits = `"timeouts": {"create": "50ms", "read": "50ms", "update": "50ms", "delete": "50ms"}`
	env, session := newRelations(t)
	hold := func() {
		env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{identifier}", "hold": true}`)
	}
	release := func() { env.Control(t, http.MethodDelete, "/_emulator/faults", "") }
	expect := func(operation string, diagnostics []string) {
		t.Helper()
		release()
		if !containsText(diagnostics, fmt.Sprintf(`timeouts = { %s = "40m" }`, operation)) {
			t.Errorf("%s: got %v", operation, diagnostics)
		}
	}
	hold()
	expect("create", session.TryApply(relation(limits)))
	session.Apply(relation(""))
	session.Apply(relation(limits))
	hold()
	expect("read", session.TryRefresh())
	hold()
	expect("update", session.TryApply(relation(`"title": "Other", `+limits)))
	hold()
	_, diagnostics := session.Destroy()
	expect("delete", diagnostics)
}

func TestRelation_unknownAnywhere(t *testing.T) {
	t.Parallel()
	env, existing := newRelations(t)
	config := relation(everyRelationAttribute)
	existing.Apply(config)
	values, containers := acctest.EachUnknown(t, config)
	for name, diagnostics := range acctest.ValidateAll(t, "port_blueprint_relation", values) {
		t.Errorf("%s is unknown: validation reports %q", name, diagnostics)
	}
	for name, session := range map[string]*acctest.Session{"a new one": env.NewSession(t, "port_blueprint_relation"), "an existing one": existing} {
		for _, broken := range session.ReplanInconsistencies(containers, config) {
			t.Errorf("%s: %s", name, broken)
		}
		for at, unknown := range values {
			if diagnostics := session.Plan(unknown); containsText(diagnostics, "ERROR") {
				t.Errorf("%s, %s is unknown: the plan reports %q", name, at, diagnostics)
			}
		}
	}
}

// TestRelation_foundAfterARename refreshes a relation whose blueprint was renamed by a run that did
// not update the relation.
func TestRelation_foundAfterARename(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	blueprint := env.NewSession(t, "port_blueprint")
	blueprint.Apply(valid(""))
	session := blueprint.Sibling("port_blueprint_relation")
	session.Apply(relation(""))
	blueprint.Apply(`{"identifier": "component", "title": "Service"}`)
	session = env.Restart(t, session)
	ofRenamed := strings.ReplaceAll(relation(""), "service", "component")
	expectEmptyPlan(t, session, "after a rename without it", ofRenamed)
	if got := session.Identity(); got["blueprint"] != "component" || session.Text("id") != "component:uses" {
		t.Errorf("the identity is %v, the id %q", got, session.Text("id"))
	}
	if err := env.Client.Blueprints.Delete(t.Context(), "component", port.DeleteBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	session.Refresh()
	if !session.IsGone() {
		t.Error("the state still has the relation of a deleted blueprint")
	}
}

// cycle returns a configuration of blueprints that relate to each other in a cycle. Their
// identifiers have a suffix.
func cycle(length int, suffix string) string {
	var text strings.Builder
	for i := range length {
		fmt.Fprintf(&text, `
			resource "port_blueprint" "c%[1]d_%[2]d" {
				identifier = "c%[1]d_%[2]d%[4]s"
				title      = "C"
				properties = { string_props = { name = {} } }
			}
			resource "port_blueprint_relation" "c%[1]d_%[2]d" {
				blueprint  = port_blueprint.c%[1]d_%[2]d.identifier
				identifier = "next"
				target     = port_blueprint.c%[1]d_%[3]d.identifier
				mirror_properties = { nextName = { path = "next.name" } }
			}`, length, i, (i+1)%length, suffix)
	}
	return text.String()
}

// TestRelation_cycles creates cycles of one, three and four blueprints in one run in an empty
// organization, renames all blueprints in one run, and destroys them in one run.
func TestRelation_cycles(t *testing.T) {
	t.Parallel()
	config := func(suffix string) string { return cycle(1, suffix) + cycle(3, suffix) + cycle(4, suffix) }
	var renamed []plancheck.PlanCheck
	for _, address := range []string{"port_blueprint.c4_3", "port_blueprint_relation.c1_0", "port_blueprint_relation.c3_2", "port_blueprint_relation.c4_3"} {
		renamed = append(renamed, plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate))
	}
	acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config("")},
		{Config: config(""), ConfigPlanChecks: acctest.NoChanges()},
		{Config: config("_renamed"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: renamed}},
		{Config: config("_renamed"), ConfigPlanChecks: acctest.NoChanges()},
	}})
}

func containsText(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
}
