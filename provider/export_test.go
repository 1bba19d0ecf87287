package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/port-changelog/terraform-provider-port/internal/export"
	"github.com/port-changelog/terraform-provider-port/provider"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// runExport exports a selection from the environment's Port into a new folder.
func runExport(t *testing.T, env *acctest.Environment, selection export.Selection) (folder string, written export.Written) {
	t.Helper()
	server, err := env.Factories()["port"]()
	if err != nil {
		t.Fatal(err)
	}
	warn := func(summary, detail string) { t.Errorf("unexpected warning: %s: %s", summary, detail) }
	connected, err := export.Connect(t.Context(), server, provider.New("test")().Resources(t.Context()), warn)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := connected.Read(t.Context(), selection)
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), "catalog")
	if written, err = catalog.Write(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	return folder, written
}

func newSeeded(t *testing.T, name string) *acctest.Environment {
	t.Helper()
	catalog, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = catalog.Close() })
	env := acctest.NewEmulated(t)
	env.Seed(t, catalog)
	return env
}

// TestExport_catalog exports a catalog with all kinds of values and with cycles, and compares it
// with testdata/export. To update that, set UPDATE_GOLDEN, and review it. Terraform imports
// everything without a change.
func TestExport_catalog(t *testing.T) {
	t.Parallel()
	env := newSeeded(t, "export/catalog.json")
	folder, written := runExport(t, env, export.Selection{Entities: true, Actions: true})
	if written.Blueprints != 3 || written.Entities != 6 || written.Actions != 3 {
		t.Errorf("the export wrote %+v", written)
	}
	expectFolder(t, folder, "testdata/export/catalog")

	cli := env.NewCLI(t, folder)
	cli.Run("init", "-no-color", "-input=false")
	cli.Run("fmt", "-check", "-diff")
	env.Writes(t)
	if output := cli.Run("apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(output, "12 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("%s", output)
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
	for _, name := range written.Files {
		if strings.HasSuffix(name, ".imports.tf") {
			cli.Write(name, "")
		}
	}
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
}

// TestQuery_catalog makes Terraform list the same catalog and generate its configuration: it is
// imported without a change.
func TestQuery_catalog(t *testing.T) {
	t.Parallel()
	env := newSeeded(t, "export/catalog.json")
	cli := env.NewCLI(t, t.TempDir())
	if cli.IsOpenTofu() {
		t.Skip("SKIPPED: OpenTofu has no command query")
	}
	cli.Needs("1.14")
	list := func(resourceType, name, config string) string {
		return fmt.Sprintf("list %q %q {\n  provider         = port\n  include_resource = true\n%s}\n", resourceType, name, config)
	}
	queries := []string{list("port_blueprint", "all", ""), list("port_action", "all", "")}
	blueprints, err := env.Client.Blueprints.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, blueprint := range blueprints {
		queries = append(queries, list("port_entity", fmt.Sprint("of", i), fmt.Sprintf("  config {\n    blueprint = %q\n  }\n", blueprint.Identifier)))
	}
	cli.Write("main.tf", "terraform {\n  required_providers {\n    port = { source = \"port-changelog/port\" }\n  }\n}\n")
	cli.Write("catalog.tfquery.hcl", strings.Join(queries, "\n"))
	cli.Run("init", "-no-color", "-input=false")
	cli.Run("query", "-no-color", "-generate-config-out=generated.tf")
	// Terraform does not quote the key "for".
	cli.Write("generated.tf", regexp.MustCompile(`(?m)^( +)for( +=)`).ReplaceAllString(cli.Read("generated.tf"), `$1"for"$2`))
	env.Writes(t)
	if output := cli.Run("apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(output, "12 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("%s\n%s", output, cli.Read("generated.tf"))
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
}

// expectFolder compares the files of a folder with the golden ones.
func expectFolder(t *testing.T, folder, golden string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := errorsOf(os.RemoveAll(golden), os.CopyFS(golden, os.DirFS(folder))); err != nil {
			t.Fatal(err)
		}
	}
	got, want := filesOf(t, folder), filesOf(t, golden)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] != want[name] {
			t.Errorf("%s differs from the golden file. It is now:\n%s", name, got[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d files, want %d", len(got), len(want))
	}
}

func errorsOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	return texts
}

// TestExport_selection exports parts of a catalog.
func TestExport_selection(t *testing.T) {
	t.Parallel()
	env := newSeeded(t, "export/catalog.json")
	const critical = `{"combinator":"and","rules":[{"property":"critical","operator":"=","value":true}]}`
	for name, test := range map[string]struct {
		selection export.Selection
		files     string
		parts     map[string]string
	}{
		"a blueprint alone": {
			export.Selection{Blueprints: []string{"micro/service:v2"}},
			"micro_service_v2.imports.tf micro_service_v2.tf providers.tf",
			map[string]string{"micro_service_v2.tf": `target = "team"`},
		},
		"with its entities": {
			export.Selection{Blueprints: []string{"team"}, Entities: true},
			"providers.tf team.entities.tf team.imports.tf team.tf",
			map[string]string{"team.entities.tf": `lead = "ada"`},
		},
		"with some entities": {
			export.Selection{Blueprints: []string{"micro/service:v2"}, Entities: true, Query: critical},
			"micro_service_v2.entities.tf micro_service_v2.imports.tf micro_service_v2.tf providers.tf",
			map[string]string{"micro_service_v2.imports.tf": "to = port_blueprint.micro_service_v2\n  id = \"micro/service:v2\"\n}\n\nimport {\n  to = port_entity.micro_service_v2_shop_web"},
		},
		"with its actions": {
			export.Selection{Blueprints: []string{"micro/service:v2"}, Actions: true},
			"micro_service_v2.actions.tf micro_service_v2.imports.tf micro_service_v2.tf providers.tf",
			map[string]string{"micro_service_v2.actions.tf": `resource "port_action" "restart"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, written := runExport(t, env, test.selection)
			if got := strings.Join(written.Files, " "); got != test.files {
				t.Errorf("the export wrote %s", got)
			}
			texts := filesOf(t, folder)
			for file, part := range test.parts {
				if !strings.Contains(texts[file], part) {
					t.Errorf("%s does not contain %s:\n%s", file, part, texts[file])
				}
			}
		})
	}
}

// TestExport_thousandEntities exports 1,000 entities with few requests, imports them and expects an
// empty plan: for all of them in "make soak", or else for every tenth.
func TestExport_thousandEntities(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	env.Seed(t, largeCatalog(t, 10, 100))
	folder, written := runExport(t, env, export.Selection{Entities: true, Actions: true})
	if written.Blueprints != 10 || written.Entities != 1000 {
		t.Errorf("the export wrote %+v", written)
	}
	total := 0
	for _, count := range env.Requests(t) {
		total += count
	}
	if total > 40 {
		t.Errorf("the export took %d requests", total)
	}
	module := readModule(t, folder)
	if len(module.imports) != 1010 {
		t.Errorf("there are %d import blocks", len(module.imports))
	}
	if os.Getenv("PROVIDER_SOAK") == "" {
		position := 0
		module.resources = slices.DeleteFunc(module.resources, func(one moduleResource) bool {
			position++
			return position%10 > 0 && one.typeName == "port_entity"
		})
	}
	module.expectEmptyPlan(t, env)
}

// checkExport exports everything, imports it and expects an empty plan.
func checkExport(t *testing.T, env *acctest.Environment) resource.TestCheckFunc {
	t.Helper()
	return func(*terraform.State) error {
		folder, _ := runExport(t, env, export.Selection{Entities: true, Actions: true})
		readModule(t, folder).expectEmptyPlan(t, env)
		return nil
	}
}

// expectEmptyPlan imports the resources and plans them, in this process.
func (m module) expectEmptyPlan(t *testing.T, env *acctest.Environment) {
	t.Helper()
	first := env.NewSession(t, "port_blueprint")
	for _, one := range m.resources {
		session := first.Sibling(one.typeName)
		session.Import(m.imports[one.typeName+"."+one.label])
		if changes := session.AllChanges(m.config(t, one)); len(changes) > 0 {
			t.Errorf("%s.%s changes %v", one.typeName, one.label, changes)
		}
	}
}

// TestListExamples runs the query of every example of a list resource.
func TestListExamples(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	env.Seed(t, strings.NewReader(`{
		"blueprints": [{"identifier": "service", "title": "Payment", "schema": {"properties": {"environment": {"type": "string"}}}}],
		"entities": [{"blueprint": "service", "identifier": "checkout", "properties": {"environment": "production"}}],
		"actions": [{
			"identifier": "report", "trigger": {"type": "automation", "event": {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}},
			"invocationMethod": {"type": "KAFKA"}
		}]
	}`))
	examples, err := filepath.Glob("../examples/list-resources/*/*.tfquery.hcl")
	if err != nil || len(examples) != 3 {
		t.Fatalf("%v: %v", examples, err)
	}
	functions := &hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}}
	for _, example := range examples {
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		file, diagnostics := hclsyntax.ParseConfig(text, example, hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		if formatted := hclwrite.Format(text); !bytes.Equal(formatted, text) {
			t.Errorf("%s is formatted as\n%s", example, formatted)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			config := "{}"
			for _, inner := range block.Body.Blocks {
				config = module{context: functions}.config(t, moduleResource{body: inner.Body})
			}
			if objects, diagnostics := env.List(t, block.Labels[0], config, true, 0); len(objects) != 1 || len(diagnostics) > 0 {
				t.Errorf("%s, %s: got %d objects, %q", example, block.Labels[1], len(objects), diagnostics)
			}
		}
	}
}

// largeCatalog returns blueprints that relate to each other, and so many entities for each.
func largeCatalog(t *testing.T, blueprints, entities int) *bytes.Reader {
	t.Helper()
	type object = map[string]any
	var catalog struct {
		Blueprints []object `json:"blueprints"`
		Entities   []object `json:"entities"`
	}
	for b := range blueprints {
		blueprint := fmt.Sprint("b", b)
		catalog.Blueprints = append(catalog.Blueprints, object{
			"identifier": blueprint, "title": "B", "relations": object{"next": object{"target": fmt.Sprint("b", (b+1)%blueprints)}},
			"schema":           object{"properties": object{"text": object{"type": "string"}, "number": object{"type": "number"}, "tags": object{"type": "array", "items": object{"type": "string"}}, "json": object{"type": "object"}}},
			"mirrorProperties": object{"nextText": object{"path": "next.text"}},
		})
		for e := range entities {
			catalog.Entities = append(catalog.Entities, object{
				"blueprint": blueprint, "identifier": fmt.Sprint("e:", e), "title": fmt.Sprint("E ", e), "relations": object{"next": fmt.Sprint("e:", e)},
				"properties": object{"text": fmt.Sprintf("line %d\n${x}\n", e), "number": e, "tags": []string{"a", blueprint}, "json": object{"for": e, "b": "<"}},
			})
		}
	}
	text, err := json.Marshal(catalog)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}

// module is a parsed Terraform configuration.
type module struct {
	resources []moduleResource
	// imports are the import IDs by resource address.
	imports map[string]string
	context *hcl.EvalContext
}

type moduleResource struct {
	typeName, label string
	body            *hclsyntax.Body
}

func readModule(t *testing.T, folder string) module {
	t.Helper()
	read := module{imports: map[string]string{}, context: &hcl.EvalContext{
		Variables: map[string]cty.Value{},
		Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc, "chomp": stdlib.ChompFunc},
	}}
	referable := map[string]map[string]cty.Value{"port_blueprint": {}, "port_entity": {}, "port_action": {}}
	for name, text := range filesOf(t, folder) {
		file, diagnostics := hclsyntax.ParseConfig([]byte(text), name, hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			switch block.Type {
			case "resource":
				one := moduleResource{typeName: block.Labels[0], label: block.Labels[1], body: block.Body}
				read.resources = append(read.resources, one)
				referable[one.typeName][one.label] = cty.ObjectVal(map[string]cty.Value{"identifier": evaluate(t, block.Body.Attributes["identifier"].Expr, nil)})
			case "import":
				to := block.Body.Attributes["to"].Expr.Range()
				read.imports[text[to.Start.Byte:to.End.Byte]] = evaluate(t, block.Body.Attributes["id"].Expr, nil).AsString()
			}
		}
	}
	for typeName, resources := range referable {
		read.context.Variables[typeName] = cty.ObjectVal(resources)
	}
	return read
}

func evaluate(t *testing.T, expression hcl.Expression, in *hcl.EvalContext) cty.Value {
	t.Helper()
	value, diagnostics := expression.Value(in)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return value
}

// config returns the configuration of a resource as JSON.
func (m module) config(t *testing.T, one moduleResource) string {
	t.Helper()
	values := map[string]cty.Value{}
	for name, attribute := range one.body.Attributes {
		values[name] = evaluate(t, attribute.Expr, m.context)
	}
	object := cty.ObjectVal(values)
	text, err := ctyjson.Marshal(object, object.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
