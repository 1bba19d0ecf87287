package provider_test

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

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

// TestMutualRelations applies two blueprints that relate to each other in one run,
// from an empty organization, and destroys them in one.
func TestMutualRelations(t *testing.T) {
	t.Parallel()
	directory := config.StaticDirectory("../examples/mutual-relations")
	acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{
		{ConfigDirectory: directory},
		{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges()},
	}})
}
