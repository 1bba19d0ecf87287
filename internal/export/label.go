package export

import (
	"regexp"
	"strconv"
	"strings"
)

var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// labels are taken names, in lower case: names that differ only in case would be the same file on
// some systems.
type labels map[string]bool

// take returns a free name that resembles the desired one.
func (l labels) take(desired string) string {
	base := notInLabel.ReplaceAllString(desired, "_")
	if base == "" || !regexp.MustCompile(`^[A-Za-z_]`).MatchString(base) {
		base = "_" + base
	}
	label := base
	for i := 2; l[strings.ToLower(label)]; i++ {
		label = base + "_" + strconv.Itoa(i)
	}
	l[strings.ToLower(label)] = true
	return label
}

// label names the resources. The name of an entity includes its blueprint.
func (c *Catalog) label() {
	taken := map[string]labels{blueprintType: {}, entityType: {}, actionType: {}}
	for _, one := range c.objects {
		desired := one.identifier
		if one.typeName == entityType {
			desired = one.parent + "_" + one.identifier
		}
		one.label = taken[one.typeName].take(desired)
	}
}
