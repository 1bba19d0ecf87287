package export

import (
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// labels are taken names, in lower case: names that differ only in case would be the same file on
// some systems. The value is the highest number that was appended to the name, or 1.
type labels map[string]int

// take returns a free name that resembles the desired one.
func (l labels) take(desired string) string {
	base := notInLabel.ReplaceAllString(desired, "_")
	if base == "" || !regexp.MustCompile(`^[A-Za-z_]`).MatchString(base) {
		base = "_" + base
	}
	label, first := base, strings.ToLower(base)
	for l[strings.ToLower(label)] > 0 {
		l[first]++
		label = base + "_" + strconv.Itoa(l[first])
	}
	l[strings.ToLower(label)] = 1
	return label
}

// label names the resources, without the names that are taken already, by type. The name of an
// entity includes its blueprint.
func (c *Catalog) label(taken map[string]labels) {
	for _, one := range c.objects {
		desired := one.identifier
		if one.typeName == entityType {
			desired = one.parent + "_" + one.identifier
		}
		one.label = taken[one.typeName].take(desired)
	}
}

// labelsIn returns the names of the resources that files declare, by type. It skips a file that is
// not valid: Terraform reports that.
func labelsIn(files []string) (map[string]labels, error) {
	taken := map[string]labels{blueprintType: {}, entityType: {}, actionType: {}}
	for _, name := range files {
		text, err := os.ReadFile(name) //nolint:gosec // The user names the folder.
		if err != nil {
			return nil, err
		}
		file, diagnostics := hclwrite.ParseConfig(text, name, hcl.InitialPos)
		if diagnostics.HasErrors() {
			continue
		}
		for _, block := range file.Body().Blocks() {
			if words := block.Labels(); block.Type() == "resource" && len(words) == 2 && taken[words[0]] != nil {
				taken[words[0]].take(words[1])
			}
		}
	}
	return taken, nil
}
