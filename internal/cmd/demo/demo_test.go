package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/terraform"
)

// binaries is the folder with the demo and the programs that it starts.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "port-demo-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binaries = folder
	command := exec.CommandContext(context.Background(), "go", "build", "-o", folder, "../../..", "../../../listener", "../port-emulator", ".")
	if output, err := command.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

func TestDemo(t *testing.T) {
	t.Parallel()
	var relayed atomic.Int32
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		relayed.Add(1)
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(slack.Close)
	var out bytes.Buffer
	if err := run(&out, binaries, "../../../examples/changelog-listener", slack.URL); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if relayed.Load() != 4 {
		t.Errorf("%d messages were forwarded to the webhook of SLACK_WEBHOOK_URL, want 4", relayed.Load())
	}
	text := out.String()
	for _, want := range []string{
		"[1/11] Start an emulated Port that refuses changelog destinations",
		"Plan: 3 to add, 0 to change, 0 to destroy.",
		"No changes. Your infrastructure matches the configuration.",
		"Change in Notification Service Production health status",
		"Triggered by " + clientID,
		"Before\n      │ Healthy ✅",
		"Now\n      │ Degraded 🚧",
		"The automation posted one event: its condition ignores cpuUtil.",
		`~ "healthStatus"  = "Degraded" -> "Healthy"`,
		"Plan: 0 to add, 1 to change, 0 to destroy.",
		"Before\n      │ Degraded 🚧",
		"Now\n      │ Healthy ✅",
		"Destroy complete! Resources: 3 destroyed.",
		"Port no longer has the blueprint or an automation.",
		"[11/11]",
		"Port reported the change twice, by automation and by changelog: one message.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the output does not contain %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestDemoCleansUpWhenInterrupted(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "demo"), "-bin", binaries, "-example", "../../../examples/changelog-listener")
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the demo ended early: %v\n%s", err, &stderr)
		}
		if strings.HasPrefix(line, "[2/") {
			break
		}
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, lines)
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the interrupted demo exited with %v, want status 1", err)
	}
	if !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("the output does not report the interruption: %s", &stderr)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind, %v", left, err)
	}
	if running := processesOf(t, temporary); len(running) > 0 {
		t.Errorf("the demo left processes behind: %v", running)
	}
}

// processesOf lists the processes that were started with a folder for temporary files, if the
// system provides that information.
func processesOf(t *testing.T, temporary string) []string {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var running []string
	for _, path := range environments {
		environment, err := os.ReadFile(path)
		if err == nil && bytes.Contains(environment, []byte("TMPDIR="+temporary)) {
			running = append(running, filepath.Dir(path))
		}
	}
	return running
}

func TestDemoFailsWhenSlackRefuses(t *testing.T) {
	t.Parallel()
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no_service", http.StatusNotFound)
	}))
	t.Cleanup(slack.Close)
	var out bytes.Buffer
	err := run(&out, binaries, "../../../examples/changelog-listener", slack.URL+"/services/secret")
	if err == nil || !strings.Contains(err.Error(), "404 Not Found: no_service") {
		t.Errorf("the demo exited with %v", err)
	}
	if strings.Contains(out.String()+fmt.Sprint(err), "/services/secret") {
		t.Error("the output reveals the URL of the webhook")
	}
}

func TestDemoWithoutBinaries(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(&out, t.TempDir(), "../../../examples/changelog-listener", "")
	if err == nil || !strings.Contains(err.Error(), "port-emulator") {
		t.Errorf("without binaries the demo exited with %v", err)
	}
}

func TestDemoWithoutCLI(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var out bytes.Buffer
	err := run(&out, t.TempDir(), "../../../examples/changelog-listener", "")
	if !errors.Is(err, terraform.ErrNoCLI) || !strings.Contains(err.Error(), "https://opentofu.org/docs/intro/install/") {
		t.Errorf("without a CLI the demo exited with %v", err)
	}
}
