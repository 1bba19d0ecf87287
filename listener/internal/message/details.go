package message

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// mostDetails is how many values are listed; the rest is counted.
const mostDetails = 20

// details lists what changed, or what was created; "" if there is nothing to say.
func (a Alert) details() string {
	before, after := a.event.Diff.Before, a.event.Diff.After
	switch rule.Action(a.event) {
	case changelog.ActionUpdate:
		return list(before, after, func(key string, from, to any) string {
			if jsonvalue.Equal(from, to, jsonvalue.NullIsAbsent) {
				return ""
			}
			return label(key) + detail(from) + " → " + detail(to)
		})
	case changelog.ActionCreate:
		return list(before, after, func(key string, _, to any) string {
			if to == nil {
				return ""
			}
			return label(key) + detail(to)
		})
	}
	return ""
}

// list makes a line of each value of an entity: its properties, its relations, and its title and
// team. Empty lines are left out.
func list(before, after changelog.Snapshot, describe func(key string, from, to any) string) string {
	var lines []string
	for _, key := range []string{"title", "team"} {
		lines = append(lines, describe(key, before[key], after[key]))
	}
	for _, section := range []string{"properties", "relations"} {
		from, _ := before[section].(map[string]any)
		to, _ := after[section].(map[string]any)
		keys := maps.Clone(from)
		if keys == nil {
			keys = make(map[string]any)
		}
		maps.Copy(keys, to)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			lines = append(lines, describe(key, from[key], to[key]))
		}
	}
	return fit(slices.DeleteFunc(lines, func(line string) bool { return line == "" }))
}

// fit joins lines within the limits of a section.
func fit(lines []string) string {
	const reserve = len("… and 999999 more")
	var kept strings.Builder
	for i, line := range lines {
		full := utf8.RuneCountInString(kept.String())+utf8.RuneCountInString(line)+1 > sectionLimit-reserve
		if i == mostDetails || full {
			_, _ = fmt.Fprintf(&kept, "… and %d more", len(lines)-i)
			break
		}
		kept.WriteString(line + "\n")
	}
	return strings.TrimSuffix(kept.String(), "\n")
}

func label(key string) string { return "*" + escapeWithin(oneLine(key), propertyLimit) + "*: " }

func detail(value any) string { return escapeWithin(oneLine(show(value)), detailLimit) }
