package entity_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestEntity_identityFollows a rename of the entity and one of its blueprint,
// and is there after a refresh that finds nothing.
func TestEntity_identityFollows(t *testing.T) {
	t.Parallel()
	env, session := newRenaming(t, moving)
	expect := func(blueprint, identifier string) {
		t.Helper()
		want := map[string]string{"blueprint": blueprint, "identifier": identifier}
		if got := session.Identity(); !maps.Equal(got, want) {
			t.Errorf("the identity is %v, want %v", got, want)
		}
	}
	expect("thing", "e")
	session.Apply(strings.Replace(declare(moving), `"e"`, `"f"`, 1))
	expect("thing", "f")
	renameAtPort(t, env)
	session.Apply(strings.Replace(renamed(moving), `"e"`, `"f"`, 1))
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
