package catalog

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// checkIdentifier refuses a rename to an identifier that is taken.
func (w *entityWrite) checkIdentifier() error {
	holder, taken := w.blueprint.entities[w.draft.identifier]
	if taken && holder != w.existing {
		return refuse(Taken, "Entity with identifier %q of blueprint %q already exists", w.draft.identifier, w.blueprint.definition.identifier)
	}
	return nil
}

// resolveTeam replaces a query for teams with its result.
func (w *entityWrite) resolveTeam() error {
	rules, ok := w.draft.team.(*document.Object)
	if !ok {
		return nil
	}
	matches, err := w.catalog.viewer.resolve(teamBlueprint, "body/team", rules)
	if err != nil {
		return err
	}
	w.draft.team = toList(matches)
	return nil
}

// checkProperties validates the values against the blueprint.
func (w *entityWrite) checkProperties() error {
	d := w.blueprint.definition
	for name, value := range w.draft.properties.All() {
		p, ok := d.properties[name]
		if !ok {
			return w.unknownProperty(name)
		}
		if violation := p.schema.Validate("body/properties/"+name, value); violation != nil {
			return refuseProperty(Invalid, name, "%s", violation)
		}
	}
	for _, name := range d.required {
		if !w.draft.properties.Has(name) {
			return refuseProperty(Invalid, name, "body/properties must have required property '%s'", name)
		}
	}
	return nil
}

func (w *entityWrite) unknownProperty(name string) error {
	if slices.Contains(w.blueprint.definition.calculated, name) {
		return refuseProperty(Invalid, name, "body/properties must NOT have additional properties: '%s' is calculated", name)
	}
	return refuseProperty(Invalid, name, "body/properties must NOT have additional properties: '%s' is not defined by blueprint %q",
		name, w.blueprint.definition.identifier)
}

// checkRelations validates the relations against the blueprint and their targets against the
// catalog, and replaces queries with their results.
func (w *entityWrite) checkRelations() error {
	d := w.blueprint.definition
	resolved := document.New()
	for name, value := range w.draft.relations.All() {
		r, ok := d.relations[name]
		if !ok {
			return refuse(Invalid, "body/relations must NOT have additional properties: '%s' is not a relation of blueprint %q", name, d.identifier)
		}
		target, err := w.resolveRelation(name, r, value)
		if err != nil {
			return err
		}
		if target != nil {
			resolved.Set(name, target)
		}
	}
	w.draft.relations = resolved
	for _, name := range d.relationKeys {
		if value := resolved.Value(name); d.relations[name].required && len(identifiers(value)) == 0 {
			return refuse(Invalid, "body/relations must have required relation '%s'", name)
		}
	}
	return nil
}

func (w *entityWrite) resolveRelation(name string, r *relation, value any) (any, error) {
	where := "body/relations/" + name
	if rules, ok := value.(*document.Object); ok {
		matches, err := w.catalog.viewer.resolve(r.target, where, rules)
		if err != nil {
			return nil, err
		}
		return r.pick(where, matches)
	}
	if _, single := value.(string); single == r.many {
		if r.many {
			return nil, refuse(Invalid, "%s must be array: the relation has many targets", where)
		}
		return nil, refuse(Invalid, "%s must be string: the relation has a single target", where)
	}
	for _, identifier := range identifiers(value) {
		if err := w.checkTarget(where, reference{blueprint: r.target, entity: identifier}); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// pick turns the result of a query into the value of the relation.
func (r *relation) pick(where string, matches []string) (any, error) {
	switch {
	case r.many:
		return toList(matches), nil
	case len(matches) == 0:
		return nil, nil
	case len(matches) == 1:
		return matches[0], nil
	default:
		return nil, refuse(Invalid, "%s must find one entity, it found %d", where, len(matches))
	}
}

// checkTarget requires the target of a relation to exist. An entity may relate to itself, even if
// it is new. [?missing-target] The error code is assumed.
func (w *entityWrite) checkTarget(where string, target reference) error {
	if w.catalog.graph.lookup(target) != nil || target == w.draft.reference() {
		return nil
	}
	if w.options.CreateMissing {
		w.missing = append(w.missing, target)
		return nil
	}
	return refuse(Invalid, "%s must be an existing entity, %q of blueprint %q was not found", where, target.entity, target.blueprint)
}

// identifiers returns the targets in the value of a relation.
func identifiers(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		all := make([]string, 0, len(value))
		for _, item := range value {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	default:
		return nil
	}
}

func toList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
