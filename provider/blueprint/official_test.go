package blueprint_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestBlueprint_officialState refreshes states of the official provider, which have only its
// attributes and times in Go's text form. The plan is then empty.
func TestBlueprint_officialState(t *testing.T) {
	t.Parallel()
	expectEmptyPlansFromStates(t, "port_blueprint", "testdata/official")
}

// TestSystem_officialState does the same for additions of the official provider to a system
// blueprint.
func TestSystem_officialState(t *testing.T) {
	t.Parallel()
	expectEmptyPlansFromStates(t, systemType, "testdata/official_system")
}

func expectEmptyPlansFromStates(t *testing.T, resourceType, folder string) {
	t.Helper()
	states, err := filepath.Glob(folder + "/*.state.json")
	if err != nil || len(states) == 0 {
		t.Fatalf("no states: %v", err)
	}
	for _, file := range states {
		name := strings.TrimSuffix(filepath.Base(file), ".state.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, config := read(t, file), read(t, strings.Replace(file, ".state.", ".config.", 1))
			expectOfficialAttributes(t, resourceType, state)
			env := acctest.NewEmulated(t)
			env.NewSession(t, resourceType).Apply(config)
			session := env.NewSession(t, resourceType)
			session.Resume(state)
			expectEmptyPlan(t, session, "after the official provider", config)
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expectOfficialAttributes checks that a state has exactly the attributes that the official
// provider writes.
func expectOfficialAttributes(t *testing.T, resourceType, state string) {
	t.Helper()
	var official map[string]map[string]json.RawMessage
	var attributes map[string]json.RawMessage
	for text, target := range map[string]any{read(t, "../testdata/official-schema.json"): &official, state: &attributes} {
		if err := json.Unmarshal([]byte(text), target); err != nil {
			t.Fatal(err)
		}
	}
	for name := range official[resourceType] {
		if _, exists := attributes[name]; !exists {
			t.Errorf("the state lacks %s", name)
		}
		delete(attributes, name)
	}
	if len(attributes) > 0 {
		t.Errorf("the official provider does not write %v", attributes)
	}
}
