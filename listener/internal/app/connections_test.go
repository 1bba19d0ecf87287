package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a net.Listener with in-memory connections, for tests with fake time.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.dialed:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial opens a connection and sends something.
func (p *pipes) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	p.dialed <- far
	if _, err := io.WriteString(near, text); err != nil {
		t.Fatalf("nobody reads it: %v", err)
	}
	t.Cleanup(func() { _ = near.Close() })
	synctest.Wait()
	return near
}

// serveOf serves a handler on a limited number of connections.
func serveOf(t *testing.T, limit int, handler http.HandlerFunc) *pipes {
	t.Helper()
	listening := &pipes{dialed: make(chan net.Conn), closed: make(chan struct{})}
	running, limited := newServer(server{name: "public", handler: handler, connections: limit}, listening, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- running.Serve(limited) }()
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listening
}

// status reads the status of a response; 0 means that the connection was closed.
func status(t *testing.T, from net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

const probe = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func announce(length int) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length)
}

// TestUselessConnectionsBlockNobody fills the server with each kind of useless connection, and
// sends a request.
func TestUselessConnectionsBlockNobody(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{
		"nothing":             "",
		"half of the headers": "POST / HTTP/1.1\r\nHost",
		"no body":             announce(4 << 20),
		"a part of the body":  announce(4<<20) + "{",
		"an earlier request":  "idle",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				served := serveOf(t, 3, func(_ http.ResponseWriter, request *http.Request) { _, _ = io.ReadAll(request.Body) })
				var held []net.Conn
				for range 3 {
					if sent != "idle" {
						held = append(held, served.dial(t, sent))
						continue
					}
					client := served.dial(t, probe)
					if got := status(t, client); got != http.StatusOK {
						t.Fatalf("the status is %d", got)
					}
					held = append(held, client)
				}
				began := time.Now()
				if got := status(t, served.dial(t, probe)); got != http.StatusOK || time.Since(began) > 0 {
					t.Errorf("the status is %d after %s", got, time.Since(began))
				}
				if _, err := held[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("the oldest is not closed: %v", err)
				}
				if err := held[1].SetReadDeadline(time.Now()); err != nil {
					t.Fatal(err)
				}
				if _, err := held[1].Read(make([]byte, 1)); errors.Is(err, io.EOF) {
					t.Error("the second is closed too")
				}
			})
		})
	}
}

// TestIdleConnectionsAreClosedBeforeOthers sends a body while there are younger idle connections.
func TestIdleConnectionsAreClosedBeforeOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		served := serveOf(t, 3, func(_ http.ResponseWriter, request *http.Request) { _, _ = io.ReadAll(request.Body) })
		sending := served.dial(t, announce(2))
		idle := served.dial(t, "")
		served.dial(t, "")
		if got := status(t, served.dial(t, probe)); got != http.StatusOK {
			t.Errorf("the status is %d", got)
		}
		if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the older of the idle ones is not closed: %v", err)
		}
		if _, err := io.WriteString(sending, "{}"); err != nil {
			t.Fatal(err)
		}
		if got := status(t, sending); got != http.StatusOK {
			t.Errorf("the response to the one with a body is %d", got)
		}
	})
}

// TestARequestInProgressIsNotClosed makes another connection wait for its turn.
func TestARequestInProgressIsNotClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		served := serveOf(t, 1, func(http.ResponseWriter, *http.Request) { <-ready })
		first := served.dial(t, probe)
		statuses := make(chan int)
		near, far := net.Pipe()
		served.dialed <- far
		go func() {
			_, _ = io.WriteString(near, probe)
			statuses <- status(t, near)
		}()
		synctest.Wait()
		select {
		case got := <-statuses:
			t.Errorf("the response to the second is %d while the first is at work", got)
		default:
		}
		close(ready)
		if got := status(t, first); got != http.StatusOK {
			t.Errorf("the response to the first is %d", got)
		}
		if got := <-statuses; got != http.StatusOK {
			t.Errorf("the response to the second is %d", got)
		}
	})
}

// TestABodyMustArriveInTime sends bodies at several rates.
func TestABodyMustArriveInTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// each bytes are sent every second, until length bytes are sent.
		length, each int
		arrives      bool
		within       time.Duration
	}{
		{"nothing", 4 << 20, 0, false, 5 * time.Second},
		{"a byte a second", 4 << 20, 1, false, 6 * time.Second},
		{"a little below the rate", 4 << 20, 48 << 10, false, 25 * time.Second},
		{"at the rate, for longer than a response may take", 8 << 20, 64 << 10, true, 130 * time.Second},
		{"at once", 4 << 20, 4 << 20, true, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failed := make(chan error, 1)
				served := serveOf(t, 1, func(_ http.ResponseWriter, request *http.Request) {
					_, err := io.Copy(io.Discard, request.Body)
					failed <- err
				})
				sender := served.dial(t, announce(test.length))
				began, over := time.Now(), make(chan struct{})
				go func() {
					second := time.NewTicker(time.Second)
					defer second.Stop()
					for sent := 0; sent < test.length; sent += test.each {
						if _, err := io.WriteString(sender, strings.Repeat(" ", min(test.each, test.length-sent))); err != nil {
							return
						}
						if test.each == 0 {
							return
						}
						select {
						case <-second.C:
						case <-over:
						}
					}
				}()
				err := <-failed
				if took := time.Since(began); (err == nil) != test.arrives || took > test.within {
					t.Errorf("after %s: %v", took, err)
				}
				if test.arrives {
					if got := status(t, sender); got != http.StatusOK {
						t.Errorf("the status is %d", got)
					}
				}
				close(over)
				_ = sender.Close()
				synctest.Wait()
			})
		})
	}
}

// TestAServerClosesWhileAConnectionWaits checks that stopping does not wait for a free connection.
func TestAServerClosesWhileAConnectionWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		served := serveOf(t, 1, func(http.ResponseWriter, *http.Request) { <-ready })
		served.dial(t, probe)
		_, far := net.Pipe()
		served.dialed <- far
		synctest.Wait()
		t.Cleanup(func() { close(ready) })
	})
}
