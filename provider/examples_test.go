package provider_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestExamples applies every example of a resource, and those of data sources that need no existing
// objects. It expects an empty plan afterwards, also for the exported configuration.
func TestExamples(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Glob("../examples/resources/*")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	examples = append(examples, "../examples/data-sources/port_blueprint", "../examples/data-sources/port_blueprints", "../examples/data-sources/port_actions")
	for _, example := range examples {
		t.Run(filepath.Base(filepath.Dir(example))+"/"+filepath.Base(example), func(t *testing.T) {
			t.Parallel()
			directory := config.StaticDirectory(example)
			env := acctest.NewEmulated(t)
			env.Run(t, resource.TestCase{Steps: []resource.TestStep{
				{ConfigDirectory: directory},
				{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges(), Check: checkExport(t, env)},
			}})
		})
	}
}

// TestExamplesOfDependentBlueprints applies examples whose blueprints depend on each other to an
// empty organization, changes them, and destroys them, each in one run.
func TestExamplesOfDependentBlueprints(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]*strings.Replacer{
		"mutual-relations": strings.NewReplacer(`"Lead"`, `"Head"`, "leadEmail", "headEmail"),
		"aggregation":      strings.NewReplacer(`"Open changes"`, `"Changes"`, `value = "open"`, `value = "merged"`, "averageLines", "meanLines"),
		"team-cost":        strings.NewReplacer(`"Monthly cost"`, `"Cost per month"`, `func = "sum"`, `func = "max"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("../examples", name, "main.tf"))
			if err != nil {
				t.Fatal(err)
			}
			changed := change.Replace(string(text))
			acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: string(text)},
				{Config: string(text), ConfigPlanChecks: acctest.NoChanges()},
				{Config: changed},
				{Config: changed, ConfigPlanChecks: acctest.NoChanges()},
			}})
		})
	}
}

// TestCatalogInOneApply applies six blueprints that depend on each other in one run: a cycle of
// relations, mirror properties over two relations, and aggregations in both directions. It destroys
// them in one run as well.
func TestCatalogInOneApply(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	before, err := env.Client.Blueprints.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	directory := config.StaticDirectory("testdata/catalog")
	env.Run(t, resource.TestCase{
		Steps: []resource.TestStep{
			{ConfigDirectory: directory, Check: func(*terraform.State) error { return expectCatalog(t.Context(), env.Client) }},
			{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges(), Check: checkExport(t, env)},
		},
		CheckDestroy: func(*terraform.State) error {
			after, err := env.Client.Blueprints.List(t.Context())
			if err == nil && len(after) != len(before) {
				err = fmt.Errorf("%d blueprints exist after the destroy, want %d", len(after), len(before))
			}
			return err
		},
	})
}

// expectCatalog checks values that Port computes from the entities of the catalog.
func expectCatalog(ctx context.Context, client *port.Client) error {
	for _, want := range []struct{ blueprint, entity, key, value string }{
		{"domain", "payments", "monthlyCost", "650.5"},
		{"domain", "payments", "leadEmail", "alice@example.com"},
		{"service", "checkout", "openIncidents", "1"},
		{"service", "checkout", "leadOfDomain", "alice@example.com"},
		{"deployment", "checkout-prod", "domainTitle", "Payments"},
		{"incident", "outage", "squadOfService", "Squad"},
	} {
		entity, err := client.Entities.Get(ctx, want.blueprint, want.entity, port.GetEntityOptions{})
		if err != nil {
			return err
		}
		if got := fmt.Sprint(entity.Properties[want.key]); got != want.value {
			return fmt.Errorf("%s of %s %q is %s, want %s", want.key, want.blueprint, want.entity, got, want.value)
		}
	}
	return nil
}

// TestExamplesAggregate checks the aggregations of the examples.
func TestExamplesAggregate(t *testing.T) {
	t.Parallel()
	for example, want := range map[string]struct {
		blueprint, entity string
		properties        map[string]string
	}{
		"aggregation": {"repository", "shop", map[string]string{"openChanges": "1", "averageLines": "30"}},
		"team-cost":   {"_team", "payments", map[string]string{"budget": "1000", "cost": "650.5"}},
	} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			env := acctest.NewEmulated(t)
			env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
				ConfigDirectory: config.StaticDirectory("../examples/" + example),
				Check: func(*terraform.State) error {
					entity, err := env.Client.Entities.Get(t.Context(), want.blueprint, want.entity, port.GetEntityOptions{})
					if err != nil {
						return err
					}
					for key, value := range want.properties {
						if got := fmt.Sprint(entity.Properties[key]); got != value {
							return fmt.Errorf("%s is %s, want %s", key, got, value)
						}
					}
					return nil
				},
			}}})
		})
	}
}
