package blueprint

import (
	"maps"
	"slices"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// keepForeign carries over what Port holds and Terraform does not manage: keys
// that nobody models, those that the client models and this resource does not,
// aggregation properties, relations when the configuration has none, and
// properties of types that Port added later.
func keepForeign(desired, current *port.Blueprint) {
	desired.KeepUnknown(current)
	desired.AggregationProperties = current.AggregationProperties
	if desired.Relations == nil {
		desired.Relations = current.Relations
	}
	for key, property := range current.Schema.Properties {
		planned, exists := desired.Schema.Properties[key]
		switch {
		case exists && planned.Type == property.Type:
			desired.Schema.Properties[key] = withForeignKeys(planned, property)
		case !exists && !isManagedType(property.Type):
			desired.Schema.Properties[key] = property
		}
	}
	for key, calculation := range desired.CalculationProperties {
		if old, exists := current.CalculationProperties[key]; exists && old.Type == calculation.Type {
			calculation.Items = old.Items
			calculation.SpecAuthentication = withScope(calculation.SpecAuthentication, old.SpecAuthentication)
			desired.CalculationProperties[key] = calculation
		}
	}
}

func isManagedType(propertyType string) bool {
	return slices.Contains(slices.Collect(maps.Values(propertyTypes)), propertyType)
}

// withForeignKeys completes a property by the parts of the current one that
// this resource has no attribute for.
func withForeignKeys(desired, current port.Property) port.Property {
	desired.SpecAuthentication = withScope(desired.SpecAuthentication, current.SpecAuthentication)
	if desired.Type != typeArray {
		return desired
	}
	if desired.Items == nil && !hasItemKind(current) {
		// The attributes of the item kinds cannot express these elements, nor
		// their default.
		desired.Items, desired.Default = current.Items, current.Default
		return desired
	}
	if desired.Items != nil && current.Items != nil && current.Items.Type == desired.Items.Type {
		items := withForeignItemKeys(*desired.Items, *current.Items)
		desired.Items = &items
	}
	return desired
}

// hasItemKind reports whether one of string_items, number_items, boolean_items
// and object_items describes the elements of an array.
func hasItemKind(property port.Property) bool {
	itemKinds := []string{typeString, typeNumber, typeBoolean, typeObject}
	return property.Items != nil && slices.Contains(itemKinds, property.Items.Type)
}

func withForeignItemKeys(desired, current port.Items) port.Items {
	desired.MinLength, desired.MaxLength = current.MinLength, current.MaxLength
	desired.Minimum, desired.Maximum = current.Minimum, current.Maximum
	if desired.Type != typeString {
		desired.Enum, desired.EnumColors = current.Enum, current.EnumColors
	}
	return desired
}

func withScope(desired, current *port.SpecAuthentication) *port.SpecAuthentication {
	if desired == nil || current == nil {
		return desired
	}
	completed := *desired
	completed.Scope = current.Scope
	return &completed
}
