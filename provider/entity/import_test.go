package entity_test

import (
	"strings"
	"testing"
)

func TestImport_emptyID(t *testing.T) {
	t.Parallel()
	expectError(t, newThings(t).NewSession(t, "port_entity").TryImport(""), "Invalid Import ID", "<blueprint>:<identifier>")
}

// TestEntity_withoutIdentifier checks the errors of an entity that has no identifier yet: they name
// its blueprint.
func TestEntity_withoutIdentifier(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	session := env.NewSession(t, "port_entity")
	nameless := strings.Replace(declare(`"relations": {"single_relations": {"one": "nobody"}}`), `, "identifier": "e"`, "", 1)
	expectError(t, session.TryApply(nameless), `Creating entity without an identifier in blueprint "thing": POST`)
	nameless = strings.Replace(declare(`"properties": {"string_props": {"none": "x"}}`), `, "identifier": "e"`, "", 1)
	expectError(t, session.Plan(nameless), `The error is in an entity of the blueprint "thing".`)
}
