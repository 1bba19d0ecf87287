package acctest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// TestCLIVariables puts files on PATH that are never run.
func TestCLIVariables(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	tofu := map[string]string{
		"TF_ACC_TERRAFORM_PATH": at("tofu"), "TF_ACC_PROVIDER_HOST": "registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE": "hashicorp",
	}
	for name, test := range map[string]struct {
		installed   []string
		environment map[string]string
		want        map[string]string
		err         error
	}{
		"Terraform":              {[]string{"terraform"}, nil, map[string]string{"TF_ACC_TERRAFORM_PATH": at("terraform")}, nil},
		"OpenTofu":               {[]string{"tofu"}, nil, tofu, nil},
		"both":                   {[]string{"terraform", "tofu"}, nil, map[string]string{"TF_ACC_TERRAFORM_PATH": at("terraform")}, nil},
		"no CLI":                 {nil, nil, nil, terraform.ErrNoCLI},
		"no CLI, but a version":  {nil, map[string]string{"TF_ACC_TERRAFORM_VERSION": "1.11.0"}, nil, nil},
		"a configured Terraform": {nil, map[string]string{"TF_ACC_TERRAFORM_PATH": "/opt/terraform"}, map[string]string{}, nil},
		"a configured OpenTofu":  {[]string{"terraform"}, map[string]string{"TF_ACC_TERRAFORM_PATH": "/opt/tofu"}, map[string]string{"TF_ACC_PROVIDER_HOST": "registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE": "hashicorp"}, nil},
		"a configured host":      {[]string{"tofu"}, map[string]string{"TF_ACC_PROVIDER_HOST": "example.com"}, map[string]string{"TF_ACC_TERRAFORM_PATH": at("tofu"), "TF_ACC_PROVIDER_NAMESPACE": "hashicorp"}, nil},
		"a similar name":         {[]string{"terraform-docs"}, nil, nil, terraform.ErrNoCLI},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", folder)
			for _, command := range test.installed {
				if err := os.WriteFile(at(command), []byte("#!/bin/sh\n"), 0o700); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(at(command))
			}
			got, err := cliVariables(func(variable string) string { return test.environment[variable] })
			if !errors.Is(err, test.err) || !maps.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v, %v", got, err, test.want, test.err)
			}
		})
	}
}
