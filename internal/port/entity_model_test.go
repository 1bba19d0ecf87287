package port_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

func TestEntityDecodes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want port.Entity
	}{
		"a single team":   {`{"team":"a"}`, port.Entity{Team: []string{"a"}}},
		"several teams":   {`{"team":["b","a"]}`, port.Entity{Team: []string{"b", "a"}}},
		"no teams":        {`{"team":[]}`, port.Entity{Team: []string{}}},
		"a null team":     {`{"team":null}`, port.Entity{}},
		"a null title":    {`{"title":null,"icon":null}`, port.Entity{}},
		"an empty title":  {`{"title":"","icon":""}`, port.Entity{Title: new(""), Icon: new("")}},
		"no properties":   {`{"properties":null}`, port.Entity{}},
		"a null property": {`{"properties":{"a":null}}`, port.Entity{Properties: map[string]any{"a": nil}}},
		"exact numbers": {
			`{"properties":{"a":9007199254740993,"b":[0.1,{"c":1e400}]}}`,
			port.Entity{Properties: map[string]any{
				"a": json.Number("9007199254740993"),
				"b": []any{json.Number("0.1"), map[string]any{"c": json.Number("1e400")}},
			}},
		},
		"relations": {
			`{"relations":{"none":null,"one":"a","many":["a","b"],"empty":[],"titled":{"identifier":"a"},"mixed":["a",{}]}}`,
			port.Entity{Relations: map[string]any{
				"none": nil, "one": "a", "many": []string{"a", "b"}, "empty": []string{},
				"titled": map[string]any{"identifier": "a"}, "mixed": []any{"a", map[string]any{}},
			}},
		},
		"read-only keys": {
			`{"identifier":"i","blueprint":"b","createdAt":"1","createdBy":"2","updatedAt":"3","updatedBy":"4","scorecards":{"x":1}}`,
			port.Entity{
				Identifier: "i", Blueprint: "b", CreatedAt: "1", CreatedBy: "2", UpdatedAt: "3", UpdatedBy: "4",
				Extra: map[string]json.RawMessage{"scorecards": json.RawMessage(`{"x":1}`)},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := port.Entity{Identifier: "left over"}
			if err := json.Unmarshal([]byte(c.text), &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, want %#v", got, c.want)
			}
		})
	}
}

func TestMalformedEntity(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, wantError string }{
		"null":              {`null`, "expected an object, got null"},
		"a string":          {`"entity"`, "expected an object, got a string"},
		"a team of numbers": {`{"team":[1]}`, "team.0: expected a string, got a number"},
		"a team query":      {`{"team":{"combinator":"and"}}`, "team: expected a list, got an object"},
		"an identifier":     {`{"identifier":{}}`, "identifier: expected a string, got an object"},
		"properties":        {`{"properties":"x"}`, "properties: expected an object, got a string"},
		"relations":         {`{"relations":[]}`, "relations: expected an object, got a list"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// encoding/json handles null itself when it is not called through the interface.
			err := new(port.Entity).UnmarshalJSON([]byte(c.text))
			if err == nil || err.Error() != c.wantError {
				t.Errorf("error = %v, want %q", err, c.wantError)
			}
		})
	}
}

func TestEntityPatchDistinguishesUnsetFromUnchanged(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		patch port.EntityPatch
		want  string
	}{
		"nothing": {port.EntityPatch{}, `{}`},
		"unset": {
			port.EntityPatch{Title: port.Unset[string](), Icon: port.Unset[string](), Team: port.Unset[[]string]()},
			`{"title":null,"icon":null,"team":null}`,
		},
		"set": {
			port.EntityPatch{Identifier: "new", Title: port.Set("a<b"), Icon: port.Set(""), Team: port.Set([]string{})},
			`{"identifier":"new","title":"a<b","icon":"","team":[]}`,
		},
		"keys": {
			port.EntityPatch{Properties: map[string]any{"a": nil}, Relations: map[string]any{"r": nil, "s": []string{"x"}}},
			`{"properties":{"a":null},"relations":{"r":null,"s":["x"]}}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(c.patch)
			if err != nil {
				t.Fatal(err)
			}
			if got, expected := canonical(t, encoded, false), canonical(t, []byte(c.want), false); !reflect.DeepEqual(got, expected) {
				t.Errorf("encoded %s, want %s", encoded, c.want)
			}
		})
	}
}

func FuzzEntity(f *testing.F) {
	f.Add([]byte(`{"identifier":"a","team":"t","properties":{"a":1e400,"b":[null,{"c":0.10}]},"relations":{"r":["a",1]},"scorecards":{}}`))
	f.Add([]byte(`{"team":[],"title":"","relations":{"r":null},"properties":{}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var first port.Entity
		if json.Unmarshal(content, &first) != nil {
			return
		}
		encoded, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("encoding the decoded value: %v", err)
		}
		sent := canonical(t, content, true)
		object, _ := sent.(map[string]any)
		if team, single := object["team"].(string); single {
			object["team"] = []any{team}
		}
		for _, required := range []string{"identifier", "blueprint", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			if object[required] == "" {
				delete(object, required)
			}
		}
		assertIncluded(t, canonical(t, encoded, true), sent, "")
		if again := roundTrip(t, encoded, &port.Entity{}); !bytes.Equal(again, encoded) {
			t.Fatalf("a second round trip differs:\n%s\n%s", encoded, again)
		}
	})
}
