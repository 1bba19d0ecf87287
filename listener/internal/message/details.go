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

// maxDetails is how many values are listed; the rest are only counted.
const maxDetails = 20

// details lists the values that changed or were created. It returns "" for other actions.
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

// list returns a line for each value of an entity: title, team, properties and relations. It omits
// empty lines.
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

// fit joins as many lines as fit into a section.
func fit(lines []string) string {
	const reserve = len("… and 999999 more")
	var joined strings.Builder
	for i, line := range lines {
		full := utf8.RuneCountInString(joined.String())+utf8.RuneCountInString(line)+1 > sectionLimit-reserve
		if i == maxDetails || full {
			_, _ = fmt.Fprintf(&joined, "… and %d more", len(lines)-i)
			break
		}
		joined.WriteString(line + "\n")
	}
	return strings.TrimSuffix(joined.String(), "\n")
}

func label(key string) string { return "*" + escapeWithin(oneLine(key), propertyLimit) + "*: " }

func detail(value any) string { return escapeWithin(oneLine(show(value)), detailLimit) }
