package entity

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/recall"
)

// origin says how an entity came under management. It decides what destroying
// a declared entity means. The zero value is an entity of which nobody knows.
type origin string

const (
	originCreated origin = "created"
	originAdopted origin = "adopted"
)

// record is what the provider remembers about an entity in the private state, next to
// the values that Port answered differently ([recall.Memory]). States of the official
// provider have none.
type record struct {
	Origin origin `json:"origin,omitempty"`
	// Object tells this object of Terraform from others that stand for the same
	// entity, such as the one that replaces it. It is random.
	Object string `json:"object,omitempty"`
	// Filled holds the values of properties that Port filled in, such as the default of
	// one that was left out. As long as the value is that, nobody has changed it.
	Filled map[string]any `json:"filled,omitempty"`
	// Title is the title that Port made up for an entity without one.
	Title string `json:"title,omitempty"`
}

// recordKey is where the private state holds the record.
const recordKey = "record"

func readRecord(ctx context.Context, private recall.Reader) (record, diag.Diagnostics) {
	var r record
	diagnostics := recall.LoadKey(ctx, private, recordKey, &r)
	return r, diagnostics
}

func (r record) save(ctx context.Context, private recall.Writer) diag.Diagnostics {
	return recall.SaveKey(ctx, private, recordKey, r)
}

// withoutFilled are the values of an answer without those that Port filled in and the
// state does not list.
func (r record) withoutFilled(answer, listed map[string]any) map[string]any {
	rest := maps.Clone(answer)
	maps.DeleteFunc(rest, func(key string, value any) bool {
		filled, isFilled := r.Filled[key]
		return isFilled && !has(listed, key) && jsonvalue.Equal(value, filled)
	})
	return rest
}

// filled are the values of properties that Port filled in: those that the state does
// not list, or lists because an import could not tell them from others.
func (r record) filled(listed map[string]any) map[string]any {
	filled := maps.Clone(r.Filled)
	maps.DeleteFunc(filled, func(key string, value any) bool {
		own, isListed := listed[key]
		return isListed && !jsonvalue.Equal(own, value)
	})
	return filled
}

// learn takes over from the answer to a write which values Port filled in: those that
// were not sent, and those that are as Port filled them in before, because after an
// import the state lists them.
func (r *record) learn(sent, answer map[string]any) {
	before := r.Filled
	r.Filled = map[string]any{}
	for key, value := range answer {
		earlier, isKnown := before[key]
		if value != nil && (!has(sent, key) || (isKnown && jsonvalue.Equal(earlier, value))) {
			r.Filled[key] = value
		}
	}
}

// noteDefaults remembers the values that equal the default of their property
// and that the keys in listed do not name.
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
	fallback, err := jsonvalue.Decode(text)
	return err == nil && jsonvalue.Equal(fallback, value)
}
