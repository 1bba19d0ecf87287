package action_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestAction_generateConfigOut makes Terraform generate configuration for existing actions and
// applies it: nothing changes.
func TestAction_generateConfigOut(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	folder := t.TempDir()
	var imports strings.Builder
	for _, name := range []string{"entity_updated", "self_service", "upsert_list", "run_github"} {
		text, err := os.ReadFile(filepath.Join("testdata/documents", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonvalue.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		action, _ := value.(map[string]any)
		action["identifier"] = name
		create(t, env, port.Action(action))
		imports.WriteString("import {\n  to = port_action." + name + "\n  id = \"" + name + "\"\n}\n")
	}
	cli := env.NewCLI(t, folder)
	cli.Write("main.tf", "terraform {\n  required_providers {\n    port = { source = \"port-changelog/port\" }\n  }\n}\n"+imports.String())
	cli.Run("init", "-no-color", "-input=false")
	cli.Run("plan", "-no-color", "-input=false", "-generate-config-out=generated.tf")
	env.Writes(t)
	if output := cli.Run("apply", "-no-color", "-input=false", "-auto-approve"); !strings.Contains(output, "4 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("%s\n%s", output, cli.Read("generated.tf"))
	}
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("the apply sent %v", writes)
	}
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
}
