package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// providerVersion is the version in the mirror; any version works.
const providerVersion = "0.0.1"

// commandLine runs the CLI in a copy of the example, with the provider in a separate mirror: the
// user's configuration is neither read nor changed.
type commandLine struct {
	terraform.CLI
	folder      string
	config      string
	environment []string
}

func newCommandLine(binaries, folder, example string) (*commandLine, error) {
	cli, err := terraform.Find()
	if err != nil {
		return nil, err
	}
	t := &commandLine{CLI: cli, folder: filepath.Join(folder, "configuration"), config: filepath.Join(folder, "cli.tfrc")}
	if err := os.CopyFS(t.folder, os.DirFS(example)); err != nil {
		return nil, fmt.Errorf("copy the example: %w", err)
	}
	return t, t.installProvider(filepath.Join(binaries, "terraform-provider-port"), filepath.Join(folder, "mirror"))
}

// installProvider creates a filesystem mirror with the provider under the registry hosts of both
// CLIs, and a CLI configuration that uses only that mirror.
func (t *commandLine) installProvider(binary, mirror string) error {
	for _, registry := range terraform.Registries() {
		folder := filepath.Join(mirror, registry, "port-changelog", "port", providerVersion, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if err := os.Symlink(binary, filepath.Join(folder, "terraform-provider-port_v"+providerVersion)); err != nil {
			return err
		}
	}
	config := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	return os.WriteFile(t.config, []byte(config), 0o600)
}

func (t *commandLine) setEnvironment(additions map[string]string) {
	additions["TF_CLI_CONFIG_FILE"] = t.config
	additions["TF_IN_AUTOMATION"] = "1"
	t.environment = cleanEnvironment(additions)
}

// run executes a command and returns its output; if it fails, the error contains the output.
func (t *commandLine) run(ctx context.Context, command string, args ...string) (string, error) {
	arguments := append([]string{command, "-no-color", "-input=false"}, args...)
	cmd := exec.CommandContext(ctx, t.Path, arguments...) //nolint:gosec // The CLI on the user's PATH.
	cmd.Dir = t.folder
	cmd.Env = t.environment
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopLimit
	inOwnGroup(cmd)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", t.Name, command, err, output)
	}
	return string(output), nil
}
