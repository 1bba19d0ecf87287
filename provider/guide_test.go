package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuideNamesTests checks that every row of the comparison with the official provider names an
// existing test.
func TestGuideNamesTests(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/guides/official-provider.md")
	if err != nil {
		t.Fatal(err)
	}
	sources := testSources(t)
	row := regexp.MustCompile(`(?m)^\| (.+) \|$`)
	test := regexp.MustCompile("^`(Test[A-Za-z_]+)`$")
	var rows int
	for _, match := range row.FindAllStringSubmatch(string(guide), -1) {
		cells := strings.Split(match[1], " | ")
		named := test.FindStringSubmatch(cells[len(cells)-1])
		if cells[len(cells)-1] == "test" {
			continue
		}
		rows++
		if named == nil || !strings.Contains(sources, "func "+named[1]+"(t *testing.T)") {
			t.Errorf("the row %q names no existing test", cells[0])
		}
	}
	if rows == 0 {
		t.Error("the guide has no rows")
	}
}

func testSources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
