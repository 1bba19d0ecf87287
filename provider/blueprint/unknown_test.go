package blueprint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// complete sets every attribute that Port stores to a value that is not its default.
const complete = `{
	"identifier": "service", "title": "Service", "description": "d", "icon": "Microservice", "include_in_global_search": true,
	"properties": {
		"string_props": {"language": {"title": "t", "description": "d", "icon": "i", "required": true, "default": "Go", "format": "markdown", "date_format": "iso", "enum": ["Go", "C"], "enum_colors": {"Go": "red"},
			"min_length": 1, "max_length": 9, "pattern": "^[A-Z]", "spec": "embedded-url", "renamed_from": "speech",
			"spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example", "authorization_scope": ["email"]}}},
		"number_props": {"replicas": {"required": true, "default": 2, "enum": [1, 2], "enum_colors": {"1": "red"}, "minimum": 1, "maximum": 5}},
		"boolean_props": {"locked": {"required": true, "default": true}},
		"object_props": {"labels": {"required": true, "default": "{\"a\": 1}", "format": "labeled-url", "spec": "open-api"}},
		"array_props": {
			"urls": {"required": true, "min_items": 1, "max_items": 2, "string_items": {"default": ["a"], "format": "url", "enum": ["a"], "enum_colors": {"a": "red"}, "pattern": "a"}},
			"ports": {"number_items": {"default": [1], "enum": [1], "enum_colors": {"1": "red"}}},
			"flags": {"boolean_items": {"default": [true]}},
			"links": {"object_items": {"default": ["{}"], "format": "labeled-url"}},
			"anything": {"default": "[1]"}}},
	"relations": {"parent": {"target": "target", "title": "t", "description": "d", "many": true, "required": true, "renamed_from": "mother"}},
	"mirror_properties": {"owner": {"path": "parent.owner", "title": "t", "renamed_from": "possessor"}},
	"calculation_properties": {"shout": {"calculation": ".x", "type": "array", "title": "t", "description": "d", "icon": "i", "format": "url", "spec": "open-api", "colorized": true, "colors": {"a": "red"},
		"items": {"type": "string", "format": "url"},
		"spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example", "authorization_scope": ["email"]}}},
	"aggregation_properties": {
		"pace": {"title": "t", "target_blueprint_identifier": "target", "description": "d", "icon": "i", "query": "{\"combinator\":\"and\",\"rules\":[]}",
			"method": {"average_entities": {"average_of": "week", "measure_time_by": "$updatedAt"}}, "path_filter": [{"path": ["parent"], "from_blueprint": "service"}]},
		"load": {"title": "t", "target_blueprint_identifier": "target", "method": {"average_by_property": {"property": "p", "average_of": "week", "measure_time_by": "$updatedAt"}}},
		"most": {"title": "t", "target_blueprint_identifier": "target", "method": {"aggregate_by_property": {"func": "max", "property": "p"}}},
		"all": {"title": "t", "target_blueprint_identifier": "target", "method": {"count_entities": true}}},
	"ownership": {"type": "Inherited", "path": "parent", "title": "t"},
	"webhook_changelog_destination": {"url": "https://listener.example", "agent": true},
	"extra_json": "{\"novel\": 1}", "delete_actions": true, "deletion_protection": true, "timeouts": {"create": "1m"}
}`

// TestBlueprint_unknownAnywhere plans a configuration with each value, at any depth, unknown: it is
// accepted, and the plan stays consistent once the value is known.
func TestBlueprint_unknownAnywhere(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target", Schema: port.Schema{Properties: map[string]port.Property{"owner": {Type: "string"}, "p": {Type: "number"}}}})
	absent, existing := env.NewSession(t, "port_blueprint"), env.NewSession(t, "port_blueprint")
	existing.Apply(complete)
	values, containers := acctest.EachUnknown(t, complete)
	for name, diagnostics := range acctest.ValidateAll(t, "port_blueprint", values) {
		t.Errorf("%s is unknown: validation reports %q", name, diagnostics)
	}
	for name, session := range map[string]*acctest.Session{"a new one": absent, "an existing one": existing} {
		for _, broken := range session.ReplanInconsistencies(containers, complete) {
			t.Errorf("%s: %s", name, broken)
		}
	}
}

// TestBlueprint_lateValuesOfElements checks elements whose unknown values become different from the
// prior ones, so that no default may be planned for them.
func TestBlueprint_lateValuesOfElements(t *testing.T) {
	t.Parallel()
	config := func(required string) string {
		if required != acctest.Unknown {
			required = fmt.Sprintf(`{"required": %s}`, required)
		} else {
			required = `"` + required + `"`
		}
		return properties(`"string_props": {"owner": ` + required + `}`)
	}
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(config("true"))
	for _, late := range []string{"false", "true", "null"} {
		if broken := session.ReplanInconsistencies(map[string]string{"owner": config(acctest.Unknown)}, config(late)); len(broken) > 0 {
			t.Errorf("required = %s: %q", late, broken)
		}
	}
}

// TestValidate_requiresAttributesOfElements is the counterpart: a known element must have its
// required attributes.
func TestValidate_requiresAttributesOfElements(t *testing.T) {
	t.Parallel()
	aggregation := `{"title": "t", "target_blueprint_identifier": "target", "method": {"count_entities": true}, "path_filter": [{}]}`
	tests := map[string]struct{ config, want string }{
		"a relation":                      {valid(`"relations": {"a": {}}`), `"target"): Missing Required Attribute: relations["a"] has no target, which is required.`},
		"a mirror property":               {valid(`"mirror_properties": {"a": {}}`), `mirror_properties["a"] has no path`},
		"a calculation":                   {valid(`"calculation_properties": {"a": {"type": "string"}}`), `calculation_properties["a"] has no calculation`},
		"a calculation without type":      {valid(`"calculation_properties": {"a": {"calculation": "."}}`), `calculation_properties["a"] has no type`},
		"an aggregation":                  {valid(`"aggregation_properties": {"a": {"title": "t", "target_blueprint_identifier": "b"}}`), `aggregation_properties["a"] has no method`},
		"an aggregation without a target": {valid(`"aggregation_properties": {"a": {"title": "t", "method": {"count_entities": true}}}`), `has no target_blueprint_identifier`},
		"an aggregation without a title":  {valid(`"aggregation_properties": {"a": {"target_blueprint_identifier": "b", "method": {"count_entities": true}}}`), `has no title`},
		"a path filter":                   {valid(`"aggregation_properties": {"a": ` + aggregation + `}`), `aggregation_properties["a"].path_filter[0] has no path`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diagnostics := acctest.Validate(t, "port_blueprint", test.config)
			if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR ") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want one error with %q", diagnostics, test.want)
			}
		})
	}
}
