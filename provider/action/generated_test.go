package action_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestAction_generatedConfiguration imports existing actions and plans the configuration that
// Terraform generates for each: it is valid, and nothing changes.
func TestAction_generatedConfiguration(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/documents/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonvalue.Decode(text)
			if err != nil {
				t.Fatal(err)
			}
			env := newPort(t)
			object, _ := value.(map[string]any)
			create(t, env, port.Action(object))
			session := env.NewSession(t, "port_action")
			session.Import("a")
			config := session.Generated()
			for _, diagnostic := range acctest.Validate(t, "port_action", config) {
				if strings.HasPrefix(diagnostic, "ERROR") {
					t.Errorf("the generated configuration is invalid: %s\n%s", diagnostic, config)
				}
			}
			expectEmptyPlan(t, session, "after the import", config)
		})
	}
}
