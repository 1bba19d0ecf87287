package backend_test

import (
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/backend"
)

func TestPlannedBlueprints(t *testing.T) {
	t.Parallel()
	var planned backend.PlannedBlueprints
	definition := &port.Blueprint{Identifier: "service"}
	planned.Add(backend.PlannedBlueprint{After: "new"})
	planned.Add(backend.PlannedBlueprint{Before: "microservice", After: "service", Definition: definition})
	for _, identifier := range []string{"microservice", "service"} {
		if got, ok := planned.Find(identifier); !ok || got.Definition != definition {
			t.Errorf("%s: got %+v, %t", identifier, got, ok)
		}
	}
	if _, ok := planned.Find("other"); ok {
		t.Error("Find returned a blueprint that is not planned")
	}
	renames := []struct {
		before, after string
		want          bool
	}{
		{"microservice", "service", true},
		{"service", "microservice", false},
		{"microservice", "new", false},
		{"service", "service", false},
		{"", "new", false},
	}
	for _, rename := range renames {
		if got := planned.Renames(rename.before, rename.after); got != rename.want {
			t.Errorf("Renames(%q, %q) = %t", rename.before, rename.after, got)
		}
	}
}
