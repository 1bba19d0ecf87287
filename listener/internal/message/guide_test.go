package message

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// TestGuideTemplates checks that the guide documents exactly the values and functions of templates,
// and that each example gives the documented result.
func TestGuideTemplates(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../example-event.json")
	if err != nil {
		t.Fatal(err)
	}
	event, err := changelog.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	values := NewAlert(event, rule.DefaultHealth()).data()
	var names []string
	for name := range values.values {
		names = append(names, "."+name)
	}
	// The guide lists some as the library's own, and some as refused.
	own := []string{"and", "or", "not", "println", "call", "html", "js", "slice"}
	callable := slices.DeleteFunc(slices.Collect(maps.Keys(functions(formatted(), &rendering{}))), func(name string) bool {
		return strings.HasPrefix(name, "_") || slices.Contains(own, name)
	})
	for heading, names := range map[string][]string{"Values": names, "Functions": callable} {
		rows := guideRows(t, heading)
		var listed []string
		for _, row := range rows {
			if len(row) != 4 {
				t.Fatalf("%s: the row %q has %d cells", heading, row, len(row))
			}
			listed = append(listed, row[0])
			compiled, err := compile(row[2], formatted())
			if err != nil {
				t.Errorf("%s: %v", row[2], err)
				continue
			}
			if got, err := compiled.render(values, sectionLimit); err != nil || got != row[3] {
				t.Errorf("%s gives %q (%v), and the guide says %q", row[2], got, err, row[3])
			}
		}
		slices.Sort(listed)
		slices.Sort(names)
		if !slices.Equal(listed, names) {
			t.Errorf("%s: the guide has\n%q\nand there are\n%q", heading, listed, names)
		}
	}
}

// guideRows returns the cells of the table below a heading of the guide, without code formatting.
func guideRows(t *testing.T, heading string) [][]string {
	t.Helper()
	guide, err := os.ReadFile("../../../docs/guides/listener-messages.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(guide), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("the guide has no %s", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var rows [][]string
	for _, match := range regexp.MustCompile("(?m)^\\| (`.+) \\|$").FindAllStringSubmatch(section, -1) {
		cells := strings.Split(strings.ReplaceAll(match[1], `\|`, "\x00"), " | ")
		for i, cell := range cells {
			cell = strings.ReplaceAll(cell, "\x00", "|")
			if double, ok := strings.CutPrefix(cell, "`` "); ok {
				cells[i] = strings.TrimSuffix(double, " ``")
			} else {
				cells[i] = strings.Trim(cell, "`")
			}
		}
		rows = append(rows, cells)
	}
	return rows
}
