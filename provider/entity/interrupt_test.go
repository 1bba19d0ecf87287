package entity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// The routes of entities.
const (
	entitiesRoute = "/v1/blueprints/{blueprint_identifier}/entities"
	entityRoute   = entitiesRoute + "/{entity_identifier}"
)

// TestEntity_interruptedChangeIsRecorded checks that a change that Port completes after Terraform
// was interrupted is recorded, so that nothing is orphaned, tainted or repeated.
func TestEntity_interruptedChangeIsRecorded(t *testing.T) {
	t.Parallel()
	const nameless = `{"blueprint": "thing", ` + basic + `}`
	tests := map[string]struct {
		before        string
		method, route string
		after         string
		verb          string
	}{
		"a create":                             {"", "POST", entitiesRoute, declare(basic), "create"},
		"a create with a generated identifier": {"", "POST", entitiesRoute, nameless, "create"},
		"an update":                            {declare(basic), "PUT", entityRoute, declare(strings.Replace(basic, `"x"`, `"y"`, 1)), "update"},
		"an update of declared values":         {declared(basic), "PATCH", entityRoute, declared(strings.Replace(basic, `"x"`, `"y"`, 1)), "update"},
		"a rename":                             {declare(basic), "PUT", entityRoute, strings.Replace(declare(basic), `"e"`, `"f"`, 1), "update"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			session := env.NewSession(t, "port_entity")
			if test.before != "" {
				session.Apply(test.before)
			}
			reported := env.Interrupt(t, session, test.method, test.route, func() []string { return session.TryApply(test.after) })
			expectWarning(t, reported, "Change Completed Late", test.verb+` entity "thing:`)
			if changed := session.Changes(test.after); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
		})
	}
}

func TestEntity_interruptedAdoptionIsRecorded(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", theirs())
	session := env.NewSession(t, "port_entity")
	reported := env.Interrupt(t, session, "PATCH", entityRoute, func() []string { return session.TryApply(adopted(declaredAttributes)) })
	expectWarning(t, reported, "Change Completed Late")
	if changed := session.Changes(adopted(declaredAttributes)); len(changed) > 0 {
		t.Errorf("the plan changes %v", changed)
	}
}

func TestEntity_interruptedDeleteIsRecorded(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	session.Apply(declare(basic))
	reported := env.Interrupt(t, session, "DELETE", entityRoute, func() []string {
		_, applied := session.Destroy()
		return applied
	})
	expectWarning(t, reported, "Change Completed Late", `delete entity "thing:e"`)
	if !session.IsGone() {
		t.Error("the entity is still in the state")
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the entity is still in Port: %v", err)
	}
}

// TestEntity_interruptedBeforeTheChange checks that an interrupt ends a read before the change, and
// nothing is sent afterwards.
func TestEntity_interruptedBeforeTheChange(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	env.Writes(t)
	reported := env.Interrupt(t, session, "GET", entityRoute, func() []string {
		return session.TryApply(declare(`"create_missing_related_entities": true, "relations": {"single_relations": {"one": "target"}}`))
	})
	expectError(t, reported, "Unable to Create Entity", "Terraform was interrupted")
	if writes := env.Writes(t); len(writes) > 0 {
		t.Errorf("it sent %v", writes)
	}
}

// TestEntity_refusalAfterInterruptIsAnError checks that an error that Port returns after the
// interrupt is reported.
func TestEntity_refusalAfterInterruptIsAnError(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	reported := env.Interrupt(t, session, "POST", entitiesRoute, func() []string {
		return session.TryApply(declare(`"relations": {"single_relations": {"one": "nobody"}}`))
	})
	expectError(t, reported, "Unable to Create Entity", "nobody")
}
