package entity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestEntity_timeLimits checks that an operation ends after its timeout, and that the error names
// the timeout. [TestEntity_errors] covers creating.
func TestEntity_timeLimits(t *testing.T) {
	t.Parallel()
	// After its timeout, a request that was already sent may still complete, so the changes wait
	// for a retry instead.
	const slowedDown = `"status": 429, "headers": {"Retry-After": "60"}`
	tests := map[string]struct {
		method, fault string
		run           func(session *acctest.Session, config string) []string
	}{
		"read": {"GET", `"hold": true`, func(session *acctest.Session, _ string) []string { return session.TryRefresh() }},
		"update": {"PUT", slowedDown, func(session *acctest.Session, config string) []string {
			return session.TryApply(strings.Replace(config, `"x"`, `"y"`, 1))
		}},
		"delete": {"DELETE", slowedDown, func(session *acctest.Session, _ string) []string {
			_, applied := session.Destroy()
			return applied
		}},
	}
	for operation, test := range tests {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			config := declare(basic + fmt.Sprintf(`, "timeouts": {%q: "100ms"}`, operation))
			session.Apply(config)
			env.Control(t, "POST", "/_emulator/faults", fmt.Sprintf(
				`{"method": %q, "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", %s}`, test.method, test.fault))
			expectError(t, test.run(session, config), "Unable to", `"thing:e"`, "timeouts = { "+operation)
			if session.IsGone() {
				t.Error("the entity left the state")
			}
		})
	}
}
