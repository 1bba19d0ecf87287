package blueprint_test

import (
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// newListed returns a Port with blueprints, one of which uses most attributes.
func newListed(t *testing.T) *acctest.Environment {
	t.Helper()
	env := acctest.NewEmulated(t)
	rich := &port.Blueprint{Identifier: "service", Title: "Micro Service", Icon: new("Service"), Ownership: &port.Ownership{Type: "Direct"}}
	rich.Schema.Properties = map[string]port.Property{
		"text":  {Type: "string", Title: new("Text"), Format: new("url")},
		"tags":  {Type: "array", Items: &port.Items{Type: "string"}},
		"spec":  {Type: "object"},
		"lives": {Type: "boolean"},
	}
	rich.Schema.Required = []string{"text"}
	rich.Relations = map[string]port.Relation{"team": {Target: "squad", Title: new("Squad")}}
	rich.MirrorProperties = map[string]port.MirrorProperty{"squad": {Path: "team.$title"}}
	for _, blueprint := range []*port.Blueprint{{Identifier: "squad", Title: "Squad"}, rich, {Identifier: "database", Title: "Database"}} {
		if _, err := env.Client.Blueprints.Create(t.Context(), blueprint, port.CreateBlueprintOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

func TestList(t *testing.T) {
	t.Parallel()
	env := newListed(t)
	for name, test := range map[string]struct {
		config string
		limit  int64
		want   string
	}{
		"all except system blueprints": {`{}`, 0, "squad service database"},
		"identifiers":                  {`{"identifiers": ["database", "service", "nothing"]}`, 0, "service database"},
		"no identifiers":               {`{"identifiers": []}`, 0, ""},
		"search by title":              {`{"search": "o s"}`, 0, "service"},
		"search by identifier":         {`{"search": "SERV"}`, 0, "service"},
		"both":                         {`{"identifiers": ["database", "service"], "search": "data"}`, 0, "database"},
		"limit":                        {`{}`, 1, "squad"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, diagnostics := env.List(t, "port_blueprint", test.config, false, test.limit)
			var identifiers []string
			for _, listed := range found {
				identifiers = append(identifiers, listed.Identity["identifier"])
			}
			if got := strings.Join(identifiers, " "); got != test.want || len(diagnostics) > 0 {
				t.Errorf("found %q, %q", got, diagnostics)
			}
		})
	}
}

// TestList_asImported checks that listed resources equal imported ones.
func TestList_asImported(t *testing.T) {
	t.Parallel()
	env := newListed(t)
	found, diagnostics := env.List(t, "port_blueprint", `{}`, true, 0)
	if len(found) != 3 || len(diagnostics) > 0 {
		t.Fatalf("found %d, %q", len(found), diagnostics)
	}
	for _, listed := range found {
		imported := env.NewSession(t, "port_blueprint")
		imported.ImportIdentity(listed.Identity)
		if differences := imported.Differences(listed); len(differences) > 0 {
			t.Errorf("%s differs from its import in %q", listed.Name, differences)
		}
	}
	if found[1].Name != "Micro Service" {
		t.Errorf("it is called %q", found[1].Name)
	}
}

func TestList_refused(t *testing.T) {
	t.Parallel()
	env := newListed(t)
	env.Control(t, "POST", "/_emulator/faults", `{"method": "GET", "route": "/v1/blueprints", "status": 403}`)
	found, diagnostics := env.List(t, "port_blueprint", `{}`, true, 0)
	if len(found) > 0 || len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "Unable to List Blueprints") {
		t.Errorf("found %d, %q", len(found), diagnostics)
	}
}
