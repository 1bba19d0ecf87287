package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program is a run of the command in the background.
type program struct {
	url    string
	stderr bytes.Buffer
	cancel context.CancelFunc
	code   chan int
}

func nothing(string) string { return "" }

// launch starts the command on a free port and waits until it is ready.
func launch(t *testing.T, environment func(string) string, arguments ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{cancel: cancel, code: make(chan int, 1)}
	reader, writer := io.Pipe()
	go func() {
		code := run(ctx, append([]string{"-listen", "127.0.0.1:0"}, arguments...), environment, writer, &p.stderr)
		_ = writer.Close()
		p.code <- code
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatalf("exit code %d: %s", <-p.code, p.stderr.String())
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "port-emulator listening on ")
	if !ok {
		t.Fatalf("unexpected output %q", line)
	}
	p.url = url
	return p
}

// stop stops the command as a signal does.
func (p *program) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	if code := <-p.code; code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// token requests a token and returns the status of the response.
func (p *program) token(t *testing.T, id, secret string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"clientId": id, "clientSecret": secret})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(p.url+"/v1/auth/access_token", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func TestSeedAndDump(t *testing.T) {
	t.Parallel()
	seed, copied := filepath.Join(t.TempDir(), "seed.json"), filepath.Join(t.TempDir(), "dump.json")
	const text = `{"blueprints":[{"identifier":"b","title":"B","schema":{"properties":{}}}],"entities":[{"blueprint":"b","identifier":"e"}]}`
	if err := os.WriteFile(seed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, nothing, "-seed", seed, "-dump", copied)
	if status := p.token(t, defaultClientID, defaultClientSecret); status != http.StatusOK {
		t.Errorf("a token: %d", status)
	}
	p.stop(t)
	written, err := os.ReadFile(copied)
	if err != nil || !bytes.Contains(written, []byte(`{"identifier":"e","blueprint":"b"`)) {
		t.Errorf("%s %v", written, err)
	}
	launch(t, nothing, "-seed", copied).stop(t)
}

// TestStopLetsHeldRequestsProceed stops the command while a fault holds a request; it must neither
// hang nor lose the response.
func TestStopLetsHeldRequestsProceed(t *testing.T) {
	t.Parallel()
	p := launch(t, nothing)
	response, err := http.Post(p.url+"/_emulator/faults", "application/json", strings.NewReader(`{"route":"/v1/auth/access_token","hold":true}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	status := make(chan int)
	go func() { status <- p.token(t, defaultClientID, defaultClientSecret) }()
	for requests := ""; !strings.Contains(requests, "access_token"); {
		response, err := http.Get(p.url + "/_emulator/requests")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		requests = string(text)
	}
	p.stop(t)
	if got := <-status; got != http.StatusOK {
		t.Errorf("status of the held request = %d", got)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	environment := func(name string) string {
		return map[string]string{"PORT_CLIENT_ID": "from-environment", "PORT_CLIENT_SECRET": "s1"}[name]
	}
	p := launch(t, environment)
	if status := p.token(t, "from-environment", "s1"); status != http.StatusOK {
		t.Errorf("from the environment: %d", status)
	}
	p.stop(t)
	p = launch(t, environment, "-client-id", "from-flag", "-client-secret", "s2")
	if status := p.token(t, "from-flag", "s2"); status != http.StatusOK {
		t.Errorf("from flags: %d", status)
	}
	if status := p.token(t, "from-environment", "s1"); status != http.StatusUnauthorized {
		t.Errorf("from the environment, different from the flags: %d", status)
	}
	p.stop(t)
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	broken := filepath.Join(directory, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"blueprints":[{"title":"B"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, test := range map[string]struct {
		arguments []string
		code      int
		part      string
	}{
		"unknown flag":   {[]string{"-nope"}, 2, "-nope; see port-emulator -h"},
		"argument":       {[]string{"serve"}, 2, `unexpected argument "serve"`},
		"bad duration":   {[]string{"-latency", "fast"}, 2, "-latency"},
		"bad choice":     {[]string{"-event-timestamp", "h"}, 2, "must be one of [ms s]"},
		"bad option":     {[]string{"-rate-limit", "-1"}, 1, "the rate limit must not be negative"},
		"bad address":    {[]string{"-listen", "nowhere"}, 1, "listening"},
		"taken address":  {[]string{"-listen", taken.Addr().String()}, 1, "address already in use"},
		"no such seed":   {[]string{"-seed", filepath.Join(directory, "none.json")}, 1, "none.json"},
		"seed is broken": {[]string{"-seed", broken}, 1, "broken.json: reading the seed: seed/blueprints/0 must have required property 'identifier'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), test.arguments, nothing, &stdout, &stderr)
			if code != test.code || !strings.Contains(stderr.String(), test.part) || stdout.Len() != 0 {
				t.Errorf("%d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
		})
	}
}

func TestDumpThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	p := launch(t, nothing, "-dump", filepath.Join(t.TempDir(), "no", "such", "folder"))
	p.cancel()
	if code := <-p.code; code != 1 || !strings.Contains(p.stderr.String(), "creating the dump") {
		t.Errorf("%d: %s", code, p.stderr.String())
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"-version"}, nothing, &stdout, io.Discard); code != 0 || !strings.HasPrefix(stdout.String(), "port-emulator ") {
		t.Errorf("exit code %d, output %q", code, stdout.String())
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	environment := func(string) string { return "do-not-show-me" }
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, environment, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Errorf("%d: %s", code, stderr.String())
	}
	for _, part := range []string{"export PORT_BASE_URL=", "/_emulator/faults", "-rate-limit requests", "-js-numbers", "-token-ttl"} {
		if !strings.Contains(stdout.String(), part) {
			t.Errorf("%q is missing", part)
		}
	}
	if strings.Contains(stdout.String(), "do-not-show-me") {
		t.Error("the help shows a secret")
	}
}
