package port

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxResponseSize is the default maximum size of a response in bytes.
const maxResponseSize = 64 << 20

// ErrResponseTooLarge means that a response exceeds the limit of [WithMaxResponseSize].
var ErrResponseTooLarge = errors.New("the response is too large")

var errResponseTruncated = errors.New("the response was truncated")

// attemptError is the failure of one HTTP request without a complete response.
type attemptError struct {
	err error
	// sent says that the request may have been sent.
	sent bool
	// permanent says that another attempt would fail as well.
	permanent bool
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// attemptTransport sends one HTTP request and reads the complete response within a timeout. Reading
// here makes a truncated response a failure of the attempt, like a missing one, and frees the
// connection. All its errors are [*attemptError].
type attemptTransport struct {
	base    http.RoundTripper
	timeout time.Duration
	// lingers says that a request already sent when its context ends may still complete; see
	// [Linger].
	lingers bool
	// maxResponseSize is the maximum size of a response in bytes, uncompressed.
	maxResponseSize int64
}

// RoundTrip implements [http.RoundTripper].
func (t *attemptTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // A transport must close the body even if it fails; ours is in memory.
		}
		return nil, &attemptError{err: err, permanent: true}
	}
	var trace connectionTrace
	ctx, cancel := t.limit(request.Context(), &trace)
	defer cancel()
	response, err := t.base.RoundTrip(request.WithContext(trace.observe(ctx)))
	if err == nil {
		err = t.readWhole(response)
	}
	if err == nil {
		return response, nil
	}
	failed := &attemptError{err: err, sent: trace.mayHaveSent(err), permanent: isPermanent(err)}
	switch {
	case request.Context().Err() != nil:
		failed.err = request.Context().Err()
	case ctx.Err() != nil:
		failed.err = fmt.Errorf("no complete response within %s: %w", t.timeout, context.DeadlineExceeded)
	}
	return nil, failed
}

// limit applies the timeout of an attempt. If the attempt lingers, the caller's context ends it
// only before it is sent.
func (t *attemptTransport) limit(caller context.Context, trace *connectionTrace) (context.Context, context.CancelFunc) {
	if !t.lingers {
		return context.WithTimeout(caller, t.timeout)
	}
	lingering, release := Linger(caller)
	ctx, cancel := context.WithTimeout(lingering, t.timeout)
	stop := context.AfterFunc(caller, func() {
		if !trace.mayHaveLeft() {
			cancel()
		}
	})
	return ctx, func() {
		stop()
		cancel()
		release()
	}
}

// readWhole reads the body of a response into memory.
func (t *attemptTransport) readWhole(response *http.Response) error {
	defer func() { _ = response.Body.Close() }() // Reading has already detected a truncated body.
	content, err := io.ReadAll(io.LimitReader(response.Body, t.maxResponseSize+1))
	if err != nil {
		return fmt.Errorf("%w: %w", errResponseTruncated, err)
	}
	if int64(len(content)) > t.maxResponseSize {
		return fmt.Errorf("%w: more than %d bytes", ErrResponseTooLarge, t.maxResponseSize)
	}
	if isBrokenJSON(response, content) {
		return errResponseTruncated
	}
	response.Body = io.NopCloser(bytes.NewReader(content))
	return nil
}

// isBrokenJSON detects a response that was truncated in a way that HTTP does not show, for example
// by a proxy.
func isBrokenJSON(response *http.Response, content []byte) bool {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode < http.StatusMultipleChoices && mediaType == "application/json" &&
		len(content) > 0 && !json.Valid(content)
}

// connectionTrace observes whether a request got a connection. Its fields are set from other
// goroutines.
type connectionTrace struct {
	requested atomic.Bool
	got       atomic.Bool
}

func (t *connectionTrace) observe(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.requested.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// mayHaveLeft reports whether any byte of a request in flight may have been sent. It is true for a
// transport without connection tracing.
func (t *connectionTrace) mayHaveLeft() bool { return !t.requested.Load() || t.got.Load() }

// mayHaveSent reports whether any byte of a failed request may have been sent, which requires a
// connection. For a transport without connection tracing it is true unless dialing failed.
func (t *connectionTrace) mayHaveSent(err error) bool {
	if t.requested.Load() {
		return t.got.Load()
	}
	var operation *net.OpError
	return !errors.As(err, &operation) || operation.Op != "dial"
}

// isPermanent reports whether a retry would fail as well: an untrusted certificate, a server
// without TLS, a response that is too large.
func isPermanent(err error) bool {
	var (
		untrusted *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		record    tls.RecordHeaderError
	)
	return errors.Is(err, ErrResponseTooLarge) || errors.As(err, &untrusted) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &record)
}
