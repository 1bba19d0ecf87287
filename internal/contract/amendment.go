package contract

import "slices"

// amendment is something that Port accepts or returns although the schemas of the document forbid
// it.
type amendment struct {
	reason string
	// requests is set if it applies to requests only.
	requests bool
	// apply changes one schema, but not its subschemas, and reports whether it changed anything.
	apply func(schema map[string]any) bool
}

// amendments is the whole list. TestAmendments fails when the document no longer needs one of them.
func amendments() []amendment {
	const (
		documented = `^[\p{L}0-9@_.+:\\/=-]+$`
		known      = `^[\p{L}0-9@_.+:\\/='-]+$`
	)
	return []amendment{
		{
			reason:   "Port fills in defaults before it validates a body: keys with a default are optional.",
			requests: true,
			apply: func(schema map[string]any) bool {
				required, _ := schema["required"].([]any)
				properties, _ := schema["properties"].(map[string]any)
				left := slices.DeleteFunc(slices.Clone(required), func(name any) bool {
					key, _ := name.(string)
					property, _ := properties[key].(map[string]any)
					_, hasDefault := property["default"]
					return hasDefault
				})
				if len(left) == len(required) {
					return false
				}
				schema["required"] = left
				return true
			},
		},
		{
			reason: "The identifier of an entity may contain an apostrophe.",
			apply: func(schema map[string]any) bool {
				if schema["pattern"] != documented {
					return false
				}
				schema["pattern"] = known
				return true
			},
		},
		{
			reason: "A calculation has a dateFormat, as a property has.",
			apply: func(schema map[string]any) bool {
				properties, _ := schema["properties"].(map[string]any)
				_, hasCalculation := properties["calculation"]
				_, hasFormat := properties["dateFormat"]
				if !hasCalculation || hasFormat {
					return false
				}
				properties["dateFormat"] = map[string]any{"enum": []any{"relative", "12-hour", "24-hour", "iso"}}
				return true
			},
		},
		{
			reason: "Searches accept more date presets than the document.",
			apply: func(schema map[string]any) bool {
				values, _ := schema["enum"].([]any)
				if !slices.Contains(values, any("last12Months")) || slices.Contains(values, any("nextWeek")) {
					return false
				}
				schema["enum"] = append(slices.Clone(values), "nextDay", "nextWeek", "next2Weeks", "nextMonth", "next3Months",
					"next6Months", "next12Months", "last2Years", "last3Years")
				return true
			},
		},
		{
			reason: "An approval may notify nobody: the official provider sends that since August 2026.",
			apply: func(schema map[string]any) bool {
				values, _ := schema["enum"].([]any)
				if !slices.Equal(values, []any{"webhook", "email"}) && !slices.Equal(values, []any{"email"}) {
					return false
				}
				schema["enum"] = append(slices.Clone(values), "none")
				return true
			},
		},
	}
}

// amend applies the amendments to a schema and its subschemas, and returns the indexes of those
// that changed something.
func amend(schema any, list []amendment, request bool) map[int]bool {
	applied := make(map[int]bool)
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for i, a := range list {
				if (request || !a.requests) && a.apply(value) {
					applied[i] = true
				}
			}
			for _, inner := range value {
				visit(inner)
			}
		case []any:
			for _, inner := range value {
				visit(inner)
			}
		}
	}
	visit(schema)
	return applied
}
