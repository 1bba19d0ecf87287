package acctest

import (
	"os"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// pathVariable sets the CLI that the test library runs. On its own the library looks only for
// Terraform.
const pathVariable = "TF_ACC_TERRAFORM_PATH"

// UnitTest runs a test case with Terraform or OpenTofu, whichever is installed.
func UnitTest(t *testing.T, test resource.TestCase) {
	t.Helper()
	needCLI(t)
	resource.UnitTest(t, test)
}

func needCLI(t *testing.T) {
	t.Helper()
	if err := selectCLI(); err != nil {
		t.Fatal(err)
	}
}

// selectCLI sets, once per process, the environment variables that tell the test library which CLI
// to run.
var selectCLI = sync.OnceValue(func() error {
	variables, err := cliVariables(os.Getenv)
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return err
})

// findCLI returns the CLI that the environment sets, or else the one on PATH.
func findCLI(getenv func(string) string) (terraform.CLI, error) {
	if path := getenv(pathVariable); path != "" {
		return terraform.At(path), nil
	}
	return terraform.Find()
}

// cliVariables returns the variables that must be set in addition to the environment. OpenTofu's
// default registry differs from Terraform's, and it refuses the legacy namespace under which the
// library registers the provider by default.
func cliVariables(getenv func(string) string) (map[string]string, error) {
	if getenv(pathVariable) == "" && getenv("TF_ACC_TERRAFORM_VERSION") != "" {
		return nil, nil // The library installs that version of Terraform.
	}
	cli, err := findCLI(getenv)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{pathVariable: cli.Path}
	if cli.IsOpenTofu() {
		variables[resource.EnvTfAccProviderHost] = cli.Registry()
		variables[resource.EnvTfAccProviderNamespace] = "hashicorp"
	}
	for name := range variables {
		if getenv(name) != "" {
			delete(variables, name)
		}
	}
	return variables, nil
}
