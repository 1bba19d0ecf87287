package blueprint_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

const blueprintRoute = "/v1/blueprints/{identifier}"

// TestBlueprint_interruptedChangeIsRecorded checks that a change that Port completes after
// Terraform was interrupted is recorded, so that nothing is orphaned, tainted or repeated.
func TestBlueprint_interruptedChangeIsRecorded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before        string
		method, route string
		after         string
		verb          string
	}{
		"a create":  {"", "POST", "/v1/blueprints", valid(""), "create"},
		"an update": {valid(""), "PUT", blueprintRoute, valid(`"description": "d"`), "update"},
		"a rename":  {valid(""), "PUT", blueprintRoute, strings.Replace(valid(""), `"service"`, `"renamed"`, 1), "update"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			session := env.NewSession(t, "port_blueprint")
			if test.before != "" {
				session.Apply(test.before)
			}
			reported := env.Interrupt(t, session, test.method, test.route, func() []string { return session.TryApply(test.after) })
			expectLate(t, reported, test.verb+` blueprint "service"`)
			expectEmptyPlan(t, session, "after the interruption", test.after)
		})
	}
}

func TestBlueprint_interruptedDeleteIsRecorded(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	session := env.NewSession(t, "port_blueprint")
	session.Apply(valid(""))
	reported := env.Interrupt(t, session, "DELETE", blueprintRoute, func() []string {
		_, applied := session.Destroy()
		return applied
	})
	expectLate(t, reported, `delete blueprint "service"`)
	if !session.IsGone() {
		t.Error("the blueprint is still in the state")
	}
	if _, err := env.Client.Blueprints.Get(t.Context(), "service"); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the blueprint is still in Port: %v", err)
	}
}

// TestBlueprint_interruptedKeyRenameIsReverted interrupts the rename of a key. The rest of the
// change is not sent, so the rename is reverted and the next plan finds the old key.
func TestBlueprint_interruptedKeyRenameIsReverted(t *testing.T) {
	t.Parallel()
	env, session := newWithEntity(t, properties(`"string_props": {"a": {}}`), map[string]any{"a": "1"})
	after := properties(`"string_props": {"x": {"renamed_from": "a"}}`)
	reported := env.Interrupt(t, session, "PATCH", "/v1/blueprints/{blueprint_identifier}/properties/{property_identifier}/rename", func() []string { return session.TryApply(after) })
	if len(reported) != 1 || !strings.Contains(reported[0], "Unable to Update Blueprint") || !strings.Contains(reported[0], "Terraform was interrupted") {
		t.Errorf("it reports %q", reported)
	}
	if values := valuesOf(t, env); values["a"] != "1" {
		t.Errorf("the entity has %v", values)
	}
	session.Apply(after)
	if values := valuesOf(t, env); values["x"] != "1" {
		t.Errorf("in the end the entity has %v", values)
	}
}

// expectLate checks that the only diagnostic is that a change completed after the interrupt.
func expectLate(t *testing.T, reported []string, change string) {
	t.Helper()
	if len(reported) != 1 || !strings.HasPrefix(reported[0], "WARNING") || !strings.Contains(reported[0], "Change Completed Late") || !strings.Contains(reported[0], change) {
		t.Errorf("it reports %q", reported)
	}
}
