// Package ingest receives Port's events and stores them. It implements the sources: the webhook,
// Port's audit log, and Smee.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// drainLimit is how much of a refused body is still read.
const drainLimit = 16 << 20

// retryAfter is the Retry-After of an event that cannot be stored now.
const retryAfter = 10 * time.Second

// memoryWait is how long an event waits for memory.
const memoryWait = 20 * time.Second

// Options configure a webhook.
type Options struct {
	// Path is the path that events are posted to.
	Path string
	// MaxBody is the size of the largest body, in bytes.
	MaxBody  int64
	Verifier Verifier
	Store    Store
	Memory   *budget.Memory
	Recorder Recorder
	// Arrivals may be nil.
	Arrivals *arrivals.Log
	Logger   *slog.Logger
}

// Webhook receives events over HTTP. It responds as soon as an event is stored.
type Webhook struct {
	options Options
	intake  *intake
}

// NewWebhook returns a webhook.
func NewWebhook(options Options) *Webhook {
	return &Webhook{options: options, intake: &intake{
		source: SourceWebhook, verifier: options.Verifier, store: options.Store, memory: options.Memory, recorder: options.Recorder, arrivals: options.Arrivals, logger: options.Logger,
	}}
}

// Register adds the route of the webhook.
func (w *Webhook) Register(router *mux.Router) {
	router.Handle(w.options.Path, w).Methods(http.MethodPost)
}

// ServeHTTP receives one event. The response is one sentence; only the log contains the cause.
func (w *Webhook) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	origin, err := w.receive(request)
	if err != nil {
		w.reject(response, request, err)
		return
	}
	response.Header().Set("Content-Type", "text/plain; charset=utf-8")
	response.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(response, responseTo(origin)) //nolint:gosec // It is plain text, and the request was signed.
}

// responseTo returns the response to a stored event. For a test event it contains the identifier,
// which proves to the sender that a listener with the same secret has read the event.
func responseTo(origin queue.Origin) string {
	if origin.Resource == changelog.ResourceTest {
		return TestResponse(origin.Entity)
	}
	return "The event is stored.\n"
}

// TestResponse returns the response to a test event with the given entity identifier.
func TestResponse(identifier string) string { return "The test event " + identifier + " is stored.\n" }

// receive reads, verifies, parses and stores an event. It does not parse the body if the headers
// cannot be valid.
func (w *Webhook) receive(request *http.Request) (queue.Origin, error) {
	timestamp := request.Header.Get(changelog.TimestampHeader)
	signature := strings.Join(request.Header.Values(changelog.SignatureHeader), " ")
	if err := w.intake.checkHeaders(signature, timestamp); err != nil {
		drain(request)
		return queue.Origin{}, err
	}
	held := w.options.Memory.Body()
	defer held.Release()
	body, err := w.readBody(request, held)
	if err != nil {
		return queue.Origin{}, err
	}
	ctx, cancel := context.WithTimeout(request.Context(), memoryWait)
	defer cancel()
	verified, err := w.intake.open(ctx, signature, timestamp, body)
	if err != nil {
		return queue.Origin{}, err
	}
	return verified.stored.Origin, w.intake.save(request.Context(), verified)
}

// readBody reserves memory as the body arrives, not for the announced length.
func (w *Webhook) readBody(request *http.Request, held *budget.Body) ([]byte, error) {
	encoding := strings.Join(request.Header.Values("Content-Encoding"), ",")
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, unsigned(
			metrics.ResultUnsupported, http.StatusUnsupportedMediaType, "The body must be sent without a content encoding.",
			errors.New("the body has a content encoding"),
		)
	}
	limit := w.options.MaxBody + 1
	if request.ContentLength >= 0 {
		limit = min(limit, request.ContentLength+1)
	}
	ctx, cancel := context.WithTimeout(request.Context(), memoryWait)
	defer cancel()
	body := make([]byte, 0, min(limit, budget.FreeBody))
	for request.ContentLength <= w.options.MaxBody {
		n, err := request.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > w.options.MaxBody:
			return nil, w.tooLarge(request)
		case errors.Is(err, io.EOF):
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, unsigned(metrics.ResultInvalid, http.StatusRequestTimeout, "The body arrives too slowly.", errors.New("the body arrives too slowly"))
		case err != nil:
			return nil, unsigned(metrics.ResultInvalid, http.StatusBadRequest, "The body could not be read.", err)
		case len(body) < cap(body):
			continue
		}
		size := min(2*int64(cap(body)), limit)
		if err := held.Grow(ctx, size); err != nil {
			drain(request)
			return nil, errTooMany()
		}
		body = append(make([]byte, 0, size), body...)
	}
	return nil, w.tooLarge(request)
}

func (w *Webhook) tooLarge(request *http.Request) error {
	drain(request)
	return unsigned(
		metrics.ResultTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", w.options.MaxBody),
		errors.New("the body is too large"),
	)
}

// drain discards the rest of a body up to drainLimit. Otherwise, the connection of a sender that is
// still writing would be reset, and it would never see the response.
func drain(request *http.Request) { _, _ = io.CopyN(io.Discard, request.Body, drainLimit) }

func (w *Webhook) reject(response http.ResponseWriter, request *http.Request, err error) {
	failure := w.intake.refuse(err, request.RemoteAddr)
	level := slog.LevelWarn
	if failure.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if failure.status == http.StatusServiceUnavailable {
		response.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	w.intake.log(request.Context(), level, failure, "status", failure.status, "cause", failure.cause, "from", request.RemoteAddr)
	http.Error(response, failure.sentence, failure.status)
}
