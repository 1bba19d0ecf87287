package acctest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// CLI runs Terraform or OpenTofu in a separate folder, with the provider in this process.
type CLI struct {
	t *testing.T
	terraform.CLI
	folder      string
	environment []string
}

// NewCLI returns the installed CLI, which runs in a copy of a folder.
func (e *Environment) NewCLI(t *testing.T, folder string) *CLI {
	t.Helper()
	installed, err := findCLI(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(folder))
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	environment := append(os.Environ(), "TF_REATTACH_PROVIDERS="+e.serve(t, installed.Registry()+"/port-changelog/port"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return &CLI{t: t, CLI: installed, folder: copied, environment: environment}
}

// Run runs a command and returns its output.
func (c *CLI) Run(arguments ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), c.Path, arguments...) //nolint:gosec // It is the installed CLI, with the arguments of a test.
	cmd.Dir, cmd.Env = c.folder, c.environment
	output, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", c.Name, strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

// Needs skips the test if the CLI is older than a version.
func (c *CLI) Needs(minimum string) {
	c.t.Helper()
	var running struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal([]byte(c.Run("version", "-json")), &running); err != nil {
		c.t.Fatal(err)
	}
	if version.Must(version.NewVersion(running.Version)).Core().LessThan(version.Must(version.NewVersion(minimum))) {
		c.t.Skipf("SKIPPED: the test needs %s %s, this is %s", c.Name, minimum, running.Version)
	}
}

// Write writes a file in the folder.
func (c *CLI) Write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.folder, name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// Read returns the content of a file in the folder.
func (c *CLI) Read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, filepath.Base(name)))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// serve starts the provider and returns the value of TF_REATTACH_PROVIDERS for it. address is the
// provider's source address in configurations.
func (e *Environment) serve(t *testing.T, address string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	started, stopped := make(chan *plugin.ReattachConfig), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(address, func() tfprotov6.ProviderServer {
			server, err := e.Factories()["port"]()
			if err != nil {
				panic(err)
			}
			return server
		}, tf6server.WithDebug(ctx, started, stopped), tf6server.WithoutLogStderrOverride(), tf6server.WithLoggingSink(t))
	}()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	var config *plugin.ReattachConfig
	select {
	case config = <-started:
	case err := <-failed:
		t.Fatalf("start the provider: %v", err)
	}
	text, err := json.Marshal(map[string]any{address: map[string]any{
		"Protocol": config.Protocol, "ProtocolVersion": 6, "Pid": config.Pid, "Test": true,
		"Addr": map[string]string{"Network": config.Addr.Network(), "String": config.Addr.String()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
