package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// update rewrites the files of TestSchema: go test ./internal/cmd/provider-schema -update.
var update = flag.Bool("update", false, "write testdata from the provider's schema; read what changed")

// TestSchema compares the schema with a reviewed outline: testdata has a file for each resource,
// data source and list resource, with a line for each attribute. The descriptions are in docs.
func TestSchema(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var read document
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"provider.txt": outline(*read.Schemas[name].Provider)}
	for typeName, s := range read.Schemas[name].Resources {
		got[typeName+".txt"] = outline(s)
	}
	for typeName, s := range read.Schemas[name].DataSources {
		got["data_"+typeName+".txt"] = outline(s)
	}
	for typeName, s := range read.Schemas[name].ListResources {
		got["list_"+typeName+".txt"] = outline(s)
	}
	if *update {
		rewrite(t, got)
	}
	for file, outlined := range got {
		want, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Error(err)
			continue
		}
		if outlined != string(want) {
			t.Errorf("%s has changed. Run the test with -update and read the difference. It reads now:\n%s", file, outlined)
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(got) {
		t.Errorf("testdata has %d files, the schema has %d parts", len(files), len(got))
	}
}

func rewrite(t *testing.T, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll("testdata"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join("testdata", file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// outline writes a line for each attribute.
func outline(s schema) string {
	var lines strings.Builder
	fmt.Fprintf(&lines, "version %d\n", s.Version)
	writeAttributes(&lines, "", s.Block.Attributes)
	return lines.String()
}

func writeAttributes(to *strings.Builder, parent string, attributes map[string]attribute) {
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		a, path := attributes[key], parent+key
		if a.NestedType == nil {
			fmt.Fprintf(to, "%s %s%s\n", path, typeName(a.Type), flags(a))
			continue
		}
		fmt.Fprintf(to, "%s %s%s\n", path, a.NestedType.NestingMode, flags(a))
		writeAttributes(to, path+".", a.NestedType.Attributes)
	}
}

// typeName returns a type without the punctuation of JSON: map list string.
func typeName(encoded json.RawMessage) string {
	return strings.Join(strings.FieldsFunc(string(encoded), func(r rune) bool { return strings.ContainsRune(" \n[],\"", r) }), " ")
}

// flags returns the properties of an attribute, each preceded by a space.
func flags(a attribute) string {
	var set strings.Builder
	for _, flag := range []struct {
		isSet bool
		name  string
	}{
		{a.Required, "required"},
		{a.Optional, "optional"},
		{a.Computed, "computed"},
		{a.Sensitive, "sensitive"},
		{a.WriteOnly, "write-only"},
		{a.Deprecated, "deprecated"},
	} {
		if flag.isSet {
			set.WriteString(" " + flag.name)
		}
	}
	return set.String()
}
