package blueprint_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// aggregations returns a configuration of the aggregation properties of the blueprint service.
func aggregations(properties string) string {
	return `{"blueprint_identifier": "service", "properties": {` + properties + `}}`
}

const (
	plainCount = `"count": {"title": "Count", "target_blueprint_identifier": "target", "method": {"count_entities": true}}`
	// everyAggregation has every attribute, and every method.
	everyAggregation = `
		"count": {"title": "Count", "target_blueprint_identifier": "target", "description": "How many.", "icon": "Git", "method": {"count_entities": true},
			"query": "{\"combinator\": \"and\", \"rules\": []}", "path_filter": [{"path": ["service"], "from_blueprint": "target"}]},
		"pace": {"title": "Pace", "target_blueprint_identifier": "target", "method": {"average_entities": {"average_of": "week", "measure_time_by": "$updatedAt"}}},
		"plain": {"title": "Plain", "target_blueprint_identifier": "target", "method": {"average_entities": {}}},
		"mean": {"title": "Mean", "target_blueprint_identifier": "target", "method": {"average_by_property": {"property": "cost", "average_of": "total", "measure_time_by": "$createdAt"}}},
		"most": {"title": "Most", "target_blueprint_identifier": "target", "method": {"aggregate_by_property": {"func": "max", "property": "cost"}}}`
)

// newAggregations returns a session with two blueprints in Port; target relates to service.
func newAggregations(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	create(t, env, &port.Blueprint{Identifier: "service", Title: "Service"})
	create(t, env, &port.Blueprint{
		Identifier: "target", Title: "Target",
		Schema:    port.Schema{Properties: map[string]port.Property{"cost": {Type: "number"}}},
		Relations: map[string]port.Relation{"service": {Target: "service"}},
	})
	return env, env.NewSession(t, "port_aggregation_properties")
}

func TestAggregations_everythingSetAndUnset(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	config := aggregations(everyAggregation)
	session.Apply(config)
	expectEmptyPlan(t, session, "after the create", config)
	if got := session.Text("id"); got != "service" {
		t.Errorf("the id is %q", got)
	}
	if got := serviceAt(t, env).AggregationProperties; len(got) != 5 || *got["mean"].CalculationSpec.AverageOf != "total" || len(got["count"].PathFilter) != 1 {
		t.Errorf("Port has %+v", got)
	}
	session.Apply(aggregations(plainCount))
	expectEmptyPlan(t, session, "after everything was unset", aggregations(plainCount))
	if got := serviceAt(t, env).AggregationProperties; len(got) != 1 || got["count"].Description != nil || got["count"].Query != nil || got["count"].PathFilter != nil {
		t.Errorf("Port has %+v", got)
	}
	session.Apply(aggregations(""))
	expectEmptyPlan(t, session, "without any", aggregations(""))
	session.Apply(config)
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 || len(serviceAt(t, env).AggregationProperties) != 0 {
		t.Errorf("destroying: %v, and Port has %v", diagnostics, serviceAt(t, env).AggregationProperties)
	}
}

// TestAggregations_everyDriftShows makes one change outside Terraform and checks that the plan
// shows only that and the apply reverts it.
func TestAggregations_everyDriftShows(t *testing.T) { //nolint:tparallel // Its cases follow each other.
	t.Parallel()
	one := func(key string, change func(*port.AggregationProperty)) func(*port.Blueprint) {
		return func(b *port.Blueprint) {
			changed := b.AggregationProperties[key]
			change(&changed)
			b.AggregationProperties[key] = changed
		}
	}
	tests := map[string]struct {
		change func(*port.Blueprint)
		want   []string
	}{
		"title":               {one("count", func(a *port.AggregationProperty) { a.Title = "Other" }), []string{"properties.count.title"}},
		"title emptied":       {one("count", func(a *port.AggregationProperty) { a.Title = "" }), []string{"properties.count.title"}},
		"target":              {one("count", func(a *port.AggregationProperty) { a.Target, a.PathFilter = "service", nil }), []string{"properties.count.path_filter", "properties.count.target_blueprint_identifier"}},
		"description":         {one("count", func(a *port.AggregationProperty) { a.Description = new("Other") }), []string{"properties.count.description"}},
		"description added":   {one("pace", func(a *port.AggregationProperty) { a.Description = new("Other") }), []string{"properties.pace.description"}},
		"icon removed":        {one("count", func(a *port.AggregationProperty) { a.Icon = nil }), []string{"properties.count.icon"}},
		"query changed":       {one("count", func(a *port.AggregationProperty) { a.Query = json.RawMessage(`{"combinator":"or","rules":[]}`) }), []string{"properties.count.query"}},
		"query removed":       {one("count", func(a *port.AggregationProperty) { a.Query = nil }), []string{"properties.count.query"}},
		"path filter changed": {one("count", func(a *port.AggregationProperty) { a.PathFilter = []port.PathFilter{{Path: []string{"service"}}} }), []string{"properties.count.path_filter"}},
		"path filter removed": {one("count", func(a *port.AggregationProperty) { a.PathFilter = nil }), []string{"properties.count.path_filter"}},
		"path filter added":   {one("pace", func(a *port.AggregationProperty) { a.PathFilter = []port.PathFilter{{Path: []string{"service"}}} }), []string{"properties.pace.path_filter"}},
		"period":              {one("pace", func(a *port.AggregationProperty) { a.CalculationSpec.AverageOf = new("hour") }), []string{"properties.pace.method.average_entities.average_of"}},
		"default period":      {one("plain", func(a *port.AggregationProperty) { a.CalculationSpec.AverageOf = new("hour") }), []string{"properties.plain.method.average_entities.average_of"}},
		"time":                {one("mean", func(a *port.AggregationProperty) { a.CalculationSpec.MeasureTimeBy = new("$updatedAt") }), []string{"properties.mean.method.average_by_property.measure_time_by"}},
		"function":            {one("most", func(a *port.AggregationProperty) { a.CalculationSpec.Func = "min" }), []string{"properties.most.method.aggregate_by_property.func"}},
		"property":            {one("most", func(a *port.AggregationProperty) { a.CalculationSpec.Property = new("other") }), []string{"properties.most.method.aggregate_by_property.property"}},
		"method": {one("most", func(a *port.AggregationProperty) {
			a.CalculationSpec = port.CalculationSpec{Func: "count", CalculationBy: "entities"}
		}), []string{"properties.most.method.aggregate_by_property", "properties.most.method.count_entities"}},
		"one deleted": {func(b *port.Blueprint) { delete(b.AggregationProperties, "pace") }, []string{"properties.pace"}},
		"one added":   {func(b *port.Blueprint) { b.AggregationProperties["extra"] = b.AggregationProperties["pace"] }, []string{"properties.extra"}},
		"all deleted": {func(b *port.Blueprint) { b.AggregationProperties = nil }, []string{"properties.count", "properties.mean", "properties.most", "properties.pace", "properties.plain"}},
	}
	env, session := newAggregations(t)
	config := aggregations(everyAggregation)
	session.Apply(config)
	for name, test := range tests { //nolint:paralleltest // Each case starts from what the apply of the one before it has repaired.
		t.Run(name, func(t *testing.T) {
			session := session.In(t)
			change(t, env, test.change)
			if changed := session.Changes(config); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(config)
			expectEmptyPlan(t, session, "after the next apply", config)
		})
	}
}

// TestAggregations_emptyPlan applies configurations that mean the same as what Port has.
func TestAggregations_emptyPlan(t *testing.T) {
	t.Parallel()
	const more = `"target_blueprint_identifier": "target", "method": {"average_entities": {}}`
	for name, config := range map[string]string{
		"no title":                aggregations(`"a": {` + more + `}`),
		"an empty title":          aggregations(`"a": {"title": "", ` + more + `}`),
		"empty texts":             aggregations(`"a": {"title": "A", "description": "", "icon": "", ` + more + `}`),
		"an empty filter":         aggregations(`"a": {"title": "A", "path_filter": [], ` + more + `}`),
		"a query with whitespace": aggregations(`"a": {"title": "A", "query": "{ \"rules\": [],\n \"combinator\": \"and\" }", ` + more + `}`),
		"explicit defaults":       aggregations(`"a": {"title": "A", "target_blueprint_identifier": "target", "method": {"average_entities": {"average_of": "day", "measure_time_by": "$createdAt"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newAggregations(t)
			session.Apply(config)
			expectEmptyPlan(t, session, "after the create", config)
			imported := env.NewSession(t, "port_aggregation_properties")
			imported.Import("service")
			expectEmptyPlan(t, imported, "after an import", config)
		})
	}
}

// TestAggregations_officialState refreshes a state of the official provider. The plan is then
// empty.
func TestAggregations_officialState(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	config := aggregations(everyAggregation)
	env.NewSession(t, "port_aggregation_properties").Apply(config)
	session.Resume(read(t, "testdata/official/aggregation_properties.json"))
	expectEmptyPlan(t, session, "after the official provider", config)
	session.Apply(aggregations(plainCount))
	expectEmptyPlan(t, session, "after a change", aggregations(plainCount))
}

// TestAggregations_leavesTheRestAlone checks that other parts of the blueprint survive every write.
func TestAggregations_leavesTheRestAlone(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	session.Apply(aggregations(plainCount))
	change(t, env, func(b *port.Blueprint) {
		b.Extra = map[string]json.RawMessage{"novel": json.RawMessage(`1`)}
		b.Relations = map[string]port.Relation{"theirs": {Target: "target"}}
		count := b.AggregationProperties["count"]
		count.Type = new("number")
		b.AggregationProperties["count"] = count
	})
	expectEmptyPlan(t, session, "with keys of others", aggregations(plainCount))
	session.Apply(aggregations(strings.Replace(plainCount, `"Count"`, `"Number"`, 1)))
	got := serviceAt(t, env)
	count := got.AggregationProperties["count"]
	if count.Title != "Number" || count.Type == nil {
		t.Errorf("Port has %+v", count)
	}
	if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
		t.Error(diagnostics)
	}
	if got := serviceAt(t, env); string(got.Extra["novel"]) != "1" || len(got.Relations) != 1 {
		t.Errorf("Port has %+v", got)
	}
}

// TestAggregations_ofASystemBlueprint declares a property next to those that Port defines, which
// neither show nor change.
func TestAggregations_ofASystemBlueprint(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	read := func() map[string]port.AggregationProperty {
		t.Helper()
		blueprint, err := env.Client.Blueprints.Get(t.Context(), "_scorecard")
		if err != nil {
			t.Fatal(err)
		}
		return blueprint.AggregationProperties
	}
	base := len(read())
	if base == 0 {
		t.Fatal("the blueprint has no aggregation properties of its own")
	}
	config := `{"blueprint_identifier": "_scorecard", "properties": {"count": {"title": "Count", "target_blueprint_identifier": "_rule", "method": {"count_entities": true}}}}`
	session := env.NewSession(t, "port_aggregation_properties")
	session.Apply(config)
	expectEmptyPlan(t, session, "after the create", config)
	session.Apply(strings.Replace(config, `"Count"`, `"Number"`, 1))
	if got := read(); len(got) != base+1 || got["count"].Title != "Number" {
		t.Errorf("Port has %+v", got)
	}
	session.Destroy()
	if got := read(); len(got) != base {
		t.Errorf("after the destroy Port has %+v", got)
	}
}

func TestAggregations_disappears(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *acctest.Session){
		"a refresh": func(t *testing.T, session *acctest.Session) {
			t.Helper()
			session.Refresh()
			if !session.IsGone() {
				t.Error("the state still has the properties of a deleted blueprint")
			}
		},
		"a destroy": func(t *testing.T, session *acctest.Session) {
			t.Helper()
			if _, diagnostics := session.Destroy(); len(diagnostics) > 0 {
				t.Errorf("destroying those of a deleted blueprint: %v", diagnostics)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newAggregations(t)
			session.Apply(aggregations(plainCount))
			change(t, env, func(b *port.Blueprint) { b.AggregationProperties = nil })
			for _, identifier := range []string{"target", "service"} {
				if err := env.Client.Blueprints.Delete(t.Context(), identifier, port.DeleteBlueprintOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			test(t, session.In(t))
		})
	}
}

func TestAggregations_import(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	config := aggregations(everyAggregation)
	session.Apply(config)
	imported := env.NewSession(t, "port_aggregation_properties")
	imported.Import("service")
	expectEmptyPlan(t, imported, "after an import", config)
	byIdentity := env.NewSession(t, "port_aggregation_properties")
	byIdentity.ImportIdentity(map[string]string{"blueprint_identifier": "service"})
	expectEmptyPlan(t, byIdentity, "after an import by identity", config)
}

// TestAggregations_neverOverwrites checks that existing properties are taken over if they equal the
// declared ones, and cause an error otherwise.
func TestAggregations_neverOverwrites(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	env.NewSession(t, "port_aggregation_properties").Apply(aggregations(everyAggregation))
	diagnostics := session.TryApply(aggregations(plainCount))
	for _, want := range []string{`"count", "mean", "most", "pace", "plain"`, `terraform import port_aggregation_properties.<name> "service"`} {
		if !containsText(diagnostics, want) {
			t.Errorf("got %v, want %s", diagnostics, want)
		}
	}
	if got := serviceAt(t, env).AggregationProperties; len(got) != 5 {
		t.Errorf("Port has %v", got)
	}
	session.Apply(aggregations(everyAggregation))
	expectEmptyPlan(t, session, "after what exists was taken over", aggregations(everyAggregation))
}

// TestAggregations_conflictingOwnership checks that the plan fails, whichever of the two resources
// is planned first.
func TestAggregations_conflictingOwnership(t *testing.T) {
	t.Parallel()
	for name, inline := range map[string]struct{ config, want string }{
		"authoritative":     {valid(`"aggregation_properties": {` + plainCount + `}`), "The attribute aggregation_properties of the blueprint"},
		"empty":             {valid(`"aggregation_properties": {}`), "The attribute aggregation_properties of the blueprint"},
		"declared":          {valid(`"aggregation_properties_mode": "declared", "aggregation_properties": {` + plainCount + `}`), "The attribute aggregation_properties of the blueprint"},
		"declared and open": {valid(`"aggregation_properties_mode": "declared"`), ""},
		"omitted":           {valid(""), ""},
	} {
		for _, isBlueprintFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, blueprint first: %t", name, isBlueprintFirst), func(t *testing.T) {
				t.Parallel()
				env := acctest.NewEmulated(t)
				blueprint := env.NewSession(t, "port_blueprint")
				apart := blueprint.Sibling("port_aggregation_properties")
				var diagnostics []string
				if isBlueprintFirst {
					diagnostics = slices.Concat(blueprint.Plan(inline.config), apart.Plan(aggregations(plainCount)))
				} else {
					diagnostics = slices.Concat(apart.Plan(aggregations(plainCount)), blueprint.Plan(inline.config))
				}
				if inline.want == "" && len(diagnostics) > 0 || inline.want != "" && !containsText(diagnostics, inline.want) {
					t.Errorf("got %v, want %q", diagnostics, inline.want)
				}
			})
		}
	}
}

// TestAggregations_pathFilterDropped checks that the apply and each plan warn about a filter that
// Port drops, and that it is sent again once its path exists.
func TestAggregations_pathFilterDropped(t *testing.T) {
	t.Parallel()
	env, session := newAggregations(t)
	config := aggregations(`"count": {"title": "Count", "target_blueprint_identifier": "target", "method": {"count_entities": true}, "path_filter": [{"path": ["later"]}]}`)
	const warning = `AttributeName("path_filter"): Path Filter Dropped by Port`
	session.Apply(config)
	if !containsText(session.Warnings(), warning) {
		t.Errorf("the apply warns of %v", session.Warnings())
	}
	expectEmptyPlan(t, session, "while the path leads nowhere", config)
	if !containsText(session.Warnings(), warning) {
		t.Errorf("the plan warns of %v", session.Warnings())
	}

	target, err := env.Client.Blueprints.Get(t.Context(), "target")
	if err != nil {
		t.Fatal(err)
	}
	target.Relations["later"] = port.Relation{Target: "service"}
	if _, err := env.Client.Blueprints.Update(t.Context(), "target", target); err != nil {
		t.Fatal(err)
	}
	session = env.Restart(t, session)
	if changed := session.Changes(config); !slices.Equal(changed, []string{"properties.count.path_filter"}) {
		t.Errorf("once the path leads somewhere, the plan changes %v", changed)
	}
	session.Apply(config)
	expectEmptyPlan(t, session, "after the filter was sent again", config)
	if got := serviceAt(t, env).AggregationProperties["count"].PathFilter; len(got) != 1 || len(session.Warnings()) > 0 {
		t.Errorf("Port has %v, and the plan warns of %v", got, session.Warnings())
	}
}

// TestAggregations_followsARename renames the blueprint in the same run, and in a run that did not
// update the resource.
func TestAggregations_followsARename(t *testing.T) {
	t.Parallel()
	const renamed = `{"identifier": "component", "title": "Service"}`
	ofRenamed := strings.ReplaceAll(aggregations(plainCount), `"service"`, `"component"`)
	newRenamed := func(t *testing.T) (*acctest.Session, *acctest.Session) {
		t.Helper()
		env := acctest.NewEmulated(t)
		create(t, env, &port.Blueprint{Identifier: "target", Title: "Target"})
		blueprint := env.NewSession(t, "port_blueprint")
		blueprint.Apply(valid(""))
		session := blueprint.Sibling("port_aggregation_properties")
		session.Apply(aggregations(plainCount))
		blueprint.Plan(renamed)
		if replaced := session.Replaces(ofRenamed); len(replaced) > 0 {
			t.Errorf("the plan replaces the resource because of %v", replaced)
		}
		blueprint.Apply(renamed)
		return blueprint, session
	}
	t.Run("in the same run", func(t *testing.T) {
		t.Parallel()
		_, session := newRenamed(t)
		session.Apply(ofRenamed)
		expectEmptyPlan(t, session, "after the rename", ofRenamed)
		if replaced := session.Replaces(aggregations(plainCount)); !slices.Equal(replaced, []string{"blueprint_identifier"}) {
			t.Errorf("another blueprint replaces because of %v", replaced)
		}
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		_, session := newRenamed(t)
		expectEmptyPlan(t, session, "after a rename without it", ofRenamed)
		if got := session.Text("id"); got != "component" || session.Identity()["blueprint_identifier"] != "component" {
			t.Errorf("the id is %q, the identity %v", got, session.Identity())
		}
	})
}

func TestAggregations_validate(t *testing.T) {
	t.Parallel()
	method := func(method string) string {
		return aggregations(`"a": {"title": "A", "target_blueprint_identifier": "target", "method": {` + method + `}}`)
	}
	for name, test := range map[string]struct{ config, want string }{
		"no method":     {method(""), "Exactly one of"},
		"two methods":   {method(`"count_entities": true, "average_entities": {}`), "Exactly one of"},
		"a false count": {method(`"count_entities": false`), "count_entities"},
		"a period":      {method(`"average_entities": {"average_of": "year"}`), "average_of"},
		"a function":    {method(`"aggregate_by_property": {"func": "mean", "property": "p"}`), "func"},
		"a key":         {aggregations(`"a b": {"title": "A", "target_blueprint_identifier": "target", "method": {"count_entities": true}}`), "properties"},
		"no target":     {aggregations(`"a": {"title": "A", "method": {"count_entities": true}}`), "has no target_blueprint_identifier"},
		"a query":       {aggregations(`"a": {"title": "A", "target_blueprint_identifier": "target", "method": {"count_entities": true}, "query": "[]"}`), "query"},
		"two filters":   {aggregations(`"a": {"target_blueprint_identifier": "target", "method": {"count_entities": true}, "path_filter": [{"path": ["a"]}, {"path": ["b"]}]}`), "path_filter"},
		"a blueprint":   {`{"blueprint_identifier": "a b", "properties": {}}`, "blueprint_identifier"},
		"a null":        {aggregations(`"a": null`), "properties"},
		"a long title":  {aggregations(`"a": {"title": "` + strings.Repeat("x", 101) + `", "target_blueprint_identifier": "target", "method": {"count_entities": true}}`), "title"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diagnostics := acctest.Validate(t, "port_aggregation_properties", test.config); !containsText(diagnostics, test.want) {
				t.Errorf("got %v", diagnostics)
			}
		})
	}
}

func TestAggregations_unknownAnywhere(t *testing.T) {
	t.Parallel()
	env, existing := newAggregations(t)
	config := aggregations(everyAggregation)
	existing.Apply(config)
	values, containers := acctest.EachUnknown(t, config)
	for name, diagnostics := range acctest.ValidateAll(t, "port_aggregation_properties", values) {
		t.Errorf("%s is unknown: validation reports %q", name, diagnostics)
	}
	for name, session := range map[string]*acctest.Session{"new ones": env.NewSession(t, "port_aggregation_properties"), "existing ones": existing} {
		for _, broken := range session.ReplanInconsistencies(containers, config) {
			t.Errorf("%s: %s", name, broken)
		}
	}
}

// TestAggregations_errorsNameTheCause checks the errors of each operation.
func TestAggregations_errorsNameTheCause(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 404, 409, 422, 429, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			env, _ := newAggregations(t)
			session := env.NewConfiguredSession(t, "port_aggregation_properties", `{"max_retries": 0}`)
			fault := fmt.Sprintf(`{"method": "PUT", "route": "/v1/blueprints/{identifier}", "status": %d}`, status)
			env.Control(t, http.MethodPost, "/_emulator/faults", fault)
			expectCause(t, session.TryApply(aggregations(plainCount)), `Creating aggregation properties "service"`, status)
			env.Control(t, http.MethodDelete, "/_emulator/faults", "")
			session.Apply(aggregations(plainCount))
			env.Control(t, http.MethodPost, "/_emulator/faults", fault)
			expectCause(t, session.TryApply(aggregations("")), `Updating aggregation properties "service"`, status)
			if status != http.StatusNotFound {
				_, diagnostics := session.Destroy()
				expectCause(t, diagnostics, `Deleting aggregation properties "service"`, status)
			}
			env.Control(t, http.MethodPost, "/_emulator/faults", strings.Replace(fault, "PUT", "GET", 1))
			if status != http.StatusNotFound {
				expectCause(t, session.TryRefresh(), `Reading aggregation properties "service"`, status)
			}
		})
	}
	t.Run("no blueprint", func(t *testing.T) {
		t.Parallel()
		_, session := newAggregations(t)
		if diagnostics := session.TryApply(strings.ReplaceAll(aggregations(plainCount), "service", "nowhere")); !containsText(diagnostics, `the blueprint "nowhere" does not exist`) {
			t.Errorf("got %v", diagnostics)
		}
	})
}

func expectCause(t *testing.T, diagnostics []string, operation string, status int) {
	t.Helper()
	if !containsText(diagnostics, operation) || !containsText(diagnostics, strconv.Itoa(status)) {
		t.Errorf("got %v, want %s and %d", diagnostics, operation, status)
	}
}
