//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// children returns the running child processes of a process.
func children(t *testing.T, pid int) []int {
	t.Helper()
	var children []int
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		// A thread may have ended in the meantime.
		text, _ := os.ReadFile(task)
		for field := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, child)
		}
	}
	return children
}

// TestAConditionThatKills evaluates a condition that exceeds the memory limit, for an event that
// other rules match: one with jq and a template, and one with a property. Both alert, the listener
// continues, and the worker process ends with it.
func TestAConditionThatKills(t *testing.T) {
	t.Parallel()
	channel := newChannel(t)
	config := filepath.Join(t.TempDir(), "listener.yaml")
	content := `rules:
  - { name: kills, when: '.action * 80000000 | length > 0', actions: [UPDATE] }
  - { name: jq, when: '.action == "UPDATE"', template: { header: "in jq: {{ .Entity }}" } }
  - { name: health, property: healthStatus }
`
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	running := startListener(t, classic(channel.URL), "-config", config)
	running.send(t, absolute(t, "events/health-crashed.json"))
	for _, want := range []string{"in jq: notification-service-prod", "Change in Notification Service Production health status"} {
		if got := channel.next(t); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, text := running.ask(t, "GET", "/metrics"); !strings.Contains(text, `port_listener_rule_condition_failures_total{reason="killed",rule="kills"} 1`) {
		t.Errorf("it is not counted:\n%s", running.stderr)
	}
	running.logged(t, `msg="evaluating the condition of a rule failed[^"]*" rule=kills event=\S+ reason=killed`)

	workers := children(t, running.process.Pid)
	if len(workers) != 1 {
		t.Fatalf("it has the processes %v", workers)
	}
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", workers[0]))
	if err != nil || strings.Contains(string(environment), "SECRET") || strings.Contains(string(environment), "WEBHOOK") {
		t.Errorf("the process has the environment %q (%v)", environment, err)
	}
	if err := running.process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = running.wait()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		// A zombie process has no memory.
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", workers[0]))
		if err != nil || !strings.Contains(string(status), "VmRSS") {
			return
		}
		select {
		case <-deadline:
			t.Fatal("the process outlives the listener")
		case <-tick.C:
		}
	}
}

// TestATemplateThatKills checks that such a template is refused when the configuration is read.
func TestATemplateThatKills(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "listener.yaml")
	content := `rules: [{ name: health, property: healthStatus, template: { header: '{{ $s := "x" }}{{ range 40 }}{{ $s = print $s $s }}{{ end }}' } }]` + "\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got := execute(t, classic("http://localhost"), "-config", config, "-check-config")
	if got.code != 1 || !strings.Contains(got.stderr, "it takes longer than 1s, or more than 320 MiB of memory") {
		t.Errorf("got %+v", got)
	}
}
