package query

import (
	"iter"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// Record is an entity for the evaluation of rules.
type Record interface {
	// Property returns the value of a property or of a meta-property such as $identifier; nil if it
	// has none.
	Property(name string) any
	// Relation returns the targets of a relation by target property, which is $identifier or
	// $title.
	Relation(name, targetProperty string) []any
	// Kinds yields the properties of the entity's blueprint with their kinds.
	Kinds() iter.Seq2[string, Kind]
}

// Graph evaluates the rules that follow relations between entities.
type Graph interface {
	// Related returns a matcher for entities that are related, directly or transitively, to one of
	// the rule's entities.
	Related(rule RelatedTo) Matcher
	// Along returns a matcher for entities that a path of relations connects with one of the
	// rule's.
	Along(rule Path) Matcher
}

// RelatedTo is a relatedTo rule.
type RelatedTo struct {
	Blueprint   string
	Identifiers []string
	// Direction is "upstream" (what the entities depend on), "downstream" (what depends on them) or
	// empty (both).
	Direction string
	// Required, if set, follows only relations that are required, or that are not.
	Required *bool
}

// Path is a matchAny rule over a path of relations.
type Path struct {
	Steps []Step
	// From is the blueprint at which the path begins. If empty, the path begins at the matched
	// entity and ends at one of Identifiers; otherwise it is the other way round.
	From        string
	Identifiers []string
}

// Relations returns the names of the relations that the path follows.
func (p Path) Relations() []string {
	names := make([]string, len(p.Steps))
	for i, step := range p.Steps {
		names[i] = step.Relation
	}
	return names
}

// Step follows one relation, up to Hops times.
type Step struct {
	Relation string
	Hops     int
	// Variable means that every entity on the path counts, not only the last.
	Variable bool
}

// Kind is the part of a property's schema that a propertySchema rule can match.
type Kind struct{ Type, Format, ItemsType, ItemsFormat string }

// KindOf reads the kind of a property from its definition.
func KindOf(definition *document.Object) Kind {
	items := definition.Object("items")
	return Kind{
		Type: definition.Text("type"), Format: definition.Text("format"),
		ItemsType: items.Text("type"), ItemsFormat: items.Text("format"),
	}
}

// covers reports whether the rule matches a property of the other kind; omitted keys match
// everything.
func (k Kind) covers(other Kind) bool {
	return k.Type == other.Type &&
		(k.Format == "" || k.Format == other.Format) &&
		(k.ItemsType == "" || k.ItemsType == other.ItemsType) &&
		(k.ItemsFormat == "" || k.ItemsFormat == other.ItemsFormat)
}

// Matcher reports whether a record matches.
type Matcher func(Record) bool

// Query is a validated query.
type Query struct{ root group }

// Bind prepares the query for a run over many records: whatever does not depend on the record is
// computed once. Presets such as today are relative to now.
func (q *Query) Bind(graph Graph, now time.Time) Matcher {
	return q.root.bind(environment{graph: graph, now: now.UTC()})
}

// Only returns the values of a meta-property that a matching record must have, and whether the
// query restricts it at all. It lets a search use an index; the query must still be evaluated.
func (q *Query) Only(property string) ([]string, bool) { return q.root.only(property) }

// environment is the context of a query run.
type environment struct {
	graph Graph
	now   time.Time
}

// rule is one rule, or a group of them.
type rule interface {
	bind(environment) Matcher
	only(property string) ([]string, bool)
}

// group is a list of rules under and/or.
type group struct {
	or    bool
	rules []rule
}

// bind makes a group without rules match everything.
func (g group) bind(env environment) Matcher {
	matchers := make([]Matcher, len(g.rules))
	for i, r := range g.rules {
		matchers[i] = r.bind(env)
	}
	return func(record Record) bool {
		for _, matches := range matchers {
			if matches(record) == g.or {
				return g.or
			}
		}
		return !g.or || len(matchers) == 0
	}
}

func (g group) only(property string) ([]string, bool) {
	if g.or {
		return g.any(property)
	}
	for _, r := range g.rules {
		if values, ok := r.only(property); ok {
			return values, true
		}
	}
	return nil, false
}

// any returns the union of the allowed values, if every rule restricts the property.
func (g group) any(property string) (all []string, restricted bool) {
	for _, r := range g.rules {
		values, ok := r.only(property)
		if !ok {
			return nil, false
		}
		all = append(all, values...)
	}
	return all, len(g.rules) > 0
}

// unrestricted is embedded by rules that cannot use an index.
type unrestricted struct{}

func (unrestricted) only(string) ([]string, bool) { return nil, false }
