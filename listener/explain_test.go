package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
)

// normalise replaces the parts of an output that differ from run to run.
func normalise(story string) string {
	story = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC`).ReplaceAllString(story, "TIME")
	return regexp.MustCompile(`(?m)^[0-9a-f]{12}\b`).ReplaceAllString(story, "ID")
}

// explains compares the output of listener explain, with and without a running listener.
func (a *attended) explains(t *testing.T, want string, arguments ...string) {
	t.Helper()
	got := a.ask(t, append([]string{"explain"}, arguments...)...)
	if got.code != 0 || got.stderr != "" || normalise(got.stdout) != want {
		t.Errorf("listener explain %s: %d %s\n%s\nwant\n%s", strings.Join(arguments, " "), got.code, got.stderr, normalise(got.stdout), want)
	}
}

// TestExplain explains refused, delivered and unmatched events.
func TestExplain(t *testing.T) {
	t.Parallel()
	a := newAttended(t, "team")
	stop := a.start(t)
	a.explains(t, "No events found.\n")
	a.deliver(t.Context(), 0)
	a.awaits(t, "dead letter (refused)", "explain")
	const refused = `ID  TIME  UPDATE entity service:entity-0 (webhook)
  health matches.
  health to team: dead letter (refused) at TIME.
    TIME  refused: Slack refused the message (400 invalid_blocks)
    TIME  refused: Slack refused the message (400 invalid_blocks) (as plain text)
`
	a.explains(t, refused)
	a.status.Store(http.StatusOK)
	a.does(t, outcome{0, "Replayed dead letter 1 to team.\n", ""}, "dlq", "replay", "1")
	a.awaits(t, "delivered at", "explain")
	replayed := strings.Replace(refused, "dead letter (refused) at TIME.", "delivered at TIME, replayed at TIME.", 1) + "    TIME  delivered\n"
	a.explains(t, replayed)
	a.expect(t, "entity-0 team")

	following, interrupt := a.follow(t)
	a.deliver(t.Context(), 1)
	const delivered = `ID  TIME  UPDATE entity service:entity-1 (webhook)
  health matches.
  health to team: delivered at TIME.
    TIME  delivered
`
	for line := range strings.Lines(delivered) {
		if got := normalise(<-following); got+"\n" != line {
			t.Errorf("following, it says %q, want %q", got, line)
		}
	}
	interrupt()
	a.sendUnchanged(t)
	const unmatched = `ID  TIME  UPDATE entity deploymentConfig:notification-service-prod (webhook)
  health does not match: the property healthStatus did not change.
`
	a.awaits(t, "did not change", "explain")
	a.explains(t, replayed+delivered+unmatched)
	a.explains(t, delivered+unmatched, "-last", "2")
	a.explains(t, delivered, "-entity", "SERVICE:entity-1")
	a.explains(t, unmatched, "-outcome", "unmatched")
	a.explains(t, replayed+delivered, "-blueprint", "service", "-rule", "health")
	a.explains(t, "No events found.\n", "-rule", "other")
	got := execute(t, nil, "explain", "-json", "-last", "1", "-admin", a.admin)
	var event admin.Event
	if err := json.Unmarshal([]byte(got.stdout), &event); err != nil {
		t.Fatal(err)
	}
	a.explains(t, unmatched, event.ID)
	a.explains(t, unmatched, event.Identity)
	a.does(t, outcome{1, "", "listener explain: there is no event \"0123456789ab\", or it is no longer stored\n"}, "explain", "0123456789ab")
	a.does(t, outcome{1, "", "listener explain: the outcome must be one of [dead_letter retrying waiting delivered dropped unmatched unevaluated]\n"}, "explain", "-outcome", "lost")
	stop()
	a.explains(t, unmatched+"No listener answers at ADMIN; this is the content of the store in DIR.\n", event.ID)
}

// follow runs listener explain -follow until it is interrupted, and yields its lines. It returns
// once the command has read the existing events.
func (a *attended) follow(t *testing.T) (lines chan string, interrupt func()) {
	t.Helper()
	command := process(t, nil, "explain", "-follow", "-last", "1", "-admin", a.admin)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines = make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for line := range lines {
		if strings.HasSuffix(line, "delivered") {
			break
		}
	}
	return lines, func() {
		t.Helper()
		if err := command.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		for range lines { // Until the command has ended.
		}
		if err := command.Wait(); err != nil {
			t.Errorf("interrupted, it ended with %v", err)
		}
	}
}

// sendUnchanged sends an event that does not change the rule's property.
func (a *attended) sendUnchanged(t *testing.T) {
	t.Helper()
	file := t.TempDir() + "/event.json"
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(exampleEvent), `"Degraded"`, `"Healthy"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, classic(a.slack.URL), "send", "-event", file, "-url", *a.address.Load()); got.code != 0 {
		t.Fatalf("sending: %+v", got)
	}
}

// TestExplainMistakes checks the errors for invalid arguments.
func TestExplainMistakes(t *testing.T) {
	t.Parallel()
	for arguments, problem := range map[string]string{
		"explain a b":            "name at most one event",
		"explain abcd -follow":   "an id selects one event; do not combine it with other flags",
		"explain abcd -rule x":   "an id selects one event; do not combine it with other flags",
		"explain -last -1":       "-last must be 0 or greater",
		"explain -last tomorrow": `invalid value "tomorrow" for flag -last: parse error`,
	} {
		want := outcome{2, "", "listener explain: " + problem + "\nRun listener explain -h for its flags.\n"}
		if got := execute(t, nil, strings.Fields(arguments)...); got != want {
			t.Errorf("listener %s: %+v, want %+v", arguments, got, want)
		}
	}
}
