// Package ingest receives Port's events and stores them. It holds the sources: the webhook, which
// the application serves, and Smee, which it runs.
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

// drainLimit is how much of a body that is too large is read to its end.
const drainLimit = 16 << 20

// retryAfter is what a sender is asked to wait when an event cannot be stored.
const retryAfter = 10 * time.Second

// memoryWait is how long an event waits for the memory that it needs.
const memoryWait = 20 * time.Second

// Options describe a webhook.
type Options struct {
	// Path is where events are posted.
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

// Webhook takes events over HTTP. It answers once an event is stored, and never waits for anything
// that happens to the event after that.
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

// Register adds the webhook's route.
func (w *Webhook) Register(router *mux.Router) {
	router.Handle(w.options.Path, w).Methods(http.MethodPost)
}

// ServeHTTP takes one event. The sender is told in one sentence what became of it, the log has the
// cause.
func (w *Webhook) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	origin, err := w.receive(request)
	if err != nil {
		w.reject(response, request, err)
		return
	}
	response.Header().Set("Content-Type", "text/plain; charset=utf-8")
	response.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(response, answerTo(origin)) //nolint:gosec // It is plain text, for whoever has signed it.
}

// answerTo says what became of an event. A test is named, so that whoever has sent it knows that a
// listener with the same secret has read it.
func answerTo(origin queue.Origin) string {
	if origin.Resource == changelog.ResourceTest {
		return TestAnswer(origin.Entity)
	}
	return "The event is stored.\n"
}

// TestAnswer is the answer to a test event, by the identifier of its entity.
func TestAnswer(identifier string) string { return "The test event " + identifier + " is stored.\n" }

// receive reads, verifies, parses and stores, in this order. What cannot be signed is not even
// read.
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
	taken, err := w.intake.open(ctx, signature, timestamp, body)
	if err != nil {
		return queue.Origin{}, err
	}
	return taken.stored.Origin, w.intake.keep(request.Context(), taken)
}

// readBody takes memory for a body as it arrives, not for what is announced.
func (w *Webhook) readBody(request *http.Request, held *budget.Body) ([]byte, error) {
	encoding := strings.Join(request.Header.Values("Content-Encoding"), ",")
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, unsigned(
			metrics.ResultUnsupported, http.StatusUnsupportedMediaType, "The body must be sent without a content encoding.",
			errors.New("the body has a content encoding"),
		)
	}
	most := w.options.MaxBody + 1
	if request.ContentLength >= 0 {
		most = min(most, request.ContentLength+1)
	}
	ctx, cancel := context.WithTimeout(request.Context(), memoryWait)
	defer cancel()
	body := make([]byte, 0, min(most, budget.FreeBody))
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
		size := min(2*int64(cap(body)), most)
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

// drain reads on for a while without keeping anything: a sender that is still writing would find
// its connection reset, and never see the answer.
func drain(request *http.Request) { _, _ = io.CopyN(io.Discard, request.Body, drainLimit) }

func (w *Webhook) reject(response http.ResponseWriter, request *http.Request, err error) {
	answer := w.intake.refuse(err, request.RemoteAddr)
	level := slog.LevelWarn
	if answer.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if answer.status == http.StatusServiceUnavailable {
		response.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	w.intake.log(request.Context(), level, answer, "status", answer.status, "cause", answer.cause, "from", request.RemoteAddr)
	http.Error(response, answer.sentence, answer.status)
}
