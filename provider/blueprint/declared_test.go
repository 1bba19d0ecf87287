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

// withOthers applies relations and aggregation properties, and has others declare
// more of them.
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

func TestBlueprint_relationsTakenOut(t *testing.T) {
	t.Parallel()
	env, session := withOthers(t)
	want := []string{"aggregation_properties.count", "relations.ours"}
	if changed := session.Changes(valid("")); !slices.Equal(topLevel(changed, want), want) {
		t.Errorf("the plan changes %v, want %v", changed, want)
	}
	expectWarnings(t, session, `Relations Will Be Deleted: relations is no longer configured. Applying this deletes what this resource declared, "ours"`)

	session.Apply(valid(""))
	if got := document(t, env); strings.Contains(got, `"ours"`) || strings.Contains(got, `"count":`) || !strings.Contains(got, `"theirs":`) || !strings.Contains(got, `"theirCount":`) {
		t.Errorf("Port has %s", got)
	}
	expectQuiet(t, session, "after the removal", valid(""))
	expectWarnings(t, session)

	// A relation that somebody declares under the same key is theirs now.
	change(t, env, func(b *port.Blueprint) { b.Relations["ours"] = port.Relation{Target: "target"} })
	expectQuiet(t, session, "after somebody declared it again", valid(""))
	session.Apply(valid(`"description": "d"`))
	if relations := relationsOf(t, env); len(relations) != 2 {
		t.Errorf("an update left %v", relations)
	}
}

// TestBlueprint_allRelationsTakenOut leaves nothing behind that would hold the
// target.
func TestBlueprint_allRelationsTakenOut(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(`"relations": {"ours": {"target": "target"}}`))
	session.Apply(valid(""))
	expectQuiet(t, session, "after the removal", valid(""))
	if err := env.Client.Blueprints.Delete(t.Context(), "target", port.DeleteBlueprintOptions{}); err != nil {
		t.Error(err)
	}
}

// TestBlueprint_nothingIsDeclaredAfterAnImport keeps what an import found, until
// an apply has declared it.
func TestBlueprint_nothingIsDeclaredAfterAnImport(t *testing.T) {
	t.Parallel()
	env, _ := withOthers(t)
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	expectQuiet(t, session, "after the import", valid(""))
	expectWarnings(t, session)
	session.Apply(valid(`"description": "d"`))
	if got := document(t, env); !strings.Contains(got, `"ours":`) || !strings.Contains(got, `"count":`) {
		t.Errorf("Port has %s", got)
	}

	declared := valid(`"delete_actions": true, "relations": {"ours": {"target": "target"}, "theirs": {"target": "target"}}`)
	session.Apply(declared)
	session.Apply(valid(""))
	if relations := relationsOf(t, env); len(relations) != 0 {
		t.Errorf("after it was declared and taken out again Port has %v", relations)
	}
}
