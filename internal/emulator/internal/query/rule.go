package query

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// comparison compares a property with a value.
type comparison struct {
	property string
	operator operator
	value    any
	// contextual is set if a side of the comparison is a property of the current user. A machine
	// has none, so that side is null.
	contextualProperty, contextualValue bool
}

func (r comparison) bind(env environment) Matcher {
	value := r.value
	if r.contextualValue {
		value = nil
	}
	compare := r.operator.prepare(value, env)
	if r.contextualProperty {
		result := compare(nil)
		return func(Record) bool { return result }
	}
	return func(record Record) bool { return compare(record.Property(r.property)) }
}

func (r comparison) only(property string) ([]string, bool) {
	if r.property != property || r.contextualProperty || r.contextualValue {
		return nil, false
	}
	switch r.operator.name {
	case "=", "in":
		return texts(r.value)
	default:
		return nil, false
	}
}

// texts returns the strings in a value; false if there is anything else.
func texts(value any) ([]string, bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		all := make([]string, len(value))
		for i, item := range value {
			text, ok := item.(string)
			if !ok {
				return nil, false
			}
			all[i] = text
		}
		return all, true
	default:
		return nil, false
	}
}

// relationRule compares the targets of a relation. It matches if one target does; a negative
// operator matches if none does.
type relationRule struct {
	unrestricted
	relation, targetProperty string
	operator                 operator
	value                    any
}

func (r relationRule) bind(env environment) Matcher {
	compare := r.operator.positive(r.value, env)
	return func(record Record) bool {
		return r.matches(record.Relation(r.relation, r.targetProperty), compare) != r.operator.negative
	}
}

func (r relationRule) matches(targets []any, compare func(any) bool) bool {
	if len(targets) == 0 {
		return compare(nil)
	}
	return slices.ContainsFunc(targets, compare)
}

// scorecardRule compares the level of a scorecard, which no entity of the emulator has.
type scorecardRule struct {
	unrestricted
	operator operator
	value    any
}

func (r scorecardRule) bind(env environment) Matcher {
	result := r.operator.prepare(r.value, env)(nil)
	return func(Record) bool { return result }
}

// schemaRule matches if one property of the selected kind does.
type schemaRule struct {
	unrestricted
	kind     Kind
	operator operator
	value    any
}

func (r schemaRule) bind(env environment) Matcher {
	compare := r.operator.prepare(r.value, env)
	return func(record Record) bool {
		for name, kind := range record.Kinds() {
			if r.kind.covers(kind) && compare(record.Property(name)) {
				return true
			}
		}
		return false
	}
}

// relatedRule is a relatedTo rule.
type relatedRule struct {
	unrestricted
	rule RelatedTo
}

func (r relatedRule) bind(env environment) Matcher { return env.graph.Related(r.rule) }

// pathRule is a matchAny rule over a path of relations.
type pathRule struct {
	unrestricted
	path Path
}

func (r pathRule) bind(env environment) Matcher { return env.graph.Along(r.path) }

// isContext reports whether an operand is a property of the current user.
func isContext(value any) bool {
	object, ok := value.(*document.Object)
	return ok && object.Has("context")
}
