package entity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// TestList_asImported checks that listed resources equal imported ones, without values that Port
// computes.
func TestList_asImported(t *testing.T) {
	t.Parallel()
	env := newReadable(t)
	create(t, env, "thing", &port.Entity{Identifier: "bare", Properties: map[string]any{"numbers": []any{}, "object": map[string]any{}}})
	results, diagnostics := env.List(t, "port_entity", `{"blueprint": "thing"}`, true, 0)
	if len(results) != 2 || len(diagnostics) > 0 {
		t.Fatalf("found %d, %q", len(results), diagnostics)
	}
	for _, listed := range results {
		imported := env.NewSession(t, "port_entity")
		imported.ImportIdentity(listed.Identity)
		if differences := imported.Differences(listed); len(differences) > 0 {
			t.Errorf("%s differs from its import in %q", listed.Name, differences)
		}
	}
	if results[0].Name != "E" || results[0].Identity["blueprint"] != "thing" || results[0].Identity["identifier"] != "e" {
		t.Errorf("found %q, %v", results[0].Name, results[0].Identity)
	}
}

// TestList_inheritedTeams checks that teams that Port takes from a related entity are omitted.
func TestList_inheritedTeams(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	blueprint := thing()
	blueprint.Ownership = &port.Ownership{Type: "Inherited", Path: new("one")}
	if _, err := env.Client.Blueprints.Update(t.Context(), "thing", blueprint); err != nil {
		t.Fatal(err)
	}
	create(t, env, "target", &port.Entity{Identifier: "owned", Team: []string{"us"}})
	create(t, env, "thing", &port.Entity{Identifier: "e", Relations: map[string]any{"one": "owned"}})
	if read := get(t, env, "thing", "e"); len(read.Team) == 0 {
		t.Fatal("the entity inherits no team")
	}
	results, _ := env.List(t, "port_entity", `{"blueprint": "thing"}`, true, 0)
	imported := env.NewSession(t, "port_entity")
	imported.Import("thing:e")
	if differences := imported.Differences(results[0]); len(differences) > 0 {
		t.Errorf("it differs from its import in %q", differences)
	}
}

func TestList_filters(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	for i := range 5 {
		create(t, env, "thing", &port.Entity{Identifier: fmt.Sprint("e", i), Properties: map[string]any{"flag": i%2 == 0}})
	}
	const flagged = `{\"combinator\": \"and\", \"rules\": [{\"property\": \"flag\", \"operator\": \"=\", \"value\": true}]}`
	for name, test := range map[string]struct {
		config string
		limit  int64
		want   string
	}{
		"all":               {`{"blueprint": "thing"}`, 0, "e0 e1 e2 e3 e4"},
		"another blueprint": {`{"blueprint": "target"}`, 0, "a b"},
		"query":             {`{"blueprint": "thing", "query": "` + flagged + `"}`, 0, "e0 e2 e4"},
		"limit":             {`{"blueprint": "thing"}`, 2, "e0 e1"},
		"query and limit":   {`{"blueprint": "thing", "query": "` + flagged + `"}`, 2, "e0 e2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, diagnostics := env.List(t, "port_entity", test.config, false, test.limit)
			var identifiers []string
			for _, listed := range results {
				identifiers = append(identifiers, listed.Identity["identifier"])
				if !listed.State.IsNull() {
					t.Error("it includes the resource without a request")
				}
			}
			if got := strings.Join(identifiers, " "); got != test.want || len(diagnostics) > 0 {
				t.Errorf("found %s, %q", got, diagnostics)
			}
		})
	}
}

func TestList_errors(t *testing.T) {
	t.Parallel()
	env := newThings(t)
	for name, test := range map[string]struct{ config, want string }{
		"no such blueprint": {`{"blueprint": "nothing"}`, `ERROR : Unable to List Entities: Listing entities: `},
		"no blueprint":      {`{}`, "Missing Configuration for Required Attribute"},
		"bad query":         {`{"blueprint": "thing", "query": "{}"}`, "query"},
		"bad identifier":    {`{"blueprint": "a b"}`, "blueprint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, diagnostics := env.List(t, "port_entity", test.config, true, 0)
			if len(results) > 0 || len(diagnostics) != 1 || !strings.Contains(diagnostics[0], test.want) {
				t.Errorf("found %d, %q", len(results), diagnostics)
			}
		})
	}
}
