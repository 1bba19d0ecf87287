package port

import (
	"encoding/json"
)

// Entity is one item of the catalog.
//
// Properties holds JSON values: nil, bool, string, [encoding/json.Number], []any and
// map[string]any, never a floating-point number. Port returns every property of the blueprint, null
// where no value was set.
type Entity struct {
	// Identifier is at most 1000 characters of [\p{L}0-9@_.+:\\/='-]; in a create it may be "", and
	// Port generates one.
	Identifier string  `json:"identifier,omitzero"`
	Title      *string `json:"title,omitzero"`
	Icon       *string `json:"icon,omitzero"`
	// Team is nil when absent or null; a single team, which Port may write as a string, is a list
	// of one.
	Team       []string       `json:"team,omitzero"`
	Properties map[string]any `json:"properties,omitzero"`
	// Relations holds, by relation, nil, the identifier of the related entity as a string, or the
	// identifiers of several as []string. Searches that attach titles return objects instead, which
	// are kept as they are.
	Relations map[string]any `json:"relations,omitzero"`

	// Blueprint and the fields below are set by Port and never sent; times are as Port wrote them.
	Blueprint string `json:"blueprint,omitzero"`
	CreatedAt string `json:"createdAt,omitzero"`
	CreatedBy string `json:"createdBy,omitzero"`
	UpdatedAt string `json:"updatedAt,omitzero"`
	UpdatedBy string `json:"updatedBy,omitzero"`

	// Extra contains the other keys of a response, such as scorecards. They are read-only and never
	// sent.
	Extra map[string]json.RawMessage `json:"-"`
}

// MarshalJSON implements [encoding/json.Marshaler].
func (e Entity) MarshalJSON() ([]byte, error) { return encodeObject(e) }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it replaces what the struct held before.
func (e *Entity) UnmarshalJSON(data []byte) error {
	*e = Entity{}
	keys, err := objectKeys(data)
	if err != nil {
		return err
	}
	if team := keys["team"]; kindOf(team) == "a string" {
		keys["team"] = append(append(json.RawMessage{'['}, team...), ']')
	}
	if err := decodeKeys(keys, e); err != nil {
		return err
	}
	for relation, target := range e.Relations {
		if list, ok := target.([]any); ok {
			e.Relations[relation] = identifiers(list)
		}
	}
	return nil
}

// identifiers turns a list of strings into a []string and returns any other list unchanged.
func identifiers(list []any) any {
	all := make([]string, len(list))
	for i, element := range list {
		identifier, ok := element.(string)
		if !ok {
			return list
		}
		all[i] = identifier
	}
	return all
}

// writable is the part of an entity that a create or an update sends.
func (e *Entity) writable() Entity {
	return Entity{
		Identifier: e.Identifier,
		Title:      e.Title,
		Icon:       e.Icon,
		Team:       e.Team,
		Properties: e.Properties,
		Relations:  e.Relations,
	}
}

// EntityPatch changes parts of an entity and leaves the rest unchanged. In Properties and Relations
// a nil value unsets the key.
type EntityPatch struct {
	// Identifier renames the entity, unless it is "".
	Identifier string           `json:"identifier,omitzero"`
	Title      Change[string]   `json:"title,omitzero"`
	Icon       Change[string]   `json:"icon,omitzero"`
	Team       Change[[]string] `json:"team,omitzero"`
	Properties map[string]any   `json:"properties,omitzero"`
	Relations  map[string]any   `json:"relations,omitzero"`
}

// Change is what a patch does to one field: nothing if it is zero, otherwise [Set] or [Unset].
type Change[T any] struct {
	changes bool
	value   *T
}

// Set is the change of a field to a value.
func Set[T any](value T) Change[T] { return Change[T]{changes: true, value: &value} }

// Unset is the change of a field to null, which removes its value.
func Unset[T any]() Change[T] { return Change[T]{changes: true} }

// IsZero reports that the field does not change; encoding/json then omits the field.
func (c Change[T]) IsZero() bool { return !c.changes }

// MarshalJSON implements [encoding/json.Marshaler].
func (c Change[T]) MarshalJSON() ([]byte, error) { return encodeJSON(c.value) }
