package blueprint_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

func withExtra(extra string) string {
	encoded, _ := json.Marshal(extra)
	return valid(`"properties": {"string_props": {"a": {"title": "A"}}}, "extra_json": ` + string(encoded))
}

// document returns the JSON of the blueprint in Port.
func document(t *testing.T, env *acctest.Environment) string {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), "service")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(blueprint)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func change(t *testing.T, env *acctest.Environment, apply func(*port.Blueprint)) {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), "service")
	if err != nil {
		t.Fatal(err)
	}
	apply(blueprint)
	if _, err := env.Client.Blueprints.Update(t.Context(), "service", blueprint); err != nil {
		t.Fatal(err)
	}
}

func TestBlueprint_extraJSON(t *testing.T) {
	t.Parallel()
	const deep = `{"novel": {"x": 9007199254740993, "y": [1, 2]}, "schema": {"properties": {"a": {"examples": ["b"]}}}}`
	theirs := func(b *port.Blueprint) {
		b.Extra["theirs"] = json.RawMessage(`true`)
		b.Extra["novel"] = json.RawMessage(`{"x": 9007199254740993, "y": [1, 2], "z": "theirs"}`)
	}

	t.Run("is merged deep, and exact", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withExtra(deep))
		for _, want := range []string{`"novel":{"x":9007199254740993,"y":[1,2]}`, `"examples":["b"]`, `"title":"A"`} {
			if got := document(t, env); !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		expectEmptyPlan(t, session, "after the apply", withExtra(deep))
		expectEmptyPlan(t, session, "in another notation", withExtra(`{"schema": {"properties": {"a": {"examples": [ "b" ]}}}, "novel": {"y": [1.0, 2], "x": 9007199254740993}}`))
	})
	t.Run("does not show what others add", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withExtra(deep))
		change(t, env, theirs)
		expectEmptyPlan(t, session, "after somebody added keys", withExtra(deep))
		session.Apply(withExtra(`{"novel": {"x": 1}}`))
		if got := document(t, env); !strings.Contains(got, `"novel":{"x":1,"z":"theirs"}`) || !strings.Contains(got, `"theirs":true`) || strings.Contains(got, "examples") {
			t.Errorf("after an update Port has %s", got)
		}
	})
	for name, drift := range map[string]func(*port.Blueprint){
		"a value changed":   func(b *port.Blueprint) { b.Extra["novel"] = json.RawMessage(`{"x": 9007199254740992, "y": [1, 2]}`) },
		"a key removed":     func(b *port.Blueprint) { b.Extra["novel"] = json.RawMessage(`{"y": [1, 2]}`) },
		"an object removed": func(b *port.Blueprint) { delete(b.Extra, "novel") },
		"a key removed from a property": func(b *port.Blueprint) {
			property(b, "a", func(p *port.Property) { p.Extra = nil })
		},
	} {
		t.Run("shows "+name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(withExtra(deep))
			change(t, env, drift)
			if got := session.Changes(withExtra(deep)); !slices.Equal(got, []string{"extra_json"}) {
				t.Errorf("the plan changes %v", got)
			}
			session.Apply(withExtra(deep))
			expectEmptyPlan(t, session, "after the apply", withExtra(deep))
		})
	}
	t.Run("removing a key removes it in Port", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withExtra(deep))
		session.Apply(properties(`"string_props": {"a": {"title": "A"}}`))
		if got := document(t, env); strings.Contains(got, "novel") || strings.Contains(got, "examples") || !strings.Contains(got, `"title":"A"`) {
			t.Errorf("Port still has %s", got)
		}
		expectEmptyPlan(t, session, "after the removal", properties(`"string_props": {"a": {"title": "A"}}`))
	})
	t.Run("null stays null", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withExtra(`{"novel": null}`))
		expectEmptyPlan(t, session, "after the apply", withExtra(`{"novel": null}`))
	})
}

func TestBlueprint_extraJSONRefusesKeysWithAttribute(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ extra, want string }{
		"a title":                   {`{"title": "B"}`, `instead: title.`},
		"the title of a property":   {`{"schema": {"properties": {"a": {"title": "B", "examples": []}}}}`, `instead: schema.properties.a.title.`},
		"a whole property":          {`{"schema": {"properties": {"b": {"type": "string"}}}}`, `instead: schema.properties.b.type.`},
		"a relation":                {`{"relations": {"r": {"target": "t"}}}`, `instead: relations.r.target.`},
		"an unknown property":       {`{"schema": {"properties": {"typo": {"examples": []}}}}`, `Keys of an Unknown Property: extra_json has keys for "typo"`},
		"a value of the wrong type": {`{"schema": 1}`, `Invalid Extra JSON: extra_json cannot be merged into the blueprint: schema: expected an object, got a number.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session := acctest.NewEmulated(t).NewSession(t, "port_blueprint")
			failures := tryApply(session, withExtra(test.extra))
			if len(failures) != 1 || !strings.Contains(failures[0], test.want) || !strings.Contains(failures[0], "extra_json") {
				t.Errorf("the plan reports %q, want %q", failures, test.want)
			}
		})
	}
}

// TestBlueprint_extraJSONMoves moves keys: to an attribute that a new version of the provider has
// for them, and with a property that is renamed.
func TestBlueprint_extraJSONMoves(t *testing.T) {
	t.Parallel()
	withList := func(list, extra string) string {
		encoded, _ := json.Marshal(extra)
		return properties(`"array_props": {` + list + `}}, "extra_json": ` + string(encoded) + `, "kafka_changelog_destination": {`)
	}
	t.Run("to an attribute", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withList(`"l": {}`, `{"schema": {"properties": {"l": {"items": {"type": "array"}}}}}`))
		after := withList(`"l": {"string_items": {}}`, `{}`)
		session.Apply(after)
		if got := document(t, env); !strings.Contains(got, `"items":{"type":"string"}`) {
			t.Errorf("Port has %s", got)
		}
		expectWarnings(t, session)
		expectEmptyPlan(t, session, "after the move", after)
	})
	t.Run("with a renamed property", func(t *testing.T) {
		t.Parallel()
		env := acctest.NewEmulated(t)
		session := env.NewSession(t, "port_blueprint")
		session.Apply(withList(`"l": {}`, `{"schema": {"properties": {"l": {"uniqueItems": true}}}}`))
		session.Apply(withList(`"m": {"renamed_from": "l"}`, `{}`))
		if got := document(t, env); strings.Contains(got, "uniqueItems") || !strings.Contains(got, `"m":`) {
			t.Errorf("Port has %s", got)
		}
	})
}

// TestBlueprint_foreignKeysSurvive checks that an update preserves keys without an attribute, at
// any depth.
func TestBlueprint_foreignKeysSurvive(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
	config := func(title string) string {
		return `{"identifier": "service", "title": "` + title + `", "properties": {"string_props": {"a": {}}, "number_props": {"n": {}}, "array_props": {"l": {"string_items": {}}, "o": {}}},
			"relations": {"r": {"target": "target"}}, "calculation_properties": {"c": {"calculation": ".", "type": "object"}}}`
	}
	session := env.NewSession(t, "port_blueprint")
	session.Apply(config("Before"))
	extra := map[string]json.RawMessage{"novel": json.RawMessage(`{"deep":[9007199254740993]}`)}
	// The format of an existing property cannot change.
	change(t, env, func(b *port.Blueprint) { delete(b.Schema.Properties, "n") })
	change(t, env, func(b *port.Blueprint) {
		b.Extra = extra
		property(b, "a", func(p *port.Property) { p.Extra = extra })
		b.Schema.Properties["n"] = port.Property{Type: "number", Format: new("timer")}
		property(b, "l", func(p *port.Property) {
			p.Extra, p.Items.Extra = map[string]json.RawMessage{"uniqueItems": json.RawMessage("true")}, extra
			p.Items.MinLength = new(json.Number("2"))
		})
		property(b, "o", func(p *port.Property) { p.Items = &port.Items{Type: "array", Extra: extra} })
		b.AggregationProperties = map[string]port.AggregationProperty{"g": {Title: "G", Target: "target", CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"}}}
	})
	before := document(t, env)
	expectEmptyPlan(t, session, "after somebody added keys", config("Before"))

	session.Apply(config("After"))

	want := strings.Replace(before, `"title":"Before"`, `"title":"After"`, 1)
	if got := document(t, env); !jsonvalue.EqualText(withoutTimes(t, got), withoutTimes(t, want)) {
		t.Errorf("Port has\n%s\nwant\n%s", got, want)
	}
}

func withoutTimes(t *testing.T, text string) string {
	t.Helper()
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		t.Fatal(err)
	}
	delete(keys, "updatedAt")
	encoded, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}
