package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

// newSmee starts a server with one channel, which relays an event to each client and then keeps the
// connection open. It returns the URL of the channel.
func newSmee(t *testing.T, event []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		timestamp := milliseconds()
		data, err := json.Marshal(map[string]any{
			changelog.TimestampHeader: timestamp, changelog.SignatureHeader: changelog.Sign(secret, timestamp, event), "body": json.RawMessage(event),
		})
		if err != nil {
			t.Error(err)
		}
		response.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(response, "event: ready\ndata: {}\n\ndata: %s\n\n", data)
		_ = http.NewResponseController(response).Flush()
		<-request.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL + "/hunter2-channel"
}

func TestAnEventThroughSmeeAlerts(t *testing.T) {
	t.Parallel()
	webhook := newSlack(t)
	event := strings.Join(strings.Fields(string(change("cart"))), "")
	described := options(t.TempDir(), webhook)
	described.Config.Smee.URL = config.NewSecret(newSmee(t, []byte(event)))
	l := startWith(t, described)
	webhook.expect(t, "cart")
	// An event from both sources is one change.
	l.accept(t, []byte(event))
	l.accept(t, change("shop"))
	webhook.expect(t, "shop")
	_, metrics := request(t, http.MethodGet, l.adminURL("/metrics"))
	for _, line := range []string{
		"port_listener_smee_connected 1\n", "port_listener_smee_reconnects_total 0\n",
		`port_listener_events_received_total{result="stored",source="smee"} 1`, `port_listener_events_received_total{result="stored",source="webhook"} 1`,
		`port_listener_events_received_total{result="duplicate",source="webhook"} 1`,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("the metrics do not hold %q", line)
		}
	}
	l.stop(t)
	log := l.log.String()
	if !strings.Contains(log, "Smee, which is for development only") || strings.Contains(log, "hunter2") {
		t.Errorf("the log reads\n%s", log)
	}
}

func TestWithoutSmeeItsMetricsAreAbsent(t *testing.T) {
	t.Parallel()
	l := start(t, t.TempDir(), newSlack(t))
	defer l.stop(t)
	if _, metrics := request(t, http.MethodGet, l.adminURL("/metrics")); strings.Contains(metrics, "listener_smee") {
		t.Errorf("the metrics hold those of Smee:\n%s", metrics)
	}
}
