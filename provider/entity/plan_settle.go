package entity

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// This file keeps the prior form of values of which the configuration means the
// same: a null that is listed or not, JSON written another way, a default that
// the configuration leaves out, an empty list in another of the typed maps.
// Terraform accepts the configured value of an attribute or its prior one, and
// no mixture; and the prior one only if it is not null.

// propertySet is all that a configuration or a state says about properties.
type propertySet struct {
	typed   *propertiesModel
	untyped jsontype.Value
}

// settler chooses between the configuration and the state. It keeps the first
// problem with a value.
type settler struct {
	// same reports whether a state that lists prior may stand for a configuration
	// that lists config; sameTargets does so for relations.
	same, sameTargets func(config, prior map[string]any) bool
	problem           error
}

// newSettler returns the settler of an entity that is ours altogether; filled
// are the values that Port filled in.
func newSettler(filled map[string]any) *settler {
	return &settler{
		same:        func(config, prior map[string]any) bool { return sameListed(config, prior, filled) },
		sameTargets: sameRelations,
	}
}

// newDeclaredSettler returns the settler of an entity of which only listed keys
// are ours: there every mention counts.
func newDeclaredSettler() *settler {
	return &settler{
		same: func(config, prior map[string]any) bool { return jsonvalue.Equal(orEmpty(config), orEmpty(prior)) },
		sameTargets: func(config, prior map[string]any) bool {
			return slices.Equal(sortedKeys(config), sortedKeys(prior)) && sameRelations(config, prior)
		},
	}
}

// all returns the properties to plan.
func (s *settler) all(config, prior propertySet) propertySet {
	wanted, held := s.read(valuesToAPI(config.typed, config.untyped)), s.read(valuesToAPI(prior.typed, prior.untyped))
	if prior.canStandFor(config) && s.same(wanted, held) {
		return prior
	}
	return propertySet{typed: s.properties(config.typed, prior.typed), untyped: s.json(config.untyped, prior.untyped)}
}

func (s *settler) read(values map[string]any, err error) map[string]any {
	if err != nil && s.problem == nil {
		s.problem = err
	}
	return values
}

// canStandFor reports whether Terraform lets the prior form be planned.
func (s propertySet) canStandFor(config propertySet) bool {
	if s.untyped.IsNull() && !config.untyped.IsNull() {
		return false
	}
	if config.typed == nil {
		return true
	}
	if s.typed == nil || (config.typed.Array != nil && s.typed.Array == nil) {
		return false
	}
	prior := s.typed.maps()
	for i, one := range config.typed.maps() {
		if prior[i].isNull() && !one.isNull() {
			return false
		}
	}
	return true
}

func lacks[T any](prior, config map[string]T) bool { return prior == nil && config != nil }

// sameListed reports whether the state may stand for the configuration. A value
// that is configured must be listed, so that references to it work; a null need
// not be, unless Port filled the property in; and what is not configured must be
// null or filled in.
func sameListed(config, prior, filled map[string]any) bool {
	for _, key := range sortedKeys(config, prior) {
		wanted, isConfigured := config[key]
		held, isListed := prior[key]
		fallback, isFilled := filled[key]
		switch {
		case wanted != nil:
			if !isListed || !jsonvalue.Equal(wanted, held) {
				return false
			}
		case isConfigured:
			if held != nil || (!isListed && isFilled) {
				return false
			}
		case held != nil:
			if !isFilled || !jsonvalue.Equal(held, fallback) {
				return false
			}
		}
	}
	return true
}

func (s *settler) properties(config, prior *propertiesModel) *propertiesModel {
	if prior == nil {
		return config
	}
	planned := &propertiesModel{Array: &arraysModel{}}
	configured, held := config.maps(), prior.maps()
	for i, one := range planned.maps() {
		one.take(configured[i])
		if !held[i].isNull() && s.same(s.valuesOf(configured[i]), s.valuesOf(held[i])) {
			one.take(held[i])
		}
	}
	if config == nil && planned.isNull() {
		return nil
	}
	if config.array() == nil && areNull(planned.maps()[stringItems:]) {
		planned.Array = nil
	}
	return planned
}

func (s *settler) valuesOf(one typedMap) map[string]any {
	values := map[string]any{}
	return s.read(values, one.toAPI(values))
}

func (s *settler) json(config, prior jsontype.Value) jsontype.Value {
	if prior.IsNull() {
		return config
	}
	if s.same(s.read(objectOf(config)), s.read(objectOf(prior))) {
		return prior
	}
	return config
}

// relations returns the relations to plan.
func (s *settler) relations(config, prior *relationsModel) *relationsModel {
	if prior == nil {
		return config
	}
	wanted := config
	if wanted == nil {
		wanted = &relationsModel{}
	}
	if s.sameTargets(config.toAPI(), prior.toAPI()) && !lacks(prior.Single, wanted.Single) && !lacks(prior.Many, wanted.Many) {
		return prior
	}
	planned := &relationsModel{Single: wanted.Single, Many: wanted.Many}
	if prior.Single != nil && s.sameTargets((&relationsModel{Single: wanted.Single}).toAPI(), (&relationsModel{Single: prior.Single}).toAPI()) {
		planned.Single = prior.Single
	}
	if prior.Many != nil && s.sameTargets((&relationsModel{Many: wanted.Many}).toAPI(), (&relationsModel{Many: prior.Many}).toAPI()) {
		planned.Many = prior.Many
	}
	if config == nil && planned.Single == nil && planned.Many == nil {
		return nil
	}
	return planned
}
