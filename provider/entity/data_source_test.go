package entity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newReadable returns a Port with a blueprint that has computed properties of each kind and one
// entity "e".
func newReadable(t *testing.T) *acctest.Environment {
	t.Helper()
	env := newThings(t)
	blueprint := thing()
	blueprint.MirrorProperties = map[string]port.MirrorProperty{"owner": {Path: "one.$title"}}
	blueprint.CalculationProperties = map[string]port.CalculationProperty{"shout": {Type: "string", Calculation: ".properties.text + \"!\""}}
	blueprint.AggregationProperties = map[string]port.AggregationProperty{"count": {
		Title: "Count", Target: "target", Type: new("number"),
		CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"},
	}}
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
	create(t, env, "thing", &port.Entity{
		Identifier: "e", Title: new("E"), Icon: new("Lock"), Team: []string{"us"},
		Properties: map[string]any{
			"text": "x", "number": json.Number("9007199254740993"), "flag": true, "object": map[string]any{"a": "<"},
			"texts": []any{"b", "a"}, "any": []any{[]any{json.Number("1")}},
		},
		Relations: map[string]any{"one": "a", "many": []string{"b", "a"}},
	})
	return env
}

// expectIncludes checks that the result has the members of a JSON object.
func expectIncludes(t *testing.T, read map[string]any, want string) {
	t.Helper()
	decoded, err := jsonvalue.Decode([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range decoded.(map[string]any) {
		if !jsonvalue.Equal(read[key], value) {
			t.Errorf("%s is %v, want %v", key, read[key], value)
		}
	}
}

const readable = `{
	"identifier": "e", "blueprint": "thing", "title": "E", "icon": "Lock", "teams": ["us"], "run_id": null, "relation_titles": null, "scorecards": null,
	"properties": {
		"string_props": {"text": "x", "owner": "a", "shout": "x!"},
		"number_props": {"number": 9007199254740993, "count": 2},
		"boolean_props": {"flag": true, "locked": false},
		"object_props": {"object": "{\"a\":\"<\"}"},
		"array_props": {"string_items": {"texts": ["b", "a"]}, "number_items": {"numbers": null}, "boolean_items": {"flags": null}, "object_items": {"objects": null}}
	},
	"relations": {"single_relations": {"one": "a"}, "many_relations": {"many": ["b", "a"]}}
}`

func TestDataSource_entity(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	read, diagnostics := env.ReadDataSource(t, "port_entity", `{"blueprint": "thing", "identifier": "e"}`)
	if len(diagnostics) > 0 {
		t.Fatalf("got %q", diagnostics)
	}
	expectIncludes(t, read, readable)
	if read["id"] != "thing:e" || read["created_at"] == nil {
		t.Errorf("the id is %v, the time %v", read["id"], read["created_at"])
	}
	if text := read["properties_json"].(string); !strings.Contains(text, `"any":[[1]]`) || !strings.Contains(text, `"number":9007199254740993`) || !strings.Contains(text, `"shout":"x!"`) {
		t.Errorf("properties_json is %s", text)
	}
}

// TestDataSource_unsetValuesAreNull checks that properties without a value are null, in the map of
// their type, so that a configuration can refer to them.
func TestDataSource_unsetValuesAreNull(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	create(t, env, "thing", &port.Entity{Identifier: "bare", Title: new("Bare"), Properties: map[string]any{"numbers": []any{}}})
	const query = `{"query": "{\"combinator\": \"and\", \"rules\": [{\"property\": \"$identifier\", \"operator\": \"=\", \"value\": \"bare\"}]}"}`
	const want = `{"properties": {
		"string_props": {"text": null, "shout": "!"}, "number_props": {"number": null, "count": 0}, "boolean_props": {"flag": null, "locked": false},
		"object_props": {"object": null},
		"array_props": {"string_items": {"any": null, "texts": null}, "number_items": {"numbers": []}, "boolean_items": {"flags": null}, "object_items": {"objects": null}}
	}}`
	read, _ := env.ReadDataSource(t, "port_search", query)
	expectIncludes(t, find(t, read, "bare"), want)
	read, _ = env.ReadDataSource(t, "port_entities", `{"blueprint": "thing"}`)
	expectIncludes(t, find(t, read, "bare"), want)
	read, _ = env.ReadDataSource(t, "port_entity", `{"blueprint": "thing", "identifier": "bare"}`)
	expectIncludes(t, read, want)
}

func TestDataSource_entityScorecards(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 200, "times": 1,
		"body": {"ok": true, "entity": {"identifier": "e", "blueprint": "thing", "properties": {}, "relations": {},
			"scorecards": {"ready": {"level": "Gold", "rules": [{"identifier": "owned", "status": "SUCCESS", "level": "Bronze"}]}}}}}`)
	read, diagnostics := env.ReadDataSource(t, "port_entity", `{"blueprint": "thing", "identifier": "e"}`)
	if len(diagnostics) > 0 {
		t.Fatalf("got %q", diagnostics)
	}
	expectIncludes(t, read, `{"title": null, "icon": null, "scorecards": {"ready": {"level": "Gold", "rules": [{"identifier": "owned", "status": "SUCCESS", "level": "Bronze"}]}}}`)
}

func TestDataSource_entityNotFound(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	_, diagnostics := env.ReadDataSource(t, "port_entity", `{"blueprint": "thing", "identifier": "nobody"}`)
	expectError(t, diagnostics, "Unable to Read Entity", `"thing:nobody"`, "404", "port_entities")
}

func TestDataSource_entities(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	tests := map[string]struct {
		arguments string
		want      []string
	}{
		"all":   {``, []string{"e"}},
		"query": {`, "query": "{\"combinator\": \"and\", \"rules\": [{\"property\": \"text\", \"operator\": \"=\", \"value\": \"x\"}]}"`, []string{"e"}},
		"none":  {`, "query": "{\"combinator\": \"and\", \"rules\": [{\"property\": \"text\", \"operator\": \"=\", \"value\": \"y\"}]}"`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, diagnostics := env.ReadDataSource(t, "port_entities", `{"blueprint": "thing"`+test.arguments+`}`)
			if len(diagnostics) > 0 {
				t.Fatalf("got %q", diagnostics)
			}
			entities := read["entities"].([]any)
			if len(entities) != len(test.want) {
				t.Fatalf("found %v, want %v", entities, test.want)
			}
			for _, entity := range entities {
				expectIncludes(t, entity.(map[string]any), readable)
			}
		})
	}
}

func TestDataSource_entitiesLimited(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	read, diagnostics := env.ReadDataSource(t, "port_entities", `{"blueprint": "thing", "include": ["identifier", "properties.text"], "exclude": ["properties.number"]}`)
	if len(diagnostics) > 0 {
		t.Fatalf("got %q", diagnostics)
	}
	expectIncludes(t, read["entities"].([]any)[0].(map[string]any), `{"identifier": "e", "title": null, "created_at": null, "properties_json": "{\"text\":\"x\"}"}`)
}

// TestDataSource_entitiesArePaged reads more entities than one page contains.
func TestDataSource_entitiesArePaged(t *testing.T) {
	t.Parallel()
	const many = 1050
	env := newThings(t)
	entities := func(yield func(*port.Entity) bool) {
		for i := range many {
			if !yield(&port.Entity{Identifier: fmt.Sprintf("e%04d", i)}) {
				return
			}
		}
	}
	for _, err := range env.Client.Entities.BulkCreate(t.Context(), "thing", entities, port.CreateEntityOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	read, diagnostics := env.ReadDataSource(t, "port_entities", `{"blueprint": "thing"}`)
	if results := read["entities"].([]any); len(diagnostics) > 0 || len(results) != many {
		t.Errorf("found %d, %q", len(results), diagnostics)
	}
}

func TestDataSource_search(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	const query = `"query": "{\"combinator\": \"and\", \"rules\": [{\"property\": \"$identifier\", \"operator\": \"in\", \"value\": [\"e\", \"a\"]}]}"`
	read, diagnostics := env.ReadDataSource(t, "port_search", `{`+query+`}`)
	if len(diagnostics) > 0 {
		t.Fatalf("got %q", diagnostics)
	}
	if blueprints := read["matching_blueprints"].([]any); len(blueprints) != 2 {
		t.Errorf("the matching blueprints are %v", blueprints)
	}
	expectIncludes(t, find(t, read, "e"), readable)
	reformatted, _ := env.ReadDataSource(t, "port_search", `{`+strings.Replace(query, `{\"combinator\"`, `{ \"combinator\"`, 1)+`}`)
	other, _ := env.ReadDataSource(t, "port_search", `{`+query+`, "exclude_calculated_properties": true}`)
	if read["id"] != reformatted["id"] || read["id"] == other["id"] {
		t.Errorf("the ids are %v, %v and %v", read["id"], reformatted["id"], other["id"])
	}
	if _, calculated := find(t, other, "e")["properties"].(map[string]any)["string_props"].(map[string]any)["shout"]; calculated {
		t.Error("the calculated properties are included")
	}
}

// find returns one entity of the result.
func find(t *testing.T, read map[string]any, identifier string) map[string]any {
	t.Helper()
	for _, entity := range read["entities"].([]any) {
		if entity := entity.(map[string]any); entity["identifier"] == identifier {
			return entity
		}
	}
	t.Fatalf("%s was not found", identifier)
	return nil
}

func TestDataSource_searchWithTitles(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	read, diagnostics := env.ReadDataSource(t, "port_search", `{"attach_title_to_relation": true, "exclude": ["properties"],
		"query": "{\"combinator\": \"and\", \"rules\": [{\"property\": \"$identifier\", \"operator\": \"=\", \"value\": \"e\"}]}"}`)
	if len(diagnostics) > 0 {
		t.Fatalf("got %q", diagnostics)
	}
	expectIncludes(t, find(t, read, "e"), `{"properties_json": "{}", "relations": {"single_relations": {"one": "a"}, "many_relations": {"many": ["b", "a"]}},
		"relation_titles": {"one": {"a": "a"}, "many": {"a": "a", "b": "b"}}}`)
}

func TestDataSource_searchFails(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "/v1/entities/search", "status": 422,
		"body": {"ok": false, "error": "invalid_request", "message": "The query is too broad"}}`)
	tests := map[string]struct {
		typeName, config string
		want             []string
	}{
		"a query that is not JSON":           {"port_search", `{"query": "{a = 1}"}`, []string{`"query"): Invalid JSON`}},
		"a query that is a list":             {"port_search", `{"query": "[]"}`, []string{`"query"): Not a JSON Object`}},
		"a query with an unknown combinator": {"port_search", `{"query": "{\"combinator\": \"xor\", \"rules\": []}"}`, []string{`"query"): Invalid Query`}},
		"a query that Port refuses":          {"port_search", `{"query": "{\"combinator\": \"and\", \"rules\": []}"}`, []string{"Unable to Search Entities", "422", "too broad"}},
		"a blueprint that does not exist":    {"port_entities", `{"blueprint": "nothing"}`, []string{"Unable to Search Entities", `"nothing"`, "404"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diagnostics := env.ReadDataSource(t, test.typeName, test.config)
			expectError(t, diagnostics, test.want...)
		})
	}
}

func TestDataSource_searchWarnsAboutFailedBlueprints(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "POST", "route": "/v1/entities/search", "status": 200, "times": 1,
		"body": {"ok": true, "entities": [], "matchingBlueprints": [], "failedBlueprints": ["huge"]}}`)
	_, diagnostics := env.ReadDataSource(t, "port_search", `{"query": "{\"combinator\": \"and\", \"rules\": []}"}`)
	expectWarning(t, diagnostics, "Blueprints Not Searched", "huge")
}
