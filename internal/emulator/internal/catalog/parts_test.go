package catalog

import (
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// newBlueprint adds a blueprint with a relation "of" to a target.
func newBlueprint(tb testing.TB, g *graph, identifier, target string) *blueprint {
	tb.Helper()
	relations := document.New()
	if target != "" {
		relations.Set("of", document.New().With("target", target).With("required", false).With("many", true))
	}
	d, err := define(document.New().With("identifier", identifier).With("relations", relations), KeepDestination)
	if err != nil {
		tb.Fatal(err)
	}
	return g.addBlueprint(d, stamp{})
}

// newEntity adds an entity with relations to targets.
func newEntity(g *graph, b *blueprint, identifier string, targets ...string) *entity {
	e := b.newEntity(identifier)
	e.sequence = g.next()
	if len(targets) > 0 {
		e.relations.Set("of", toList(targets))
	}
	b.add(e)
	g.link(e)
	return e
}

func TestGraph(t *testing.T) {
	t.Parallel()
	g := newGraph()
	services, deployments := newBlueprint(t, g, "service", ""), newBlueprint(t, g, "deployment", "service")
	cart := newEntity(g, services, "cart")
	newEntity(g, services, "order")
	first, second := newEntity(g, deployments, "first", "cart"), newEntity(g, deployments, "second", "cart", "order")

	if got := g.sourcesOf(cart.reference()); len(got) != 2 || got[0] != first || got[1] != second {
		t.Errorf("the sources are %v", got)
	}
	if got := g.walk(second, []query.Step{{Relation: "of", Hops: 1}}); len(got) != 2 || got[0] != cart {
		t.Errorf("the path leads to %v", got)
	}
	if got := g.withDependents([]*entity{cart}); len(got) != 3 || got[0] != cart {
		t.Errorf("with its dependents: %v", got)
	}
	isRelated := g.Related(query.RelatedTo{Blueprint: "deployment", Identifiers: []string{"first"}})
	if !isRelated(record{entity: cart}) || isRelated(record{entity: second}) {
		t.Error("only cart should be upstream of first")
	}
	g.unlink(first)
	g.followRename(cart.reference(), "trolley")
	if got := g.lookup(second.reference()).relations.List("of"); got[0] != "trolley" || got[1] != "order" {
		t.Errorf("the relation leads to %v", got)
	}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 15, 16, 44, 56, 0, time.UTC)
	var run []string
	ms := &migrations{stamper: stamper{clock: func() time.Time { return now }, actor: "somebody"}, lag: time.Minute}
	start := func(source string, err error) string {
		return ms.start(&migration{source: source, run: func() error {
			run = append(run, source)
			return err
		}})
	}
	start("first", nil)
	now = now.Add(time.Second)
	failing := start("second", refuse(NotFound, "nothing exists"))
	now = now.Add(time.Minute - time.Second)
	ms.settle()
	if len(run) != 1 || run[0] != "first" || ms.due() {
		t.Errorf("after a minute %v has run", run)
	}
	now = now.Add(time.Second)
	ms.settle()
	m, err := ms.find(failing)
	if err != nil || m.status != Failed || m.reason != "nothing exists" || m.updatedBy != "somebody" {
		t.Errorf("the second one is %+v, %v", m, err)
	}
	if _, err := ms.find("absent"); err == nil {
		t.Error("found a migration that does not exist")
	}
}

func TestNotifier(t *testing.T) {
	t.Parallel()
	var got []Change
	n := notifier{report: func(c Change) { got = append(got, c) }, cause: Cause{Chain: 2}}
	n.blueprint(Delete, document.New(), nil, time.Time{}, &definition{identifier: "b", webhook: "https://hook.example.com"})
	if len(got) != 1 || got[0].Blueprint != "b" || got[0].Cause.Origin() != "AUTOMATION" || got[0].Webhook == "" {
		t.Errorf("reported %+v", got)
	}
	(&notifier{}).notify(Change{}) // Without anybody to report to it does nothing.
}
