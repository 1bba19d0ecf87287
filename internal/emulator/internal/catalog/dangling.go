package catalog

import (
	"cmp"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// withoutDangling returns a blueprint without dangling paths: Port silently drops an inherited
// ownership, and the path filter of an aggregation, if a relation or a blueprint on the path does
// not exist yet. current is the identifier of a blueprint that is being changed.
func (g *graph) withoutDangling(body *document.Object, current string) *document.Object {
	own := ownRelations{graph: g, body: body, current: current}
	remaining := body
	if ownership := body.Object("ownership"); ownership.Text("type") == inherited &&
		!own.leads(own.identifier(), strings.Split(ownership.Text("path"), ".")) {
		remaining = remaining.Clone()
		remaining.Delete("ownership")
	}
	for key, value := range body.Object("aggregationProperties").All() {
		aggregation, _ := value.(*document.Object)
		path := readPathFilter(aggregation.List("pathFilter"))
		if path == nil {
			continue
		}
		if !own.leads(cmp.Or(path.From, aggregation.Text("target")), path.Relations()) &&
			(path.From != "" || !own.leads(own.identifier(), path.Relations())) {
			reduced := aggregation.Clone()
			reduced.Delete("pathFilter")
			remaining = remaining.Updated(reduced, "aggregationProperties", key)
		}
	}
	return remaining
}

// ownRelations follows relations in the graph as it will be after a blueprint is written.
type ownRelations struct {
	graph   *graph
	body    *document.Object
	current string
}

func (o ownRelations) identifier() string { return o.body.Text("identifier") }

// leads reports whether each step is a relation of the blueprint that the previous step leads to.
func (o ownRelations) leads(blueprint string, steps []string) bool {
	for _, step := range steps {
		if blueprint = o.target(blueprint, step); blueprint == "" {
			return false
		}
	}
	return true
}

// target returns the target of a relation, "" if there is no such relation.
func (o ownRelations) target(blueprint, relation string) string {
	if blueprint == o.identifier() || blueprint == o.current {
		return o.body.Object("relations").Object(relation).Text("target")
	}
	b, ok := o.graph.blueprints[blueprint]
	if !ok {
		return ""
	}
	if r, ok := b.definition.relations[relation]; ok {
		return r.target
	}
	return ""
}
