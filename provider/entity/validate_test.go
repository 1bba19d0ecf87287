package entity_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func TestValidate_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ attributes, want string }{
		"an object that is HCL":        {`"properties": {"object_props": {"labels": "{tier = gold}", "fine": "{}"}}`, `"object_props").ElementKeyString("labels"): Invalid JSON: `},
		"an element that is not JSON":  {`"properties": {"array_props": {"object_items": {"links": ["{}", "{"]}}}`, `ElementKeyString("links").ElementKeyInt(1): Invalid JSON: `},
		"an object that is JSON null":  {`"properties": {"object_props": {"labels": "null"}}`, `ElementKeyString("labels"): JSON Null: `},
		"a number out of range":        {`"properties": {"number_props": {"size": 1e400}}`, `ElementKeyString("size"): Number Out of Range: `},
		"an element out of range":      {`"properties": {"array_props": {"number_items": {"sizes": [1, -1e400]}}}`, `ElementKeyInt(1): Number Out of Range: `},
		"a key in two maps":            {`"properties": {"number_props": {"size": 3}, "array_props": {"string_items": {"size": ["3"]}}}`, `Duplicate Key: The key "size" also appears in string_items.`},
		"a relation in two maps":       {`"relations": {"single_relations": {"a": "x"}, "many_relations": {"a": ["x"]}}`, `Duplicate Key: The key "a" also appears in many_relations.`},
		"a team that is null":          {`"teams": ["a", null]`, `"teams"): Null Set Value: `},
		"a related null":               {`"relations": {"many_relations": {"a": [null]}}`, `Null List Value: `},
		"a target without a name":      {`"relations": {"single_relations": {"r": ""}}`, `ElementKeyString("r"): Invalid Attribute Value Length: `},
		"one of many without a name":   {`"relations": {"many_relations": {"r": [""]}}`, `Invalid Attribute Value Length: `},
		"a team without a name":        {`"teams": [""]`, `Invalid Attribute Value Length: `},
		"an empty identifier":          {`"identifier": ""`, `"identifier"): Invalid Attribute Value`},
		"an identifier with a space":   {`"identifier": "a b"`, `"identifier"): Invalid Attribute Value Match: `},
		"a negative timeout":           {`"timeouts": {"create": "-1m"}`, `AttributeName("create"): Invalid Duration: `},
		"an identifier that is a path": {`"identifier": ".."`, `"identifier"): Invalid Attribute Value Match: `},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_entity", `{"blueprint": "service", "title": "Service", `+test.attributes+`}`)
			if len(diagnostics) == 0 || !strings.HasPrefix(diagnostics[0], "ERROR ") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want an error with %q", diagnostics, test.want)
			}
		})
	}
}

func TestValidate_acceptsUnknownValues(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_entity", `{"blueprint": "(unknown)", "title": "(unknown)", "teams": "(unknown)", "relations": "(unknown)",
		"properties": {"object_props": {"labels": "(unknown)", "none": null}, "array_props": {"object_items": {"links": "(unknown)", "others": ["(unknown)", null]}}}}`)
	if len(diagnostics) > 0 {
		t.Errorf("got %q", diagnostics)
	}
}

// invalidConfigs are configurations with one mistake each, and a part of the error.
func invalidConfigs() map[string]struct{ attributes, want string } {
	return map[string]struct{ attributes, want string }{
		"a property also in properties_json": {
			`"properties": {"array_props": {"string_items": {"tags": ["a"]}}}, "properties_json": "{\"tags\": []}"`,
			`"properties_json"): Duplicate Key: The key "tags" also appears in string_items of properties.`,
		},
		"properties_json that is a list":      {`"properties_json": "[1]"`, `"properties_json"): Not a JSON Object: `},
		"properties_json that is empty":       {`"properties_json": ""`, `"properties_json"): Invalid JSON`},
		"properties_json that is not JSON":    {`"properties_json": "{a = 1}"`, `"properties_json"): Invalid JSON`},
		"a number out of range in an object":  {`"properties": {"object_props": {"o": "{\"a\": [1, {\"b\": 1e400}]}"}}`, `ElementKeyString("o"): Number Out of Range: 1e400 is outside the range`},
		"a number out of range in objects":    {`"properties": {"array_props": {"object_items": {"o": ["{\"a\": -1e400}"]}}}`, `ElementKeyInt(0): Number Out of Range: -1e400 `},
		"a number out of range in other JSON": {`"properties_json": "{\"a\": [1e400]}"`, `"properties_json"): Number Out of Range: 1e400 `},
		"an unknown management":               {`"management": "shared"`, `"management"): Invalid Attribute Value Match: `},
		"an unknown on_existing":              {`"on_existing": "overwrite"`, `"on_existing"): Invalid Attribute Value Match: `},
		"an invalid timeout":                  {`"timeouts": {"create": "soon"}`, `AttributeName("create"): Invalid Attribute Value`},
	}
}

func TestValidate_properties(t *testing.T) {
	t.Parallel()
	for name, test := range invalidConfigs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_entity", `{"blueprint": "service", `+test.attributes+`}`)
			if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR ") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want an error with %q", diagnostics, test.want)
			}
		})
	}
}

func TestValidate_acceptsUnknownArguments(t *testing.T) {
	t.Parallel()
	diagnostics := acctest.Validate(t, "port_entity", `{"blueprint": "(unknown)", "properties_json": "(unknown)", "management": "(unknown)", "on_existing": "(unknown)",
		"properties": {"string_props": {"a": "(unknown)"}}}`)
	if len(diagnostics) > 0 {
		t.Errorf("got %q", diagnostics)
	}
}
