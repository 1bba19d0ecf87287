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

// What a body may take to arrive: slowest is how many bytes of it must do so in a second, after the
// time that everybody has. A sender that is slower is broken or hostile.
const (
	bodyGrace   = 5 * time.Second
	slowestBody = 64 << 10
)

// use says what an open connection is used for. The less it is worth, the smaller.
type use int

const (
	// useNothing is that of a connection on which no request has arrived, or none since the last
	// was answered.
	useNothing use = iota
	// useArriving is that of a request whose body arrives.
	useArriving
	// useAnswering is that of a request that has arrived.
	useAnswering
)

// connections are the open connections of a server, of which there are only so many. When one more
// is made, the one that has been of no use for the longest is closed: whoever opens many and sends
// nothing keeps nobody out.
type connections struct {
	net.Listener
	limit int

	mu   sync.Mutex
	open map[*connection]struct{}
	// uses counts the changes of what connections are used for, to tell which was first.
	uses    uint64
	changed *sync.Cond
	closed  bool
}

func limitConnections(listener net.Listener, limit int) *connections {
	limited := &connections{Listener: listener, limit: limit, open: make(map[*connection]struct{})}
	limited.changed = sync.NewCond(&limited.mu)
	return limited
}

// connection is one of them.
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

// add makes room for a connection. It waits while all of them are being answered, and reports false
// when the listener is closed.
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

// least returns the connection that is worth the least, nil if all are needed.
func (c *connections) least() *connection {
	var least *connection
	for candidate := range c.open {
		if candidate.use == useAnswering {
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

// note is a hook of http.Server: it learns when a connection waits for a request.
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

// used notes what the connection is used for from now on.
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

// connectionKey is the key of the connection in the context of its requests.
type connectionKey struct{}

func withConnection(ctx context.Context, of net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, unwrap(of))
}

// pace gives the body of every request a time that depends on its length.
func pace(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		on, _ := request.Context().Value(connectionKey{}).(*connection)
		if request.Body == http.NoBody {
			on.used(useAnswering)
		} else {
			on.used(useArriving)
			request.Body = &pacedBody{ReadCloser: request.Body, on: on, left: bodyGrace}
		}
		handler.ServeHTTP(response, request)
	})
}

// pacedBody is a body that must arrive in time. Only the time counts that somebody waits for it.
type pacedBody struct {
	io.ReadCloser
	on *connection
	// left is how much time it has left.
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
		b.on.used(useAnswering)
		// The answer takes the time it takes, however long the body was on its way.
		_ = b.on.SetReadDeadline(time.Time{})
		_ = b.on.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
	return n, err
}
