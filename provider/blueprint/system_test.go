package blueprint_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const systemType = "port_system_blueprint"

// ofTeam returns a configuration of the system blueprint _team.
func ofTeam(more string) string {
	if more != "" {
		more = ", " + more
	}
	return `{"identifier": "_team"` + more + `}`
}

// everyAddition sets every attribute of port_system_blueprint.
const everyAddition = `{
	"identifier": "_team", "include_in_global_search": true,
	"properties": {
		"string_props": {
			"channel": {"title": "Channel", "description": "Where they are.", "icon": "Slack", "required": false, "default": "none", "enum": ["none", "C"], "enum_colors": {"C": "blue"}, "min_length": 1, "max_length": 9, "pattern": "^[nC]"},
			"page": {"format": "url", "spec": "embedded-url", "spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example"}},
			"bare": {}
		},
		"number_props": {"budget": {"default": 1, "minimum": 0.5, "maximum": 100000, "enum": [1, 2], "enum_colors": {"2": "red"}}},
		"boolean_props": {"remote": {"default": true}},
		"object_props": {"labels": {"default": "{\"a\": [1]}", "spec": "open-api"}},
		"array_props": {"urls": {"min_items": 0, "max_items": 3, "string_items": {"format": "url", "default": []}}, "free": {}}
	},
	"relations": {"parent": {"target": "_team", "title": "Parent", "description": "Above.", "many": false, "required": false}, "repositories": {"target": "repository", "many": true}},
	"mirror_properties": {"parentSize": {"path": "parent.size", "title": "Size above"}},
	"calculation_properties": {"label": {"calculation": ".title", "type": "string", "title": "Label", "description": "d", "icon": "Team", "colorized": true, "colors": {"A": "red"}}},
	"aggregation_properties": {
		"cost": {"title": "Cost", "target_blueprint_identifier": "repository", "description": "d", "icon": "Team", "method": {"aggregate_by_property": {"func": "sum", "property": "cost"}}, "query": "{\"combinator\": \"and\", \"rules\": []}"},
		"pace": {"title": "Pace", "target_blueprint_identifier": "repository", "method": {"average_entities": {}}}
	}
}`

// newSystem returns a session of port_system_blueprint with a blueprint to refer to.
func newSystem(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "repository", Title: "Repository", Schema: port.Schema{Properties: map[string]port.Property{
		"cost": {Type: "number"},
	}}})
	return env, env.NewSession(t, systemType)
}

// at returns a blueprint from Port.
func at(t *testing.T, env *acctest.Environment, identifier string) *port.Blueprint {
	t.Helper()
	blueprint, err := env.Client.Blueprints.Get(t.Context(), identifier)
	if err != nil {
		t.Fatal(err)
	}
	return blueprint
}

// alter changes a blueprint outside Terraform.
func alter(t *testing.T, env *acctest.Environment, identifier string, apply func(*port.Blueprint)) {
	t.Helper()
	blueprint := at(t, env, identifier)
	apply(blueprint)
	if _, err := env.Client.Blueprints.Update(t.Context(), identifier, blueprint); err != nil {
		t.Fatal(err)
	}
}

// contentOf returns a blueprint without the values that change with every write.
func contentOf(t *testing.T, blueprint *port.Blueprint) string {
	t.Helper()
	copied := *blueprint
	copied.UpdatedAt, copied.UpdatedBy = "", ""
	text, err := json.Marshal(copied)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// theirs adds additions of others to _team.
func theirs(b *port.Blueprint) {
	b.Schema.Properties["theirs"] = port.Property{Type: "string"}
	b.Schema.Required = []string{"theirs"}
	b.Relations = map[string]port.Relation{"theirRelation": {Target: "_user"}}
	b.MirrorProperties = map[string]port.MirrorProperty{"theirMirror": {Path: "theirRelation.status"}}
	b.CalculationProperties = map[string]port.CalculationProperty{"theirLabel": {Calculation: ".", Type: "string"}}
	b.AggregationProperties = map[string]port.AggregationProperty{"theirCount": {Title: "Count", Target: "_user", CalculationSpec: port.CalculationSpec{Func: "count", CalculationBy: "entities"}}}
}

// TestSystem_addsAndRemovesNothingElse checks that creating and destroying the resource adds and
// removes what it declares, and leaves the base structure and the additions of others as they are.
func TestSystem_addsAndRemovesNothingElse(t *testing.T) {
	t.Parallel()
	for _, addTheirs := range []func(*port.Blueprint){func(*port.Blueprint) {}, theirs} {
		env, session := newSystem(t)
		alter(t, env, "_team", addTheirs)
		before := contentOf(t, at(t, env, "_team"))
		session.Apply(everyAddition)
		expectEmptyPlan(t, session, "after the create", everyAddition)
		if got := session.Text("id"); got != "_team" {
			t.Errorf("the id is %q", got)
		}
		if b := at(t, env, "_team"); len(b.AggregationProperties) < 2 || b.Schema.Properties["size"].Type != "number" || b.Schema.Properties["budget"].Type != "number" {
			t.Errorf("Port has %+v", b)
		}
		session.Apply(ofTeam(""))
		expectEmptyPlan(t, session, "after everything was unset", ofTeam(""))
		if after := contentOf(t, at(t, env, "_team")); after != before {
			t.Errorf("unsetting everything leaves\n%s\nof\n%s", after, before)
		}
		session.Apply(everyAddition)
		if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
			t.Fatal(diagnostics)
		}
		if after := contentOf(t, at(t, env, "_team")); after != before {
			t.Errorf("destroying leaves\n%s\nof\n%s", after, before)
		}
	}
}

// TestSystem_writesNothingWithoutNeed checks that a resource that declares nothing is created and
// destroyed without a write.
func TestSystem_writesNothingWithoutNeed(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	env.Writes(t)
	session.Apply(ofTeam(""))
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Error(diagnostics)
	}
	session.Apply(ofTeam(""))
	session.Apply(ofTeam(`"timeouts": {"create": "1m"}`))
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the provider sent %v", writes)
	}
}

// TestSystem_othersSurviveAChange checks that additions of others survive a change, even if they
// are made after the refresh.
func TestSystem_othersSurviveAChange(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	session.Apply(ofTeam(`"properties": {"string_props": {"channel": {}, "page": {}}}`))
	alter(t, env, "_team", theirs)
	expectEmptyPlan(t, session, "with additions of others", ofTeam(`"properties": {"string_props": {"channel": {}, "page": {}}}`))
	alter(t, env, "_team", func(b *port.Blueprint) {
		channel := b.Schema.Properties["channel"]
		channel.Extra = map[string]json.RawMessage{"novel": json.RawMessage(`{"x":1}`)}
		b.Schema.Properties["channel"] = channel
		b.Schema.Properties["late"] = port.Property{Type: "string"}
	})
	session.Apply(ofTeam(`"properties": {"string_props": {"channel": {"title": "Channel"}}}`))
	got := at(t, env, "_team")
	keys := slices.Sorted(maps.Keys(got.Schema.Properties))
	if want := []string{"channel", "description", "late", "size", "theirs"}; !slices.Equal(keys, want) {
		t.Errorf("Port has the properties %v, want %v", keys, want)
	}
	if string(got.Schema.Properties["channel"].Extra["novel"]) != `{"x":1}` || *got.Schema.Properties["channel"].Title != "Channel" {
		t.Errorf("the property is %+v", got.Schema.Properties["channel"])
	}
	if !slices.Equal(got.Schema.Required, []string{"theirs"}) || len(got.Relations)+len(got.MirrorProperties)+len(got.CalculationProperties)+len(got.AggregationProperties) != 4 {
		t.Errorf("Port has %s", contentOf(t, got))
	}
}

func TestSystem_everyDriftShows(t *testing.T) { //nolint:tparallel // Its cases follow each other.
	t.Parallel()
	text := "changed"
	tests := map[string]struct {
		change func(*port.Blueprint)
		want   []string
	}{
		"global search changed": {func(b *port.Blueprint) { b.IncludeInGlobalSearch = new(false) }, []string{"include_in_global_search"}},
		"global search removed": {func(b *port.Blueprint) { b.IncludeInGlobalSearch = nil }, []string{"include_in_global_search"}},
		"property deleted":      {func(b *port.Blueprint) { delete(b.Schema.Properties, "bare") }, []string{"properties.string_props.bare"}},
		"property required":     {func(b *port.Blueprint) { b.Schema.Required = []string{"bare"} }, []string{"properties.string_props.bare.required"}},
		"property title":        {func(b *port.Blueprint) { property(b, "channel", func(p *port.Property) { p.Title = &text }) }, []string{"properties.string_props.channel.title"}},
		"property description":  {func(b *port.Blueprint) { property(b, "channel", func(p *port.Property) { p.Description = nil }) }, []string{"properties.string_props.channel.description"}},
		"property icon":         {func(b *port.Blueprint) { property(b, "bare", func(p *port.Property) { p.Icon = &text }) }, []string{"properties.string_props.bare.icon"}},
		"property default": {func(b *port.Blueprint) {
			property(b, "budget", func(p *port.Property) { p.Default = json.RawMessage("2") })
		}, []string{"properties.number_props.budget.default"}},
		"property colors":  {func(b *port.Blueprint) { property(b, "channel", func(p *port.Property) { p.EnumColors = nil }) }, []string{"properties.string_props.channel.enum_colors"}},
		"relation deleted": {func(b *port.Blueprint) { delete(b.Relations, "repositories") }, []string{"relations.repositories"}},
		"relation title": {func(b *port.Blueprint) {
			parent := b.Relations["parent"]
			parent.Title = nil
			b.Relations["parent"] = parent
		}, []string{"relations.parent.title"}},
		"relation target": {func(b *port.Blueprint) {
			b.Relations["repositories"] = port.Relation{Target: "_user", Many: true}
		}, []string{"relations.repositories.target"}},
		"mirror deleted": {func(b *port.Blueprint) { b.MirrorProperties = nil }, []string{"mirror_properties"}},
		"mirror path": {func(b *port.Blueprint) {
			b.MirrorProperties["parentSize"] = port.MirrorProperty{Path: "parent.description", Title: b.MirrorProperties["parentSize"].Title}
		}, []string{"mirror_properties.parentSize.path"}},
		"calculation deleted": {func(b *port.Blueprint) { b.CalculationProperties = nil }, []string{"calculation_properties"}},
		"calculation changed": {func(b *port.Blueprint) {
			label := b.CalculationProperties["label"]
			label.Calculation = "."
			b.CalculationProperties["label"] = label
		}, []string{"calculation_properties.label.calculation"}},
		"aggregation deleted": {func(b *port.Blueprint) { delete(b.AggregationProperties, "pace") }, []string{"aggregation_properties.pace"}},
		"aggregation changed": {func(b *port.Blueprint) {
			cost := b.AggregationProperties["cost"]
			cost.CalculationSpec.Func = "max"
			b.AggregationProperties["cost"] = cost
		}, []string{"aggregation_properties.cost.method.aggregate_by_property.func"}},
	}
	env, session := newSystem(t)
	session.Apply(everyAddition)
	for name, test := range tests { //nolint:paralleltest // Each case starts from what the apply of the one before it has repaired.
		t.Run(name, func(t *testing.T) {
			session := session.In(t)
			alter(t, env, "_team", test.change)
			if changed := session.Changes(everyAddition); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(everyAddition)
		})
	}
	expectEmptyPlan(t, session.In(t), "after the last apply", everyAddition)
}

func TestSystem_emptyPlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, reworded string }{
		"empty collections":  {config: ofTeam(`"properties": {"string_props": {}}, "relations": {}, "mirror_properties": {}, "calculation_properties": {}, "aggregation_properties": {}`), reworded: ofTeam("")},
		"empty texts":        {config: ofTeam(`"properties": {"string_props": {"a": {"title": "", "description": "", "icon": "", "enum": []}}}`), reworded: ofTeam(`"properties": {"string_props": {"a": {}}}`)},
		"JSON":               {config: ofTeam(`"properties": {"object_props": {"a": {"default": "{\"x\":1}"}}}`), reworded: ofTeam(`"properties": {"object_props": {"a": {"default": "{ \"x\": 1.0 }"}}}`)},
		"defaults":           {config: ofTeam(`"relations": {"a": {"target": "_user"}}`), reworded: ofTeam(`"relations": {"a": {"target": "_user", "many": false, "required": false}}`)},
		"search switched on": {config: ofTeam(`"include_in_global_search": false`)},
		"everything":         {config: everyAddition},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newSystem(t)
			session.Apply(test.config)
			expectEmptyPlan(t, session, "after the apply", test.config)
			if test.reworded != "" {
				expectEmptyPlan(t, session, "with an equivalent configuration", test.reworded)
			}
			imported := env.NewSession(t, systemType)
			imported.Import("_team")
			expectEmptyPlan(t, imported, "after an import", test.config)
			byIdentity := env.NewSession(t, systemType)
			byIdentity.ImportIdentity(map[string]string{"identifier": "_team"})
			expectEmptyPlan(t, byIdentity, "after an import by identity", test.config)
		})
	}
}

// TestSystem_takesOver checks that additions of others are taken over with a warning, and never if
// values would be lost.
func TestSystem_takesOver(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	alter(t, env, "_team", theirs)
	config := ofTeam(`"properties": {"string_props": {"theirs": {"title": "Ours"}}}, "relations": {"theirRelation": {"target": "_user"}}`)
	session.Plan(config)
	expectWarnings(t, session, `already has the property "theirs", the relation "theirRelation"`)
	session.Apply(config)
	expectEmptyPlan(t, session, "after taking over", config)
	if len(session.Warnings()) > 0 {
		t.Errorf("a later plan warns %v", session.Warnings())
	}

	const retyped = `"properties": {"number_props": {"theirs": {}}}`
	other := env.NewSession(t, systemType)
	if diagnostics := other.TryApply(ofTeam(retyped)); !containsText(diagnostics, "Property of Another Type") {
		t.Errorf("another type reports %v", diagnostics)
	}
	unprotected := env.NewConfiguredSession(t, systemType, `{"blueprint_property_type_change_protection": false}`)
	unprotected.Apply(ofTeam(retyped))
	if got := at(t, env, "_team").Schema.Properties["theirs"].Type; got != "number" {
		t.Errorf("the type is %q", got)
	}
}

func TestSystem_renameKeepsValues(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	before := ofTeam(`"properties": {"string_props": {"channel": {}}}, "relations": {"owner": {"target": "_team"}}`)
	after := ofTeam(`"properties": {"string_props": {"room": {"title": "Room", "renamed_from": "channel"}}}, "relations": {"parent": {"target": "_team", "renamed_from": "owner"}}`)
	session.Apply(before)
	for _, entity := range []*port.Entity{{Identifier: "above"}, {Identifier: "below", Properties: map[string]any{"channel": "C"}, Relations: map[string]any{"owner": "above"}}} {
		if _, err := env.Client.Entities.Create(t.Context(), "_team", entity, port.CreateEntityOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": 422, "times": 1}`)
	if diagnostics := session.TryApply(after); !containsText(diagnostics, "Unable to Update System Blueprint") {
		t.Errorf("a failing write after the rename reports %v", diagnostics)
	}
	if b := at(t, env, "_team"); b.Schema.Properties["channel"].Type == "" || b.Relations["owner"].Target == "" {
		t.Errorf("the renames were not reverted: %s", contentOf(t, b))
	}
	session.Apply(after)
	expectEmptyPlan(t, session, "after the rename", after)
	entity, err := env.Client.Entities.Get(t.Context(), "_team", "below", port.GetEntityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if entity.Properties["room"] != "C" || entity.Relations["parent"] != "above" {
		t.Errorf("the entity has %v and %v", entity.Properties, entity.Relations)
	}
	session.Plan(ofTeam(`"properties": {"string_props": {"place": {}}}, "relations": {"parent": {"target": "_team", "renamed_from": "owner"}}`))
	expectWarnings(t, session, `Values Will Be Deleted`)
}

// TestSystem_ruleResults checks that _rule_result is written with PATCH, also by relation
// resources.
func TestSystem_ruleResults(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	before := contentOf(t, at(t, env, "_rule_result"))
	config := strings.ReplaceAll(ofTeam(`"properties": {"string_props": {"note": {}}}, "relations": {"team": {"target": "_team"}}`), `"_team", "prop`, `"_rule_result", "prop`)
	session.Apply(config)
	expectEmptyPlan(t, session, "after the create", config)
	relation := session.Sibling("port_blueprint_relation")
	relation.Apply(`{"blueprint": "_rule_result", "identifier": "apart", "target": "_team"}`)
	if b := at(t, env, "_rule_result"); len(b.Relations) != 3 || len(b.Schema.Properties) != 4 {
		t.Errorf("Port has %s", contentOf(t, b))
	}
	if _, diagnostics := relation.Destroy(); len(diagnostics) > 0 {
		t.Error(diagnostics)
	}

	kept := contentOf(t, at(t, env, "_rule_result"))
	env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(
		`{"method": "PATCH", "route": "/v1/blueprints/{identifier}", "status": 200, "body": {"ok": true, "blueprint": %s}, "times": 1}`, kept))
	if _, diagnostics := session.Destroy(); !containsText(diagnostics, `Port did not remove everything: "note", "team"`) {
		t.Errorf("a merge that removes nothing reports %v", diagnostics)
	}
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Error(diagnostics)
	}
	if after := contentOf(t, at(t, env, "_rule_result")); after != before {
		t.Errorf("destroying leaves\n%s\nof\n%s", after, before)
	}
}

// TestSystem_refusals checks the errors of plans that Port would refuse.
func TestSystem_refusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"rules":            {`{"identifier": "_rule", "properties": {"string_props": {"note": {}}}}`, `Port protects the blueprint "_rule"`},
		"scorecard groups": {`{"identifier": "_scorecard_group"}`, "Protected Blueprint"},
		"own blueprint":    {`{"identifier": "repository"}`, "Declare a blueprint of your own with port_blueprint"},
		"base property":    {ofTeam(`"properties": {"string_props": {"size": {}}}`), `The key "size" belongs to the base structure of "_team"`},
		"base relation":    {`{"identifier": "_user", "relations": {"team": {"target": "_team"}}}`, `relations`},
		"mirror over base": {ofTeam(`"relations": {"r": {"target": "_user"}}, "mirror_properties": {"description": {"path": "r.status"}}`), `To add a mirror property of your own`},
		"same key twice":   {ofTeam(`"properties": {"string_props": {"a": {}}}, "calculation_properties": {"a": {"calculation": ".", "type": "string"}}`), "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newSystem(t)
			env.Writes(t)
			diagnostics := acctest.Validate(t, systemType, test.config)
			if len(diagnostics) == 0 {
				diagnostics = session.Plan(test.config)
			}
			if !containsText(diagnostics, test.want) {
				t.Errorf("got %v", diagnostics)
			}
			if writes := env.Writes(t); len(writes) > 0 {
				t.Errorf("the provider sent %v", writes)
			}
		})
	}
	t.Run("property named as a base relation", func(t *testing.T) {
		t.Parallel()
		_, session := newSystem(t)
		session.Apply(`{"identifier": "_user", "properties": {"string_props": {"team": {}}}}`)
	})
}

// TestSystem_declaredTwice checks that only one resource may declare a relation.
func TestSystem_declaredTwice(t *testing.T) {
	t.Parallel()
	_, session := newSystem(t)
	relation := session.Sibling("port_blueprint_relation")
	config := ofTeam(`"relations": {"uses": {"target": "_user"}}`)
	session.Plan(config)
	if diagnostics := relation.Plan(`{"blueprint": "_team", "identifier": "uses", "target": "_user"}`); !containsText(diagnostics, "Conflicting Ownership") {
		t.Errorf("got %v", diagnostics)
	}
	if diagnostics := relation.Plan(`{"blueprint": "_team", "identifier": "other", "target": "_user"}`); len(diagnostics) > 0 {
		t.Errorf("got %v", diagnostics)
	}
}

// TestSystem_entityOfTheSameRun checks an entity against the blueprint as planned by the same run.
func TestSystem_entityOfTheSameRun(t *testing.T) {
	t.Parallel()
	_, session := newSystem(t)
	session.Plan(ofTeam(`"properties": {"string_props": {"channel": {}}}`))
	entity := session.Sibling("port_entity")
	of := func(properties string) string {
		return `{"blueprint": "_team", "identifier": "a", "title": "A", "properties": {` + properties + `}}`
	}
	if diagnostics := entity.Plan(of(`"string_props": {"channel": "C", "description": "d"}`)); len(diagnostics) > 0 {
		t.Errorf("got %v", diagnostics)
	}
	if diagnostics := entity.Plan(of(`"string_props": {"chanel": "C"}`)); !containsText(diagnostics, `Did you mean \"channel\"`) && !containsText(diagnostics, `Did you mean "channel"`) {
		t.Errorf("got %v", diagnostics)
	}
}

// TestSystem_unknownAnywhere plans a configuration with each value unknown.
func TestSystem_unknownAnywhere(t *testing.T) {
	t.Parallel()
	env, absent := newSystem(t)
	existing := env.NewSession(t, systemType)
	values, containers := acctest.EachUnknown(t, everyAddition)
	for name, diagnostics := range acctest.ValidateAll(t, systemType, values) {
		t.Errorf("%s is unknown: validation reports %q", name, diagnostics)
	}
	for _, broken := range absent.ReplanInconsistencies(containers, everyAddition) {
		t.Errorf("a new one: %s", broken)
	}
	existing.Apply(everyAddition)
	for _, broken := range existing.ReplanInconsistencies(containers, everyAddition) {
		t.Errorf("an existing one: %s", broken)
	}
}

func TestSystem_disappears(t *testing.T) {
	t.Parallel()
	env, session := newSystem(t)
	session.Apply(everyAddition)
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{identifier}", "status": 404, "body": {"ok": false, "error": "not_found", "message": "gone"}}`)
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Errorf("destroying what no longer exists: %v", diagnostics)
	}
	env.Control(t, http.MethodDelete, "/_emulator/faults", "")
	again := env.NewSession(t, systemType)
	again.Import("_team")
	env.Control(t, http.MethodPost, "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints/{identifier}", "status": 404, "body": {"ok": false, "error": "not_found", "message": "gone"}}`)
	again.Refresh()
	if !again.IsGone() {
		t.Error("the state still has a deleted blueprint")
	}
}

func TestSystem_errorsNameTheCause(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	for _, route := range []string{"PUT /v1/blueprints/{identifier}", "GET /v1/blueprints/{identifier}", "GET /v1/blueprints/system/{identifier}/structure"} {
		for _, status := range []int{401, 403, 409, 422, 429, 500} {
			session := env.NewConfiguredSession(t, systemType, `{"max_retries": 0}`)
			method, path, _ := strings.Cut(route, " ")
			env.Control(t, http.MethodPost, "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": %q, "status": %d}`, method, path, status))
			diagnostics := session.TryApply(ofTeam(`"include_in_global_search": true`))
			env.Control(t, http.MethodDelete, "/_emulator/faults", "")
			if !containsText(diagnostics, `system blueprint "_team"`) || !containsText(diagnostics, strconv.Itoa(status)) {
				t.Errorf("%s %d: got %v", route, status, diagnostics)
			}
		}
	}
}
