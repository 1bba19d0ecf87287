package catalog

import (
	"slices"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// View controls how entities are returned: the query parameters of the read operations.
type View struct {
	// ExcludeCalculated omits mirror, calculation and aggregation properties.
	ExcludeCalculated bool
	// Include, if not empty, keeps only these keys, and Exclude drops these: "title", "properties",
	// "properties.cpuUtil".
	Include, Exclude []string
	// AttachTitles shows the targets of relations as identifier and title.
	AttachTitles bool
}

// viewer renders the entities of a graph as the API does, with calculated properties.
type viewer struct {
	graph *graph
	now   func() time.Time
}

// render returns the document of an entity as the API returns it.
func (v *viewer) render(e *entity, view View) *document.Object {
	d := document.New().With("identifier", e.identifier)
	e.addOptional(d)
	d.Set("team", v.teams(e))
	d.Set("properties", v.renderProperties(e, view))
	d.Set("relations", v.renderRelations(e, view))
	return view.project(e.addTo(d))
}

// teams returns the teams that own an entity: its own, or under inherited ownership those of the
// entities at the end of the path. It is never nil.
func (v *viewer) teams(e *entity) []any {
	owners := []*entity{e}
	if path := e.blueprint.definition.owner; path != nil {
		owners = v.graph.walk(e, path)
	}
	all := []any{}
	for _, owner := range owners {
		list, _ := owner.team.([]any)
		for _, team := range list {
			if len(owners) == 1 || !slices.Contains(all, team) {
				all = append(all, team)
			}
		}
	}
	return all
}

// renderProperties fills unset properties with null and adds calculated ones.
func (v *viewer) renderProperties(e *entity, view View) *document.Object {
	d := e.blueprint.definition
	filled := e.properties.Clone()
	for _, name := range d.names {
		if !filled.Has(name) {
			filled.Set(name, nil)
		}
	}
	if view.ExcludeCalculated {
		return filled
	}
	for _, name := range d.calculated {
		filled.Set(name, v.calculated(e, name, 0))
	}
	return filled
}

// renderRelations fills unset relations. [?relations-filled] Port fills a single relation with
// null, one with many targets with an empty array.
func (v *viewer) renderRelations(e *entity, view View) *document.Object {
	d := e.blueprint.definition
	filled := e.relations.Clone()
	for _, name := range d.relationKeys {
		r := d.relations[name]
		switch {
		case filled.Has(name):
		case r.many:
			filled.Set(name, []any{})
		default:
			filled.Set(name, nil)
		}
		if view.AttachTitles {
			filled.Set(name, v.withTitles(r, filled.Value(name)))
		}
	}
	return filled
}

// withTitles shows the targets in the value of a relation with their titles.
func (v *viewer) withTitles(r *relation, value any) any {
	switch value := value.(type) {
	case string:
		target := document.New().With("identifier", value)
		if e := v.graph.lookup(reference{blueprint: r.target, entity: value}); e != nil {
			target.Set("title", e.title)
		}
		return target
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = v.withTitles(r, item)
		}
		return list
	default:
		return value
	}
}

// project applies Include and Exclude.
func (v View) project(d *document.Object) *document.Object {
	if len(v.Include) == 0 && len(v.Exclude) == 0 {
		return d
	}
	return v.projectLevel(d, "")
}

// projectLevel projects one object; prefix is the path to its keys.
func (v View) projectLevel(d *document.Object, prefix string) *document.Object {
	projected := document.New()
	for key, value := range d.All() {
		path := prefix + key
		if slices.Contains(v.Exclude, path) || !v.includes(path) {
			continue
		}
		if inner, ok := value.(*document.Object); ok && prefix == "" {
			value = v.projectLevel(inner, path+".")
		}
		projected.Set(key, value)
	}
	return projected
}

// includes reports whether a path, something around it or something in it is listed.
func (v View) includes(path string) bool {
	if len(v.Include) == 0 {
		return true
	}
	return slices.ContainsFunc(v.Include, func(listed string) bool {
		return listed == path || strings.HasPrefix(path, listed+".") || strings.HasPrefix(listed, path+".")
	})
}
