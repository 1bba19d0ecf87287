package entity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// origin says how an entity came under management, which determines what destroying a declared
// entity does. The zero value means unknown.
type origin string

const (
	originCreated origin = "created"
	originAdopted origin = "adopted"
)

// record is what the provider stores about an entity in the private state, in addition to the
// values that Port stored differently ([recall.Memory]). State from the official provider has none.
type record struct {
	Origin origin `json:"origin,omitempty"`
	// Object is a random ID that distinguishes this resource instance from others that manage the
	// same entity, such as its replacement.
	Object string `json:"object,omitempty"`
	// Filled holds the property values that Port filled in, such as defaults of omitted properties.
	// While a value equals the recorded one, nobody has changed it.
	Filled map[string]any `json:"filled,omitempty"`
	// Title is the title that Port generated for an entity without one.
	Title string `json:"title,omitempty"`
}

// recordKey is the key of the record in the private state.
const recordKey = "record"

func readRecord(ctx context.Context, private recall.Reader) (record, diag.Diagnostics) {
	var r record
	diagnostics := recall.LoadKey(ctx, private, recordKey, &r)
	return r, diagnostics
}

func (r record) save(ctx context.Context, private recall.Writer) diag.Diagnostics {
	return recall.SaveKey(ctx, private, recordKey, r)
}

// withoutFilled returns the values of a response without those that Port filled in and the state
// does not list.
func (r record) withoutFilled(response, listed map[string]any) map[string]any {
	rest := maps.Clone(response)
	maps.DeleteFunc(rest, func(key string, value any) bool {
		filled, isFilled := r.Filled[key]
		return isFilled && !has(listed, key) && jsonvalue.Equal(value, filled)
	})
	return rest
}

// filled returns the property values that Port filled in: those that the state does not list, and
// those that it lists because an import cannot tell them apart.
func (r record) filled(listed map[string]any) map[string]any {
	filled := maps.Clone(r.Filled)
	maps.DeleteFunc(filled, func(key string, value any) bool {
		own, isListed := listed[key]
		return isListed && !jsonvalue.Equal(own, value)
	})
	return filled
}

// learn records which values in the response to a write Port filled in: those that were not sent,
// and those that still equal what Port filled in before, which the state lists after an import.
func (r *record) learn(sent, response map[string]any) {
	before := r.Filled
	r.Filled = map[string]any{}
	for key, value := range response {
		earlier, isKnown := before[key]
		if value != nil && (!has(sent, key) || (isKnown && jsonvalue.Equal(earlier, value))) {
			r.Filled[key] = value
		}
	}
}

// noteDefaults records the values that equal the default of their property and whose keys are not
// in listed.
func (r *record) noteDefaults(definition *port.Blueprint, values, listed map[string]any) {
	for key, value := range values {
		if has(listed, key) || value == nil || !isDefault(definition, key, value) {
			continue
		}
		if r.Filled == nil {
			r.Filled = map[string]any{}
		}
		r.Filled[key] = value
	}
}

func isDefault(definition *port.Blueprint, key string, value any) bool {
	text := definition.Schema.Properties[key].Default
	if len(text) == 0 {
		return false
	}
	defaultValue, err := jsonvalue.Decode(text)
	return err == nil && jsonvalue.Equal(defaultValue, value)
}
