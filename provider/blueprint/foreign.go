package blueprint

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// A write replaces a blueprint whole, so what Port holds and this resource has
// no attribute for has to be sent again: keys that nobody models, properties of
// types that Port added later, limits of the elements of a list. This file finds
// them as JSON, because what a property may hold has no end.

// keepForeign returns the desired blueprint as the document to write, with what
// others declare in the shared attributes, but for what is released.
func keepForeign(desired, current *port.Blueprint, shared []string, released declaredKeys) (map[string]any, error) {
	complete := *desired
	if slices.Contains(shared, "relations") {
		complete.Relations = merged(undeclared(released, "relations", current.Relations), desired.Relations)
		mirrors := undeclared(released, "mirror_properties", current.MirrorProperties)
		maps.DeleteFunc(mirrors, func(_ string, mirror port.MirrorProperty) bool {
			_, isOverOurs := desired.Relations[firstRelation(mirror.Path)]
			return isOverOurs
		})
		complete.MirrorProperties = merged(mirrors, desired.MirrorProperties)
	}
	if slices.Contains(shared, "aggregation_properties") {
		complete.AggregationProperties = merged(undeclared(released, "aggregation_properties", current.AggregationProperties), desired.AggregationProperties)
	}
	read, err := fromAPI(current, nil)
	if err != nil {
		return nil, err
	}
	managed := read.toAPI()
	complete.Schema.Required = append(slices.Clone(complete.Schema.Required), foreignRequired(desired, managed, current)...)
	documents, err := toDocuments(complete, *current, *managed)
	if err != nil {
		return nil, err
	}
	document := documents[0]
	adopt(document, documents[1], documents[2])
	return document, nil
}

// merged is a map with the elements of another one over its own.
func merged[V any](under, over map[string]V) map[string]V {
	if under == nil {
		return over
	}
	maps.Copy(under, over)
	return under
}

// adopt adds to the desired document the keys of the current one that the
// managed part of it lacks. It looks into an object that all three have, unless
// its kind changes: what a key of the old kind means for the new one is not
// known.
func adopt(desired, current, managed map[string]any) {
	if changesKind(desired, current) {
		return
	}
	for key, value := range current {
		part, isManaged := managed[key]
		if _, isDesired := desired[key]; !isDesired && !isManaged {
			desired[key] = value
			continue
		}
		desiredPart, desiredOK := desired[key].(map[string]any)
		currentPart, currentOK := value.(map[string]any)
		managedPart, managedOK := part.(map[string]any)
		if desiredOK && currentOK && managedOK {
			adopt(desiredPart, currentPart, managedPart)
		}
	}
}

// changesKind reports whether an object with a type, or an aggregation with a
// function, gets another one.
func changesKind(desired, current map[string]any) bool {
	for _, key := range []string{"type", "func"} {
		before, existed := current[key].(string)
		after, exists := desired[key].(string)
		if existed && exists && before != after {
			return true
		}
	}
	return false
}

// foreignRequired lists the required properties that have no attribute.
func foreignRequired(desired, managed, current *port.Blueprint) []string {
	return slices.DeleteFunc(slices.Clone(current.Schema.Required), func(key string) bool {
		_, exists := current.Schema.Properties[key]
		_, isManaged := managed.Schema.Properties[key]
		_, isDesired := desired.Schema.Properties[key]
		return !exists || isManaged || isDesired
	})
}

func toDocuments(blueprints ...port.Blueprint) ([]map[string]any, error) {
	documents := make([]map[string]any, 0, len(blueprints))
	for _, blueprint := range blueprints {
		document, err := toDocument(blueprint)
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
	return documents, nil
}

// toDocument is a blueprint, or a part of one, as a JSON object.
func toDocument[T any](of T) (map[string]any, error) {
	encoded, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	decoded, err := jsonvalue.Decode(encoded)
	if err != nil {
		return nil, err
	}
	document, _ := decoded.(map[string]any)
	return document, nil
}

// fromDocument reads a blueprint, or a part of one.
func fromDocument[T any](document map[string]any) (*T, error) {
	encoded, err := jsonvalue.Encode(document)
	if err != nil {
		return nil, err
	}
	var of T
	return &of, json.Unmarshal(encoded, &of)
}
