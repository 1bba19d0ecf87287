package blueprint_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestBlueprint_relationsDeclared checks that undeclared relations and the mirror properties over
// them are left alone.
func TestBlueprint_relationsDeclared(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]struct{ before, after string }{
		"declared":    {`"relations_mode": "declared", "relations": {"ours": {"target": "target"}, "gone": {"target": "target"}}`, `"relations_mode": "declared", "relations": {"ours": {"target": "target"}}`},
		"nothing set": {`"description": "d"`, `"description": "e"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := newRelations(t)
			if err := env.Client.Blueprints.Delete(t.Context(), "service", port.DeleteBlueprintOptions{}); err != nil {
				t.Fatal(err)
			}
			session := env.NewSession(t, "port_blueprint")
			session.Apply(valid(config.before))
			apart := env.NewSession(t, "port_blueprint_relation")
			apart.Apply(relation(everyRelationAttribute))
			expectEmptyPlan(t, session, "after a relation of others", valid(config.before))
			session.Apply(valid(config.after))
			expectEmptyPlan(t, session, "after an update", valid(config.after))
			expectEmptyPlan(t, apart, "after an update of the blueprint", relation(everyRelationAttribute))
			if got := serviceAt(t, env); len(got.MirrorProperties) != 1 || len(got.Relations) != 1+strings.Count(config.after, `"ours"`) {
				t.Errorf("Port has %v and %v", got.Relations, got.MirrorProperties)
			}
		})
	}
}

// TestBlueprint_aggregationsDeclared does the same for aggregation properties.
func TestBlueprint_aggregationsDeclared(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	session := env.NewSession(t, "port_blueprint")
	config := valid(`"aggregation_properties_mode": "declared", ` + shared)
	session.Apply(config)
	change(t, env, func(b *port.Blueprint) {
		b.AggregationProperties["theirs"] = port.AggregationProperty{Title: "T", Target: "target", CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"}}
	})
	expectEmptyPlan(t, session, "after others declared one", config)
	session.Apply(strings.Replace(config, `"Count"`, `"Number"`, 1))
	if got := serviceAt(t, env).AggregationProperties; len(got) != 2 || got["count"].Title != "Number" {
		t.Errorf("Port has %v", got)
	}
}

// TestBlueprint_conflictingOwnership checks that a plan fails if the apply would delete what
// another resource declares, whichever of the two is planned first.
func TestBlueprint_conflictingOwnership(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ inline, want string }{
		"authoritative":     {`"relations": {"ours": {"target": "target"}}`, `Set relations_mode = "declared" on the blueprint`},
		"empty":             {`"relations": {}`, "The attribute relations of the blueprint"},
		"the same key":      {`"relations_mode": "declared", "relations": {"uses": {"target": "target"}}`, `both declare "uses"`},
		"declared":          {`"relations_mode": "declared", "relations": {"ours": {"target": "target"}}`, ""},
		"without relations": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
			first := env.NewSession(t, "port_blueprint")
			inOrder := append(first.Plan(valid(test.inline)), first.Sibling("port_blueprint_relation").Plan(relation(""))...)
			second := env.NewSession(t, "port_blueprint_relation")
			reversed := append(second.Plan(relation("")), second.Sibling("port_blueprint").Plan(valid(test.inline))...)
			for _, diagnostics := range [][]string{inOrder, reversed} {
				if test.want == "" && len(diagnostics) > 0 || test.want != "" && !containsText(diagnostics, test.want) {
					t.Errorf("got %v, want %q", diagnostics, test.want)
				}
			}
		})
	}
}

// TestBlueprint_ownMirrorsNextToThoseOfOthers checks that a blueprint and a relation resource each
// manage the mirror properties over their own relations.
func TestBlueprint_ownMirrorsNextToThoseOfOthers(t *testing.T) {
	t.Parallel()
	env, _ := newRelations(t)
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	config := valid(`"relations_mode": "declared", "relations": {"ours": {"target": "target"}}, "mirror_properties": {"name": {"path": "ours.name"}}`)
	session.Apply(config)
	apart := env.NewSession(t, "port_blueprint_relation")
	apart.Apply(relation(everyRelationAttribute))
	expectEmptyPlan(t, session, "with mirror properties of others", config)
	session.Apply(valid(`"description": "x", "relations_mode": "declared", "relations": {"ours": {"target": "target"}}, "mirror_properties": {"name": {"path": "ours.name"}}`))
	expectEmptyPlan(t, apart, "after an update of the blueprint", relation(everyRelationAttribute))
	if got := serviceAt(t, env).MirrorProperties; len(got) != 2 {
		t.Errorf("Port has %v", got)
	}
}
