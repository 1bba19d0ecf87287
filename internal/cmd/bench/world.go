package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	_ "embed"

	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// The credentials of the emulated Port.
const (
	clientID     = "bench"
	clientSecret = "secret-of-the-bench"
)

// configuration declares the blueprints and entities of every scenario.
//
//go:embed testdata/main.tf
var configuration string

// world is a Port and a folder with a configuration.
type world struct {
	port   *emulator.Emulator
	server *httptest.Server
	cli    terraform.CLI
	// folder contains the configuration, the state and the usage records.
	folder      string
	environment []string
	variables   []string
}

// newWorld starts a Port with an optional seed and a latency.
func newWorld(ctx context.Context, cli terraform.CLI, folder, provider string, latency time.Duration, seed []byte) (*world, error) {
	port, err := emulator.New(emulator.Options{ClientID: clientID, ClientSecret: clientSecret, Latency: latency})
	if err != nil {
		return nil, err
	}
	if seed != nil {
		if err := port.Seed(bytes.NewReader(seed)); err != nil {
			return nil, err
		}
	}
	w := &world{port: port, server: httptest.NewServer(port), cli: cli, folder: folder}
	if err := w.install(provider); err != nil {
		w.close(ctx)
		return nil, err
	}
	return w, nil
}

// install writes the configuration, and the CLI configuration that makes Terraform start this
// program as the provider.
func (w *world) install(provider string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	plugins := filepath.Join(w.folder, "plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		return err
	}
	if err := os.Symlink(self, filepath.Join(plugins, providerName)); err != nil {
		return err
	}
	overrides := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"port-changelog/port\" = %q\n  }\n  direct {}\n}\n", plugins)
	for name, text := range map[string]string{"main.tf": configuration, "cli.tfrc": overrides} {
		if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	w.environment = append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"PORT_BASE_URL="+w.server.URL, "PORT_CLIENT_ID="+clientID, "PORT_CLIENT_SECRET="+clientSecret, "PORT_TOKEN=",
		envProvider+"="+provider, envUsage+"="+w.usagePath(),
	)
	return nil
}

func (w *world) usagePath() string { return filepath.Join(w.folder, "usage") }

func (w *world) statePath() string { return filepath.Join(w.folder, "terraform.tfstate") }

// close stops the Port.
func (w *world) close(ctx context.Context) {
	w.port.ClearFaults()
	w.server.Close()
	_ = w.port.Close(context.WithoutCancel(ctx)) // No event is in flight.
}

// size sets how many entities and blueprints the configuration declares.
func (w *world) size(entities, blueprints int) {
	w.variables = []string{"-var=entities=" + strconv.Itoa(entities), "-var=blueprints=" + strconv.Itoa(blueprints)}
}

// terraform runs a command and returns its duration and usage.
func (w *world) terraform(ctx context.Context, parallelism int, arguments ...string) (result, error) {
	w.port.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodDelete, "/_emulator/requests", http.NoBody))
	if err := os.RemoveAll(w.usagePath()); err != nil {
		return result{}, err
	}
	arguments = append(append(arguments, "-input=false", "-no-color", "-parallelism="+strconv.Itoa(parallelism)), w.variables...)
	command := exec.CommandContext(ctx, w.cli.Path, arguments...) //nolint:gosec // The CLI that is on the PATH.
	command.Dir, command.Env = w.folder, w.environment
	began := time.Now()
	output, err := command.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return result{}, fmt.Errorf("%s %s: %w\n%s", w.cli.Name, arguments[0], err, tail(output))
	}
	used, err := readUsage(w.usagePath())
	if err != nil {
		return result{}, err
	}
	total, err := w.requests(ctx)
	return result{requests: total, time: took, usage: used}, err
}

// tail is the end of a command's output.
func tail(output []byte) []byte {
	const most = 3_000
	return output[max(0, len(output)-most):]
}

// requests is the number of requests since the start of the last command, including those for a
// token.
func (w *world) requests(ctx context.Context) (int, error) {
	response := httptest.NewRecorder()
	w.port.ServeHTTP(response, httptest.NewRequestWithContext(ctx, http.MethodGet, "/_emulator/requests", http.NoBody))
	var traffic struct {
		Total int `json:"total"`
	}
	err := json.Unmarshal(response.Body.Bytes(), &traffic)
	return traffic.Total, err
}
