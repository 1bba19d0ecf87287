package entity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func number(text string) *json.Number {
	n := json.Number(text)
	return &n
}

// strict returns a blueprint with a constraint of every kind.
func strict() *port.Blueprint {
	blueprint := thing()
	blueprint.Identifier = "strict"
	properties := blueprint.Schema.Properties
	properties["healthStatus"] = port.Property{Type: "string", Enum: []any{"Healthy", "Crashed"}}
	properties["level"] = port.Property{Type: "number", Enum: []any{json.Number("1"), json.Number("2.50")}}
	properties["url"] = port.Property{Type: "string", Format: new("url")}
	properties["since"] = port.Property{Type: "string", Format: new("date-time")}
	properties["email"] = port.Property{Type: "string", Format: new("email")}
	properties["ipv4"] = port.Property{Type: "string", Format: new("ipv4")}
	properties["ipv6"] = port.Property{Type: "string", Format: new("ipv6")}
	properties["code"] = port.Property{Type: "string", Pattern: new(`^(?=A)\w+$`)}
	properties["name"] = port.Property{Type: "string", MinLength: number("2"), MaxLength: number("4")}
	properties["percent"] = port.Property{Type: "number", Minimum: number("0"), Maximum: number("99.5")}
	properties["few"] = port.Property{Type: "array", MinItems: number("1"), MaxItems: number("2")}
	properties["colors"] = port.Property{Type: "array", Items: &port.Items{Type: "string", Enum: []any{"red", "blue"}}}
	properties["later"] = port.Property{Type: "string", Format: new("markdown")}
	blueprint.CalculationProperties = map[string]port.CalculationProperty{"sum": {Type: "number", Calculation: ".properties.number"}}
	return blueprint
}

// newStrict returns a Port with that blueprint.
func newStrict(t *testing.T, change func(*port.Blueprint)) *acctest.Environment {
	t.Helper()
	env := newThings(t)
	blueprint := strict()
	change(blueprint)
	if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
		t.Fatal(err)
	}
	return env
}

func unchanged(*port.Blueprint) {}

func strictEntity(attributes string) string {
	return fmt.Sprintf(`{"blueprint": "strict", "identifier": "e", %s}`, attributes)
}

func texts(key, value string) string {
	return fmt.Sprintf(`"properties": {"string_props": {%q: %s}}`, key, value)
}

func amounts(key, value string) string {
	return fmt.Sprintf(`"properties": {"number_props": {%q: %s}}`, key, value)
}

// invalidEntities are entities with one mistake each, and a part of the error.
func invalidEntities() map[string]struct{ attributes, want string } {
	return map[string]struct{ attributes, want string }{
		"an unknown property":                      {texts("helthStatus", `"Healthy"`), `"string_props").ElementKeyString("helthStatus"): Unknown Property: The blueprint "strict" has no property "helthStatus". Did you mean "healthStatus"?`},
		"an unknown property without a suggestion": {texts("zzzzzzzzz", `"x"`), `Unknown Property: The blueprint "strict" has no property "zzzzzzzzz".`},
		"an unknown key in properties_json":        {`"properties_json": "{\"Any\": 1}"`, `AttributeName("properties_json"): Unknown Property: The blueprint "strict" has no property "Any". Did you mean "any"?`},
		"a computed property":                      {amounts("sum", `1`), `ElementKeyString("sum"): Computed Property: Port computes the property "sum"`},
		"a string for a number":                    {texts("number", `"1"`), `ElementKeyString("number"): Wrong Property Type: The property "number" of the blueprint "strict" is a number, not a string.`},
		"a number for a string":                    {amounts("text", `1`), `is a string, not a number.`},
		"an object for a list":                     {`"properties": {"object_props": {"any": "{}"}}`, `is an array, not an object.`},
		"a list for an object":                     {`"properties_json": "{\"object\": []}"`, `is an object, not an array.`},
		"a list of the wrong type":                 {`"properties": {"array_props": {"number_items": {"texts": [1]}}}`, `ElementKeyString("texts"): Invalid Property Value: The property "texts" of the blueprint "strict" must have a string as element 0, not a number.`},
		"a null in a list of strings":              {`"properties": {"array_props": {"string_items": {"texts": ["x", null]}}}`, `must not have null as element 1, but a string.`},
		"a null in a list in JSON":                 {`"properties_json": "{\"texts\": [null]}"`, `must not have null as element 0, but a string.`},
		"a string outside the enum":                {texts("healthStatus", `"healthy"`), `must be one of "Healthy", "Crashed".`},
		"a number outside the enum":                {amounts("level", `2`), `must be one of 1, 2.50.`},
		"an element outside the enum":              {`"properties": {"array_props": {"string_items": {"colors": ["red", "green"]}}}`, `has an invalid element 1, which must be one of "red", "blue".`},
		"an invalid url":                           {texts("url", `"example.com"`), `must have the format url.`},
		"a time without a zone":                    {texts("since", `"2026-01-01T00:00:00"`), `must have the format date-time`},
		"an invalid email address":                 {texts("email", `"me"`), `must have the format email`},
		"an invalid ipv4 address":                  {texts("ipv4", `"::1"`), `must have the format ipv4`},
		"an invalid ipv6 address":                  {texts("ipv6", `"127.0.0.1"`), `must have the format ipv6`},
		"a string that does not match the pattern": {texts("code", `"B1"`), `must match the pattern ^(?=A)\w+$.`},
		"a string too short":                       {texts("name", `"ä"`), `must have at least 2 characters, not 1.`},
		"a string too long":                        {texts("name", `"abcde"`), `must have at most 4 characters, not 5.`},
		"a number too small":                       {amounts("percent", `-0.1`), `must be at least 0.`},
		"a number too large":                       {amounts("percent", `99.50001`), `must be at most 99.5.`},
		"a list too short":                         {`"properties": {"array_props": {"string_items": {"few": []}}}`, `must have at least 1 elements, not 0.`},
		"a list too long":                          {`"properties": {"array_props": {"number_items": {"few": [1, 2, 3]}}}`, `must have at most 2 elements, not 3.`},
		"an unknown relation":                      {`"relations": {"single_relations": {"ones": "a"}}`, `"single_relations").ElementKeyString("ones"): Unknown Relation: The blueprint "strict" has no relation "ones". Did you mean "one"?`},
		"a list for a single relation":             {`"relations": {"many_relations": {"one": ["a"]}}`, `Wrong Kind of Relation: The relation "one" of the blueprint "strict" has a single target. Set it in single_relations.`},
		"one target for many":                      {`"relations": {"single_relations": {"many": "a"}}`, `Wrong Kind of Relation: The relation "many" of the blueprint "strict" has multiple targets. Set it in many_relations.`},
	}
}

func TestCheck_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range invalidEntities() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, unchanged)
			diagnostics := env.NewSession(t, "port_entity").Plan(strictEntity(test.attributes))
			if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0], "ERROR") || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("got %q, want an error with %q", diagnostics, test.want)
			}
			if len(diagnostics) > 0 && (!strings.Contains(diagnostics[0], `"strict:e"`) || !strings.Contains(diagnostics[0], "entity_plan_checks")) {
				t.Errorf("the error does not name the entity and how to turn off the check: %q", diagnostics[0])
			}
		})
	}
}

func TestCheck_required(t *testing.T) {
	t.Parallel()
	requires := func(blueprint *port.Blueprint) {
		blueprint.Schema.Required = []string{"text", "locked"}
		blueprint.Relations["one"] = port.Relation{Target: "target", Required: true}
		blueprint.Relations["many"] = port.Relation{Target: "target", Required: true, Many: true}
	}
	const whole = `"properties": {"string_props": {"text": "x"}}, "relations": {"single_relations": {"one": "a"}, "many_relations": {"many": ["a"]}}`
	tests := map[string]struct {
		attributes string
		want       []string
	}{
		"complete":                 {whole, nil},
		"a property omitted":       {strings.Replace(whole, `"text": "x"`, "", 1), []string{`"properties"): Missing Required Property: The blueprint "strict" requires the property "text", which has no value.`}},
		"a null":                   {strings.Replace(whole, `"x"`, "null", 1), []string{`ElementKeyString("text"): Missing Required Property: The blueprint "strict" requires the property "text", which is null.`}},
		"a relation omitted":       {strings.Replace(whole, `"one": "a"`, "", 1), []string{`"relations"): Missing Required Relation: The blueprint "strict" requires the relation "one", which has no target.`}},
		"a null relation":          {strings.Replace(whole, `"one": "a"`, `"one": null`, 1), []string{`requires the relation "one"`}},
		"no targets":               {strings.Replace(whole, `["a"]`, `[]`, 1), []string{`requires the relation "many"`}},
		"an unknown value":         {strings.Replace(whole, `"x"`, `"(unknown)"`, 1), nil},
		"an unknown map":           {strings.Replace(whole, `{"text": "x"}`, `"(unknown)"`, 1), nil},
		"unknown targets":          {strings.Replace(whole, `["a"]`, `"(unknown)"`, 1), nil},
		"declared, new":            {`"management": "declared"`, []string{`property "text"`, `relation "many"`, `relation "one"`}},
		"declared, may be adopted": {`"management": "declared", "on_existing": "adopt"`, nil},
		"perhaps declared":         {`"management": "(unknown)"`, nil},
		"perhaps adopted":          {`"management": "declared", "on_existing": "(unknown)"`, nil},
		"declared and null":        {`"management": "declared", "on_existing": "adopt", "properties": {"string_props": {"text": null}}`, []string{`property "text", which is null`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, requires)
			diagnostics := env.NewSession(t, "port_entity").Plan(strictEntity(test.attributes))
			if len(diagnostics) != len(test.want) {
				t.Fatalf("got %q, want %q", diagnostics, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(diagnostics[i], want) {
					t.Errorf("got %q, want %q", diagnostics[i], want)
				}
			}
		})
	}
}

// TestCheck_acceptsWhatPortAccepts checks that the plan and Port accept the same values.
func TestCheck_acceptsWhatPortAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"the enum in another notation":      amounts("level", `2.5`),
		"a url":                             texts("url", `"https://example.com/x?y"`),
		"a time":                            texts("since", `"2026-01-01T00:00:00.5+02:00"`),
		"an email address":                  texts("email", `"me@example.com"`),
		"addresses":                         `"properties": {"string_props": {"ipv4": "127.0.0.1", "ipv6": "fe80::1"}}`,
		"a pattern that looks ahead":        texts("code", `"A1"`),
		"letters, not bytes":                texts("name", `"äöüß"`),
		"the ends of a range":               amounts("percent", `99.5`),
		"a format that Port does not check": texts("later", `"x"`),
		"any element without items":         `"properties_json": "{\"few\": [[], {}]}"`,
		"JSON of a simple type":             `"properties_json": "{\"text\": \"x\", \"number\": 1}"`,
		"nulls":                             `"properties": {"string_props": {"healthStatus": null}}, "relations": {"single_relations": {"one": null}}`,
	}
	for name, attributes := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, unchanged)
			if diagnostics := env.NewSession(t, "port_entity").TryApply(strictEntity(attributes)); len(diagnostics) > 0 {
				t.Errorf("got %q", diagnostics)
			}
		})
	}
}

func TestCheck_acceptsUnknownValues(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a value":      texts("healthStatus", `"(unknown)"`),
		"an element":   `"properties": {"array_props": {"string_items": {"colors": ["(unknown)", "green"]}}}`,
		"all of it":    `"properties": "(unknown)", "relations": "(unknown)"`,
		"JSON":         `"properties_json": "(unknown)"`,
		"the targets":  `"relations": {"many_relations": {"many": ["(unknown)"]}}`,
		"a blueprint":  `"blueprint": "(unknown)", "properties": {"string_props": {"nothing": "x"}}`,
		"no blueprint": `"blueprint": "not-there-yet", "properties": {"string_props": {"nothing": "x"}}`,
	}
	for name, attributes := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, unchanged)
			config := strictEntity(attributes)
			if strings.Contains(attributes, `"blueprint"`) {
				config = `{"identifier": "e", ` + attributes + `}`
			}
			if diagnostics := env.NewSession(t, "port_entity").Plan(config); len(diagnostics) > 0 {
				t.Errorf("got %q", diagnostics)
			}
		})
	}
}

// TestCheck_skipsUnchangedEntity checks that a stricter blueprint does not fail a plan that writes
// nothing.
func TestCheck_skipsUnchangedEntity(t *testing.T) {
	t.Parallel()
	env := newStrict(t, unchanged)
	session := env.NewSession(t, "port_entity")
	session.Apply(strictEntity(texts("healthStatus", `"Crashed"`)))
	stricter := strict()
	stricter.Schema.Properties["healthStatus"] = port.Property{Type: "string", Enum: []any{"Healthy"}}
	if _, err := env.Client.Blueprints.Update(t.Context(), "strict", stricter); err != nil {
		t.Fatal(err)
	}
	later := env.NewSession(t, "port_entity")
	later.Import("strict:e")
	if diagnostics := later.Plan(strictEntity(texts("healthStatus", `"Crashed"`))); len(diagnostics) > 0 {
		t.Errorf("got %q", diagnostics)
	}
	if diagnostics := later.Plan(strictEntity(`"icon": "Lock", ` + texts("healthStatus", `"Crashed"`))); len(diagnostics) != 1 {
		t.Errorf("a change passes: %q", diagnostics)
	}
}

func TestCheck_usesThePlannedBlueprint(t *testing.T) {
	t.Parallel()
	const planned = `{"identifier": "strict", "title": "Strict", "relations": {}, "properties": {"string_props": {"fresh": {}}}}`
	tests := map[string]struct {
		blueprint, attributes, want string
	}{
		"a property that it adds":            {planned, texts("fresh", `"x"`), ""},
		"a property that it removes":         {planned, texts("text", `"x"`), `has no property "text"`},
		"a relation that it removes":         {planned, `"relations": {"single_relations": {"one": "a"}}`, `has no relation "one". It has none.`},
		"relations that it does not declare": {strings.Replace(planned, `"relations": {}, `, "", 1), `"relations": {"single_relations": {"one": "a"}}`, ""},
		"a partly unknown blueprint":         {strings.Replace(planned, `{"fresh": {}}`, `"(unknown)"`, 1), texts("nothing", `"x"`), ""},
		"another planned blueprint":          {strings.Replace(planned, `"strict"`, `"other"`, 1), texts("fresh", `"x"`), `has no property "fresh"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, unchanged)
			session := env.NewSession(t, "port_entity")
			if diagnostics := session.Sibling("port_blueprint").Plan(test.blueprint); len(diagnostics) > 0 {
				t.Fatalf("the plan of the blueprint reports %q", diagnostics)
			}
			diagnostics := session.Plan(strictEntity(test.attributes))
			if (test.want == "") != (len(diagnostics) == 0) || (test.want != "" && !strings.Contains(diagnostics[0], test.want)) {
				t.Errorf("got %q, want %q", diagnostics, test.want)
			}
		})
	}
}

// TestCheck_warnsOfDeletedValues plans an entity that does not change, while the same run plans its
// blueprint without something that the entity sets. The plan after that apply would fail.
func TestCheck_warnsOfDeletedValues(t *testing.T) {
	t.Parallel()
	const (
		entity  = `"properties": {"string_props": {"text": "x", "url": null}}, "properties_json": "{\"any\": [1]}", "relations": {"single_relations": {"one": "a"}}`
		planned = `{"identifier": "strict", "title": "Strict", "relations": {"one": {"target": "target"}}, "properties": {"string_props": {"text": {}}, "array_props": {"any": {}}}}`
		loss    = "Value Will Be Deleted: This plan "
	)
	tests := map[string]struct{ blueprint, want string }{
		"nothing":             {planned, ""},
		"a property":          {strings.Replace(planned, `"text"`, `"fresh"`, 1), `AttributeName("string_props").ElementKeyString("text"): ` + loss + `deletes the property "text" of the blueprint "strict"`},
		"a property in JSON":  {strings.Replace(planned, `"any"`, `"fresh"`, 1), `AttributeName("properties_json"): ` + loss + `deletes the property "any"`},
		"a type":              {strings.Replace(planned, `"string_props"`, `"number_props"`, 1), loss + `changes the property "text" of the blueprint "strict" to a number`},
		"a relation":          {strings.Replace(planned, `"one": {"target": "target"}`, ``, 1), `ElementKeyString("one"): ` + loss + `deletes the relation "one" of the blueprint "strict"`},
		"an unknown property": {strings.Replace(planned, `{"text": {}}`, `"(unknown)"`, 1), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newStrict(t, unchanged)
			session := env.NewConfiguredSession(t, "port_entity", `{"blueprint_property_type_change_protection": false}`)
			session.Apply(strictEntity(entity))
			blueprint := session.Sibling("port_blueprint")
			blueprint.Import("strict")
			blueprint.Plan(test.blueprint)
			diagnostics := session.Plan(strictEntity(entity))
			if test.want == "" && len(diagnostics) > 0 {
				t.Errorf("got %q, want no warning", diagnostics)
			}
			if test.want != "" {
				expectWarning(t, diagnostics, test.want, `"strict:e"`)
			}
		})
	}
}

func TestCheck_canBeTurnedOff(t *testing.T) {
	t.Setenv("PORT_ENTITY_PLAN_CHECKS", "false")
	env := newStrict(t, unchanged)
	if diagnostics := env.NewSession(t, "port_entity").Plan(strictEntity(texts("nothing", `"x"`))); len(diagnostics) > 0 {
		t.Errorf("got %q", diagnostics)
	}
}

// TestCheck_advisesToPlanTheBlueprint checks that the error advises to plan the blueprint, unless
// it was planned.
func TestCheck_advisesToPlanTheBlueprint(t *testing.T) {
	t.Parallel()
	const advice = "refer to its resource (blueprint = port_blueprint.<name>.identifier), or add it to depends_on"
	session := newThings(t).NewSession(t, "port_entity")
	config := declare(`"properties": {"string_props": {"novel": "x"}}`)
	if diagnostics := session.Plan(config); len(diagnostics) != 1 || !strings.Contains(diagnostics[0], advice) {
		t.Errorf("the plan says %q", diagnostics)
	}
	blueprint := session.Sibling("port_blueprint")
	blueprint.Import("thing")
	blueprint.Plan(`{"identifier": "thing", "title": "Thing", "properties": {"string_props": {"text": {}}}}`)
	if diagnostics := session.Plan(config); len(diagnostics) != 1 || strings.Contains(diagnostics[0], advice) {
		t.Errorf("with a planned blueprint the plan says %q", diagnostics)
	}
}

// TestCheck_relationToAnID checks that the error names the attribute to use.
func TestCheck_relationToAnID(t *testing.T) {
	t.Parallel()
	session := newThings(t).NewSession(t, "port_entity")
	diagnostics := session.TryApply(declare(`"relations": {"single_relations": {"one": "target:a"}}`))
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Use port_entity.<name>.identifier, not .id") {
		t.Errorf("the apply says %q", diagnostics)
	}
}
