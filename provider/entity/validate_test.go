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
		"an element that is no JSON":   {`"properties": {"array_props": {"object_items": {"links": ["{}", "{"]}}}`, `ElementKeyString("links").ElementKeyInt(1): Invalid JSON: `},
		"an object that is JSON null":  {`"properties": {"object_props": {"labels": "null"}}`, `ElementKeyString("labels"): JSON Null: `},
		"a number out of range":        {`"properties": {"number_props": {"size": 1e400}}`, `ElementKeyString("size"): Number Out of Range: `},
		"an element out of range":      {`"properties": {"array_props": {"number_items": {"sizes": [1, -1e400]}}}`, `ElementKeyInt(1): Number Out of Range: `},
		"a key in two maps":            {`"properties": {"number_props": {"size": 3}, "array_props": {"string_items": {"size": ["3"]}}}`, `Duplicate Key: The key "size" stands in string_items as well.`},
		"a relation in two maps":       {`"relations": {"single_relations": {"a": "x"}, "many_relations": {"a": ["x"]}}`, `Duplicate Key: The key "a" stands in many_relations as well.`},
		"a team that is null":          {`"teams": ["a", null]`, `"teams"): Null Set Value: `},
		"a related null":               {`"relations": {"many_relations": {"a": [null]}}`, `Null List Value: `},
		"an empty identifier":          {`"identifier": ""`, `"identifier"): Invalid Attribute Value`},
		"an identifier with a space":   {`"identifier": "a b"`, `"identifier"): Invalid Attribute Value Match: `},
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
