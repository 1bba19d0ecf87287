package query_test

import (
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/query"
)

// now is the time that presets are relative to: a Monday afternoon.
var now = time.Date(2026, 6, 15, 16, 44, 56, 0, time.UTC)

// fixed is a record with given properties.
type fixed struct{ properties *document.Object }

func (f fixed) Property(name string) any { return f.properties.Value(name) }
func (f fixed) Relation(name, target string) []any {
	return f.properties.Object("relations").Object(name).List(target)
}
func (f fixed) Kinds() iter.Seq2[string, query.Kind] { return kinds }

// kinds defines a URL property and a plain string for every record.
func kinds(yield func(string, query.Kind) bool) {
	_ = yield("link", query.Kind{Type: "string", Format: "url"}) && yield("name", query.Kind{Type: "string"})
}

func object(tb testing.TB, text string) *document.Object {
	tb.Helper()
	value, err := document.Parse([]byte(text), document.KeepNumber)
	if err != nil {
		tb.Fatalf("%s: %s", text, err)
	}
	o, _ := value.(*document.Object)
	return o
}

// finds runs a query of one rule against a record.
func finds(tb testing.TB, rule, properties string, dialect query.Dialect) bool {
	tb.Helper()
	q, err := query.Parse("body", object(tb, `{"combinator":"and","rules":[`+rule+`]}`), dialect)
	if err != nil {
		tb.Fatal(err)
	}
	return q.Bind(nil, now)(fixed{properties: object(tb, properties)})
}

// TestOperators lists, for every operator, values of each type that match and values that do not,
// always including null.
func TestOperators(t *testing.T) {
	t.Parallel()
	const (
		text   = `"value":"Degraded"`
		number = `"value":5`
	)
	for _, test := range []struct {
		operator, value string
		finds, misses   []string
	}{
		{"=", text, []string{`"Degraded"`}, []string{`null`, `"degraded"`, `""`, `5`, `true`, `["Degraded"]`, `{}`}},
		{"=", number, []string{`5`, `5.0`}, []string{`null`, `"5"`, `6`}},
		{"=", `"value":true`, []string{`true`}, []string{`null`, `false`, `"true"`}},
		{"=", `"value":null`, []string{`null`}, []string{`""`, `0`, `false`, `[]`}},
		{"=", `"value":["a","b"]`, []string{`["a","b"]`}, []string{`null`, `["b","a"]`, `"a"`}},
		{"=", `"value":"2026-06-15T16:00:00Z"`, []string{`"2026-06-15T16:00:00.000Z"`, `"2026-06-15T18:00:00+02:00"`}, []string{`null`, `"2026-06-15T16:00:01Z"`}},
		{"=", `"value":{"preset":"today"}`, []string{`"2026-06-15T00:00:00Z"`}, []string{`null`, `"2026-06-14T23:59:59Z"`}},
		{"!=", text, []string{`null`, `"Healthy"`, `5`, `[]`}, []string{`"Degraded"`}},
		{"!=", `"value":null`, []string{`"x"`, `0`, `false`, `[]`}, []string{`null`}},
		{">", number, []string{`6`, `5.1`, `1e3`}, []string{`null`, `5`, `4`, `"6"`, `true`}},
		{">=", number, []string{`5`, `5.0`}, []string{`null`, `4.9`}},
		{"<", number, []string{`4`, `-1`}, []string{`null`, `5`}},
		{"<=", number, []string{`5`}, []string{`null`, `5.1`}},
		{">", `"value":9007199254740992`, []string{`9007199254740993`}, []string{`9007199254740992`}},
		{">", `"value":"2026-06-15T16:00:00Z"`, []string{`"2026-06-15T16:00:00.001Z"`}, []string{`null`, `"2026-06-15T16:00:00Z"`, `"z"`, `7`}},
		{"in", `"value":["a","b",3]`, []string{`"a"`, `3.0`, `["x","b"]`}, []string{`null`, `"c"`, `[]`}},
		{"in", `"value":"a"`, []string{`"a"`}, []string{`null`, `"b"`}},
		{"notIn", `"value":["a","b"]`, []string{`null`, `"c"`, `["x"]`}, []string{`"a"`, `["x","b"]`}},
		{"contains", `"value":"grade"`, []string{`"Degraded"`, `["grade"]`}, []string{`null`, `"GRADE"`, `["Degraded"]`, `5`}},
		{"contains", number, []string{`[4,5.0]`}, []string{`null`, `5`, `"5"`}},
		{"doesNotContains", `"value":"grade"`, []string{`null`, `"x"`, `5`}, []string{`"Degraded"`, `["grade"]`}},
		{"containsAny", `"value":["a","b"]`, []string{`["x","b"]`}, []string{`null`, `[]`, `["c"]`, `"a"`}},
		{"beginsWith", `"value":"De"`, []string{`"Degraded"`, `"De"`}, []string{`null`, `"de"`, `"aDe"`, `["De"]`}},
		{"doesNotBeginsWith", `"value":"De"`, []string{`null`, `"x"`}, []string{`"Degraded"`}},
		{"endsWith", `"value":"ed"`, []string{`"Degraded"`}, []string{`null`, `"edx"`}},
		{"doesNotEndsWith", `"value":"ed"`, []string{`null`, `"x"`}, []string{`"Degraded"`}},
		{
			"between", `"value":{"from":"2026-06-01T00:00:00Z","to":"2026-06-02T00:00:00Z"}`,
			[]string{`"2026-06-01T00:00:00Z"`, `"2026-06-02T00:00:00.000Z"`},
			[]string{`null`, `"2026-05-31T23:59:59Z"`, `"2026-06-02T00:00:01Z"`, `"x"`, `5`},
		},
		{
			"notBetween", `"value":{"from":"2026-06-01T00:00:00Z","to":"2026-06-02T00:00:00Z"}`,
			[]string{`null`, `"2026-05-31T23:59:59Z"`},
			[]string{`"2026-06-01T12:00:00Z"`},
		},
		{"isEmpty", "", []string{`null`}, []string{`""`, `0`, `false`, `[]`, `{}`}},
		{"isNotEmpty", "", []string{`""`, `0`, `false`, `[]`}, []string{`null`}},
		{"isExpired", "", []string{`"2026-06-15T16:44:56Z"`, `"2020-01-01T00:00:00Z"`}, []string{`null`, `"2026-06-15T16:44:57Z"`, `"x"`}},
		{"isNotExpired", "", []string{`"2026-06-15T16:44:57Z"`}, []string{`null`, `"2020-01-01T00:00:00Z"`}},
		{"matchAny", `"value":["a","b"]`, []string{`"a"`}, []string{`null`, `"c"`}},
		{"=", `"value":{"context":"user","property":"x"}`, []string{`null`}, []string{`"x"`}},
	} {
		t.Run(test.operator+" "+test.value, func(t *testing.T) {
			t.Parallel()
			rule := `{"property":"p","operator":"` + test.operator + `"`
			if test.value != "" {
				rule += "," + test.value
			}
			rule += "}"
			for _, value := range test.finds {
				if !finds(t, rule, `{"p":`+value+`}`, query.Everywhere) {
					t.Errorf("%s does not find %s", rule, value)
				}
			}
			for _, value := range test.misses {
				if finds(t, rule, `{"p":`+value+`}`, query.Everywhere) {
					t.Errorf("%s finds %s", rule, value)
				}
			}
			absent := finds(t, rule, `{}`, query.Everywhere)
			null := finds(t, rule, `{"p":null}`, query.Everywhere)
			if absent != null {
				t.Errorf("%s: absent %t, null %t", rule, absent, null)
			}
		})
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	for preset, test := range map[string]struct{ first, before string }{
		"today":        {"2026-06-15T00:00:00Z", "2026-06-14T23:59:59Z"},
		"yesterday":    {"2026-06-14T00:00:00Z", "2026-06-13T23:59:59Z"},
		"tomorrow":     {"2026-06-16T00:00:00Z", "2026-06-15T23:59:59Z"},
		"lastDay":      {"2026-06-14T16:44:56Z", "2026-06-14T16:44:55Z"},
		"lastWeek":     {"2026-06-08T16:44:56Z", "2026-06-08T16:44:55Z"},
		"last2Weeks":   {"2026-06-01T16:44:56Z", "2026-06-01T16:44:55Z"},
		"lastMonth":    {"2026-05-16T16:44:56Z", "2026-05-16T16:44:55Z"},
		"last3Months":  {"2026-03-17T16:44:56Z", "2026-03-17T16:44:55Z"},
		"last6Months":  {"2025-12-17T16:44:56Z", "2025-12-17T16:44:55Z"},
		"last12Months": {"2025-06-15T16:44:56Z", "2025-06-15T16:44:55Z"},
	} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			rule := `{"property":"p","operator":"between","value":{"preset":"` + preset + `"}}`
			if !finds(t, rule, `{"p":"`+test.first+`"}`, query.Everywhere) {
				t.Errorf("misses %s", test.first)
			}
			for _, outside := range []string{test.before, "2026-06-17T00:00:00Z"} {
				if finds(t, rule, `{"p":"`+outside+`"}`, query.Everywhere) {
					t.Errorf("finds %s", outside)
				}
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	const (
		yes = `{"property":"p","operator":"=","value":1}`
		no  = `{"property":"p","operator":"=","value":2}`
	)
	and := func(rules ...string) string { return `{"combinator":"and","rules":[` + strings.Join(rules, ",") + `]}` }
	or := func(rules ...string) string { return `{"combinator":"or","rules":[` + strings.Join(rules, ",") + `]}` }
	for text, want := range map[string]bool{
		and():                         true,
		or():                          true,
		and(yes, no):                  false,
		or(no, yes):                   true,
		or(no, no):                    false,
		and(yes, or(no, yes)):         true,
		and(yes, or(no, and(no))):     false,
		or(no, and(yes, or(no, yes))): true,
	} {
		q, err := query.Parse("body", object(t, text), query.Everywhere)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Bind(nil, now)(fixed{properties: object(t, `{"p":1}`)}); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}

func TestRulesOfOneBlueprint(t *testing.T) {
	t.Parallel()
	const record = `{"relations":{"team":{"$identifier":["red","blue"],"$title":["Red","Blue"]}}}`
	for rule, want := range map[string]bool{
		`{"relation":"team","operator":"=","value":"blue"}`:                                  true,
		`{"relation":"team","operator":"=","value":"green"}`:                                 false,
		`{"relation":"team","operator":"!=","value":"blue"}`:                                 false,
		`{"relation":"team","operator":"!=","value":"green"}`:                                true,
		`{"relation":"team","operator":"=","targetProperty":"$title","value":"Red"}`:         true,
		`{"relation":"team","operator":"beginsWith","targetProperty":"$title","value":"re"}`: false,
		`{"relation":"team","operator":"isEmpty"}`:                                           false,
		`{"relation":"none","operator":"isEmpty"}`:                                           true,
		`{"relation":"none","operator":"isNotEmpty"}`:                                        false,
		`{"relation":"none","operator":"notIn","value":["red"]}`:                             true,
		`{"scorecard":"s","operator":"=","value":"Gold"}`:                                    false,
		`{"scorecard":"s","scorecardRule":"r","operator":"isEmpty"}`:                         true,
	} {
		if got := finds(t, rule, record, query.InBlueprint); got != want {
			t.Errorf("%s: got %t", rule, got)
		}
	}
}

func TestPropertySchema(t *testing.T) {
	t.Parallel()
	const record = `{"link":"https://example.com","name":"x"}`
	for rule, want := range map[string]bool{
		`{"propertySchema":{"type":"string"},"operator":"=","value":"x"}`:                                 true,
		`{"propertySchema":{"type":"string","format":"url"},"operator":"=","value":"x"}`:                  false,
		`{"propertySchema":{"type":"string","format":"url"},"operator":"contains","value":"example"}`:     true,
		`{"propertySchema":{"type":"number"},"operator":"=","value":1}`:                                   false,
		`{"propertySchema":{"type":"array","items":{"type":"string"}},"operator":"contains","value":"x"}`: false,
	} {
		if got := finds(t, rule, record, query.Everywhere); got != want {
			t.Errorf("%s: got %t", rule, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule, want string
		dialect    query.Dialect
	}{
		{`5`, "body/rules/0 must be object", query.Everywhere},
		{`{}`, "body/rules/0/operator", query.Everywhere},
		{`{"property":"p","operator":"~","value":1}`, "body/rules/0/operator", query.Everywhere},
		{`{"operator":"=","value":1}`, "required property 'property'", query.Everywhere},
		{`{"property":"p","operator":"="}`, "required property 'value'", query.Everywhere},
		{`{"property":"p","operator":"=","value":1,"extra":2}`, "additional properties: 'extra'", query.Everywhere},
		{`{"property":"p","operator":"isEmpty","value":1}`, "additional properties: 'value'", query.Everywhere},
		{`{"property":"$nothing","operator":"=","value":1}`, "not a meta-property", query.Everywhere},
		{`{"property":"p","operator":">","value":"x"}`, "number or date-time", query.Everywhere},
		{`{"property":"p","operator":"in","value":{}}`, "must be null, string", query.Everywhere},
		{`{"property":"p","operator":"between","value":5}`, "must be object", query.Everywhere},
		{`{"property":"p","operator":"between","value":{"from":"x","to":"2026-06-15T00:00:00Z"}}`, "value/from must be date-time", query.Everywhere},
		{`{"property":"p","operator":"between","value":{"preset":"lastCentury"}}`, "preset", query.Everywhere},
		{`{"property":"p","operator":"between","value":{"preset":"lastDay"}}`, "preset", query.InBlueprint},
		{`{"property":{"context":"moon","property":"x"},"operator":"=","value":1}`, "property/context", query.Everywhere},
		{`{"operator":"relatedTo","value":"x"}`, "required property 'blueprint'", query.Everywhere},
		{`{"operator":"relatedTo","blueprint":"b","value":5}`, "value must be string", query.Everywhere},
		{`{"operator":"relatedTo","blueprint":"b","value":"x","direction":"sideways"}`, "direction", query.Everywhere},
		{`{"operator":"relatedTo","blueprint":"b","value":"x","required":"yes"}`, "required must be boolean", query.Everywhere},
		{`{"propertySchema":{},"operator":"=","value":1}`, "required property 'type'", query.Everywhere},
		{`{"propertySchema":{"type":"string"},"operator":">","value":1}`, "operator", query.Everywhere},
		{`{"relation":"r","operator":"=","value":"x"}`, "additional properties: 'relation'", query.Everywhere},
		{`{"relation":"r","operator":"=","value":"x","targetProperty":"title"}`, "targetProperty", query.InBlueprint},
		{`{"operator":"matchAny","property":"p","value":["x"]}`, "must be object with a path", query.InBlueprint},
		{`{"operator":"matchAny","property":{"path":[]},"value":["x"]}`, "fewer than 1", query.Everywhere},
		{`{"operator":"matchAny","property":{"path":[{"relation":"r","maxHops":16}]},"value":["x"]}`, "maxHops", query.Everywhere},
		{`{"operator":"matchAny","property":{"path":[5]},"value":["x"]}`, "string or object", query.Everywhere},
		{`{"combinator":"xor","rules":[]}`, "body/rules/0/combinator", query.Everywhere},
		{`{"combinator":"and","rules":[{"combinator":"and"}]}`, "body/rules/0/rules/0/rules must be array", query.Everywhere},
	} {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			_, err := query.Parse("body", object(t, `{"combinator":"and","rules":[`+test.rule+`]}`), test.dialect)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	const (
		one   = `{"property":"$identifier","operator":"=","value":"a"}`
		two   = `{"property":"$identifier","operator":"in","value":["a","b"]}`
		other = `{"property":"p","operator":"=","value":"x"}`
		not   = `{"property":"$identifier","operator":"!=","value":"a"}`
	)
	for _, test := range []struct {
		text, want string
	}{
		{`{"combinator":"and","rules":[` + other + `,` + one + `]}`, "a"},
		{`{"combinator":"and","rules":[{"combinator":"and","rules":[` + two + `]}]}`, "a b"},
		{`{"combinator":"or","rules":[` + one + `]}`, "a"},
		{`{"combinator":"or","rules":[` + one + `,` + other + `]}`, "unrestricted"},
		{`{"combinator":"and","rules":[` + not + `]}`, "unrestricted"},
		{`{"combinator":"and","rules":[]}`, "unrestricted"},
	} {
		q, err := query.Parse("body", object(t, test.text), query.Everywhere)
		if err != nil {
			t.Fatal(err)
		}
		got := "unrestricted"
		if values, ok := q.Only("$identifier"); ok {
			got = strings.Join(values, " ")
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.text, got, test.want)
		}
	}
}
