package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/provider/internal/acctest"
)

// TestExamples applies every example of the documentation, and finds nothing
// left to do afterwards.
func TestExamples(t *testing.T) {
	t.Parallel()
	const folder = "../examples/resources"
	examples, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		t.Run(example.Name(), func(t *testing.T) {
			t.Parallel()
			directory := config.StaticDirectory(filepath.Join(folder, example.Name()))
			acctest.NewEmulated(t).Run(t, resource.TestCase{Steps: []resource.TestStep{
				{ConfigDirectory: directory},
				{ConfigDirectory: directory, ConfigPlanChecks: acctest.NoChanges()},
			}})
		})
	}
}
