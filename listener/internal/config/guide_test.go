package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGuideKeys checks that the guide documents exactly the existing keys.
func TestGuideKeys(t *testing.T) {
	t.Parallel()
	for heading, keys := range map[string][]string{
		"Configuration": append(leaves(&document{}, ""), "rules", "templates"),
		"Rules":         ruleKeys(),
		"Messages":      templateKeys(),
	} {
		listed := guideKeys(t, heading)
		slices.Sort(listed)
		slices.Sort(keys)
		if !slices.Equal(listed, keys) {
			t.Errorf("%s: the guide has\n%q\nand there are\n%q", heading, listed, keys)
		}
	}
}

// leaves returns the keys of a section that are not sections themselves.
func leaves(section value, path string) []string {
	var keys []string
	fields := fieldsOf(section)
	for _, key := range keysOf(section) {
		where := strings.TrimPrefix(path+"."+key, ".")
		switch field := fields[key].value.(type) {
		case *ruleList, *names[templateSection]:
		case *names[destinationSection]:
			keys = append(keys, leaves(&destinationSection{}, where+".NAME")...)
		case reader, scalar:
			keys = append(keys, where)
		default:
			keys = append(keys, leaves(field, where)...)
		}
	}
	return keys
}

// ruleKeys and templateKeys are the keys of a rule and of a template.
func ruleKeys() []string { return keysOf(&ruleSection{}) }

func templateKeys() []string { return keysOf(&templateSection{}) }

// guideKeys returns the keys in the first column of the first table below a heading of the guide.
func guideKeys(t *testing.T, heading string) []string {
	t.Helper()
	guide, err := os.ReadFile("../../../docs/guides/listener-" + strings.ToLower(heading) + ".md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(guide), "\n# "+heading+"\n")
	if !found {
		t.Fatalf("the guide has no %s", heading)
	}
	_, section, _ = strings.Cut(section, "\n|---")
	table, _, _ := strings.Cut(section, "\n\n")
	var keys []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(table, -1) {
		for key := range strings.SplitSeq(row[1], ", ") {
			keys = append(keys, strings.Trim(key, "`"))
		}
	}
	return keys
}
