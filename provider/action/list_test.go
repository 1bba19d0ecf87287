package action_test

import (
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	t.Parallel()
	env := newPort(t)
	for i, config := range []string{automation(), upsert(), selfService(`"blueprint_identifier": "service", "operation": "DAY-2"`)} {
		name := string(rune('a' + i))
		env.NewSession(t, "port_action").Apply(strings.Replace(config, `"tell"`, `"`+name+`", "title": "Title of `+name+`"`, 1))
	}
	for name, test := range map[string]struct {
		config string
		limit  int64
		want   string
	}{
		"all":               {`{}`, 0, "a b c"},
		"automations":       {`{"trigger_type": "automation"}`, 0, "a b"},
		"of a blueprint":    {`{"trigger_type": "self-service", "blueprint": "service"}`, 0, "c"},
		"another blueprint": {`{"blueprint": "other"}`, 0, ""},
		"search":            {`{"search": "OF B"}`, 0, "b"},
		"limit":             {`{}`, 2, "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, diagnostics := env.List(t, "port_action", test.config, true, test.limit)
			var identifiers []string
			for _, listed := range objects {
				identifiers = append(identifiers, listed.Identity["identifier"])
				imported := env.NewSession(t, "port_action")
				imported.ImportIdentity(listed.Identity)
				if differences := imported.Differences(listed); len(differences) > 0 || listed.Name != "Title of "+listed.Identity["identifier"] {
					t.Errorf("%s differs from its import in %q", listed.Name, differences)
				}
			}
			if got := strings.Join(identifiers, " "); got != test.want || len(diagnostics) > 0 {
				t.Errorf("got %q, %q", got, diagnostics)
			}
		})
	}
	if _, diagnostics := env.List(t, "port_action", `{"trigger_type": "manual"}`, false, 0); len(diagnostics) != 1 {
		t.Errorf("an unknown trigger: %q", diagnostics)
	}
}
