package action_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestAction_unknownAnywhere makes each value of a configuration, at any depth, unknown: the
// configuration is accepted, and the plan remains consistent once the value is known.
func TestAction_unknownAnywhere(t *testing.T) {
	t.Parallel()
	for name, test := range driftCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			created, existing := env.NewSession(t, "port_action"), env.NewSession(t, "port_action")
			existing.Apply(test.config)
			values, containers := acctest.EachUnknown(t, test.config)
			if name == "a form" {
				// It has hundreds of values, and is slow to validate.
				values = containers
			}
			for at, diagnostics := range acctest.ValidateAll(t, "port_action", values) {
				if strings.Contains(strings.Join(diagnostics, "\n"), "ERROR") {
					t.Errorf("%s is unknown: validation reports %q", at, diagnostics)
				}
			}
			for state, session := range map[string]*acctest.Session{"a new action": created, "an existing action": existing} {
				for _, broken := range session.ReplanInconsistencies(containers, test.config) {
					t.Errorf("%s: %s", state, broken)
				}
			}
		})
	}
}

func TestValidate_requiresAttributesOfElements(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		selfService(`"steps": [{"order": []}]`):              `steps[0] has no title, which is required.`,
		selfService(`"steps": [{"title": "T"}]`):             `steps[0] has no order, which is required.`,
		selfService(`"titles": {"t": {"description": "D"}}`): `titles["t"] has no title, which is required.`,
		inputs(`"string_props": {"a": {"sort": {}}}`):        `sort.property`,
		inputs(`"string_props": {"a": {"dataset": {}}}`):     `dataset.combinator`,
	} {
		if got := strings.Join(acctest.Validate(t, "port_action", config), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", config, got, want)
		}
	}
}
