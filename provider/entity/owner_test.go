package entity_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

const adopting = `"on_existing": "adopt", ` + basic

// TestOwner_createBeforeDestroyKeepsTheEntity checks that destroying the old resource instance does
// not delete the entity that its replacement has adopted.
func TestOwner_createBeforeDestroyKeepsTheEntity(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"full management":     declare(adopting),
		"declared management": adopted(declaredAttributes),
		"other properties":    declare(`"on_existing": "adopt", "properties": {"number_props": {"number": 2}}`),
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			first := env.NewSession(t, "port_entity")
			first.Apply(config)
			old := env.Restart(t, first)
			replacement := old.Sibling("port_entity")
			replacement.Apply(config)
			before := get(t, env, "thing", "e")
			_, applied := old.Destroy()
			expectWarning(t, applied, "Entity Left in Port", `"thing:e"`)
			if after := get(t, env, "thing", "e"); after.UpdatedAt != before.UpdatedAt {
				t.Errorf("destroying the old instance changed the entity: %+v", after)
			}
			if changed := replacement.Changes(config); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
			_, applied = replacement.Destroy()
			if len(applied) > 0 {
				t.Errorf("destroying the new instance reports %q", applied)
			}
		})
	}
}

// TestOwner_destroyBeforeCreate destroys first, so that there is nothing to adopt and the entity is
// created again.
func TestOwner_destroyBeforeCreate(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	first := env.NewSession(t, "port_entity")
	first.Apply(declare(adopting))
	old := env.Restart(t, first)
	if _, applied := old.Destroy(); len(applied) > 0 {
		t.Errorf("destroying the old instance reports %q", applied)
	}
	replacement := old.Sibling("port_entity")
	replacement.Apply(declare(adopting))
	if text := get(t, env, "thing", "e").Properties["text"]; text != "x" {
		t.Errorf("Port has %v", text)
	}
}

// TestOwner_failedAdoptionKeepsTheEntity checks that an entity that could not be adopted is not
// deleted either.
func TestOwner_failedAdoptionKeepsTheEntity(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	first := env.NewSession(t, "port_entity")
	first.Apply(declare(adopting))
	old := env.Restart(t, first)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "PUT", "route": "`+entityRoute+`", "status": 500}`)
	if reported := old.Sibling("port_entity").TryApply(declare(adopting)); !strings.Contains(strings.Join(reported, "\n"), "Unable to Create Entity") {
		t.Errorf("the adoption reports %q", reported)
	}
	_, applied := old.Destroy()
	expectWarning(t, applied, "Entity Left in Port")
	get(t, env, "thing", "e")
}

// TestOwner_planSuggestsMovedBlock plans a create and a destroy of the same entity, in both orders:
// the resource was probably moved to another address.
func TestOwner_planSuggestsMovedBlock(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"the destroy is planned first", "the create is planned first"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			first := env.NewSession(t, "port_entity")
			first.Apply(declare(basic))
			old := env.Restart(t, first)
			fresh := old.Sibling("port_entity")
			var reported []string
			if order == "the create is planned first" {
				if early := fresh.Plan(declare(basic)); len(early) > 0 {
					t.Errorf("the create alone reports %q", early)
				}
				reported = old.PlanDestroy()
			} else {
				if early := old.PlanDestroy(); len(early) > 0 {
					t.Errorf("the destroy alone reports %q", early)
				}
				reported = fresh.Plan(declare(basic))
			}
			expectWarning(t, reported, "Entity Is Destroyed and Created", `"thing:e"`, "moved {")
		})
	}
}

// TestOwner_replacementIsNotAMove checks that a replacement, which Terraform plans as an update and
// a create, does not count as a destroy and a create.
func TestOwner_replacementIsNotAMove(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	first := env.NewSession(t, "port_entity")
	first.Apply(declare(basic))
	old := env.Restart(t, first)
	for _, reported := range [][]string{old.Plan(declare(basic)), old.Sibling("port_entity").Plan(declare(basic))} {
		if slices.ContainsFunc(reported, func(text string) bool { return strings.Contains(text, "moved") }) {
			t.Errorf("the plan reports %q", reported)
		}
	}
}

// TestOwner_otherEntitiesAreDeleted checks that adopting one entity does not protect others.
func TestOwner_otherEntitiesAreDeleted(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	create(t, env, "thing", &port.Entity{Identifier: "f", Properties: map[string]any{"number": json.Number("1")}})
	old := env.NewSession(t, "port_entity")
	old.Apply(declare(adopting))
	old.Sibling("port_entity").Apply(strings.Replace(declare(adopting), `"e"`, `"f"`, 1))
	if _, applied := old.Destroy(); len(applied) > 0 {
		t.Errorf("the destroy reports %q", applied)
	}
	if _, err := env.Client.Entities.Get(t.Context(), "thing", "e", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the entity is still there: %v", err)
	}
}

// TestOwner_missingTargetsAreAlsoDeclared checks that a resource takes over its entity if Port has
// created it as the target of a relation in the same run.
func TestOwner_missingTargetsAreAlsoDeclared(t *testing.T) {
	t.Parallel()
	const target = `{"blueprint": "target", "identifier": "new", "title": "New"}`
	tests := map[string]struct{ before, creating string }{
		"created for a new entity": {"", declare(`"create_missing_related_entities": true, "relations": {"single_relations": {"one": "new"}}`)},
		"created by an update":     {declare(basic), declare(`"create_missing_related_entities": true, "relations": {"many_relations": {"many": ["a", "new"]}}`)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newThings(t)
			source := env.NewSession(t, "port_entity")
			if test.before != "" {
				source.Apply(test.before)
			}
			source.Apply(test.creating)
			another := env.NewSession(t, "port_entity")
			expectError(t, another.TryApply(target), "Unable to Create Entity", `"target:new"`, "terraform import")

			declared := source.Sibling("port_entity")
			declared.Apply(target)
			if entity := get(t, env, "target", "new"); entity.Title == nil || *entity.Title != "New" {
				t.Errorf("the entity is %+v", entity)
			}
			if changed := declared.Changes(target); len(changed) > 0 {
				t.Errorf("the plan changes %v", changed)
			}
			expectError(t, declared.Sibling("port_entity").TryApply(target), "Unable to Create Entity", `"target:new"`)
			if _, applied := source.Destroy(); len(applied) > 0 {
				t.Errorf("destroying the source reports %q", applied)
			}
			if _, applied := declared.Destroy(); len(applied) > 0 {
				t.Errorf("destroying the target reports %q", applied)
			}
			if _, err := env.Client.Entities.Get(t.Context(), "target", "new", port.GetEntityOptions{}); !errors.Is(err, port.ErrNotFound) {
				t.Errorf("the target still exists: %v", err)
			}
		})
	}
}
