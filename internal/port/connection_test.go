package port_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/port-changelog/terraform-provider-port/internal/port"
)

// These tests use real connections; the others replace the transport.

// served returns a handler that passes requests to a fake Port.
func served(fake *fakePort) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fake.mutex.Lock()
		defer fake.mutex.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fake.serve(w, r)
	}
}

func connect(tb testing.TB, address string, options ...port.Option) *port.Client {
	tb.Helper()
	client, err := port.New(address, append(options, port.WithCredentials(testClientID, testClientSecret))...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

func TestOverARealConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(served(newFakePort()))
	t.Cleanup(server.Close)
	client := connect(t, server.URL)
	want(t, get(t.Context(), client), nil)
	want(t, create(t.Context(), client), nil)
	want(t, create(t.Context(), client), port.ErrExists)
	want(t, remove(t.Context(), client), nil)
	want(t, get(t.Context(), client), port.ErrNotFound)
}

func TestCustomCA(t *testing.T) {
	t.Parallel()
	var handshakes atomic.Int32
	server := httptest.NewUnstartedServer(served(newFakePort()))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			handshakes.Add(1)
		}
	}
	// The failed handshake below is expected, so it need not be logged.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)

	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	want(t, get(t.Context(), connect(t, server.URL, port.WithRootCAs(pool))), nil)

	handshakes.Store(0)
	err := get(t.Context(), connect(t, server.URL))
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("error = %v, want an unknown authority", err)
	}
	if got := handshakes.Load(); got != 1 {
		t.Errorf("tried %d times, want 1: another attempt would fail as well", got)
	}
}

func TestServerWithoutTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(served(newFakePort()))
	t.Cleanup(server.Close)
	err := get(t.Context(), connect(t, strings.Replace(server.URL, "http:", "https:", 1)))
	var failed *port.TransportError
	if !errors.As(err, &failed) || failed.Attempts != 1 || failed.Sent {
		t.Errorf("error = %#v, want one attempt that sent nothing", err)
	}
}

// proxyVariable marks the child process of TestProxyFromTheEnvironment.
const proxyVariable = "PORT_TEST_BEHIND_PROXY"

// net/http reads the environment once per process, so the client behind the proxy needs its own
// process.
func TestProxyFromTheEnvironment(t *testing.T) {
	t.Parallel()
	if os.Getenv(proxyVariable) != "" {
		want(t, get(t.Context(), connect(t, "http://port.invalid")), nil)
		return
	}
	fake := newFakePort()
	var hosts atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts.Store(r.URL.Host)
		served(fake)(w, r)
	}))
	t.Cleanup(proxy.Close)

	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyFromTheEnvironment$")
	child.Env = append(os.Environ(), proxyVariable+"=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if output, err := child.CombinedOutput(); err != nil {
		t.Fatalf("the client behind the proxy failed: %v\n%s", err, output)
	}
	if got := hosts.Load(); got != "port.invalid" {
		t.Errorf("the proxy got a request for %v, want port.invalid", got)
	}
}

// brokenServer accepts connections and handles each with the next function; the last one handles
// all that follow.
func brokenServer(t *testing.T, ways ...func(net.Conn)) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			ways[min(int(connections.Add(1)), len(ways))-1](connection)
			connection.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), connections
}

// closeUnread closes a connection before the request has been read.
func closeUnread(net.Conn) {}

// closeRead reads a request and closes the connection.
func closeRead(connection net.Conn) {
	_, _ = io.ReadAtLeast(connection, make([]byte, 4096), 16)
}

// respondHalf reads a request and sends a body shorter than its Content-Length.
func respondHalf(connection net.Conn) {
	closeRead(connection)
	fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"ok\":true")
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	cases := map[string]func(net.Conn){
		"closed before the request":  closeUnread,
		"closed after the request":   closeRead,
		"closed within the response": respondHalf,
	}
	for name, way := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, connections := brokenServer(t, way)
			client, err := port.New(address, port.WithToken("token"), port.WithMaxRetries(0))
			want(t, err, nil)
			_, err = client.Migrations.Create(t.Context(), &port.CreateMigration{})
			want(t, err, port.ErrOutcomeUnknown)
			if got := connections.Load(); got != 1 {
				t.Errorf("connected %d times, want 1", got)
			}
		})
	}
}

func TestCreateWithoutServerHasAKnownOutcome(t *testing.T) {
	t.Parallel()
	// Nothing can listen on port 0.
	client, err := port.New("http://127.0.0.1:0", port.WithToken("token"), port.WithMaxRetries(1))
	want(t, err, nil)
	_, err = client.Migrations.Create(t.Context(), &port.CreateMigration{})
	var failed *port.TransportError
	if !errors.As(err, &failed) || errors.Is(err, port.ErrOutcomeUnknown) || failed.Sent || failed.Attempts != 2 {
		t.Errorf("error = %#v, want two attempts that sent nothing", err)
	}
}
