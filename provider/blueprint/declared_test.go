package blueprint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const shared = `"relations": {"ours": {"target": "target"}},
	"aggregation_properties": {"count": {"title": "Count", "target_blueprint_identifier": "target", "method": {"count_entities": true}}}`

// withOthers applies relations and aggregation properties. Others then declare more of them.
func withOthers(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(shared))
	change(t, env, func(b *port.Blueprint) {
		b.Relations["theirs"] = port.Relation{Target: "target"}
		b.AggregationProperties["theirCount"] = port.AggregationProperty{Title: "T", Target: "target", CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"}}
	})
	return env, session
}

func TestBlueprint_relationsRemoved(t *testing.T) {
	t.Parallel()
	env, session := withOthers(t)
	want := []string{"aggregation_properties.count", "relations.ours"}
	if changed := session.Changes(valid("")); !slices.Equal(topLevel(changed, want), want) {
		t.Errorf("the plan changes %v, want %v", changed, want)
	}
	expectWarnings(t, session, `Relations Will Be Deleted: relations is no longer configured. Applying this deletes the relations that this resource declared, "ours"`)

	session.Apply(valid(""))
	if got := document(t, env); strings.Contains(got, `"ours"`) || strings.Contains(got, `"count":`) || !strings.Contains(got, `"theirs":`) || !strings.Contains(got, `"theirCount":`) {
		t.Errorf("Port has %s", got)
	}
	expectEmptyPlan(t, session, "after the removal", valid(""))
	expectWarnings(t, session)

	// A relation that others declare under the same key now belongs to them.
	change(t, env, func(b *port.Blueprint) { b.Relations["ours"] = port.Relation{Target: "target"} })
	expectEmptyPlan(t, session, "after somebody declared it again", valid(""))
	session.Apply(valid(`"description": "d"`))
	if relations := relationsOf(t, env); len(relations) != 2 {
		t.Errorf("an update left %v", relations)
	}
}

// TestBlueprint_allRelationsRemoved checks that the target can be deleted afterwards.
func TestBlueprint_allRelationsRemoved(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"relations": {"ours": {"target": "target"}}`))
	session.Apply(valid(""))
	expectEmptyPlan(t, session, "after the removal", valid(""))
	if err := env.Client.Blueprints.Delete(t.Context(), "target", port.DeleteBlueprintOptions{}); err != nil {
		t.Error(err)
	}
}

// TestBlueprint_nothingIsDeclaredAfterAnImport checks that imported relations stay until an apply
// has declared them.
func TestBlueprint_nothingIsDeclaredAfterAnImport(t *testing.T) {
	t.Parallel()
	env, _ := withOthers(t)
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	expectEmptyPlan(t, session, "after the import", valid(""))
	expectWarnings(t, session)
	session.Apply(valid(`"description": "d"`))
	if got := document(t, env); !strings.Contains(got, `"ours":`) || !strings.Contains(got, `"count":`) {
		t.Errorf("Port has %s", got)
	}

	declared := valid(`"delete_actions": true, "relations": {"ours": {"target": "target"}, "theirs": {"target": "target"}}`)
	session.Apply(declared)
	session.Apply(valid(""))
	if relations := relationsOf(t, env); len(relations) != 0 {
		t.Errorf("after it was declared and removed again Port has %v", relations)
	}
}
