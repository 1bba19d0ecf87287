// Package acctest is the test harness of the resources. It runs Terraform, or the provider in
// process, against a separate emulator for each test, or against live Port if TF_ACC is set.
package acctest

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/port-changelog/terraform-provider-port/internal/contract"
	"github.com/port-changelog/terraform-provider-port/internal/emulator"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/provider"
)

// The credentials of every emulator.
const (
	ClientID     = "test-client"
	ClientSecret = "test-secret-of-the-emulator"
)

const closeTimeout = 10 * time.Second

// waitTimeout limits waiting for something that should happen immediately.
const waitTimeout = 30 * time.Second

// Environment is the emulator, or live Port, that a test uses.
type Environment struct {
	// Client makes out-of-band changes.
	Client *port.Client
	// URL is the address of the emulator, or "" with live Port.
	URL string

	options  []provider.Option
	emulator *emulator.Emulator
	held     <-chan struct{}
}

// IsLive reports whether tests run against live Port.
func IsLive() bool { return os.Getenv(resource.EnvTfAcc) != "" }

// New returns the environment of a test.
func New(t *testing.T) *Environment {
	t.Helper()
	if !IsLive() {
		return NewEmulated(t)
	}
	client, err := port.New(os.Getenv("PORT_BASE_URL"), credentials())
	if err != nil {
		t.Fatalf("live Port needs PORT_CLIENT_ID and PORT_CLIENT_SECRET, or PORT_TOKEN: %v", err)
	}
	return &Environment{Client: client}
}

func credentials() port.Option {
	if token := os.Getenv("PORT_TOKEN"); token != "" {
		return port.WithToken(token)
	}
	return port.WithCredentials(os.Getenv("PORT_CLIENT_ID"), os.Getenv("PORT_CLIENT_SECRET"))
}

// NewEmulated returns an environment with an emulator, for tests that live Port cannot serve.
// settings change the emulator's options.
func NewEmulated(t *testing.T, settings ...func(*emulator.Options)) *Environment {
	t.Helper()
	if IsLive() {
		t.Skip("this test needs the emulator")
	}
	options := emulator.Options{ClientID: ClientID, ClientSecret: ClientSecret}
	for _, set := range settings {
		set(&options)
	}
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(contract.Wrap(t, server))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		server.ClearFaults() // listener.Close waits for held requests.
		listener.Close()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	client, err := port.New(listener.URL, port.WithCredentials(ClientID, ClientSecret))
	if err != nil {
		t.Fatal(err)
	}
	return &Environment{
		Client:   client,
		URL:      listener.URL,
		emulator: server,
		held:     server.Held(),
		options:  []provider.Option{provider.WithBaseURL(listener.URL), provider.WithCredentials(ClientID, ClientSecret)},
	}
}

// Seed loads a catalog into the emulator, in the format of its dumps.
func (e *Environment) Seed(t *testing.T, catalog io.Reader) {
	t.Helper()
	if err := e.emulator.Seed(catalog); err != nil {
		t.Fatal(err)
	}
}

// Control sends a request to the emulator's control endpoints.
func (e *Environment) Control(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s", method, path, response.Status)
	}
}

// AwaitHeld waits until a fault with "hold" holds a request; each call waits for one more. `DELETE
// /_emulator/faults` releases it.
func (e *Environment) AwaitHeld(t *testing.T) {
	t.Helper()
	select {
	case <-e.held:
	case <-time.After(waitTimeout):
		t.Fatal("no request was held")
	}
}

// Name returns an identifier that no other test uses.
func (e *Environment) Name(prefix string) string {
	return "tf-acc-" + prefix + "-" + strings.ToLower(rand.Text()[:8])
}

// Run runs the steps of a test case. Configurations need no provider block.
func (e *Environment) Run(t *testing.T, test resource.TestCase) {
	t.Helper()
	test.ProtoV6ProviderFactories = e.Factories()
	if IsLive() {
		needCLI(t)
		resource.Test(t, test)
		return
	}
	UnitTest(t, test)
}

// Factories returns provider factories that start the provider in this process.
func (e *Environment) Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"port": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test", e.options...)(), nil },
	}
}

// Directory returns the configuration in a directory below testdata.
func Directory(name string) config.TestStepConfigFunc {
	return config.StaticDirectory("testdata/" + name)
}
