package entity

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// origin says how an entity came under management. It decides what destroying
// a declared entity means. The zero value is an entity of which nobody knows.
type origin string

const (
	originCreated origin = "created"
	originAdopted origin = "adopted"
)

// record is what the provider remembers about an entity beside its state, in
// the private state. States of the official provider have none.
type record struct {
	Origin origin `json:"origin,omitempty"`
	// Object tells this object of Terraform from others that stand for the same
	// entity, such as the one that replaces it. It is random.
	Object string `json:"object,omitempty"`
	// Answers holds, by property, the value with which Port answered to a write
	// where it is not the one that Terraform sent: the default of a property that
	// was left out, a number that was rounded. As long as the value is that, nobody
	// has changed it. Other attributes have the keys of [attributesOf].
	Answers map[string]any `json:"answers,omitempty"`
	// Title is the title that Port made up for an entity without one.
	Title string `json:"title,omitempty"`
}

// privateKey is where the private state holds the record.
const privateKey = "record"

// privateState is what the framework gives to every operation on a resource.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func readRecord(ctx context.Context, private privateState) (record, diag.Diagnostics) {
	var r record
	text, diagnostics := private.GetKey(ctx, privateKey)
	if diagnostics.HasError() || len(text) == 0 {
		return r, diagnostics
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&r); err != nil {
		diagnostics.AddError("Unable to Read Private State", "The private state of the entity is damaged: "+err.Error()+". Remove the entity from the state and import it again.")
	}
	return r, diagnostics
}

func (r record) save(ctx context.Context, private privateState) diag.Diagnostics {
	text, err := jsonvalue.Encode(r)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Write Private State", err.Error())}
	}
	return private.SetKey(ctx, privateKey, text)
}

// asSent gives the values of an answer as Terraform sent them: what Port made
// of a value is replaced by that value, and what Port filled in is left out.
func (r record) asSent(answer, listed map[string]any) map[string]any {
	sent := maps.Clone(answer)
	for key, value := range r.Answers {
		if !jsonvalue.Equal(answer[key], value) {
			continue
		}
		if own, isListed := listed[key]; isListed {
			sent[key] = own
			continue
		}
		delete(sent, key)
	}
	return sent
}

// filled are the values of properties that Port filled in: those that the state does not list,
// or lists because an import could not tell them from others.
func (r record) filled(listed map[string]any) map[string]any {
	filled := map[string]any{}
	for key, value := range r.Answers {
		if isAttribute(key) {
			continue
		}
		if own, isListed := listed[key]; !isListed || jsonvalue.Equal(own, value) {
			filled[key] = value
		}
	}
	return filled
}

// learn remembers where the answer to a write differs from what was sent, and
// returns the keys of the listed properties for which that is news, and of all
// such attributes: before, Port may have computed one that was not listed. A key
// that the answer lacks tells nothing. What Port filled in before stays known as
// that: after an import the state lists it.
func (r *record) learn(sent, answer map[string]any) (different []string) {
	known := r.Answers
	r.Answers = map[string]any{}
	for _, key := range sortedKeys(answer) {
		value := answer[key]
		before, isKnown := known[key]
		isKnown = isKnown && jsonvalue.Equal(before, value)
		own, isListed := sent[key]
		isAsSent := jsonvalue.Equal(own, value)
		if isKnown || !isAsSent {
			r.Answers[key] = value
		}
		if isListed && !isAsSent && (!isKnown || isAttribute(key)) {
			different = append(different, key)
		}
	}
	return different
}

// noteDefaults remembers the values that equal the default of their property
// and that the keys in listed do not name.
func (r *record) noteDefaults(definition *port.Blueprint, values, listed map[string]any) {
	for key, value := range values {
		if _, isListed := listed[key]; isListed || value == nil || !isDefault(definition, key, value) {
			continue
		}
		r.remember(key, value)
	}
}

func (r *record) remember(key string, answer any) {
	if r.Answers == nil {
		r.Answers = map[string]any{}
	}
	r.Answers[key] = answer
}

func isDefault(definition *port.Blueprint, key string, value any) bool {
	text := definition.Schema.Properties[key].Default
	if len(text) == 0 {
		return false
	}
	fallback, err := jsonvalue.Decode(text)
	return err == nil && jsonvalue.Equal(fallback, value)
}
