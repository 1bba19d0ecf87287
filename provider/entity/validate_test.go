package entity_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func TestValidate_refusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ properties, path string }{
		"an object":            {`"object_props": {"labels": "{tier = gold}", "fine": "{}"}`, `"object_props").ElementKeyString("labels")`},
		"an element of a list": {`"array_props": {"object_items": {"links": ["{}", "{"]}}`, `ElementKeyString("links").ElementKeyInt(1)`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_entity", `{"blueprint": "service", "title": "Service", "properties": {`+test.properties+`}}`)
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], test.path+": Invalid JSON: ") {
				t.Errorf("got %q, want one error at %s", diagnostics, test.path)
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
