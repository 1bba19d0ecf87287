package port

import "encoding/json"

// Blueprint is the schema of a kind of entity: its properties and its relations to other
// blueprints.
//
// Optional keys are pointers, maps and slices: nil is absent (or null in a response, which Port
// treats alike), while an empty string, map or list is written and read as such. Keys without a
// field are kept in Extra, here and in every nested struct, and are written back with the
// blueprint. encoding/json alone would omit them from a nested struct.
type Blueprint struct {
	// Identifier is at most 100 characters of [\p{L}0-9@_.+:\\/-], and neither "." nor "..".
	Identifier  string  `json:"identifier"`
	Title       string  `json:"title"`
	Description *string `json:"description,omitzero"`
	Icon        *string `json:"icon,omitzero"`
	Schema      Schema  `json:"schema"`

	MirrorProperties      map[string]MirrorProperty      `json:"mirrorProperties,omitzero"`
	CalculationProperties map[string]CalculationProperty `json:"calculationProperties,omitzero"`
	AggregationProperties map[string]AggregationProperty `json:"aggregationProperties,omitzero"`
	Relations             map[string]Relation            `json:"relations,omitzero"`

	// ChangelogDestination was removed from Port's production on 2026-07-13: a response may lack
	// what was written.
	ChangelogDestination *ChangelogDestination `json:"changelogDestination,omitzero"`
	Ownership            *Ownership            `json:"ownership,omitzero"`
	// TeamInheritance is the predecessor of Ownership.
	TeamInheritance *TeamInheritance `json:"teamInheritance,omitzero"`
	// IncludeInGlobalSearch says whether the portal's search shows entities of this blueprint.
	IncludeInGlobalSearch *bool `json:"includeInGlobalSearch,omitzero"`

	// CreatedAt, CreatedBy, UpdatedAt and UpdatedBy are set by Port and never sent; times are as
	// Port wrote them.
	CreatedAt string `json:"createdAt,omitzero"`
	CreatedBy string `json:"createdBy,omitzero"`
	UpdatedAt string `json:"updatedAt,omitzero"`
	UpdatedBy string `json:"updatedBy,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON implements [encoding/json.Marshaler].
func (b Blueprint) MarshalJSON() ([]byte, error) { return encodeObject(b) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (b *Blueprint) UnmarshalJSON(data []byte) error {
	*b = Blueprint{}
	return decodeObject(data, b)
}

// Schema contains the properties of a blueprint and the keys of the required ones.
type Schema struct {
	Properties map[string]Property        `json:"properties"`
	Required   []string                   `json:"required,omitzero"`
	Extra      map[string]json.RawMessage `json:"-"`
}

// MirrorProperty shows the property of a related entity. Path starts with a relation:
// "environment.cluster.region".
type MirrorProperty struct {
	Path  string                     `json:"path"`
	Title *string                    `json:"title,omitzero"`
	Extra map[string]json.RawMessage `json:"-"`
}

// CalculationProperty is computed from an entity with the JQ expression in Calculation.
type CalculationProperty struct {
	Calculation        string                     `json:"calculation"`
	Type               string                     `json:"type"`
	Title              *string                    `json:"title,omitzero"`
	Description        *string                    `json:"description,omitzero"`
	Icon               *string                    `json:"icon,omitzero"`
	Format             *string                    `json:"format,omitzero"`
	DateFormat         *string                    `json:"dateFormat,omitzero"`
	Spec               *string                    `json:"spec,omitzero"`
	SpecAuthentication *SpecAuthentication        `json:"specAuthentication,omitzero"`
	Colorized          *bool                      `json:"colorized,omitzero"`
	Colors             map[string]string          `json:"colors,omitzero"`
	Items              *Items                     `json:"items,omitzero"`
	Extra              map[string]json.RawMessage `json:"-"`
}

// AggregationProperty is computed over the entities of the blueprint Target that are related to an
// entity.
type AggregationProperty struct {
	Title       string  `json:"title"`
	Target      string  `json:"target"`
	Description *string `json:"description,omitzero"`
	Icon        *string `json:"icon,omitzero"`
	// Type is always "number" so far.
	Type            *string         `json:"type,omitzero"`
	CalculationSpec CalculationSpec `json:"calculationSpec"`
	// Query filters the entities. It is a query of the search API, kept as written.
	Query      json.RawMessage            `json:"query,omitzero"`
	PathFilter []PathFilter               `json:"pathFilter,omitzero"`
	Extra      map[string]json.RawMessage `json:"-"`
}

// CalculationSpec says how an aggregation counts: Func is count, average, sum, min, max or median,
// CalculationBy is entities or property, and AverageOf is hour, day, week, month or total.
type CalculationSpec struct {
	Func          string                     `json:"func"`
	CalculationBy string                     `json:"calculationBy"`
	Property      *string                    `json:"property,omitzero"`
	AverageOf     *string                    `json:"averageOf,omitzero"`
	MeasureTimeBy *string                    `json:"measureTimeBy,omitzero"`
	Extra         map[string]json.RawMessage `json:"-"`
}

// PathFilter limits an aggregation to entities reached through one path of relations.
type PathFilter struct {
	FromBlueprint *string                    `json:"fromBlueprint,omitzero"`
	Path          []string                   `json:"path"`
	Extra         map[string]json.RawMessage `json:"-"`
}

// Relation refers to an entity of the blueprint Target, or with Many to any number of them.
type Relation struct {
	Target      string                     `json:"target"`
	Required    bool                       `json:"required"`
	Many        bool                       `json:"many"`
	Title       *string                    `json:"title,omitzero"`
	Description *string                    `json:"description,omitzero"`
	Extra       map[string]json.RawMessage `json:"-"`
}

// The types of a [ChangelogDestination].
const (
	ChangelogWebhook = "WEBHOOK"
	ChangelogKafka   = "KAFKA"
)

// ChangelogDestination is where Port sends the changes of a blueprint and of its entities. URL and
// Agent apply to the type [ChangelogWebhook].
type ChangelogDestination struct {
	Type  string                     `json:"type"`
	URL   *string                    `json:"url,omitzero"`
	Agent *bool                      `json:"agent,omitzero"`
	Extra map[string]json.RawMessage `json:"-"`
}

// Ownership says how an entity gets its team: Type is Direct, or Inherited through the relations in
// Path.
type Ownership struct {
	Type  string                     `json:"type"`
	Path  *string                    `json:"path,omitzero"`
	Title *string                    `json:"title,omitzero"`
	Extra map[string]json.RawMessage `json:"-"`
}

// TeamInheritance gives an entity the team of the one at the end of the relations in Path.
type TeamInheritance struct {
	Path  string                     `json:"path"`
	Extra map[string]json.RawMessage `json:"-"`
}
