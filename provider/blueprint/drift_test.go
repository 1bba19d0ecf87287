package blueprint_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// drifting is the configuration that the changes are compared with.
const drifting = `{
	"identifier": "service", "title": "Service", "description": "What runs", "icon": "Microservice", "include_in_global_search": true,
	"properties": {
		"string_props": {
			"language": {"title": "Language", "enum": ["Go", "C"], "enum_colors": {"Go": "blue"}, "default": "Go"},
			"page": {"spec": "embedded-url", "spec_authentication": {"client_id": "c", "authorization_url": "https://a.example", "token_url": "https://t.example"}},
			"tier": {}
		},
		"number_props": {"replicas": {"minimum": 1, "default": 1}},
		"object_props": {"labels": {"default": "{\"a\": [1]}"}},
		"array_props": {
			"urls": {"string_items": {"format": "url", "default": []}},
			"ports": {"number_items": {"enum": [80, 443], "enum_colors": {"80": "red"}}},
			"free": {"default": "[1, \"a\"]"}
		}
	},
	"relations": {"parent": {"target": "target"}, "sibling": {"target": "target", "title": "Sibling"}},
	"mirror_properties": {"owner": {"path": "parent.owner"}, "name": {"path": "parent.$title", "title": "Name"}},
	"calculation_properties": {
		"shout": {"calculation": ".properties.language", "type": "string"},
		"all": {"calculation": ".properties.urls", "type": "array", "items": {"type": "string", "format": "url"}}
	},
	"aggregation_properties": {
		"count": {"title": "Count", "target_blueprint_identifier": "target", "method": {"count_entities": true}, "query": "{\"combinator\": \"and\", \"rules\": []}"},
		"pace": {"title": "Pace", "target_blueprint_identifier": "target", "method": {"average_entities": {}}}
	},
	"ownership": {"type": "Inherited", "path": "parent"},
	"team_inheritance": {"path": "parent"},
	"webhook_changelog_destination": {"url": "http://127.0.0.1:9/a", "agent": false}
}`

func newDrifting(t *testing.T) (*acctest.Environment, *acctest.Session) {
	t.Helper()
	env := acctest.NewEmulated(t)
	target := &port.Blueprint{Identifier: "target", Title: "Target"}
	target.Schema.Properties = map[string]port.Property{"owner": {Type: "string"}}
	create(t, env, target)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(drifting)
	if changed := session.Changes(drifting); len(changed) > 0 {
		t.Fatalf("a plan right after the apply changes %v", changed)
	}
	return env, session
}

func property(b *port.Blueprint, key string, change func(*port.Property)) {
	changed := b.Schema.Properties[key]
	change(&changed)
	b.Schema.Properties[key] = changed
}

// TestBlueprint_everyDriftShows makes one change outside Terraform and checks that the next plan
// shows only that. The apply reverts it; otherwise the next case would show it too.
func TestBlueprint_everyDriftShows(t *testing.T) { //nolint:tparallel // Its cases follow each other.
	t.Parallel()
	tests := map[string]struct {
		change func(*port.Blueprint)
		want   []string
	}{
		"title changed":            {func(b *port.Blueprint) { b.Title = "Other" }, []string{"title"}},
		"description changed":      {func(b *port.Blueprint) { b.Description = new("Other") }, []string{"description"}},
		"description removed":      {func(b *port.Blueprint) { b.Description = nil }, []string{"description"}},
		"description emptied":      {func(b *port.Blueprint) { b.Description = new("") }, []string{"description"}},
		"icon changed":             {func(b *port.Blueprint) { b.Icon = new("Lock") }, []string{"icon"}},
		"icon removed":             {func(b *port.Blueprint) { b.Icon = nil }, []string{"icon"}},
		"global search changed":    {func(b *port.Blueprint) { b.IncludeInGlobalSearch = new(false) }, []string{"include_in_global_search"}},
		"global search removed":    {func(b *port.Blueprint) { b.IncludeInGlobalSearch = nil }, []string{"include_in_global_search"}},
		"one property deleted":     {func(b *port.Blueprint) { delete(b.Schema.Properties, "tier") }, []string{"properties.string_props.tier"}},
		"a boolean property added": {func(b *port.Blueprint) { b.Schema.Properties["extra"] = port.Property{Type: "boolean"} }, []string{"properties.boolean_props"}},
		"a number property added":  {func(b *port.Blueprint) { b.Schema.Properties["extra"] = port.Property{Type: "number"} }, []string{"properties.number_props.extra"}},
		"all properties deleted": {func(b *port.Blueprint) {
			b.Schema.Properties, b.CalculationProperties, b.AggregationProperties = nil, nil, nil
		}, []string{
			"aggregation_properties", "calculation_properties", "properties",
		}},
		"a property's title changed":     {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.Title = new("Other") }) }, []string{"properties.string_props.language.title"}},
		"a property's title removed":     {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.Title = nil }) }, []string{"properties.string_props.language.title"}},
		"a property's description added": {func(b *port.Blueprint) { property(b, "tier", func(p *port.Property) { p.Description = new("Other") }) }, []string{"properties.string_props.tier.description"}},
		"a property's enum changed": {func(b *port.Blueprint) {
			property(b, "language", func(p *port.Property) { p.Enum = append(p.Enum, "Rust") })
		}, []string{"properties.string_props.language.enum"}},
		"a property's enum reordered": {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { slices.Reverse(p.Enum) }) }, []string{"properties.string_props.language.enum"}},
		"a property's color changed": {func(b *port.Blueprint) {
			property(b, "language", func(p *port.Property) { p.EnumColors["Go"] = "red" })
		}, []string{"properties.string_props.language.enum_colors.Go"}},
		"a property's color added":    {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.EnumColors["C"] = "red" }) }, []string{"properties.string_props.language.enum_colors.C"}},
		"a property's colors removed": {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.EnumColors = nil }) }, []string{"properties.string_props.language.enum_colors"}},
		"a property's default changed": {func(b *port.Blueprint) {
			property(b, "language", func(p *port.Property) { p.Default = json.RawMessage(`"C"`) })
		}, []string{"properties.string_props.language.default"}},
		"a property's default removed": {func(b *port.Blueprint) { property(b, "replicas", func(p *port.Property) { p.Default = nil }) }, []string{"properties.number_props.replicas.default"}},
		"an object's default changed": {func(b *port.Blueprint) {
			property(b, "labels", func(p *port.Property) { p.Default = json.RawMessage(`{"a":[2]}`) })
		}, []string{"properties.object_props.labels.default"}},
		"a property's minimum changed": {func(b *port.Blueprint) {
			property(b, "replicas", func(p *port.Property) { p.Minimum = new(json.Number("0.5")) })
		}, []string{"properties.number_props.replicas.minimum"}},
		"a property's maximum added": {func(b *port.Blueprint) {
			property(b, "replicas", func(p *port.Property) { p.Maximum = new(json.Number("9")) })
		}, []string{"properties.number_props.replicas.maximum"}},
		"a property made required":       {func(b *port.Blueprint) { b.Schema.Required = []string{"tier"} }, []string{"properties.string_props.tier.required"}},
		"the format of elements changed": {func(b *port.Blueprint) { property(b, "urls", func(p *port.Property) { p.Items.Format = new("email") }) }, []string{"properties.array_props.urls.string_items.format"}},
		"an empty default removed":       {func(b *port.Blueprint) { property(b, "urls", func(p *port.Property) { p.Default = nil }) }, []string{"properties.array_props.urls.string_items.default"}},
		"one relation deleted":           {func(b *port.Blueprint) { delete(b.Relations, "sibling") }, []string{"relations.sibling"}},
		"one relation added":             {func(b *port.Blueprint) { b.Relations["extra"] = port.Relation{Target: "target"} }, []string{"relations.extra"}},
		"a relation's title removed":     {func(b *port.Blueprint) { b.Relations["sibling"] = port.Relation{Target: "target"} }, []string{"relations.sibling.title"}},
		"a relation's many flipped": {func(b *port.Blueprint) {
			b.Relations["sibling"] = port.Relation{Target: "target", Title: new("Sibling"), Many: true}
		}, []string{"relations.sibling.many"}},
		"all relations deleted": {func(b *port.Blueprint) {
			b.Relations, b.MirrorProperties, b.Ownership, b.TeamInheritance = nil, nil, nil, nil
		}, []string{"mirror_properties", "ownership", "relations", "team_inheritance"}},
		"team inheritance removed":           {func(b *port.Blueprint) { b.TeamInheritance = nil }, []string{"team_inheritance"}},
		"one mirror property deleted":        {func(b *port.Blueprint) { delete(b.MirrorProperties, "owner") }, []string{"mirror_properties.owner"}},
		"one mirror property changed":        {func(b *port.Blueprint) { b.MirrorProperties["owner"] = port.MirrorProperty{Path: "sibling.owner"} }, []string{"mirror_properties.owner.path"}},
		"all mirror properties deleted":      {func(b *port.Blueprint) { b.MirrorProperties = nil }, []string{"mirror_properties"}},
		"one calculation property deleted":   {func(b *port.Blueprint) { delete(b.CalculationProperties, "shout") }, []string{"calculation_properties.shout"}},
		"all calculation properties deleted": {func(b *port.Blueprint) { b.CalculationProperties = nil }, []string{"calculation_properties"}},
		"the elements of a calculation changed": {func(b *port.Blueprint) {
			calculation := b.CalculationProperties["all"]
			calculation.Items = &port.Items{Type: "string", Format: new("email")}
			b.CalculationProperties["all"] = calculation
		}, []string{"calculation_properties.all.items.format"}},
		"one aggregation property deleted": {func(b *port.Blueprint) { delete(b.AggregationProperties, "pace") }, []string{"aggregation_properties.pace"}},
		"one aggregation property added": {func(b *port.Blueprint) {
			b.AggregationProperties["extra"] = b.AggregationProperties["count"]
		}, []string{"aggregation_properties.extra"}},
		"an aggregation's period changed": {func(b *port.Blueprint) {
			pace := b.AggregationProperties["pace"]
			pace.CalculationSpec.AverageOf = new("week")
			b.AggregationProperties["pace"] = pace
		}, []string{"aggregation_properties.pace.method.average_entities.average_of"}},
		"an aggregation's function changed": {func(b *port.Blueprint) {
			count := b.AggregationProperties["count"]
			count.CalculationSpec = port.CalculationSpec{Func: "sum", CalculationBy: "property", Property: new("owner")}
			b.AggregationProperties["count"] = count
		}, []string{"aggregation_properties.count.method.aggregate_by_property", "aggregation_properties.count.method.count_entities"}},
		"an aggregation's query changed": {func(b *port.Blueprint) {
			count := b.AggregationProperties["count"]
			count.Query = json.RawMessage(`{"combinator": "or", "rules": []}`)
			b.AggregationProperties["count"] = count
		}, []string{"aggregation_properties.count.query"}},
		"an aggregation's path filter added": {func(b *port.Blueprint) {
			count := b.AggregationProperties["count"]
			count.PathFilter = []port.PathFilter{{Path: []string{"parent"}}}
			b.AggregationProperties["count"] = count
		}, []string{"aggregation_properties.count.path_filter"}},
		"the scopes of a page changed": {func(b *port.Blueprint) {
			property(b, "page", func(p *port.Property) { p.SpecAuthentication.Scope = []string{"email"} })
		}, []string{"properties.string_props.page.spec_authentication.authorization_scope"}},
		"the enum of elements changed": {func(b *port.Blueprint) {
			property(b, "ports", func(p *port.Property) { p.Items.Enum = []any{json.Number("80")}; p.Items.EnumColors = nil })
		}, []string{"properties.array_props.ports.number_items.enum", "properties.array_props.ports.number_items.enum_colors"}},
		"an untyped default changed": {func(b *port.Blueprint) {
			property(b, "free", func(p *port.Property) { p.Default = json.RawMessage(`[1, "b"]`) })
		}, []string{"properties.array_props.free.default"}},
		"the calculation changed": {func(b *port.Blueprint) {
			b.CalculationProperties["shout"] = port.CalculationProperty{Calculation: ".", Type: "string"}
		}, []string{"calculation_properties.shout.calculation"}},
		"the changelog destination removed": {func(b *port.Blueprint) { b.ChangelogDestination = nil }, []string{"webhook_changelog_destination"}},
		"its url changed":                   {func(b *port.Blueprint) { b.ChangelogDestination.URL = new("http://127.0.0.1:9/b") }, []string{"webhook_changelog_destination.url"}},
		"its agent changed":                 {func(b *port.Blueprint) { b.ChangelogDestination.Agent = new(true) }, []string{"webhook_changelog_destination.agent"}},
		"webhook to Kafka": {func(b *port.Blueprint) {
			b.ChangelogDestination = &port.ChangelogDestination{Type: port.ChangelogKafka}
		}, []string{"kafka_changelog_destination", "webhook_changelog_destination"}},
		"ownership removed": {func(b *port.Blueprint) { b.Ownership = nil }, []string{"ownership"}},
		"ownership changed": {func(b *port.Blueprint) { b.Ownership.Path = new("sibling") }, []string{"ownership.path"}},
	}
	env, session := newDrifting(t)
	for name, test := range tests { //nolint:paralleltest // Each case starts from the result of the previous case.
		t.Run(name, func(t *testing.T) {
			session := session.In(t)
			change(t, env, test.change)
			if changed := session.Changes(drifting); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(drifting)
		})
	}
	expectEmptyPlan(t, session.In(t), "after the last apply", drifting)
}

// TestBlueprint_everyAdditionShows does the same for what the configuration does not declare.
func TestBlueprint_everyAdditionShows(t *testing.T) {
	t.Parallel()
	const bare = `{"identifier": "service", "title": "Service", "properties": {"string_props": {"a": {}}, "array_props": {"l": {}, "n": {"number_items": {}}}}}`
	tests := map[string]struct {
		change func(*port.Blueprint)
		want   []string
	}{
		"description":        {func(b *port.Blueprint) { b.Description = new("Other") }, []string{"description"}},
		"icon":               {func(b *port.Blueprint) { b.Icon = new("Lock") }, []string{"icon"}},
		"global search":      {func(b *port.Blueprint) { b.IncludeInGlobalSearch = new(true) }, []string{"include_in_global_search"}},
		"a property's title": {func(b *port.Blueprint) { property(b, "a", func(p *port.Property) { p.Title = new("A") }) }, []string{"properties.string_props.a.title"}},
		"a property's enum":  {func(b *port.Blueprint) { property(b, "a", func(p *port.Property) { p.Enum = []any{"x"} }) }, []string{"properties.string_props.a.enum"}},
		"a property's colors": {func(b *port.Blueprint) {
			property(b, "a", func(p *port.Property) { p.EnumColors = map[string]string{"x": "red"} })
		}, []string{"properties.string_props.a.enum_colors"}},
		"an enum of elements": {func(b *port.Blueprint) {
			property(b, "n", func(p *port.Property) { p.Items.Enum = []any{json.Number("1")} })
		}, []string{"properties.array_props.n.number_items.enum"}},
		"a default of a list": {func(b *port.Blueprint) {
			property(b, "l", func(p *port.Property) { p.Default = json.RawMessage(`[]`) })
		}, []string{"properties.array_props.l.default"}},
		"an item type": {func(b *port.Blueprint) {
			property(b, "l", func(p *port.Property) { p.Items = &port.Items{Type: "string"} })
		}, []string{"properties.array_props.l.string_items"}},
		"an ownership": {func(b *port.Blueprint) { b.Ownership = &port.Ownership{Type: "Direct"} }, []string{"ownership"}},
		"a Kafka changelog": {func(b *port.Blueprint) {
			b.ChangelogDestination = &port.ChangelogDestination{Type: port.ChangelogKafka}
		}, []string{"kafka_changelog_destination"}},
		"a calculation": {func(b *port.Blueprint) {
			b.CalculationProperties = map[string]port.CalculationProperty{"c": {Calculation: ".", Type: "object"}}
		}, []string{"calculation_properties"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			session.Apply(bare)
			change(t, env, test.change)
			if changed := session.Changes(bare); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(bare)
			expectEmptyPlan(t, session, "after the apply", bare)
		})
	}
}

// topLevel shortens paths below an expected path to that path, because an object may show as itself
// or by its members.
func topLevel(changed, wanted []string) []string {
	var out []string
	for _, path := range changed {
		for _, want := range wanted {
			if len(path) > len(want) && path[:len(want)+1] == want+"." {
				path = want
			}
		}
		out = append(out, path)
	}
	return slices.Compact(out)
}
