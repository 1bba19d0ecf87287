package blueprint_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// inlineUses declares the relation of [relation] in the blueprint, next to one that stays there.
const inlineUses = `"relations": {"uses": {"target": "target", "title": "Uses"}, "stays": {"target": "target"}},
	"mirror_properties": {"size": {"path": "uses.size"}, "name": {"path": "uses.name"}}`

// newInline returns a session with a blueprint that declares everything itself, and an entity that
// uses the relation.
func newInline(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env, _ := newRelations(t)
	if err := env.Client.Blueprints.Delete(t.Context(), "service", port.DeleteBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(inlineUses + `, "aggregation_properties": {` + plainCount + `}`))
	createRelated(t, env)
	return env, session
}

// createRelated creates an entity of the service that relates to one of the target.
func createRelated(t *testing.T, env *acctest.Environment) {
	t.Helper()
	for _, entity := range []*port.Entity{
		{Blueprint: "target", Identifier: "t"},
		{Blueprint: "service", Identifier: "s", Relations: map[string]any{"uses": "t"}},
	} {
		if _, err := env.Client.Entities.Create(t.Context(), entity.Blueprint, entity, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// expectRelated checks the related entities of the entity.
func expectRelated(t *testing.T, env *acctest.Environment, relation string) {
	t.Helper()
	entity, err := env.Client.Entities.Get(t.Context(), "service", "s", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if entity.Relations[relation] != "t" {
		t.Errorf("the entity relates to %v", entity.Relations)
	}
}

// TestHandover_keepsValues moves a relation with its mirror properties, and aggregation properties,
// from the blueprint to their own resources in one run.
func TestHandover_keepsValues(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{
		"some stay": `"relations_mode": "declared", "aggregation_properties_mode": "declared", "relations": {"stays": {"target": "target"}}`,
		"all go":    `"relations_mode": "declared", "aggregation_properties_mode": "declared"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newInline(t)
			session = env.Restart(t, session)
			apart, counted := session.Sibling("port_blueprint_relation"), session.Sibling("port_aggregation_properties")
			ofOwn := relation(`"title": "Changed", "mirror_properties": {"size": {"path": "uses.size", "title": "Size"}}`)
			countedAfter := aggregations(strings.Replace(plainCount, `"Count"`, `"Number"`, 1))
			if diagnostics := session.Plan(valid(after)); !containsText(diagnostics, "Relations Left to Others") || containsText(diagnostics, "Will Be Deleted") {
				t.Errorf("the plan reports %v", diagnostics)
			}
			if diagnostics := apart.Plan(ofOwn); len(diagnostics) > 0 {
				t.Errorf("the plan of the relation says %v", diagnostics)
			}
			session.Apply(valid(after))
			apart.Apply(ofOwn)
			counted.Apply(countedAfter)
			expectRelated(t, env, "uses")
			expectEmptyPlan(t, session, "the blueprint, after the handover,", valid(after))
			expectEmptyPlan(t, apart, "the relation, after the handover,", ofOwn)
			expectEmptyPlan(t, counted, "the aggregation properties, after the handover,", countedAfter)
			if got := serviceAt(t, env); len(got.MirrorProperties) != 1 || len(got.Relations) != 2 || len(got.AggregationProperties) != 1 {
				t.Errorf("Port has %v, %v and %v", got.Relations, got.MirrorProperties, got.AggregationProperties)
			}
			session.Apply(valid(after + `, "description": "later"`))
			expectRelated(t, env, "uses")
		})
	}
}

// TestHandover_isExplicit checks that without the mode, a plan that would delete the relation and
// create it again fails, whichever resource is planned first.
func TestHandover_isExplicit(t *testing.T) {
	t.Parallel()
	const want = "To keep it, set relations_mode"
	for name, after := range map[string]string{"omitted": "", "authoritative": `"relations": {"stays": {"target": "target"}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newInline(t)
			apart := session.Sibling("port_blueprint_relation")
			session.Plan(valid(after))
			if diagnostics := apart.TryApply(relation("")); !containsText(diagnostics, "ERROR") || name == "omitted" && !containsText(diagnostics, want) {
				t.Errorf("the relation: %v", diagnostics)
			}
			session = env.Restart(t, session)
			session.Sibling("port_blueprint_relation").Plan(relation(""))
			if diagnostics := session.TryApply(valid(after)); !containsText(diagnostics, "ERROR") || name == "omitted" && !containsText(diagnostics, want) {
				t.Errorf("the blueprint: %v", diagnostics)
			}
			expectRelated(t, env, "uses")
		})
	}
}

// TestHandover_afterTheMode checks the handover if the mode is already set: removing the relation
// from the map would delete it, so the blueprint is removed from the state and imported again.
func TestHandover_afterTheMode(t *testing.T) {
	t.Parallel()
	env, session := newInline(t)
	const before = `"relations_mode": "declared", ` + inlineUses
	const after = `"relations_mode": "declared", "relations": {"stays": {"target": "target"}}`
	session.Apply(valid(before))
	session.Plan(valid(after))
	if diagnostics := session.Sibling("port_blueprint_relation").TryApply(relation("")); !containsText(diagnostics, "terraform state rm and import it again with terraform import") {
		t.Errorf("got %v", diagnostics)
	}
	imported := env.NewSession(t, "port_blueprint")
	imported.Import("service")
	apart := imported.Sibling("port_blueprint_relation")
	imported.Apply(valid(after))
	apart.Apply(relation(""))
	expectRelated(t, env, "uses")
	expectEmptyPlan(t, imported, "the blueprint, after the handover,", valid(after))
	expectEmptyPlan(t, apart, "the relation, after the handover,", relation(""))
}

// TestHandover_takesNothingElse checks that a relation that the blueprint did not declare is not
// taken over.
func TestHandover_takesNothingElse(t *testing.T) {
	t.Parallel()
	env, session := newInline(t)
	session = env.Restart(t, session)
	change(t, env, func(b *port.Blueprint) { b.Relations["theirs"] = port.Relation{Target: "target"} })
	session.Plan(valid(`"relations_mode": "declared"`))
	session.Apply(valid(`"relations_mode": "declared"`))
	if diagnostics := session.Sibling("port_blueprint_relation").TryApply(strings.Replace(relation(""), "uses", "theirs", 1)); !containsText(diagnostics, "terraform import port_blueprint_relation") {
		t.Errorf("got %v", diagnostics)
	}
}

// TestHandover_inOneApply runs the handover with the CLI, which plans and applies in separate
// processes.
func TestHandover_inOneApply(t *testing.T) {
	t.Parallel()
	const target = `
		resource "port_blueprint" "target" {
			identifier = "target"
			title      = "Target"
		}
		resource "port_blueprint" "service" {
			identifier = "service"
			title      = "Service"
			`
	const before = target + `relations = { uses = { target = port_blueprint.target.identifier } }
		}`
	const after = target + `relations_mode = "declared"
		}
		resource "port_blueprint_relation" "uses" {
			blueprint  = port_blueprint.service.identifier
			identifier = "uses"
			target     = port_blueprint.target.identifier
			title      = "Uses"
		}`
	env := acctest.NewEmulated(t)
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: before},
		{Config: after, PreConfig: func() { createRelated(t, env) }},
		{Config: after, ConfigPlanChecks: acctest.NoChanges(), Check: func(*terraform.State) error {
			expectRelated(t, env, "uses")
			for _, blueprint := range []string{"service", "target"} {
				if err := env.Client.Entities.Delete(t.Context(), blueprint, blueprint[:1], port.DeleteEntityOptions{}); err != nil {
					return err
				}
			}
			return nil
		}},
	}})
}
