package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

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
	until(t, "the cluster has a leader", patience, func() bool {
		for _, running := range servers {
			if running.JetStreamIsLeader() {
				return len(running.JetStreamClusterPeers()) == len(servers)
			}
		}
		return false
	})
	return servers
}

// until waits for a condition.
func until(t *testing.T, what string, limit time.Duration, condition func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("still not: %s", what)
		case <-tick.C:
		}
	}
}

// strictSlack takes one message per interval, and counts those that came too
// early.
type strictSlack struct {
	*httptest.Server
	interval time.Duration

	mu       sync.Mutex
	last     time.Time
	shortest time.Duration
	early    int
	repeats  int
	told     map[string]bool
}

func newStrictSlack(t *testing.T, interval time.Duration) *strictSlack {
	t.Helper()
	strict := &strictSlack{interval: interval, shortest: time.Hour, told: map[string]bool{}}
	strict.Server = httptest.NewServer(strict)
	t.Cleanup(strict.Close)
	return strict
}

// ServeHTTP refuses a message that comes too early.
func (s *strictSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		// Its sender was killed.
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	since := now.Sub(s.last)
	s.shortest = min(s.shortest, since)
	if since < s.interval {
		s.early++
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	s.last = now
	repeated := false
	for _, named := range regexp.MustCompile(`(?:Change in |\*)(entity-\d+)`).FindAllStringSubmatch(message.Text, -1) {
		name := named[1]
		repeated = repeated || s.told[name]
		s.told[name] = true
	}
	if repeated {
		s.repeats++
	}
	_, _ = io.WriteString(w, "ok")
}

func (s *strictSlack) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.told)
}

// TestACluster has three listeners share nothing but the URL of a cluster of three
// servers. One listener and one server die while events arrive: nothing may be
// lost, and a message a second for the destination must still hold.
func TestACluster(t *testing.T) {
	t.Parallel()
	if !soak() {
		t.Skip("it takes a minute or two; run make soak")
	}
	servers := startCluster(t)
	var urls []string
	for _, running := range servers {
		urls = append(urls, running.ClientURL())
	}
	slack := newStrictSlack(t, time.Second)
	dir := t.TempDir()
	config := filepath.Join(dir, "listener.yaml")
	content := fmt.Sprintf("port: {client_secrets: [k7-client-secret]}\nstore: {nats: {url: %q, replicas: 3}}\ndestinations: {default: {webhook_url: %q, digest_after: 10s}}\n",
		strings.Join(urls, ","), slack.URL+"/services/x")
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var listeners []*mortal
	for range 3 {
		instance := &mortal{t: t, config: config, dir: dir}
		instance.start()
		t.Cleanup(instance.kill)
		listeners = append(listeners, instance)
	}
	const events = 300
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for number := range events {
		<-pace.C
		switch number {
		case events / 3:
			// The first that was started serves the destination.
			listeners[0].kill()
		case 2 * events / 3:
			servers[0].Shutdown()
		}
		alive := listeners
		if number >= events/3 {
			alive = listeners[1:]
		}
		alive[number%len(alive)].deliver(t.Context(), number)
	}
	until(t, "everything is told", 3*time.Minute, func() bool { return slack.count() == events })
	slack.mu.Lock()
	defer slack.mu.Unlock()
	t.Logf("%d events told; %d messages repeated something; the shortest distance between two was %s", events, slack.repeats, slack.shortest)
	if slack.early > 0 {
		t.Errorf("%d messages came too early", slack.early)
	}
	if slack.repeats > 2 {
		t.Errorf("%d messages repeated something after two deaths", slack.repeats)
	}
}
