package entity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
)

func roundingPort(options *emulator.Options) { options.JSNumbers = true }

// beyondDoubles are configurations with numbers that a double cannot represent.
func beyondDoubles() map[string]string {
	return map[string]string{
		"in a map":           `"properties": {"number_props": {"number": 9007199254740993}}`,
		"in a list":          `"properties": {"array_props": {"number_items": {"numbers": [0.1, 9007199254740993]}}}`,
		"in an object":       `"properties": {"object_props": {"object": "{\"a\": [9007199254740993, 0.1]}"}}`,
		"in objects":         `"properties": {"array_props": {"object_items": {"objects": ["{\"a\": 9007199254740993}"]}}}`,
		"in properties_json": `"properties_json": "{\"any\": [[9007199254740993]]}"`,
	}
}

func TestNumber_isExactOnTheWire(t *testing.T) {
	t.Parallel()
	for name, attributes := range beyondDoubles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			if diagnostics := session.TryApply(declare(attributes)); len(diagnostics) > 0 {
				t.Errorf("the apply reports %q", diagnostics)
			}
			text, err := json.Marshal(get(t, env, "thing", "e").Properties)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "9007199254740993") {
				t.Errorf("Port has %s", text)
			}
			if changed := session.Changes(declare(attributes)); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
		})
	}
}

// TestNumber_roundedByPortIsAWarning checks that a rounded number causes a warning on the attribute
// and no change in later plans.
func TestNumber_roundedByPortIsAWarning(t *testing.T) {
	t.Parallel()
	for name, attributes := range beyondDoubles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t, roundingPort)
			session := env.NewSession(t, "port_entity")
			expectWarning(t, session.TryApply(declare(attributes)), "Value Changed by Port")
			for range 2 {
				if changed := session.Changes(declare(attributes)); len(changed) > 0 {
					t.Errorf("the plan changes %v", changed)
				}
			}
			if diagnostics := session.TryApply(declare(attributes + `, "icon": "Lock"`)); len(diagnostics) > 0 {
				t.Errorf("another change repeats the warning: %q", diagnostics)
			}
			if changed := session.Changes(declare(attributes + `, "icon": "Lock"`)); len(changed) > 0 {
				t.Errorf("after another change the plan changes %v", changed)
			}
		})
	}
}

// TestNumber_roundedByPortStillDrifts checks that a change of such a number shows, and that a
// number that Port did not round is compared exactly.
func TestNumber_roundedByPortStillDrifts(t *testing.T) {
	t.Parallel()
	const attributes = `"properties": {"number_props": {"number": 9007199254740993}}`
	tests := map[string]struct {
		settings []func(*emulator.Options)
		value    string
	}{
		"another number":               {[]func(*emulator.Options){roundingPort}, "9007199254740990"},
		"the next number, where exact": {nil, "9007199254740992"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t, test.settings...)
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(attributes))
			change(t, env, property("number", json.Number(test.value)))
			if changed := session.Changes(declare(attributes)); !slices.Equal(changed, []string{"properties.number_props.number"}) {
				t.Errorf("the plan changes %v", changed)
			}
		})
	}
}
