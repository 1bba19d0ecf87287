package action_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestAction_listenerSetup imports the automations that listener setup creates into the resources
// that listener setup -hcl prints: nothing changes. Then it makes Terraform create them: they are
// equal.
func TestAction_listenerSetup(t *testing.T) {
	t.Parallel()
	const folder = "../../listener/testdata/setup/"
	resources, err := os.ReadFile(folder + "main.tf")
	if err != nil {
		t.Fatal(err)
	}
	automations := setupActions(t, folder+"actions.json")
	env := newPort(t)
	for _, identifier := range []string{"a/b", "database", "deploymentConfig"} {
		blueprint := &port.Blueprint{Identifier: identifier, Title: "T", Schema: port.Schema{Properties: map[string]port.Property{"ttl": {Type: "string", Format: new("timer")}}}}
		if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, action := range automations {
		create(t, env, action)
	}
	const required = "terraform {\n  required_providers {\n    port = { source = \"port-changelog/port\" }\n  }\n}\n"
	var imports strings.Builder
	declared := regexp.MustCompile(`resource "port_action" "([^"]+)" {\n  identifier = ("[^"]+")`).FindAllStringSubmatch(string(resources), -1)
	if len(declared) != len(automations) {
		t.Fatalf("there are %d resources for %d automations", len(declared), len(automations))
	}
	for _, one := range declared {
		imports.WriteString("import {\n  to = port_action." + one[1] + "\n  id = " + one[2] + "\n}\n")
	}
	cli := env.NewCLI(t, t.TempDir())
	cli.Write("main.tf", required+string(resources))
	cli.Write("imports.tf", imports.String())
	cli.Run("init", "-no-color", "-input=false")
	env.Writes(t)
	if output := cli.Run("apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(output, "4 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("%s", output)
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")

	cli.Write("imports.tf", "")
	cli.Run("destroy", "-no-color", "-input=false", "-auto-approve")
	cli.Run("apply", "-no-color", "-input=false", "-auto-approve")
	for _, action := range automations {
		got := get(t, env, action.Identifier())
		for _, key := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
			delete(got, key)
		}
		if !jsonvalue.Equal(map[string]any(got), map[string]any(action)) {
			t.Errorf("Terraform created\n%v\nand setup\n%v", got, action)
		}
	}
}

func setupActions(t *testing.T, path string) []port.Action {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonvalue.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	var actions []port.Action
	list, _ := value.([]any)
	for _, element := range list {
		action, _ := element.(map[string]any)
		actions = append(actions, action)
	}
	return actions
}
