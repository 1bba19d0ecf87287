// Package terraform finds the CLI that the demo and the tests run: Terraform or OpenTofu.
package terraform

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoCLI says how to get a CLI.
var ErrNoCLI = errors.New(`neither terraform nor tofu is on PATH.
Install one of them and run this again:
  Terraform  https://developer.hashicorp.com/terraform/install
  OpenTofu   https://opentofu.org/docs/intro/install/`)

const openTofu = "tofu"

// CLI is a Terraform or OpenTofu on this machine.
type CLI struct {
	// Name is the command: terraform or tofu.
	Name string
	Path string
}

// Find returns Terraform, or else OpenTofu, from PATH.
func Find() (CLI, error) {
	for _, name := range []string{"terraform", openTofu} {
		if path, err := exec.LookPath(name); err == nil {
			return CLI{Name: name, Path: path}, nil
		}
	}
	return CLI{}, ErrNoCLI
}

// At returns the CLI at a path, which its name tells.
func At(path string) CLI {
	return CLI{Name: strings.TrimSuffix(filepath.Base(path), ".exe"), Path: path}
}

// IsOpenTofu reports whether the CLI is OpenTofu, also where its name has a version.
func (c CLI) IsOpenTofu() bool {
	return strings.HasPrefix(c.Name, openTofu) || strings.HasPrefix(c.Name, "opentofu")
}

// Registry is the host that the CLI takes a provider from whose source names none.
func (c CLI) Registry() string {
	if c.IsOpenTofu() {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// Registries are the hosts of every CLI.
func Registries() []string {
	return []string{CLI{}.Registry(), CLI{Name: openTofu}.Registry()}
}
