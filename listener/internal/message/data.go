package message

import (
	"maps"
	"slices"
	"strings"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/nearword"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// data is the data of a template.
type data struct {
	alert  Alert
	values map[string]any
}

// data returns the data for the templates of an alert. The guide documents every value.
func (a Alert) data() *data {
	at := ""
	if happened := a.event.HappenedAt(); !happened.IsZero() {
		at = showTime(happened)
	}
	return &data{alert: a, values: map[string]any{
		"Rule":           a.rule.Name,
		"Title":          cutPlain(a.name(), headerLimit),
		"Entity":         a.event.Context.Entity,
		"Blueprint":      a.event.Context.Blueprint,
		"BlueprintTitle": a.blueprint(),
		"Teams":          a.teams(),
		"Link":           a.link(),
		"Action":         rule.Action(a.event),
		"ResourceType":   a.event.ResourceType,
		"Origin":         a.event.Trigger.Origin,
		"Run":            a.event.Context.RunID,
		"Timer":          a.event.Context.Property,
		"User":           a.user(),
		"UserName":       a.userName(),
		"At":             at,
		"Property":       a.rule.Property,
		"From":           a.change.Before,
		"To":             a.change.After,
		"Recovered":      a.rule.Recovers(a.change),
		"Before":         properties(a.event.Diff.Before),
		"After":          properties(a.event.Diff.After),
		"Event":          a.event.Document(),
	}}
}

// properties returns the properties of an entity, or nil if there is none.
func properties(of changelog.Snapshot) map[string]any {
	properties, _ := of["properties"].(map[string]any)
	return properties
}

// suggest names the value that was probably meant by an unknown name, or all values.
func (d *data) suggest(name string) string {
	names := slices.Sorted(maps.Keys(d.values))
	if meant, ok := nearword.Nearest(name, names); ok {
		return "did you mean ." + meant + "?"
	}
	return "the values are ." + strings.Join(names, ", .")
}
