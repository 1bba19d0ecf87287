package acctest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var traceID = regexp.MustCompile(`trace id \w+`)

// Golden compares texts, by test case, with the golden file testdata/NAME.txt. To update the file,
// set UPDATE_GOLDEN, and review it.
func Golden(t *testing.T, name string, texts map[string][]string) {
	t.Helper()
	var all strings.Builder
	for _, title := range slices.Sorted(maps.Keys(texts)) {
		all.WriteString("# " + title + "\n")
		for _, text := range texts[title] {
			all.WriteString(traceID.ReplaceAllString(text, "trace id …") + "\n")
		}
		all.WriteString("\n")
	}
	golden := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden) //nolint:gosec // The path comes from a test.
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.Split(string(want), "\n")
	for line := range strings.SplitSeq(all.String(), "\n") {
		if !slices.Contains(expected, line) {
			t.Errorf("%s does not contain: %s", golden, line)
		}
	}
	if all.String() != string(want) {
		t.Errorf("%s differs", golden)
	}
}
