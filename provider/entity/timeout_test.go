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
	// A change that has left may still be answered after its time, so it is one that
	// waits for another attempt.
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
			config := declare(moving + fmt.Sprintf(`, "timeouts": {%q: "100ms"}`, operation))
			session.Apply(config)
			env.Control(t, "POST", "/_emulator/faults", fmt.Sprintf(
				`{"method": %q, "route": "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", %s}`, test.method, test.fault))
			failed(t, test.run(session, config), "Unable to", `"thing:e"`, "timeouts = { "+operation)
			if session.IsGone() {
				t.Error("the entity left the state")
			}
		})
	}
}
