package entity_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestEntity_identityFollowsRenames renames the entity and its blueprint. A refresh after the
// deletion still returns the identity.
func TestEntity_identityFollowsRenames(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, basic)
	expect := func(blueprint, identifier string) {
		t.Helper()
		want := map[string]string{"blueprint": blueprint, "identifier": identifier}
		if got := session.Identity(); !maps.Equal(got, want) {
			t.Errorf("the identity is %v, want %v", got, want)
		}
	}
	expect("thing", "e")
	session.Apply(strings.Replace(declare(basic), `"e"`, `"f"`, 1))
	expect("thing", "f")
	renameAtPort(t, env)
	session.Apply(strings.Replace(renamed(basic), `"e"`, `"f"`, 1))
	expect("renamed", "f")
	session.Refresh()
	expect("renamed", "f")
	if err := env.Client.Entities.Delete(t.Context(), "renamed", "f", port.DeleteEntityOptions{}); err != nil {
		t.Fatal(err)
	}
	session.Refresh()
	if !session.IsGone() {
		t.Error("the entity is still in the state")
	}
}
