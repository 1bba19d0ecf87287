package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/internal/slacktext"
)

const examples = "../examples/listener"

// absolute returns the path of an example, for processes that run elsewhere.
func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// channel is a Slack channel with an incoming webhook.
type channel struct {
	*httptest.Server
	messages chan string
}

func newChannel(t *testing.T) *channel {
	t.Helper()
	made := &channel{messages: make(chan string, 100)}
	made.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var message slack.WebhookMessage
		if err := json.Unmarshal(body, &message); err != nil {
			t.Errorf("it was sent %s: %v", body, err)
		}
		_, _ = io.WriteString(w, "ok")
		made.messages <- slacktext.Render(message)
	}))
	t.Cleanup(made.Close)
	return made
}

// next returns the text of the next message.
func (c *channel) next(t *testing.T) string {
	t.Helper()
	select {
	case message := <-c.messages:
		return message
	case <-time.After(patience):
		t.Fatal("no message arrives")
	}
	return ""
}

// exampleEnvironment returns the environment for the examples, with a channel for each team.
func exampleEnvironment(payments, search *channel) map[string]string {
	environment := classic(payments.URL)
	environment["PAYMENTS_WEBHOOK_URL"] = payments.URL
	environment["SEARCH_WEBHOOK_URL"] = search.URL
	return environment
}

// TestExamples renders every event with each configuration, and sends one of them to a listener.
// Only the listed events must cause alerts.
func TestExamples(t *testing.T) {
	t.Parallel()
	const service = "Notification Service Production"
	expected := map[string]map[string]string{
		"health.yaml": {
			"health-changed": "🚧 Change in " + service + " health status", "health-crashed": "🛑 Change in " + service + " health status",
			"health-recovered": "✅ Change in " + service + " health status (recovered)", "created-crashed": "🛑 Change in " + service + " health status",
		},
		"cpu-high.yaml":        {"cpu-crossed": "CPU of " + service + " is 91.5%", "health-changed": "CPU of " + service + " is 91.5%"},
		"created-crashed.yaml": {"created-crashed": service + " was created and is Crashed"},
		"timer-expired.yaml":   {"timer-expired": "The time of Preview 142 is up"},
		"deleted.yaml":         {"deleted": "Notification Service was deleted"},
		"two-teams.yaml":       {"health-crashed": "🛑 Change in " + service + " health status"},
		"custom-message.yaml":  {"health-crashed": "🔥 " + service + " has crashed", "created-crashed": "🔥 " + service + " has crashed"},
		"listener.yaml": {
			"health-changed": "🚧 Change in " + service + " health status", "health-crashed": "🛑 Change in " + service + " health status",
			"health-recovered": "✅ Change in " + service + " health status (recovered)", "created-crashed": "🛑 Change in " + service + " health status",
			"cpu-crossed": "CPU of " + service + " is 91.5%",
		},
	}
	configurations, err := filepath.Glob(examples + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	events, err := filepath.Glob(examples + "/events/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range configurations {
		name := filepath.Base(path)
		if slices.Contains([]string{"kubernetes.yaml", "kubernetes-standalone.yaml", "kustomization.yaml", "prometheus-rules.yaml", "prometheus-rules.test.yaml"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if expected[name] == nil {
				t.Fatal("nobody says what becomes of events with this configuration")
			}
			payments, search := newChannel(t), newChannel(t)
			environment := exampleEnvironment(payments, search)
			if got := execute(t, environment, "-config", absolute(t, name), "-check-config"); got.code != 0 || got.stderr != "" {
				t.Errorf("-check-config: %+v", got)
			}
			for _, event := range events {
				event := strings.TrimSuffix(filepath.Base(event), ".json")
				got := inProcess("render", "-config", absolute(t, name), "-event", absolute(t, "events/"+event+".json"))
				want := expected[name][event]
				if got.code != 0 || want == "" && strings.Contains(got.stdout, "As Slack displays it") || want != "" && !strings.Contains(got.stdout, "\n    "+want+"\n") {
					t.Errorf("%s is rendered as %+v\nwant %q", event, got, want)
				}
			}
			running := startListener(t, environment, "-config", absolute(t, name))
			defer running.stop(t)
			// Slack accepts one message a second, so only one of them is sent.
			event := slices.Min(slices.Collect(maps.Keys(expected[name])))
			running.send(t, absolute(t, "events/"+event+".json"))
			if got, _, _ := strings.Cut(payments.next(t), "\n"); got != expected[name][event] {
				t.Errorf("%s is reported as %q, want %q", event, got, expected[name][event])
			}
			if len(search.messages) > 0 {
				t.Errorf("the other team receives %s", <-search.messages)
			}
		})
	}
}

// inProcess runs a command within the test process, for frequent calls.
func inProcess(arguments ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(arguments, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}
