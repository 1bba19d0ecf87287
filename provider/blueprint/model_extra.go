package blueprint

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/document"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// This file implements extra_json: a JSON object with keys of a blueprint that have no attribute.
// It is merged recursively into what is written.

// decodeExtra decodes extra_json; nil if it is null.
func decodeExtra(in jsontype.Value) (map[string]any, error) {
	if in.IsNull() || in.IsUnknown() {
		return nil, nil
	}
	decoded, err := in.Decode()
	if err != nil {
		return nil, err
	}
	object, ok := decoded.(map[string]any)
	if !ok {
		return nil, errors.New("must be a JSON object")
	}
	return object, nil
}

// mergeExtra merges extra into a document: objects recursively, everything else as a whole.
func mergeExtra(document, extra map[string]any) {
	for key, value := range extra {
		object, isObject := value.(map[string]any)
		inner, exists := document[key].(map[string]any)
		if isObject && exists {
			mergeExtra(inner, object)
			continue
		}
		document[key] = value
	}
}

// dropExtra removes from a document what the previous extra_json sets and the next one does not.
func dropExtra(document, previous, next map[string]any) {
	for key, value := range previous {
		nextValue, stays := next[key]
		object, isObject := value.(map[string]any)
		inner, exists := document[key].(map[string]any)
		if isObject && exists {
			nextObject, _ := nextValue.(map[string]any)
			dropExtra(inner, object, nextObject)
			if len(inner) == 0 && !stays {
				delete(document, key)
			}
			continue
		}
		if !stays {
			delete(document, key)
		}
	}
}

// observedExtra returns extra_json as Port has it: the keys of prior with their current values. It
// keeps null, and the text of prior if it means the same.
func observedExtra(prior jsontype.Value, whole document.Object) (jsontype.Value, error) {
	set, err := decodeExtra(prior)
	if set == nil || err != nil {
		return prior, err
	}
	text, err := jsonvalue.Encode(selectKeys(whole, set))
	if err != nil || jsonvalue.EqualText(string(text), prior.ValueString()) {
		return prior, err
	}
	return jsontype.New(string(text)), nil
}

// selectKeys returns the keys of the document that set has. A key that set has as null and the
// document lacks is null.
func selectKeys(document, set map[string]any) map[string]any {
	selected := map[string]any{}
	for key, value := range set {
		current, exists := document[key]
		object, isObject := value.(map[string]any)
		inner, isInner := current.(map[string]any)
		switch {
		case isObject && isInner:
			selected[key] = selectKeys(inner, object)
		case exists || value == nil:
			selected[key] = current
		}
	}
	return selected
}

// ownedKeys returns the keys of extra_json that have an attribute, as paths such as
// schema.properties.size.title. These are the keys that survive reading and writing the model.
func (m *model) ownedKeys(extra map[string]any) ([]string, error) {
	merged := m.document()
	mergeExtra(merged, extra)
	whole, err := fromDocument[port.Blueprint](merged)
	if err != nil {
		return nil, err
	}
	var read model
	if err := read.fromAPI(whole, true); err != nil {
		return nil, err
	}
	return sharedLeaves(nil, extra, read.document()), nil
}

// undeclaredProperties returns the properties that extra_json has keys for and that nothing
// declares: a typo, or a leftover of a removed property.
func (m *model) undeclaredProperties(extra map[string]any) []string {
	outer, _ := extra["schema"].(map[string]any)
	properties, _ := outer["properties"].(map[string]any)
	declared := m.Properties.common()
	var undeclared []string
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		keys, _ := properties[key].(map[string]any)
		_, isDeclared := declared[key]
		if _, hasType := keys["type"]; !isDeclared && !hasType {
			undeclared = append(undeclared, key)
		}
	}
	return undeclared
}

// sharedLeaves returns the paths of the values in extra that the managed document has too.
func sharedLeaves(at []string, extra, managed map[string]any) []string {
	var shared []string
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		owned, isOwned := managed[key]
		if !isOwned {
			continue
		}
		path := append(slices.Clone(at), key)
		object, isObject := extra[key].(map[string]any)
		inner, isInner := owned.(map[string]any)
		if isObject && isInner {
			shared = append(shared, sharedLeaves(path, object, inner)...)
			continue
		}
		shared = append(shared, strings.Join(path, "."))
	}
	return shared
}
