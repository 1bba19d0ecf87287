package entity

import (
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/provider/internal/jsontype"
)

// This file keeps the prior form of values that mean the same as the configuration: nulls that are
// listed or omitted, JSON with other formatting, defaults that the configuration omits, and empty
// lists in a different typed map. Terraform accepts only the configured value of an attribute or
// its prior value, no mixture of the two, and the prior value only if it is not null.

// propertySet holds the properties of a configuration or a state.
type propertySet struct {
	typed   *propertiesModel
	untyped jsontype.Value
}

// settler chooses between the configuration and the state. It keeps the first value that cannot be
// decoded as problem.
type settler struct {
	// same reports whether the state may keep prior if the configuration lists config; sameTargets
	// does so for relations.
	same, sameTargets func(config, prior map[string]any) bool
	problem           error
}

// newSettler returns the settler of an entity that Terraform manages completely. filled are the
// values that Port filled in.
func newSettler(filled map[string]any) *settler {
	return &settler{
		same:        func(config, prior map[string]any) bool { return sameListed(config, prior, filled) },
		sameTargets: sameRelations,
	}
}

// newDeclaredSettler returns the settler of an entity of which only the declared keys are managed.
// There a listed null differs from an omitted key.
func newDeclaredSettler() *settler {
	return &settler{
		same: func(config, prior map[string]any) bool { return jsonvalue.Equal(orEmpty(config), orEmpty(prior)) },
		sameTargets: func(config, prior map[string]any) bool {
			return slices.Equal(sortedKeys(config), sortedKeys(prior)) && sameRelations(config, prior)
		},
	}
}

// all returns the planned properties.
func (s *settler) all(config, prior propertySet) propertySet {
	desired, current := s.read(valuesToAPI(config.typed, config.untyped)), s.read(valuesToAPI(prior.typed, prior.untyped))
	if prior.canStandFor(config) && s.same(desired, current) {
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

// canStandFor reports whether Terraform accepts the prior form in the plan.
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

// sameListed reports whether the state may keep prior. A configured value must be listed, so that
// references to it work. A configured null need not be, unless Port filled the property in. A value
// that is not configured must be null or filled in.
func sameListed(config, prior, filled map[string]any) bool {
	for _, key := range sortedKeys(config, prior) {
		desired, isConfigured := config[key]
		current, isListed := prior[key]
		filledValue, isFilled := filled[key]
		switch {
		case desired != nil:
			if !isListed || !jsonvalue.Equal(desired, current) {
				return false
			}
		case isConfigured:
			if current != nil || (!isListed && isFilled) {
				return false
			}
		case current != nil:
			if !isFilled || !jsonvalue.Equal(current, filledValue) {
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
	configured, current := config.maps(), prior.maps()
	for i, one := range planned.maps() {
		one.take(configured[i])
		if !current[i].isNull() && s.same(s.valuesOf(configured[i]), s.valuesOf(current[i])) {
			one.take(current[i])
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

// relations returns the planned relations.
func (s *settler) relations(config, prior *relationsModel) *relationsModel {
	if prior == nil {
		return config
	}
	desired := config
	if desired == nil {
		desired = &relationsModel{}
	}
	if s.sameTargets(config.toAPI(), prior.toAPI()) && !lacks(prior.Single, desired.Single) && !lacks(prior.Many, desired.Many) {
		return prior
	}
	planned := &relationsModel{Single: desired.Single, Many: desired.Many}
	if prior.Single != nil && s.sameTargets((&relationsModel{Single: desired.Single}).toAPI(), (&relationsModel{Single: prior.Single}).toAPI()) {
		planned.Single = prior.Single
	}
	if prior.Many != nil && s.sameTargets((&relationsModel{Many: desired.Many}).toAPI(), (&relationsModel{Many: prior.Many}).toAPI()) {
		planned.Many = prior.Many
	}
	if config == nil && planned.Single == nil && planned.Many == nil {
		return nil
	}
	return planned
}
