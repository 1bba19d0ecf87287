package action_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestDataSource_action(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	config := driftCases()["a form"].config
	session := env.NewSession(t, "port_action")
	session.Apply(config)
	read, diagnostics := env.ReadDataSource(t, "port_action", `{"identifier": "tell"}`)
	if len(diagnostics) > 0 {
		t.Fatalf("unexpected diagnostics %q", diagnostics)
	}
	trigger, _ := read["self_service_trigger"].(map[string]any)
	properties, _ := trigger["user_properties"].(map[string]any)
	strings, _ := properties["string_props"].(map[string]any)
	if read["id"] != "tell" || trigger["operation"] != "DAY-2" || len(strings) != 2 {
		t.Errorf("read %v", read)
	}
	text, _ := read["json"].(string)
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil || document["createdAt"] == nil {
		t.Errorf("the JSON is %s (%v)", text, err)
	}
}

func TestDataSource_missingAction(t *testing.T) {
	t.Parallel()
	_, diagnostics := newPort(t).ReadDataSource(t, "port_action", `{"identifier": "nobody"}`)
	expectDiagnostic(t, diagnostics, "ERROR", "Unable to Read Action", `"nobody"`, "No action has this identifier.")
}

func TestDataSource_actions(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	for name, config := range map[string]string{"a": automation(), "b": upsert(), "c": selfService(`"blueprint_identifier": "service"`)} {
		env.NewSession(t, "port_action").Apply(strings.Replace(config, `"tell"`, `"`+name+`"`, 1))
	}
	for selection, want := range map[string]string{
		`{}`:                               "a b c",
		`{"trigger_type": "automation"}`:   "a b",
		`{"trigger_type": "self-service"}`: "c",
	} {
		read, diagnostics := env.ReadDataSource(t, "port_actions", selection)
		actions, _ := read["actions"].(map[string]any)
		if got := strings.Join(slices.Sorted(maps.Keys(actions)), " "); got != want || len(diagnostics) > 0 {
			t.Errorf("%s: read %s, want %s (%q)", selection, got, want, diagnostics)
		}
	}
}
