package queue_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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

// startCluster runs three NATS servers that know each other.
func startCluster(t *testing.T) []*server.Server {
	t.Helper()
	var servers []*server.Server
	var routes []*url.URL
	for range 3 {
		// A server of a cluster must know a route when it starts.
		free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: free.Addr().String()})
		_ = free.Close()
	}
	for i, route := range routes {
		port, err := strconv.Atoi(route.Port())
		if err != nil {
			t.Fatal(err)
		}
		running, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("node-", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
			MaxPayload: 8 << 20, JetStream: true, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		})
		if err != nil {
			t.Fatal(err)
		}
		running.Start()
		t.Cleanup(func() {
			running.Shutdown()
			running.WaitForShutdown()
		})
		servers = append(servers, running)
	}
	for _, running := range servers {
		if !running.ReadyForConnections(patience) {
			t.Fatal("a NATS server does not start")
		}
	}
	eventually(t, "the cluster has a leader", func() bool {
		for _, running := range servers {
			if running.JetStreamIsLeader() {
				return len(running.JetStreamClusterPeers()) == len(servers)
			}
		}
		return false
	})
	return servers
}

// TestACluster has three processes share a cluster of three servers. One process
// and one server die while events arrive; nothing may be lost, and whoever sends
// keeps its distance to whoever sent before.
func TestACluster(t *testing.T) {
	t.Parallel()
	if os.Getenv("LISTENER_SOAK") == "" {
		t.Skip("it takes a minute; run make soak")
	}
	servers := startCluster(t)
	var urls []string
	for _, running := range servers {
		urls = append(urls, running.ClientURL())
	}
	options := withDir("")
	options.Lease = 5 * time.Second
	options.External = queue.External{URL: strings.Join(urls, ","), Replicas: 3}

	var mu sync.Mutex
	told := map[string]int{}
	var sentAt []time.Time
	var senders []int
	const interval = 100 * time.Millisecond
	var instances []*queue.JetStream
	for i := range 3 {
		instance := open(t, options)
		t.Cleanup(func() { _ = instance.Close() })
		instances = append(instances, instance)
		background(t, func(ctx context.Context) { instance.Evaluate(ctx, to("a")) })
		background(t, func(ctx context.Context) {
			instance.Serve(ctx, "a", func(ctx context.Context, lane queue.Lane) error {
				for ctx.Err() == nil {
					// Whoever takes over waits as well, as the courier does.
					turn := time.NewTimer(interval)
					select {
					case <-turn.C:
					case <-ctx.Done():
						turn.Stop()
						return nil
					}
					item, found, err := lane.Peek(ctx, 0)
					if err != nil {
						return err
					}
					if !found {
						continue
					}
					sent, err := lane.Sent(ctx, item.Delivery)
					if err != nil {
						return err
					}
					if !sent && lane.Held().Err() == nil {
						mu.Lock()
						told[item.Identity]++
						sentAt, senders = append(sentAt, time.Now()), append(senders, i)
						mu.Unlock()
					}
					if err := lane.Finish(ctx, []queue.Item{item}); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	const events = 300
	for i := range events {
		if i == events/3 {
			mu.Lock()
			serving := senders[len(senders)-1]
			mu.Unlock()
			instances[serving].Sever()
			instances = append(instances[:serving], instances[serving+1:]...)
		}
		if i == 2*events/3 {
			servers[0].Shutdown()
		}
		eventually(t, "the event is acknowledged", func() bool {
			_, err := instances[i%len(instances)].Store(t.Context(), queue.Event{Identity: fmt.Sprint("event-", i), Body: []byte("{}")})
			return err == nil
		})
	}
	longer := time.After(3 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for count := 0; count < events; {
		select {
		case <-longer:
			t.Fatalf("%d of %d events were told", count, events)
		case <-tick.C:
		}
		mu.Lock()
		count = len(told)
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	repeated := 0
	for _, times := range told {
		repeated += times - 1
	}
	shortest := time.Hour
	for i := 1; i < len(sentAt); i++ {
		shortest = min(shortest, sentAt[i].Sub(sentAt[i-1]))
	}
	t.Logf("%d events, %d repeated, the shortest distance between two messages was %s", events, repeated, shortest)
	if repeated > 2 {
		t.Errorf("%d events were told again after two deaths", repeated)
	}
	if shortest < interval {
		t.Errorf("two messages were %s apart", shortest)
	}
}
