package catalog

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// aggregation is an aggregation property: a number over the entities of a target blueprint that are
// related to the entity.
type aggregation struct {
	target        string
	query         *query.Query
	path          *query.Path // nil: related in any way
	function      string
	property      string // empty when entities are counted
	averageOf     string
	measureTimeBy string
}

// readAggregation reads an aggregation property whose shape is already validated.
func readAggregation(where string, body *document.Object) (*aggregation, error) {
	spec := body.Object("calculationSpec")
	a := &aggregation{
		target:        body.Text("target"),
		function:      spec.Text("func"),
		property:      spec.Text("property"),
		averageOf:     spec.Text("averageOf"),
		measureTimeBy: spec.Text("measureTimeBy"),
	}
	if rules := body.Object("query"); rules != nil {
		q, err := query.Parse(where+"/query", rules, query.Everywhere)
		if err != nil {
			return nil, refuse(Invalid, "%s", err)
		}
		a.query = q
	}
	a.path = readPathFilter(body.List("pathFilter"))
	return a, nil
}

// readPathFilter reads the path of a filter, which may have only one.
func readPathFilter(filter []any) *query.Path {
	if len(filter) == 0 {
		return nil
	}
	body, _ := filter[0].(*document.Object)
	path := &query.Path{From: body.Text("fromBlueprint")}
	for _, item := range body.List("path") {
		name, _ := item.(string)
		path.Steps = append(path.Steps, query.Step{Relation: name, Hops: 1})
	}
	return path
}

// aggregate computes the value for one entity. [?aggregation-time] Port computes it periodically;
// here it is always up to date.
func (v *viewer) aggregate(e *entity, a *aggregation) any {
	related := v.aggregated(e, a)
	if a.property == "" {
		return a.count(related, v.now())
	}
	var values []float64
	for _, r := range related {
		if number, ok := v.value(r, a.property, maxDepth-1).(json.Number); ok {
			if value, err := number.Float64(); err == nil {
				values = append(values, value)
			}
		}
	}
	return a.combine(values, related, v.now())
}

// aggregated returns the entities to aggregate over.
func (v *viewer) aggregated(e *entity, a *aggregation) []*entity {
	b, ok := v.graph.blueprints[a.target]
	if !ok {
		return nil
	}
	isRelated := v.aggregationMatcher(e, a)
	matches := func(query.Record) bool { return true }
	if a.query != nil {
		matches = a.query.Bind(v.graph, v.now())
	}
	var related []*entity
	for _, candidate := range b.order {
		if r := (record{viewer: v, entity: candidate}); isRelated(r) && matches(r) {
			related = append(related, candidate)
		}
	}
	return related
}

// aggregationMatcher selects the entities of the target that belong to e. A path from the blueprint
// of e begins at e; any other begins at the target.
func (v *viewer) aggregationMatcher(e *entity, a *aggregation) query.Matcher {
	self := e.reference()
	if a.path == nil {
		return v.graph.Related(query.RelatedTo{Blueprint: self.blueprint, Identifiers: []string{self.entity}})
	}
	path := *a.path
	path.Identifiers = []string{self.entity}
	if path.From = v.graph.pathStart(e.blueprint, a); path.From != self.blueprint {
		path.From = ""
	}
	return v.graph.Along(path)
}

// pathStart returns the blueprint at which the path of a filter begins. [?path-filter] By default
// that is the target, or the blueprint of the aggregation if only that has the first relation.
func (g *graph) pathStart(own *blueprint, a *aggregation) string {
	has := func(b *blueprint) bool {
		return b != nil && b.definition.relations[a.path.Steps[0].Relation] != nil
	}
	switch {
	case a.path.From != "":
		return a.path.From
	case has(own) && !has(g.blueprints[a.target]):
		return own.definition.identifier
	default:
		return a.target
	}
}

// count is the number of entities, or their average number per period.
func (a *aggregation) count(related []*entity, now time.Time) any {
	if a.function != "average" {
		return json.Number(strconv.Itoa(len(related)))
	}
	return number(float64(len(related)) / a.periods(related, now))
}

// combine applies the function to the values of a property. Without values there is no result.
func (a *aggregation) combine(values []float64, related []*entity, now time.Time) any {
	if len(values) == 0 {
		return nil
	}
	switch a.function {
	case "sum":
		return number(sum(values))
	case "min":
		return number(slices.Min(values))
	case "max":
		return number(slices.Max(values))
	case "median":
		return number(median(values))
	case "average":
		if a.averageOf == "total" {
			return number(sum(values) / float64(len(values)))
		}
		return number(sum(values) / a.periods(related, now))
	default:
		return nil
	}
}

// periods returns how many hours, days, weeks or months have passed since the first of the
// entities, at least one.
func (a *aggregation) periods(related []*entity, now time.Time) float64 {
	length := map[string]time.Duration{
		"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
	}[a.averageOf]
	if length == 0 || len(related) == 0 {
		return 1
	}
	first := now
	for _, e := range related {
		if at := a.measured(e); at.Before(first) {
			first = at
		}
	}
	return max(1, float64(now.Sub(first))/float64(length))
}

// measured returns the time that assigns an entity to a period.
func (a *aggregation) measured(e *entity) time.Time {
	switch a.measureTimeBy {
	case "", "$createdAt":
		return e.createdAt
	case "$updatedAt":
		return e.updatedAt
	default:
		text, _ := e.properties.Value(a.measureTimeBy).(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return e.createdAt
		}
		return at
	}
}

func sum(values []float64) float64 {
	total := 0.0
	for _, value := range values {
		total += value
	}
	return total
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func number(value float64) json.Number {
	return document.RoundNumber(json.Number(strconv.FormatFloat(value, 'g', -1, 64)))
}
