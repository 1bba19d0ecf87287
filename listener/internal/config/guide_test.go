package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGuideKeys holds the guide to the keys that there are, in both directions.
func TestGuideKeys(t *testing.T) {
	t.Parallel()
	for heading, wanted := range map[string][]string{
		"Configuration": append(leaves("", ""), "rules", "templates"),
		"Rules":         ruleKeys(),
		"Messages":      templateKeys(),
	} {
		listed := guideKeys(t, heading)
		slices.Sort(listed)
		slices.Sort(wanted)
		if !slices.Equal(listed, wanted) {
			t.Errorf("%s: the guide has\n%q\nand there are\n%q", heading, listed, wanted)
		}
	}
}

// leaves returns the keys of a section that are no sections themselves.
func leaves(pattern, path string) []string {
	keys, _ := keysOf(pattern)
	var found []string
	for _, key := range keys {
		below, where := strings.TrimPrefix(pattern+"."+key, "."), strings.TrimPrefix(path+"."+key, ".")
		switch _, section := keysOf(below); {
		case section:
			found = append(found, leaves(below, where)...)
		case below == "destinations":
			found = append(found, leaves(anyDestination, "destinations.NAME")...)
		case below != "rules" && below != "templates":
			found = append(found, where)
		}
	}
	return found
}

// guideKeys returns what the first cells of the first table below a heading of the
// guide name.
func guideKeys(t *testing.T, heading string) []string {
	t.Helper()
	guide, err := os.ReadFile("../../../docs/guides/listener.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(guide), "\n## "+heading+"\n")
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
