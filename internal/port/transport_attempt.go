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

// maxAnswer is the default for the most bytes of an answer.
const maxAnswer = 64 << 20

// ErrAnswerTooLong means that an answer has more bytes than the client takes; see [WithMaxAnswer].
var ErrAnswerTooLong = errors.New("the answer is too long")

var errAnswerBroken = errors.New("the answer broke off")

// attemptError is the failure of one HTTP request without a whole answer.
type attemptError struct {
	err error
	// sent says that the request may have left.
	sent bool
	// permanent says that another attempt would fail as well.
	permanent bool
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// attemptTransport sends one HTTP request and reads the answer whole, within a timeout. Reading here makes an answer
// that breaks off a failure of the attempt, like one that never came, and frees the connection. All its errors are
// [*attemptError].
type attemptTransport struct {
	base    http.RoundTripper
	timeout time.Duration
	// lingers says that a request that has left when its context ends may still be answered; see [Linger].
	lingers bool
	// maxAnswer is the most bytes of an answer, uncompressed.
	maxAnswer int64
}

// RoundTrip implements [http.RoundTripper].
func (t *attemptTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // A transport closes the body also when it fails; ours lies in memory.
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
		failed.err = fmt.Errorf("no whole answer within %s: %w", t.timeout, context.DeadlineExceeded)
	}
	return nil, failed
}

// limit is the time that an attempt has. One that lingers ends with the caller's context only while nothing has left.
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

// readWhole replaces the body of a response by its content.
func (t *attemptTransport) readWhole(response *http.Response) error {
	defer func() { _ = response.Body.Close() }() // Whether the content is whole, reading has told.
	content, err := io.ReadAll(io.LimitReader(response.Body, t.maxAnswer+1))
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswerBroken, err)
	}
	if int64(len(content)) > t.maxAnswer {
		return fmt.Errorf("%w: more than %d bytes", ErrAnswerTooLong, t.maxAnswer)
	}
	if isBrokenJSON(response, content) {
		return errAnswerBroken
	}
	response.Body = io.NopCloser(bytes.NewReader(content))
	return nil
}

// isBrokenJSON detects an answer that was cut off where HTTP cannot tell, for example by a proxy.
func isBrokenJSON(response *http.Response, content []byte) bool {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode < http.StatusMultipleChoices && mediaType == "application/json" &&
		len(content) > 0 && !json.Valid(content)
}

// connectionTrace observes whether a request got a connection. Its fields are set from other goroutines.
type connectionTrace struct {
	asked atomic.Bool
	got   atomic.Bool
}

func (t *connectionTrace) observe(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// mayHaveLeft says whether any byte of a request that is under way may have left. A transport that does not tell about
// its connections is given the benefit of the doubt.
func (t *connectionTrace) mayHaveLeft() bool { return !t.asked.Load() || t.got.Load() }

// mayHaveSent says whether any byte of a request that failed may have left: not without a connection. A transport
// that does not tell about its connections is given the benefit of the doubt unless it failed to dial.
func (t *connectionTrace) mayHaveSent(err error) bool {
	if t.asked.Load() {
		return t.got.Load()
	}
	var operation *net.OpError
	return !errors.As(err, &operation) || operation.Op != "dial"
}

// isPermanent says whether an error is one of configuration: an untrusted certificate, a server without TLS, an
// answer that is too long.
func isPermanent(err error) bool {
	var (
		untrusted *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		record    tls.RecordHeaderError
	)
	return errors.Is(err, ErrAnswerTooLong) || errors.As(err, &untrusted) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &record)
}
