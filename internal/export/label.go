package export

import (
	"regexp"
	"strconv"
	"strings"
)

var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// labels are names that are taken. Two that differ in case alone would be the same file
// on some systems.
type labels map[string]bool

// take returns a name that nobody has, close to the one that is asked for.
func (l labels) take(wanted string) string {
	base := notInLabel.ReplaceAllString(wanted, "_")
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

// label names the resources. An entity is called after its blueprint and itself.
func (c *Catalog) label() {
	taken := map[string]labels{blueprintType: {}, entityType: {}, actionType: {}}
	for _, one := range c.objects {
		wanted := one.identifier
		if one.typeName == entityType {
			wanted = one.parent + "_" + one.identifier
		}
		one.label = taken[one.typeName].take(wanted)
	}
}
