package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Time limits for a body: after bodyGrace, it must arrive at slowestBody bytes per second. A slower
// sender is broken or hostile.
const (
	bodyGrace   = 5 * time.Second
	slowestBody = 64 << 10
)

// use is the state of an open connection. A lower value is closed first.
type use int

const (
	// useNothing means that no request is in progress.
	useNothing use = iota
	// useArriving means that the body of a request is arriving.
	useArriving
	// useHandling means that a complete request is being handled.
	useHandling
)

// connections is a net.Listener with a limited number of open connections. To accept one more, it
// closes the one that has been idle longest, so that a client with many idle connections cannot
// block others.
type connections struct {
	net.Listener
	limit int

	mu   sync.Mutex
	open map[*connection]struct{}
	// uses counts state changes, to order connections by their last change.
	uses    uint64
	changed *sync.Cond
	closed  bool
}

func limitConnections(listener net.Listener, limit int) *connections {
	limited := &connections{Listener: listener, limit: limit, open: make(map[*connection]struct{})}
	limited.changed = sync.NewCond(&limited.mu)
	return limited
}

// connection is an open connection with its state.
type connection struct {
	net.Conn
	among *connections
	use   use
	since uint64
}

// Accept implements net.Listener.
func (c *connections) Accept() (net.Conn, error) {
	accepted, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	created := &connection{Conn: accepted, among: c}
	if !c.add(created) {
		_ = accepted.Close()
		return nil, net.ErrClosed
	}
	return created, nil
}

// add makes room for a connection. It waits while all connections are in use, and returns false if
// the listener is closed.
func (c *connections) add(created *connection) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.limit && !c.closed {
		if least := c.least(); least != nil {
			delete(c.open, least)
			_ = least.Conn.Close()
		} else {
			c.changed.Wait()
		}
	}
	c.uses++
	created.since = c.uses
	c.open[created] = struct{}{}
	return !c.closed
}

// least returns the connection to close first, or nil if all are in use.
func (c *connections) least() *connection {
	var least *connection
	for candidate := range c.open {
		if candidate.use == useHandling {
			continue
		}
		if least == nil || candidate.use < least.use || candidate.use == least.use && candidate.since < least.since {
			least = candidate
		}
	}
	return least
}

// Close implements net.Listener.
func (c *connections) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.changed.Broadcast()
	return c.Listener.Close()
}

// note is the ConnState hook of http.Server. It records when a connection becomes idle.
func (c *connections) note(of net.Conn, state http.ConnState) {
	if noted := unwrap(of); state == http.StateIdle {
		noted.used(useNothing)
	}
}

func unwrap(wrapped net.Conn) *connection {
	if secured, ok := wrapped.(*tls.Conn); ok {
		wrapped = secured.NetConn()
	}
	unwrapped, _ := wrapped.(*connection)
	return unwrapped
}

// used records the new state of the connection.
func (c *connection) used(use use) {
	c.among.mu.Lock()
	c.among.uses++
	c.use, c.since = use, c.among.uses
	c.among.mu.Unlock()
	c.among.changed.Broadcast()
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.among.mu.Lock()
	delete(c.among.open, c)
	c.among.mu.Unlock()
	c.among.changed.Broadcast()
	return c.Conn.Close()
}

// connectionKey is the context key of the connection of a request.
type connectionKey struct{}

func withConnection(ctx context.Context, of net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, unwrap(of))
}

// pace sets a deadline for the body of each request that depends on the bytes received.
func pace(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		on, _ := request.Context().Value(connectionKey{}).(*connection)
		if request.Body == http.NoBody {
			on.used(useHandling)
		} else {
			on.used(useArriving)
			request.Body = &pacedBody{ReadCloser: request.Body, on: on, left: bodyGrace}
		}
		handler.ServeHTTP(response, request)
	})
}

// pacedBody is a body that must arrive in time. Only the time spent in Read counts.
type pacedBody struct {
	io.ReadCloser
	on *connection
	// left is the remaining time.
	left time.Duration
}

func (b *pacedBody) Read(into []byte) (int, error) {
	began := time.Now()
	if err := b.on.SetReadDeadline(began.Add(b.left)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(into)
	b.left += time.Duration(n)*time.Second/slowestBody - time.Since(began)
	if errors.Is(err, io.EOF) {
		b.on.used(useHandling)
		// The deadline for the body does not apply to the response.
		_ = b.on.SetReadDeadline(time.Time{})
		_ = b.on.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
	return n, err
}
