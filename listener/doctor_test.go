package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestDoctor checks a running listener with Port and Slack, and again after its automation was
// deleted and its webhook removed.
func TestDoctor(t *testing.T) {
	t.Parallel()
	p := startPort(t)
	var dead atomic.Bool
	var messages atomic.Int32
	slack := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if body, _ := io.ReadAll(request.Body); string(body) != "{}" {
			messages.Add(1)
		}
		status, word := http.StatusBadRequest, "no_text"
		if dead.Load() {
			status, word = http.StatusNotFound, "no_service"
		}
		response.WriteHeader(status)
		_, _ = io.WriteString(response, word)
	}))
	defer slack.Close()
	variables := p.variables()
	variables["SLACK_WEBHOOK_URL"] = slack.URL + "/services/sEcReTtOkEn"
	l := startListener(t, variables, "-data-dir", t.TempDir())
	defer l.stop(t)
	if result := execute(t, variables, "setup", "-url", l.url, "-apply"); result.code != 0 {
		t.Fatalf("%+v", result)
	}

	got := execute(t, variables, "doctor")
	for _, line := range []string{
		"ok    configuration     Client secrets: 1. Destinations: default. Rules: health.\n",
		"ok    credentials       " + p.url + " accepts them\n",
		"ok    audit log         readable\n",
		"ok    automations       report_database reports changes of database\n",
		"ok    automations       report_deploymentConfig reports changes of deploymentConfig\n",
		"ok    webhook           the listener at " + l.url + " stored a test event\n",
		"ok    Slack, default    the webhook responds; nothing was posted\n",
	} {
		if !strings.Contains(got.stdout, line) {
			t.Errorf("there is no %q in\n%s", line, got.stdout)
		}
	}
	if got.code != 0 || got.stderr != "" || strings.Contains(got.stdout, "FAIL") {
		t.Errorf("%+v", got)
	}
	if _, counted := l.ask(t, http.MethodGet, "/metrics"); !strings.Contains(counted, `port_listener_events_received_total{result="test",source="webhook"} 1`) {
		t.Errorf("the test is not counted:\n%s", counted)
	}
	l.logged(t, `msg="event received".* action=TEST resource=listener_test`)

	dead.Store(true)
	if err := p.client.Actions.Delete(t.Context(), "report_database"); err != nil {
		t.Fatal(err)
	}
	got = execute(t, variables, "doctor", "-url", l.url)
	if got.code != 1 || got.stderr != "listener doctor: 2 checks failed\n" ||
		!strings.Contains(got.stdout, "FAIL  automations       no automation reports changes of database\n                        -> run listener setup -url "+l.url+" -apply") ||
		!strings.Contains(got.stdout, "FAIL  Slack, default    Slack rejects every message for this webhook (404 no_service)\n") {
		t.Errorf("%+v", got)
	}
	if sent := messages.Load(); sent > 0 {
		t.Errorf("Slack was sent %d messages", sent)
	}
}
