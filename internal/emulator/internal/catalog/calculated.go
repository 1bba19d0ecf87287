package catalog

import (
	"iter"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// maxDepth is the maximum depth of calculated properties that depend on each other: mirrors can
// form a cycle.
const maxDepth = 4

// calculated returns the value of a mirror, calculation or aggregation property; nil if it has
// none.
func (v *viewer) calculated(e *entity, name string, depth int) any {
	if depth >= maxDepth {
		return nil
	}
	d := e.blueprint.definition
	if path, ok := d.mirrors[name]; ok {
		return v.mirrored(e, path, depth)
	}
	if program, ok := d.calculations[name]; ok {
		if program == nil {
			return nil
		}
		value, _ := program.First(v.calculationInput(e, depth))
		return value
	}
	if a, ok := d.aggregations[name]; ok {
		return v.aggregate(e, a)
	}
	return nil
}

// mirrorValues returns the values of all mirror properties of an entity.
func (v *viewer) mirrorValues(e *entity) *document.Object {
	values := document.New()
	for _, name := range e.blueprint.definition.calculated {
		if path, ok := e.blueprint.definition.mirrors[name]; ok {
			values.Set(name, v.mirrored(e, path, 0))
		}
	}
	return values
}

// calculationInput is the input of a calculation: the entity with its mirror properties, without
// other calculations.
func (v *viewer) calculationInput(e *entity, depth int) *document.Object {
	input := v.render(e, View{ExcludeCalculated: true})
	properties := input.Object("properties").Clone()
	for name, path := range e.blueprint.definition.mirrors {
		properties.Set(name, v.mirrored(e, path, depth+1))
	}
	return input.With("properties", properties)
}

// mirrored follows a path of relations to a property at its end. Over a relation with many targets
// the value is an array.
func (v *viewer) mirrored(e *entity, path []string, depth int) any {
	if len(path) == 1 {
		return v.value(e, path[0], depth+1)
	}
	r, ok := e.blueprint.definition.relations[path[0]]
	if !ok {
		return nil
	}
	values := []any{}
	for _, identifier := range identifiers(e.relations.Value(path[0])) {
		target := v.graph.lookup(reference{blueprint: r.target, entity: identifier})
		if target == nil {
			continue
		}
		value := v.mirrored(target, path[1:], depth)
		if !r.many {
			return value
		}
		values = appendValue(values, value)
	}
	if !r.many {
		return nil
	}
	return values
}

// appendValue flattens: a path over two relations with many targets yields one array.
func appendValue(values []any, value any) []any {
	switch value := value.(type) {
	case nil:
		return values
	case []any:
		return append(values, value...)
	default:
		return append(values, value)
	}
}

// value returns a property or a meta-property of an entity.
func (v *viewer) value(e *entity, name string, depth int) any {
	if name == "$team" {
		return v.teams(e)
	}
	if strings.HasPrefix(name, "$") {
		return e.meta(name)
	}
	if value, ok := e.properties.Get(name); ok {
		return value
	}
	return v.calculated(e, name, depth)
}

// meta returns a meta-property.
func (e *entity) meta(name string) any {
	switch name {
	case "$identifier":
		return e.identifier
	case "$title":
		return e.title
	case "$icon":
		return e.icon
	case "$blueprint":
		return e.blueprint.definition.identifier
	case "$createdAt":
		return document.Instant(e.createdAt)
	case "$updatedAt":
		return document.Instant(e.updatedAt)
	case "$createdBy":
		return e.createdBy
	case "$updatedBy":
		return e.updatedBy
	case "$datasource":
		return e.source
	default:
		return nil
	}
}

// record is an entity as a query sees it.
type record struct {
	viewer *viewer
	entity *entity
}

// Property implements query.Record.
func (r record) Property(name string) any {
	value := r.viewer.value(r.entity, name, 0)
	if list, ok := value.([]any); ok && name == "$team" && len(list) == 0 {
		return nil
	}
	return value
}

// Relation implements query.Record.
func (r record) Relation(name, targetProperty string) []any {
	definition, ok := r.entity.blueprint.definition.relations[name]
	if !ok {
		return nil
	}
	var targets []any
	for _, identifier := range identifiers(r.entity.relations.Value(name)) {
		target := r.viewer.graph.lookup(reference{blueprint: definition.target, entity: identifier})
		if target == nil {
			continue
		}
		targets = append(targets, target.meta(targetProperty))
	}
	return targets
}

// Kinds implements query.Record.
func (r record) Kinds() iter.Seq2[string, query.Kind] {
	return func(yield func(string, query.Kind) bool) {
		for name, p := range r.entity.blueprint.definition.properties {
			if !yield(name, p.kind) {
				return
			}
		}
	}
}
