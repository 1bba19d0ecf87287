package provider_test

import (
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

// TestExamples applies every example of a resource, and those of data sources
// that need nothing to be there, and finds nothing left to do afterwards.
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
			acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{
				{ConfigDirectory: directory},
				{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges()},
			}})
		})
	}
}

// TestExamplesFromNothing applies the examples of blueprints that need each other in one
// run, from an empty organization, changes them, and destroys them in one.
func TestExamplesFromNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]*strings.Replacer{
		"mutual-relations": strings.NewReplacer(`"Lead"`, `"Head"`, "leadEmail", "headEmail"),
		"aggregation":      strings.NewReplacer(`"Open changes"`, `"Changes"`, `value = "open"`, `value = "merged"`, "averageLines", "meanLines"),
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

// TestAggregationExample holds the numbers of the example to its entities.
func TestAggregationExample(t *testing.T) {
	t.Parallel()
	env := acctest.NewEmulated(t)
	env.Run(t, resource.TestCase{Steps: []resource.TestStep{{
		ConfigDirectory: config.StaticDirectory("../examples/aggregation"),
		Check: func(*terraform.State) error {
			shop, err := env.Client.Entities.Get(t.Context(), "repository", "shop", port.GetEntityOptions{})
			if err != nil {
				return err
			}
			if got := fmt.Sprintf("%v, %v", shop.Properties["openChanges"], shop.Properties["averageLines"]); got != "1, 30" {
				return fmt.Errorf("the repository has %s", got)
			}
			return nil
		},
	}}})
}
