package port

import (
	"encoding/json"
	"maps"
)

// KeepUnknown completes a desired blueprint for an update, which replaces the whole blueprint: every key that this
// package does not model, and that the desired blueprint does not set itself, is taken over from the current one. It
// looks into each property, relation, mirror, calculation and aggregation property that exists in both under the same
// key, and into their parts. Modelled keys are left as desired, also where they are absent.
//
// Where the type of a property or of its items changes, nothing is taken over: what a key of the old type means for
// the new one is not known. The current blueprint is not changed.
func (b *Blueprint) KeepUnknown(current *Blueprint) {
	if current == nil {
		return
	}
	b.Extra = keep(b.Extra, current.Extra)
	b.Schema.Extra = keep(b.Schema.Extra, current.Schema.Extra)
	b.Schema.Properties = keepEach(b.Schema.Properties, current.Schema.Properties, keepProperty)
	b.MirrorProperties = keepEach(b.MirrorProperties, current.MirrorProperties, keepMirror)
	b.CalculationProperties = keepEach(b.CalculationProperties, current.CalculationProperties, keepCalculation)
	b.AggregationProperties = keepEach(b.AggregationProperties, current.AggregationProperties, keepAggregation)
	b.Relations = keepEach(b.Relations, current.Relations, keepRelation)
	b.ChangelogDestination = keepPart(b.ChangelogDestination, current.ChangelogDestination, keepDestination)
	b.Ownership = keepPart(b.Ownership, current.Ownership, keepOwnership)
	b.TeamInheritance = keepPart(b.TeamInheritance, current.TeamInheritance, keepTeamInheritance)
}

// keep adds the keys of current that desired lacks.
func keep(desired, current map[string]json.RawMessage) map[string]json.RawMessage {
	if len(current) == 0 {
		return desired
	}
	kept := maps.Clone(current)
	maps.Copy(kept, desired)
	return kept
}

// keepEach applies merge to each entry of desired that current has too. It never writes to the maps it is given.
func keepEach[T any](desired, current map[string]T, merge func(desired, current T) T) map[string]T {
	kept := maps.Clone(desired)
	for key, value := range desired {
		if old, exists := current[key]; exists {
			kept[key] = merge(value, old)
		}
	}
	return kept
}

// keepPart applies merge to an optional part of a blueprint that both sides have.
func keepPart[T any](desired, current *T, merge func(desired, current T) T) *T {
	if desired == nil || current == nil {
		return desired
	}
	return new(merge(*desired, *current))
}

func keepProperty(desired, current Property) Property {
	if desired.Type != current.Type {
		return desired
	}
	desired.Extra = keep(desired.Extra, current.Extra)
	desired.Items = keepPart(desired.Items, current.Items, keepItems)
	desired.SpecAuthentication = keepPart(desired.SpecAuthentication, current.SpecAuthentication, keepSpecAuthentication)
	return desired
}

func keepItems(desired, current Items) Items {
	if desired.Type == current.Type {
		desired.Extra = keep(desired.Extra, current.Extra)
	}
	return desired
}

func keepSpecAuthentication(desired, current SpecAuthentication) SpecAuthentication {
	desired.Extra = keep(desired.Extra, current.Extra)
	return desired
}

func keepMirror(desired, current MirrorProperty) MirrorProperty {
	desired.Extra = keep(desired.Extra, current.Extra)
	return desired
}

func keepCalculation(desired, current CalculationProperty) CalculationProperty {
	if desired.Type != current.Type {
		return desired
	}
	desired.Extra = keep(desired.Extra, current.Extra)
	desired.Items = keepPart(desired.Items, current.Items, keepItems)
	desired.SpecAuthentication = keepPart(desired.SpecAuthentication, current.SpecAuthentication, keepSpecAuthentication)
	return desired
}

func keepAggregation(desired, current AggregationProperty) AggregationProperty {
	desired.Extra = keep(desired.Extra, current.Extra)
	if desired.CalculationSpec.Func == current.CalculationSpec.Func {
		desired.CalculationSpec.Extra = keep(desired.CalculationSpec.Extra, current.CalculationSpec.Extra)
	}
	return desired
}

func keepRelation(desired, current Relation) Relation {
	desired.Extra = keep(desired.Extra, current.Extra)
	return desired
}

// keepDestination keeps unknown keys only for the same kind of destination: those of a webhook mean nothing to Kafka.
func keepDestination(desired, current ChangelogDestination) ChangelogDestination {
	if desired.Type == current.Type {
		desired.Extra = keep(desired.Extra, current.Extra)
	}
	return desired
}

func keepOwnership(desired, current Ownership) Ownership {
	if desired.Type == current.Type {
		desired.Extra = keep(desired.Extra, current.Extra)
	}
	return desired
}

func keepTeamInheritance(desired, current TeamInheritance) TeamInheritance {
	desired.Extra = keep(desired.Extra, current.Extra)
	return desired
}
