package action_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestAction_unknownAnywhere takes each value of a configuration, at any depth, to be known only
// after the apply: it is accepted, and the plan keeps its word once the value is known.
func TestAction_unknownAnywhere(t *testing.T) {
	t.Parallel()
	for name, test := range drifting() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newPort(t)
			absent, existing := env.NewSession(t, "port_action"), env.NewSession(t, "port_action")
			existing.Apply(test.config)
			values, containers := acctest.EachUnknown(t, test.config)
			if name == "a form" {
				// It has hundreds of values, and is slow to validate.
				values = containers
			}
			for at, found := range acctest.ValidateAll(t, "port_action", values) {
				if strings.Contains(strings.Join(found, "\n"), "ERROR") {
					t.Errorf("%s is unknown: validation says %q", at, found)
				}
			}
			for state, session := range map[string]*acctest.Session{"a new one": absent, "an existing one": existing} {
				for _, broken := range session.Reconsidered(containers, test.config) {
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
		if found := strings.Join(acctest.Validate(t, "port_action", config), "\n"); !strings.Contains(found, want) {
			t.Errorf("%s: got %s, want %s", config, found, want)
		}
	}
}
