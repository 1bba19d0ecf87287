package entity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestEntity_timeLimits: an operation ends in its time, and says which limit it
// was. That of a create stands among the other errors of one.
func TestEntity_timeLimits(t *testing.T) {
	t.Parallel()
	const limited = moving + `, "timeouts": {"update": "100ms", "delete": "100ms"}`
	tests := map[string]struct {
		method string
		run    func(*acctest.Session) []string
	}{
		"update": {"PUT", func(session *acctest.Session) []string {
			return session.TryApply(strings.Replace(declare(limited), `"x"`, `"y"`, 1))
		}},
		"delete": {"DELETE", func(session *acctest.Session) []string {
			_, applied := session.Destroy()
			return applied
		}},
	}
	for operation, test := range tests {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			session.Apply(declare(limited))
			env.Control(t, "POST", "/_emulator/faults", fmt.Sprintf(`{"method": %q, "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "status": 429, "headers": {"Retry-After": "60"}}`, test.method))
			failed(t, test.run(session), "Unable to", `"thing:e"`, "timeouts."+operation)
		})
	}
}
