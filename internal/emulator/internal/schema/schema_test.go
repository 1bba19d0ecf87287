package schema_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"
)

func parse(tb testing.TB, text string) any {
	tb.Helper()
	value, err := document.Parse([]byte(text), document.KeepNumber)
	if err != nil {
		tb.Fatalf("%s: %s", text, err)
	}
	return value
}

func definition(tb testing.TB, text string) *document.Object {
	tb.Helper()
	object, ok := parse(tb, text).(*document.Object)
	if !ok {
		tb.Fatalf("%s is not an object", text)
	}
	return object
}

// TestKeywords lists, for each schema, valid values and invalid ones with their problem.
func TestKeywords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		schema  string
		accepts []string
		refuses map[string]string
	}{
		{`{"type":"string"}`, []string{`""`, `"x"`}, map[string]string{`1`: "must be string", `null`: "must be string", `[]`: "must be string"}},
		{`{"type":"number"}`, []string{`1`, `-0.5`, `9007199254740993`}, map[string]string{`"1"`: "must be number", `1e999`: "range of a double"}},
		{`{"type":"integer"}`, []string{`1`, `1.0`, `1e2`}, map[string]string{`1.5`: "must be integer"}},
		{`{"type":"boolean"}`, []string{`true`}, map[string]string{`"true"`: "must be boolean", `0`: "must be boolean"}},
		{`{"type":"object"}`, []string{`{}`, `{"a":[1]}`}, map[string]string{`[]`: "must be object"}},
		{`{"type":"array"}`, []string{`[]`, `[1,"a",null]`}, map[string]string{`{}`: "must be array"}},
		{`{"type":["string","null"]}`, []string{`"x"`, `null`}, map[string]string{`1`: "must be string,null"}},
		{`{"enum":["a",1,null]}`, []string{`"a"`, `1.0`, `null`}, map[string]string{`"b"`: "allowed values: a, 1, null"}},
		{
			`{"type":"string","minLength":2,"maxLength":3}`,
			[]string{`"ab"`, `"äöü"`, `"😀😀"`},
			map[string]string{`"a"`: "fewer than 2", `"abcd"`: "more than 3", `"😀😀😀😀"`: "more than 3"},
		},
		{`{"type":"string","pattern":"^a+$"}`, []string{`"aa"`}, map[string]string{`"b"`: "must match pattern"}},
		{`{"type":"string","pattern":"^(?!x).*$"}`, []string{`"a"`}, map[string]string{`"x"`: "must match pattern"}},
		{`{"type":"number","minimum":1,"maximum":2.5}`, []string{`1`, `2.5`}, map[string]string{`0.999`: ">= 1", `2.51`: "<= 2.5"}},
		{`{"type":"number","exclusiveMinimum":1,"exclusiveMaximum":2}`, []string{`1.5`}, map[string]string{`1`: "> 1", `2.0`: "< 2"}},
		{`{"type":"number","maximum":9007199254740992}`, []string{`9007199254740992`}, map[string]string{`9007199254740993`: "<= 9007199254740992"}},
		{`{"type":"number","multipleOf":0.1}`, []string{`0.3`, `1`, `-2.7`}, map[string]string{`0.35`: "multiple of 0.1"}},
		{`{"type":"array","items":{"type":"string","minLength":1}}`, []string{`[]`, `["a"]`}, map[string]string{`["a",1]`: "v/1 must be string", `[""]`: "v/0 must NOT"}},
		{`{"type":"array","minItems":1,"maxItems":2}`, []string{`[1]`}, map[string]string{`[]`: "fewer than 1", `[1,2,3]`: "more than 2"}},
		{
			`{"type":"array","uniqueItems":true}`,
			[]string{`[1,2,"1"]`, `[{"a":1},{"a":2}]`},
			map[string]string{`[1,1.0]`: "duplicate", `[{"a":1,"b":2},{"b":2,"a":1}]`: "duplicate", `["a","a"]`: "duplicate"},
		},
		{
			`{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}`,
			[]string{`{"a":1,"b":2}`},
			map[string]string{`{}`: "required property 'a'", `{"a":"x"}`: "v/a must be number"},
		},
		{`{"type":"object","additionalProperties":false,"properties":{"a":{}}}`, []string{`{"a":1}`}, map[string]string{`{"b":1}`: "additional properties: 'b'"}},
		{`{"type":"object","additionalProperties":{"type":"string"}}`, []string{`{"b":"x"}`}, map[string]string{`{"b":1}`: "v/b must be string"}},
		{`{"type":"object","propertyNames":{"maxLength":1}}`, []string{`{"b":1}`}, map[string]string{`{"bb":1}`: "property name must be valid: 'bb'"}},
		{`{"type":"object","minProperties":1,"maxProperties":1}`, []string{`{"b":1}`}, map[string]string{`{}`: "fewer than 1", `{"a":1,"b":1}`: "more than 1"}},
		{
			`{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}`,
			[]string{`"x"`, `["x"]`},
			map[string]string{`[1]`: "v/0 must be string", `1`: "must be string"},
		},
		{`{"type":"object","format":"labeled-url"}`, []string{`{"url":"https://example.com","displayText":"x"}`}, map[string]string{`{}`: "labeled-url", `{"url":"x"}`: "labeled-url"}},
		{`{"type":"string","icon":"X","anything":{"minLength":5}}`, []string{`""`}, nil},
	} {
		t.Run(test.schema, func(t *testing.T) {
			t.Parallel()
			compiled, violation := schema.Compile("p", definition(t, test.schema))
			if violation != nil {
				t.Fatal(violation)
			}
			for _, value := range test.accepts {
				if v := compiled.Validate("v", parse(t, value)); v != nil {
					t.Errorf("%s: %s", value, v)
				}
			}
			for value, part := range test.refuses {
				v := compiled.Validate("v", parse(t, value))
				if v == nil || !strings.Contains(v.Error(), part) {
					t.Errorf("%s: got %v, want %q", value, v, part)
				}
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"type":"text"}`:               "p/type must be equal",
		`{"type":5}`:                    "p/type must be equal",
		`{"enum":[]}`:                   "p/enum",
		`{"enum":"a"}`:                  "p/enum",
		`{"pattern":1}`:                 "p/pattern must be string",
		`{"pattern":"("}`:               `p/pattern must match format "regex"`,
		`{"$ref":"file:///etc/passwd"}`: "p must be a JSON Schema",
		`{"minLength":-1}`:              "p/minLength",
		`{"maxLength":1.5}`:             "p/maxLength",
		`{"minimum":"1"}`:               "p/minimum must be number",
		`{"maximum":1e999999}`:          "p/maximum",
		`{"multipleOf":0}`:              "p/multipleOf must be > 0",
		`{"uniqueItems":"yes"}`:         "p/uniqueItems must be boolean",
		`{"items":[]}`:                  "p/items must be boolean,object",
		`{"items":{"minItems":"x"}}`:    "p/items/minItems",
		`{"properties":[]}`:             "p/properties must be object",
		`{"properties":{"a":1}}`:        "p/properties/a must be boolean,object",
		`{"required":true}`:             "p/required must be array",
		`{"required":[1]}`:              "p/required/0 must be string",
		`{"additionalProperties":1}`:    "p/additionalProperties",
		`{"anyOf":[]}`:                  "p/anyOf",
		`{"anyOf":[1]}`:                 "p/anyOf/0 must be boolean,object",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, violation := schema.Compile("p", definition(t, text))
			if violation == nil || !strings.HasPrefix(violation.Error(), want) {
				t.Errorf("got %v, want %q", violation, want)
			}
		})
	}
}
