package blueprint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// explicitEmpty are the attributes, by case, that the configuration sets to empty values and that
// are null in the state after an import. Terraform shows them as changes, which send nothing.
func explicitEmpty() map[string][]string {
	return map[string][]string{
		"none instead of an empty map":     {"mirror_properties"},
		"empty collections":                {"calculation_properties", "mirror_properties", "relations"},
		"an empty map instead of null":     {"properties.number_props"},
		"no enums instead of empty ones":   {"properties.string_props.a.enum", "properties.string_props.a.enum_colors"},
		"empty enums and colors":           {"properties.array_props.c.string_items.enum", "properties.array_props.c.string_items.enum_colors", "properties.array_props.d.number_items.enum", "properties.array_props.d.number_items.enum_colors", "properties.number_props.b.enum", "properties.number_props.b.enum_colors", "properties.string_props.a.enum", "properties.string_props.a.enum_colors"},
		"aggregations":                     {"aggregation_properties.a.path_filter"},
		"one map filled, the others empty": {"properties.array_props", "properties.boolean_props", "properties.number_props", "properties.object_props"},
		"no aggregations, and none":        {"aggregation_properties"},
		"only empty maps":                  {"properties.array_props", "properties.string_props"},
		"colors of a calculation":          {"calculation_properties.c.colors"},
	}
}

// importWithoutWrites imports the blueprint into a new state. It checks that the plan changes only
// nulls, that applying it sends nothing, and that the next plan is empty.
func importWithoutWrites(t *testing.T, env *acctest.Environment, config string, nulls []string) {
	t.Helper()
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	changed := session.Changes(config)
	if !slices.Equal(changed, nulls) {
		t.Errorf("after an import the plan changes %v, want %v", changed, nulls)
	}
	if len(changed) == 0 {
		return
	}
	env.Writes(t)
	session.Apply(config)
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("setting empty values sent %v", writes)
	}
	expectEmptyPlan(t, session, "after an import and an apply", config)
}

// TestBlueprint_emptyPlan applies a configuration and checks that the next plan is empty: for the
// same configuration, for an equivalent one, and after an import, except for explicit empty values.
// Real changes of the same attributes are in [TestBlueprint_everyDriftShows].
func TestBlueprint_emptyPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config string
		// reworded is equivalent to config; if empty, config is used again.
		reworded string
	}{
		"only required attributes":         {config: valid("")},
		"no properties":                    {config: properties("")},
		"one map filled, the others empty": {config: properties(`"string_props": {"a": {}}, "number_props": {}, "boolean_props": {}, "object_props": {}, "array_props": {}`)},
		"only empty maps":                  {config: properties(`"string_props": {}, "array_props": {}`)},
		"empty collections":                {config: valid(`"relations": {}, "mirror_properties": {}, "calculation_properties": {}`)},
		"an empty description":             {config: valid(`"description": ""`)},
		"required and many spelled out":    {config: properties(`"string_props": {"a": {"required": false}}`), reworded: properties(`"string_props": {"a": {}}`)},
		"an empty map instead of null":     {config: properties(`"string_props": {"a": {}}, "number_props": {}`), reworded: properties(`"string_props": {"a": {}}`)},
		"none instead of an empty map":     {config: valid(`"mirror_properties": {}`), reworded: valid("")},
		"a default in another JSON":        {config: properties(`"object_props": {"a": {"default": "{\"x\":1,\"y\":\"<\"}"}}`), reworded: properties(`"object_props": {"a": {"default": "{ \"y\": \"\\u003c\", \"x\": 1.0 }"}}`)},
		"list defaults in another JSON":    {config: properties(`"array_props": {"a": {"object_items": {"default": ["{\"x\":1}"]}}}`), reworded: properties(`"array_props": {"a": {"object_items": {"default": ["{ \"x\": 1e0 }"]}}}`)},
		"numbers in another notation":      {config: properties(`"number_props": {"a": {"default": 1, "minimum": 0.1, "maximum": 100, "enum": [1, 9007199254740993]}}`), reworded: properties(`"number_props": {"a": {"default": 1.0, "minimum": 1e-1, "maximum": 1e2, "enum": [1e0, 9007199254740993.0]}}`)},
		"an empty default list":            {config: properties(`"array_props": {"a": {"string_items": {"default": []}}}`)},
		"an array without an item type":    {config: properties(`"array_props": {"a": {}}`)},
		"a default without an item type":   {config: properties(`"array_props": {"a": {"default": "[1,{\"x\":[]}]"}}`), reworded: properties(`"array_props": {"a": {"default": "[ 1.0, {\"x\": []} ]"}}`)},
		"empty enums and colors":           {config: properties(`"string_props": {"a": {"enum": [], "enum_colors": {}}}, "number_props": {"b": {"enum": [], "enum_colors": {}}}, "array_props": {"c": {"string_items": {"enum": [], "enum_colors": {}}}, "d": {"number_items": {"enum": [], "enum_colors": {}}}}`)},
		"no enums instead of empty ones":   {config: properties(`"string_props": {"a": {"enum": [], "enum_colors": {}}}`), reworded: properties(`"string_props": {"a": {}}`)},
		"colors of a calculation":          {config: valid(`"calculation_properties": {"c": {"calculation": ".", "type": "array", "colors": {}, "items": {"type": "string"}}}`)},
		"the default scope":                {config: properties(`"string_props": {"a": {"spec": "embedded-url", "spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example"}}}`), reworded: properties(`"string_props": {"a": {"spec": "embedded-url", "spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example", "authorization_scope": ["openid"]}}}`)},
		"no aggregations, and none":        {config: valid(`"aggregation_properties": {}`), reworded: valid("")},
		"aggregations":                     {config: valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "service", "method": {"average_entities": {}}, "query": "{\"combinator\":\"and\",\"rules\":[]}", "path_filter": []}}`), reworded: valid(`"aggregation_properties": {"a": {"title": "A", "target_blueprint_identifier": "service", "method": {"average_entities": {"average_of": "day", "measure_time_by": "$createdAt"}}, "query": "{ \"rules\": [], \"combinator\": \"and\" }"}}`)},
		"a relation to itself":             {config: valid(`"relations": {"parent": {"target": "service"}}, "mirror_properties": {"grandparent": {"path": "parent.parent.$title"}}`)},
		"global search switched off":       {config: valid(`"include_in_global_search": false`)},
		"Kafka":                            {config: valid(`"kafka_changelog_destination": {}`)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(test.config)
			expectEmptyPlan(t, session, "after the apply", test.config)
			if test.reworded != "" {
				expectEmptyPlan(t, session, "with an equivalent configuration", test.reworded)
			}
			importWithoutWrites(t, env, test.config, explicitEmpty()[name])
		})
	}
}

func expectEmptyPlan(t *testing.T, session *acctest.Session, when, config string) {
	t.Helper()
	if changed := session.Changes(config); len(changed) > 0 {
		t.Errorf("%s the plan changes %v", when, changed)
	}
}

// TestBlueprint_relationsOfOthers checks that a configuration without relations leaves the
// relations of others alone, and that an empty map does not.
func TestBlueprint_relationsOfOthers(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(""))
	patch(t, env, "service", port.BlueprintPatch{"relations": map[string]port.Relation{"theirs": {Target: "target"}}})()

	expectEmptyPlan(t, session, "after somebody declared a relation", valid(""))
	session.Apply(valid(`"description": "changed"`))
	if relations := relationsOf(t, env); len(relations) != 1 {
		t.Errorf("an update without relations left %v", relations)
	}
	session.Apply(valid(`"relations": {}`))
	if relations := relationsOf(t, env); len(relations) != 0 {
		t.Errorf("relations = {} left %v", relations)
	}
}

// TestBlueprint_relationsDeclaredConcurrently adds a relation and an aggregation property after the
// refresh of an imported blueprint, whose state has relations.
func TestBlueprint_relationsDeclaredConcurrently(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	create(t, env, &port.Blueprint{Identifier: "service", Title: "Service"})
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	patch(t, env, "service", port.BlueprintPatch{
		"relations": map[string]port.Relation{"theirs": {Target: "target"}},
		"aggregationProperties": map[string]port.AggregationProperty{
			"count": {Title: "Count", Target: "target", CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"}},
		},
	})()

	session.Apply(valid(`"description": "changed"`))

	if got := document(t, env); !strings.Contains(got, `"theirs":`) || !strings.Contains(got, `"count":`) || !strings.Contains(got, `"changed"`) {
		t.Errorf("Port has %s", got)
	}
}

// TestBlueprint_othersKeepTheirForm imports relations and aggregation properties that differ from
// every default, and leaves them to others.
func TestBlueprint_othersKeepTheirForm(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{
		Identifier: "service", Title: "Service",
		Relations: map[string]port.Relation{"theirs": {Target: "service", Many: true, Title: new("T")}},
		AggregationProperties: map[string]port.AggregationProperty{"pace": {
			Title: "Pace", Target: "service", PathFilter: []port.PathFilter{{Path: []string{"theirs"}}},
			CalculationSpec: port.CalculationSpec{Func: "average", CalculationBy: "entities", AverageOf: new("week"), MeasureTimeBy: new("$updatedAt")},
		}},
	})
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	expectEmptyPlan(t, session, "after the import", valid(""))
	before := document(t, env)

	session.Apply(valid(`"description": "changed"`))
	expectEmptyPlan(t, session, "after an update", valid(`"description": "changed"`))

	want := strings.Replace(before, `"identifier"`, `"description":"changed","identifier"`, 1)
	if got := document(t, env); !jsonvalue.EqualText(withoutTimes(t, got), withoutTimes(t, want)) {
		t.Errorf("Port has\n%s\nwant\n%s", got, want)
	}
}

// TestBlueprint_relationsOfOthersAreNotRecorded replaces a relation between refresh and apply, and
// checks that the next refresh shows it.
func TestBlueprint_relationsOfOthersAreNotRecorded(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	create(t, env, &port.Blueprint{Identifier: "service", Title: "Service", Relations: map[string]port.Relation{"a": {Target: "target"}}})
	session := env.NewSession(t, "port_blueprint")
	session.Import("service")
	patch(t, env, "service", port.BlueprintPatch{"relations": map[string]port.Relation{"b": {Target: "target"}}})()

	session.Apply(valid(`"description": "changed"`))
	expectWarnings(t, session)

	if relations := relationsOf(t, env); len(relations) != 1 || relations["b"].Target == "" {
		t.Errorf("Port has %v", relations)
	}
	// The map is authoritative now, so the relation of others must show.
	want := []string{"relations.b"}
	if changed := session.Changes(valid(`"description": "changed", "relations": {}`)); !slices.Equal(topLevel(changed, want), want) {
		t.Errorf("the plan changes %v", changed)
	}
}

func relationsOf(t *testing.T, env *acctest.Environment) map[string]port.Relation {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), "service")
	if err != nil {
		t.Fatal(err)
	}
	return blueprint.Relations
}

// TestBlueprint_emptyTextsInPort saves empty strings in Port, which mean the same as none.
func TestBlueprint_emptyTextsInPort(t *testing.T) {
	t.Parallel()
	config := valid(`"properties": {"string_props": {"a": {}}}, "relations": {"r": {"target": "service"}}, "ownership": {"type": "Direct"}`)
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(config)
	change(t, env, func(b *port.Blueprint) {
		b.Description = new("")
		property(b, "a", func(p *port.Property) { p.Title, p.Description = new(""), new("") })
		b.Relations["r"] = port.Relation{Target: "service", Title: new(""), Description: new("")}
	})
	expectEmptyPlan(t, session, "after a refresh", config)
	imported := env.NewSession(t, "port_blueprint")
	imported.Import("service")
	expectEmptyPlan(t, imported, "after an import", config)

	change(t, env, func(b *port.Blueprint) { b.Description = new("theirs") })
	if changed := imported.Changes(config); !slices.Equal(changed, []string{"description"}) {
		t.Errorf("after a change of one the plan changes %v", changed)
	}
}

func TestBlueprint_calculationsAreAnyText(t *testing.T) {
	t.Parallel()
	config := valid(`"calculation_properties": {"a": {"calculation": "test-rel.$identifier", "type": "string"},
		"b": {"calculation": ".identifier", "type": "string", "format": "date-time", "date_format": "24-hour"}}`)
	session := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
	session.Apply(config)
	expectEmptyPlan(t, session, "after the create", config)
}
