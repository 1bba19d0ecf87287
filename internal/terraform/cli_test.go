package terraform_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		installed []string
		want      string
		registry  string
	}{
		"Terraform alone": {[]string{"terraform"}, "terraform", "registry.terraform.io"},
		"OpenTofu alone":  {[]string{"tofu"}, "tofu", "registry.opentofu.org"},
		"both":            {[]string{"terraform", "tofu"}, "terraform", "registry.terraform.io"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("PATH", folder)
			for _, command := range test.installed {
				if err := os.WriteFile(filepath.Join(folder, command), []byte("#!/bin/sh\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			got, err := terraform.Find()
			if err != nil || got.Name != test.want || got.Path != filepath.Join(folder, test.want) || got.Registry() != test.registry {
				t.Errorf("got %+v of %s, %v", got, got.Registry(), err)
			}
			if at := terraform.At(got.Path); at != got {
				t.Errorf("at its path: %+v", at)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := terraform.Find(); !errors.Is(err, terraform.ErrNoCLI) {
			t.Errorf("got %v", err)
		}
	})
}
