package queue_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestAnUnsuitableClusterIsRefused checks what Open says about servers on which
// the listener would fail later.
func TestAnUnsuitableClusterIsRefused(t *testing.T) {
	t.Parallel()
	withoutJetStream, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, MaxPayload: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	withoutJetStream.Start()
	t.Cleanup(withoutJetStream.Shutdown)
	if !withoutJetStream.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	taken := startServer(t, 0)
	conn, err := nats.Connect(taken.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"others"}}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		external queue.External
		want     string
	}{
		{"a small payload limit", queue.External{URL: startServer(t, 1<<20).ClientURL(), Replicas: 1}, "raise max_payload there, or lower webhook.max_body here"},
		{"one server for three replicas", queue.External{URL: startServer(t, 0).ClientURL(), Replicas: 3}, "cannot keep 3 replicas; set store.nats.replicas"},
		{"no JetStream", queue.External{URL: withoutJetStream.ClientURL(), Replicas: 1}, "no JetStream for this account"},
		{"a stream of somebody else", queue.External{URL: taken.ClientURL(), Replicas: 1}, "the stream EVENTS exists and is not the listener's"},
		{"nobody there", queue.External{URL: "nats://127.0.0.1:1", Replicas: 1}, "connecting to the event store"},
		{"credentials that are not there", queue.External{URL: taken.ClientURL(), Replicas: 1, CredentialsFile: "/no/such/file"}, "connecting to the event store"},
		{"a certificate that is not there", queue.External{URL: taken.ClientURL(), Replicas: 1, CAFile: "/no/such/file"}, "connecting to the event store"},
		{"a URL that is none", queue.External{URL: "nats://user:hunter2@[::1", Replicas: 1}, "connecting to the event store"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			options := withDir("")
			options.External = test.external
			opened, err := queue.Open(t.Context(), options)
			if err == nil {
				closeQueue(t, opened)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}

// TestAPasswordIsAccepted connects with credentials in the URL.
func TestAPasswordIsAccepted(t *testing.T) {
	t.Parallel()
	guarded, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, MaxPayload: 8 << 20, JetStream: true, StoreDir: t.TempDir(),
		Username: "listener", Password: "hunter2",
	})
	if err != nil {
		t.Fatal(err)
	}
	guarded.Start()
	t.Cleanup(func() {
		guarded.Shutdown()
		guarded.WaitForShutdown()
	})
	if !guarded.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	address, err := url.Parse(guarded.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("listener", "hunter2")
	options := withDir("")
	options.External = queue.External{URL: address.String(), Replicas: 1}
	opened := open(t, options)
	defer closeQueue(t, opened)
	store(t, opened, "one")

	address.User = url.UserPassword("listener", "wrong-password")
	options.External.URL = address.String()
	if opened, err := queue.Open(t.Context(), options); err == nil || strings.Contains(err.Error(), "wrong-password") {
		t.Errorf("a wrong password: %v", err)
		if err == nil {
			closeQueue(t, opened)
		}
	}
}
