package acctest

import (
	"os"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// pathVariable names the CLI that the test library runs. It looks for Terraform
// itself, and for no other.
const pathVariable = "TF_ACC_TERRAFORM_PATH"

// UnitTest runs a test case with Terraform or OpenTofu, whichever is installed.
func UnitTest(t *testing.T, test resource.TestCase) {
	t.Helper()
	needCLI(t)
	resource.UnitTest(t, test)
}

func needCLI(t *testing.T) {
	t.Helper()
	if err := chooseCLI(); err != nil {
		t.Fatal(err)
	}
}

// chooseCLI tells the test library, once for the process and by the only means that
// it has, which CLI to run.
var chooseCLI = sync.OnceValue(func() error {
	variables, err := cliVariables(os.Getenv)
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return err
})

// findCLI returns the CLI that the environment names, or else the one on PATH.
func findCLI(getenv func(string) string) (terraform.CLI, error) {
	if path := getenv(pathVariable); path != "" {
		return terraform.At(path), nil
	}
	return terraform.Find()
}

// cliVariables returns the variables that the environment lacks. OpenTofu takes the provider of a
// configuration that names no source from another registry than Terraform, and refuses the legacy
// namespace that the library registers it under unless it is told one.
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
