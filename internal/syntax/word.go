package syntax

// The enumerations of POST /v1/blueprints. They must not be modified.
var (
	// Types are the types of a property.
	Types = []string{"string", "number", "boolean", "object", "array"}
	// Formats are the formats of a property.
	Formats = []string{
		"date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user", "blueprints", "team", "timer",
		"proto", "labeled-url",
	}
	// CalculationFormats are the formats of a calculation's result.
	CalculationFormats = []string{
		"date-time", "url", "email", "idn-email", "ipv4", "ipv6", "markdown", "yaml", "user", "team", "proto", "labeled-url",
	}
	// Specs are how the portal shows a property.
	Specs = []string{"open-api", "embedded-url", "async-api"}
	// Colors are the colours of the values of a property.
	Colors = []string{
		"blue", "turquoise", "orange", "purple", "pink", "yellow", "green", "red", "gold", "silver", "paleBlue", "darkGray",
		"lightGray", "bronze", "lime", "olive", "brown",
	}
)

// Definitions returns a JSON Schema that has the texts and words of this package under
// "definitions", for other schemas to refer to.
func Definitions() map[string]any {
	return map[string]any{"definitions": map[string]any{
		"blueprintIdentifier": BlueprintIdentifier.schema(),
		"entityIdentifier":    EntityIdentifier.schema(),
		"actionIdentifier":    ActionIdentifier.schema(),
		"key":                 Key.schema(),
		"inputKey":            InputKey.schema(),
		"mirrorPath":          MirrorPath.schema(),
		"buttonText":          ButtonText.schema(),
		"title":               Title.schema(),
		"optionalTitle":       OptionalTitle.schema(),
		"description":         Description.schema(),
		"type":                enum(Types),
		"format":              enum(Formats),
		"calculationFormat":   enum(CalculationFormats),
		"spec":                enum(Specs),
		"color":               enum(Colors),
	}}
}

func enum(words []string) map[string]any {
	values := make([]any, len(words))
	for i, word := range words {
		values[i] = word
	}
	return map[string]any{"enum": values}
}
