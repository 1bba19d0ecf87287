package blueprint

import (
	"maps"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// Several resources may declare parts of one blueprint. This file splits a blueprint by the keys of
// its parts.

// keysOf returns the keys of all parts of a blueprint, by attribute.
func keysOf(blueprint *port.Blueprint) declaredKeys {
	return declaredKeys{
		"properties":             slices.Sorted(maps.Keys(blueprint.Schema.Properties)),
		"relations":              slices.Sorted(maps.Keys(blueprint.Relations)),
		"mirror_properties":      slices.Sorted(maps.Keys(blueprint.MirrorProperties)),
		"calculation_properties": slices.Sorted(maps.Keys(blueprint.CalculationProperties)),
		"aggregation_properties": slices.Sorted(maps.Keys(blueprint.AggregationProperties)),
	}
}

// withoutParts returns a blueprint without the parts that have these keys.
func withoutParts(blueprint *port.Blueprint, keys declaredKeys) *port.Blueprint {
	reduced := *blueprint
	reduced.Schema.Properties = undeclared(keys, "properties", blueprint.Schema.Properties)
	reduced.Schema.Required = slices.DeleteFunc(slices.Clone(blueprint.Schema.Required), func(key string) bool { return slices.Contains(keys["properties"], key) })
	reduced.Relations = undeclared(keys, "relations", blueprint.Relations)
	reduced.MirrorProperties = undeclared(keys, "mirror_properties", blueprint.MirrorProperties)
	reduced.CalculationProperties = undeclared(keys, "calculation_properties", blueprint.CalculationProperties)
	reduced.AggregationProperties = undeclared(keys, "aggregation_properties", blueprint.AggregationProperties)
	return &reduced
}

// onlyParts returns a blueprint with only the parts that have these keys.
func onlyParts(blueprint *port.Blueprint, keys declaredKeys) *port.Blueprint {
	return withoutParts(blueprint, keysOf(withoutParts(blueprint, keys)))
}

// withParts returns a blueprint with the parts of another one, which replace its own.
func withParts(blueprint, parts *port.Blueprint) *port.Blueprint {
	extended := *withoutParts(blueprint, keysOf(parts))
	extended.Schema.Properties = merged(extended.Schema.Properties, parts.Schema.Properties)
	extended.Schema.Required = append(extended.Schema.Required, parts.Schema.Required...)
	extended.Relations = merged(extended.Relations, parts.Relations)
	extended.MirrorProperties = merged(extended.MirrorProperties, parts.MirrorProperties)
	extended.CalculationProperties = merged(extended.CalculationProperties, parts.CalculationProperties)
	extended.AggregationProperties = merged(extended.AggregationProperties, parts.AggregationProperties)
	return &extended
}

// merged returns under with the elements of over.
func merged[V any](under, over map[string]V) map[string]V {
	if under == nil {
		return over
	}
	maps.Copy(under, over)
	return under
}
