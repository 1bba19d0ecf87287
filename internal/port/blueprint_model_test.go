package port_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// readTestdata reads a file in testdata.
func readTestdata(tb testing.TB, name string) []byte {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

// canonical parses JSON with exact numbers. dropNulls drops keys whose value is null.
func canonical(tb testing.TB, content []byte, dropNulls bool) any {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		tb.Fatalf("%v in %s", err, content)
	}
	if dropNulls {
		return withoutNulls(value)
	}
	return value
}

func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, element := range value {
			if element == nil {
				delete(value, key)
				continue
			}
			value[key] = withoutNulls(element)
		}
	case []any:
		for i, element := range value {
			value[i] = withoutNulls(element)
		}
	}
	return value
}

// roundTrip decodes and encodes again.
func roundTrip(tb testing.TB, content []byte, model json.Unmarshaler) []byte {
	tb.Helper()
	if err := model.UnmarshalJSON(content); err != nil {
		tb.Fatal(err)
	}
	encoded, err := json.Marshal(model)
	if err != nil {
		tb.Fatal(err)
	}
	return encoded
}

func TestBlueprintRoundTrip(t *testing.T) {
	t.Parallel()
	content := readTestdata(t, "blueprint.json")
	encoded := roundTrip(t, content, &port.Blueprint{})
	if got, expected := canonical(t, encoded, false), canonical(t, content, false); !reflect.DeepEqual(got, expected) {
		t.Errorf("round trip\n got %s\nwant %s", encoded, content)
	}
	if again := roundTrip(t, encoded, &port.Blueprint{}); !bytes.Equal(again, encoded) {
		t.Errorf("the encoding is not deterministic:\n%s\n%s", encoded, again)
	}
}

func TestBlueprintUnknownKeysGoToExtra(t *testing.T) {
	t.Parallel()
	var blueprint port.Blueprint
	if err := json.Unmarshal(readTestdata(t, "blueprint.json"), &blueprint); err != nil {
		t.Fatal(err)
	}
	everything := map[string]map[string]json.RawMessage{
		"blueprint":             blueprint.Extra,
		"schema":                blueprint.Schema.Extra,
		"string property":       blueprint.Schema.Properties["text"].Extra,
		"items":                 blueprint.Schema.Properties["list"].Items.Extra,
		"spec authentication":   blueprint.Schema.Properties["page"].SpecAuthentication.Extra,
		"mirror property":       blueprint.MirrorProperties["region"].Extra,
		"calculation property":  blueprint.CalculationProperties["score"].Extra,
		"aggregation property":  blueprint.AggregationProperties["count"].Extra,
		"calculation spec":      blueprint.AggregationProperties["count"].CalculationSpec.Extra,
		"path filter":           blueprint.AggregationProperties["count"].PathFilter[0].Extra,
		"relation":              blueprint.Relations["cluster"].Extra,
		"changelog destination": blueprint.ChangelogDestination.Extra,
		"ownership":             blueprint.Ownership.Extra,
		"team inheritance":      blueprint.TeamInheritance.Extra,
	}
	for name, extra := range everything {
		if len(extra) != 1 || string(extra["unknown"]) == "" {
			t.Errorf("Extra of the %s = %s, want only the unknown key", name, extra)
		}
	}
	number := blueprint.Schema.Properties["number"]
	if got := string(number.Default); got != "9007199254740993" {
		t.Errorf("default = %s, want the exact number", got)
	}
	if got := number.Maximum.String(); got != "0.1" {
		t.Errorf("maximum = %s, want the exact number", got)
	}
	if got := number.Enum; !reflect.DeepEqual(got, []any{json.Number("1"), json.Number("2.50")}) {
		t.Errorf("enum = %v, want exact numbers", got)
	}
}

func TestBlueprintDistinguishesAbsentFromEmpty(t *testing.T) {
	t.Parallel()
	var absent, empty, null port.Blueprint
	for text, blueprint := range map[string]*port.Blueprint{
		`{"schema":{"properties":{}}}`: &absent,
		`{"description":"","relations":{},"schema":{"properties":{"p":{"type":"array","enum":[],"default":null}},"required":[]}}`: &empty,
		`{"description":null,"relations":null,"ownership":null,"schema":{"properties":{},"required":null}}`:                       &null,
	} {
		if err := json.Unmarshal([]byte(text), blueprint); err != nil {
			t.Fatal(err)
		}
	}
	if absent.Description != nil || absent.Relations != nil || absent.Schema.Required != nil {
		t.Errorf("absent keys are set: %+v", absent)
	}
	if null.Description != nil || null.Relations != nil || null.Schema.Required != nil || null.Ownership != nil {
		t.Errorf("null keys are set: %+v", null)
	}
	property := empty.Schema.Properties["p"]
	if empty.Description == nil || empty.Relations == nil || empty.Schema.Required == nil || property.Enum == nil {
		t.Errorf("empty keys are not set: %+v", empty)
	}
	if string(property.Default) != "null" {
		t.Errorf("default = %q, want null", property.Default)
	}
}

func TestBlueprintEncodesWithoutHTMLEscaping(t *testing.T) {
	t.Parallel()
	property := port.Property{Type: "string", Title: new("a < b & c"), Default: json.RawMessage(`"<p>"`)}
	encoded, err := port.Blueprint{Schema: port.Schema{Properties: map[string]port.Property{"p": property}}}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if got, expected := string(encoded), `{"p":{"default":"<p>","title":"a < b & c","type":"string"}}`; !strings.Contains(got, expected) {
		t.Errorf("encoded %s, want %s", got, expected)
	}
}

func TestBlueprintExtraDoesNotReplaceFields(t *testing.T) {
	t.Parallel()
	relation := port.Relation{Target: "a", Extra: map[string]json.RawMessage{
		"target": json.RawMessage(`"b"`), "title": json.RawMessage(`"from extra"`),
	}}
	encoded, err := json.Marshal(port.Blueprint{Relations: map[string]port.Relation{"r": relation}})
	if err != nil {
		t.Fatal(err)
	}
	expected := `"relations":{"r":{"many":false,"required":false,"target":"a","title":"from extra"}}`
	if !strings.Contains(string(encoded), expected) {
		t.Errorf("encoded %s, want %s", encoded, expected)
	}
}

func TestMalformedBlueprintErrorNamesThePath(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, errorContains string }{
		"not an object":        {`[]`, "expected an object, got a list"},
		"string for a map":     {`{"relations":"x"}`, "relations: expected an object, got a string"},
		"list for an object":   {`{"schema":{"properties":{"a":[]}}}`, "schema.properties.a: expected an object, got a list"},
		"string for a number":  {`{"schema":{"properties":{"a":{"minimum":"x"}}}}`, "schema.properties.a.minimum: expected a number, got a string"},
		"number for a string":  {`{"schema":{"properties":{"a":{"title":1}}}}`, "schema.properties.a.title: expected a string, got a number"},
		"object for a list":    {`{"schema":{"required":{}}}`, "schema.required: expected a list, got an object"},
		"number in a list":     {`{"schema":{"required":["a",2]}}`, "schema.required.1: expected a string, got a number"},
		"string for a boolean": {`{"relations":{"r":{"many":"yes"}}}`, "relations.r.many: expected a boolean, got a string"},
		"numbers for colors":   {`{"schema":{"properties":{"a":{"enumColors":{"x":1}}}}}`, "schema.properties.a.enumColors.x: expected a string"},
		"deeply nested":        {`{"aggregationProperties":{"a":{"pathFilter":[{"path":[{}]}]}}}`, "aggregationProperties.a.pathFilter.0.path.0: expected a string"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := json.Unmarshal([]byte(c.text), &port.Blueprint{})
			if err == nil || !strings.Contains(err.Error(), c.errorContains) {
				t.Errorf("error = %v, want it to contain %q", err, c.errorContains)
			}
		})
	}
}

func FuzzBlueprint(f *testing.F) {
	f.Add([]byte(`{"identifier":"a","schema":{"properties":{"p":{"type":"number","default":1e400,"x":{"y":[null]}}}}}`))
	f.Add([]byte(`{"relations":{"r":{"target":"a","many":null,"icon":"I"}},"ownership":{"type":"Direct"},"description":""}`))
	f.Add([]byte(`{"schema":{"properties":{"p":{"type":"array","items":{},"enum":[1,"a",true,null]}}},"title":"\u2028<&>"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var first port.Blueprint
		if json.Unmarshal(content, &first) != nil {
			return
		}
		encoded, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("encoding the decoded value: %v", err)
		}
		assertIncluded(t, canonical(t, encoded, true), canonical(t, content, true), "")
		if again := roundTrip(t, encoded, &port.Blueprint{}); !bytes.Equal(again, encoded) {
			t.Fatalf("a second round trip differs:\n%s\n%s", encoded, again)
		}
	})
}

// assertIncluded checks that the first value contains everything in the second. The first may also
// have required keys that were absent.
func assertIncluded(t *testing.T, whole, part any, path string) {
	t.Helper()
	object, isObject := part.(map[string]any)
	if !isObject {
		if !reflect.DeepEqual(whole, part) && !isQuotedNumber(whole, part) {
			t.Fatalf("%s: %#v became %#v", path, part, whole)
		}
		return
	}
	wholeObject, ok := whole.(map[string]any)
	if !ok {
		t.Fatalf("%s: an object became %#v", path, whole)
	}
	for key, value := range object {
		assertIncluded(t, wholeObject[key], value, path+"."+key)
	}
}

// isQuotedNumber reports whether the decoded number was a string where Port documents a number.
func isQuotedNumber(whole, part any) bool {
	number, isNumber := whole.(json.Number)
	text, isText := part.(string)
	return isNumber && isText && number.String() == text
}
