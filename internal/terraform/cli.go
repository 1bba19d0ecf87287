// Package terraform finds the CLI that the demo and the tests run: Terraform or OpenTofu.
package terraform

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoCLI says how to install a CLI.
var ErrNoCLI = errors.New(`neither terraform nor tofu is on PATH.
Install one of them and run this again:
  Terraform  https://developer.hashicorp.com/terraform/install
  OpenTofu   https://opentofu.org/docs/intro/install/`)

const openTofu = "tofu"

// CLI is an installed Terraform or OpenTofu.
type CLI struct {
	// Name is the command: terraform or tofu.
	Name string
	Path string
}

// Find returns Terraform from PATH, or OpenTofu if there is no Terraform.
func Find() (CLI, error) {
	for _, name := range []string{"terraform", openTofu} {
		if path, err := exec.LookPath(name); err == nil {
			return CLI{Name: name, Path: path}, nil
		}
	}
	return CLI{}, ErrNoCLI
}

// At returns the CLI at a path, identified by its file name.
func At(path string) CLI {
	return CLI{Name: strings.TrimSuffix(filepath.Base(path), ".exe"), Path: path}
}

// IsOpenTofu reports whether the CLI is OpenTofu, even if its name contains a version.
func (c CLI) IsOpenTofu() bool {
	return strings.HasPrefix(c.Name, openTofu) || strings.HasPrefix(c.Name, "opentofu")
}

// Registry returns the CLI's default registry host for provider sources.
func (c CLI) Registry() string {
	if c.IsOpenTofu() {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// Registries returns the default hosts of all CLIs.
func Registries() []string {
	return []string{CLI{}.Registry(), CLI{Name: openTofu}.Registry()}
}
