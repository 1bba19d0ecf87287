package entity_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestEntity_generateConfigOut generates the configuration of imported entities. It sets only what
// has a value, and applying it changes nothing.
func TestEntity_generateConfigOut(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", &port.Entity{Identifier: "empty", Properties: map[string]any{"locked": nil}})
	create(t, env, "thing", &port.Entity{Identifier: "nested", Properties: map[string]any{"locked": nil, "any": []any{[]any{"x"}}}})
	create(t, env, "thing", &port.Entity{
		Identifier: "typed", Title: new("Typed"), Team: []string{"x"},
		Properties: map[string]any{"locked": nil, "text": "x"}, Relations: map[string]any{"one": "a"},
	})
	var imports strings.Builder
	for _, name := range []string{"empty", "nested", "typed"} {
		imports.WriteString("import {\n  to = port_entity." + name + "\n  id = \"thing:" + name + "\"\n}\n")
	}
	cli := env.NewCLI(t, t.TempDir())
	cli.Write("main.tf", "terraform {\n  required_providers {\n    port = { source = \"port-changelog/port\" }\n  }\n}\n"+imports.String())
	cli.Run("init", "-no-color", "-input=false")
	cli.Run("plan", "-no-color", "-input=false", "-generate-config-out=generated.tf")
	generated := withoutNulls(cli.Read("generated.tf"))
	for _, want := range []string{
		`resource "port_entity" "empty" {
blueprint = "thing"
create_missing_related_entities = false
identifier = "empty"
}
`,
		`resource "port_entity" "nested" {
blueprint = "thing"
create_missing_related_entities = false
identifier = "nested"
properties_json = jsonencode({
any = [["x"]]
})
}
`,
		`resource "port_entity" "typed" {
blueprint = "thing"
create_missing_related_entities = false
identifier = "typed"
properties = {
string_props = {
text = "x"
}
}
relations = {
single_relations = {
one = "a"
}
}
teams = ["x"]
title = "Typed"
}
`,
	} {
		if !strings.Contains(generated, want) {
			t.Errorf("Terraform generated\n%s\nwant\n%s", generated, want)
		}
	}
	env.Writes(t)
	if output := cli.Run("apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(output, "3 imported, 0 added, 0 changed, 0 destroyed") {
		t.Error(output)
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
}

// withoutNulls returns a generated configuration without comments, indentation and the attributes
// that Terraform sets to null because they have no value.
func withoutNulls(generated string) string {
	var lines strings.Builder
	for line := range strings.Lines(generated) {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasSuffix(line, " = null") {
			lines.WriteString(line + "\n")
		}
	}
	return lines.String()
}
