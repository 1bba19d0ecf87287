package blueprint_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// drifting is the configuration that somebody else's changes are told against.
const drifting = `{
	"identifier": "service", "title": "Service", "description": "What runs", "icon": "Microservice", "include_in_global_search": true,
	"properties": {
		"string_props": {
			"language": {"title": "Language", "enum": ["Go", "C"], "enum_colors": {"Go": "blue"}, "default": "Go"},
			"tier": {}
		},
		"number_props": {"replicas": {"minimum": 1, "default": 1}},
		"object_props": {"labels": {"default": "{\"a\": [1]}"}},
		"array_props": {"urls": {"string_items": {"format": "url", "default": []}}}
	},
	"relations": {"parent": {"target": "target"}, "sibling": {"target": "target", "title": "Sibling"}},
	"mirror_properties": {"owner": {"path": "parent.owner"}, "name": {"path": "parent.$title", "title": "Name"}},
	"calculation_properties": {"shout": {"calculation": ".properties.language", "type": "string"}},
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

// TestBlueprint_everyDriftShows changes one thing behind Terraform's back and
// wants the next plan to show that, and only that.
func TestBlueprint_everyDriftShows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*port.Blueprint)
		want   []string
	}{
		"title changed":             {func(b *port.Blueprint) { b.Title = "Other" }, []string{"title"}},
		"description changed":       {func(b *port.Blueprint) { b.Description = new("Other") }, []string{"description"}},
		"description removed":       {func(b *port.Blueprint) { b.Description = nil }, []string{"description"}},
		"description emptied":       {func(b *port.Blueprint) { b.Description = new("") }, []string{"description"}},
		"icon changed":              {func(b *port.Blueprint) { b.Icon = new("Lock") }, []string{"icon"}},
		"icon removed":              {func(b *port.Blueprint) { b.Icon = nil }, []string{"icon"}},
		"global search changed":     {func(b *port.Blueprint) { b.IncludeInGlobalSearch = new(false) }, []string{"include_in_global_search"}},
		"global search removed":     {func(b *port.Blueprint) { b.IncludeInGlobalSearch = nil }, []string{"include_in_global_search"}},
		"one property deleted":      {func(b *port.Blueprint) { delete(b.Schema.Properties, "tier") }, []string{"properties.string_props.tier"}},
		"one property added":        {func(b *port.Blueprint) { b.Schema.Properties["extra"] = port.Property{Type: "boolean"} }, []string{"properties.boolean_props"}},
		"one property added beside": {func(b *port.Blueprint) { b.Schema.Properties["extra"] = port.Property{Type: "number"} }, []string{"properties.number_props.extra"}},
		"all properties deleted": {func(b *port.Blueprint) { b.Schema.Properties = nil; b.CalculationProperties = nil }, []string{
			"calculation_properties", "properties",
		}},
		"a property's title changed":     {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.Title = new("Other") }) }, []string{"properties.string_props.language.title"}},
		"a property's title removed":     {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.Title = nil }) }, []string{"properties.string_props.language.title"}},
		"a property's description added": {func(b *port.Blueprint) { property(b, "tier", func(p *port.Property) { p.Description = new("Other") }) }, []string{"properties.string_props.tier.description"}},
		"a property's enum changed": {func(b *port.Blueprint) {
			property(b, "language", func(p *port.Property) { p.Enum = append(p.Enum, "Rust") })
		}, []string{"properties.string_props.language.enum"}},
		"a property's enum reordered": {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { slices.Reverse(p.Enum) }) }, []string{"properties.string_props.language.enum"}},
		"a property's colour changed": {func(b *port.Blueprint) {
			property(b, "language", func(p *port.Property) { p.EnumColors["Go"] = "red" })
		}, []string{"properties.string_props.language.enum_colors.Go"}},
		"a property's colour added":    {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.EnumColors["C"] = "red" }) }, []string{"properties.string_props.language.enum_colors.C"}},
		"a property's colours removed": {func(b *port.Blueprint) { property(b, "language", func(p *port.Property) { p.EnumColors = nil }) }, []string{"properties.string_props.language.enum_colors"}},
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
		"team inheritance removed":         {func(b *port.Blueprint) { b.TeamInheritance = nil }, []string{"team_inheritance"}},
		"one mirror property deleted":      {func(b *port.Blueprint) { delete(b.MirrorProperties, "owner") }, []string{"mirror_properties.owner"}},
		"one mirror property changed":      {func(b *port.Blueprint) { b.MirrorProperties["owner"] = port.MirrorProperty{Path: "sibling.owner"} }, []string{"mirror_properties.owner.path"}},
		"all mirror properties deleted":    {func(b *port.Blueprint) { b.MirrorProperties = nil }, []string{"mirror_properties"}},
		"the calculation property deleted": {func(b *port.Blueprint) { b.CalculationProperties = nil }, []string{"calculation_properties"}},
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
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, session := newDrifting(t)
			blueprint, err := env.Client.Blueprints.Get(t.Context(), "service")
			if err != nil {
				t.Fatal(err)
			}
			test.change(blueprint)
			if _, err := env.Client.Blueprints.Update(t.Context(), "service", blueprint); err != nil {
				t.Fatal(err)
			}
			if changed := session.Changes(drifting); !slices.Equal(topLevel(changed, test.want), test.want) {
				t.Errorf("the plan changes %v, want %v", changed, test.want)
			}
			session.Apply(drifting)
			if changed := session.Changes(drifting); len(changed) > 0 {
				t.Errorf("after the apply the plan still changes %v", changed)
			}
		})
	}
}

// topLevel shortens what lies below a path that is wanted to that path: whether
// a whole object shows as itself or by its members does not matter.
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
