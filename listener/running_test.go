package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

// running is a listener in its own process.
type running struct {
	process *os.Process
	wait    func() error
	url     string
	admin   string
	stderr  *testlog.Buffer
}

// startListener starts a listener, and returns when it accepts events.
func startListener(t *testing.T, environment map[string]string, arguments ...string) *running {
	t.Helper()
	prepared := process(t, environment, append([]string{"-listen", "127.0.0.1:0", "-admin-listen", "127.0.0.1:0"}, arguments...)...)
	started := &running{stderr: &testlog.Buffer{}}
	prepared.Stderr = started.stderr
	stdout, err := prepared.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := prepared.Start(); err != nil {
		t.Fatal(err)
	}
	started.process, started.wait = prepared.Process, prepared.Wait
	line := make([]byte, 200)
	n, err := stdout.Read(line)
	match := regexp.MustCompile(`^listening on (http://\S+)\n$`).FindSubmatch(line[:n])
	if match == nil {
		t.Fatalf("it printed %q (%v):\n%s", line[:n], err, started.stderr)
	}
	started.url = string(match[1]) + "/api/slack"
	started.admin = started.logged(t, `admin=(http://\S+)`)
	return started
}

// logged waits for a log line that matches a pattern, and returns its first group.
func (r *running) logged(t *testing.T, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if match := expression.FindStringSubmatch(r.stderr.String()); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-deadline:
			t.Fatalf("there is no %s in\n%s", pattern, r.stderr)
		case <-tick.C:
		}
	}
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	if err := r.process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := r.wait(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, r.stderr)
	}
}

// send sends an event with the command.
func (r *running) send(t *testing.T, event string) {
	t.Helper()
	got := execute(t, classic("http://localhost"), "send", "-event", event, "-url", r.url)
	if got != (outcome{0, "202 The event is stored.\n", ""}) {
		t.Errorf("sending %s: %+v", event, got)
	}
}

// post sends a POST request to the admin address, and returns the response.
func (r *running) post(t *testing.T, path string) (int, string) {
	t.Helper()
	return r.ask(t, http.MethodPost, path)
}

// ask sends a GET request to the admin address, and returns the response.
func (r *running) ask(t *testing.T, method, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.admin+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
