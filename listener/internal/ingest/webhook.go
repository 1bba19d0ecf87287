// Package ingest receives Port's events and stores them. It holds the sources:
// the webhook, which the application serves, and Smee, which it runs.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/sync/semaphore"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

// drainLimit is how much of a body that is too large is read to its end.
const drainLimit = 16 << 20

// retryAfter is what a sender is asked to wait when an event cannot be stored.
const retryAfter = 10 * time.Second

// Bodies that are being read or stored share this many bytes of memory; a request
// beyond them waits for its share, but not for long.
const (
	bodyMemory = 128 << 20
	memoryWait = 5 * time.Second
)

// Options describe a webhook.
type Options struct {
	// Path is where events are posted.
	Path string
	// MaxBody is the size of the largest body, in bytes.
	MaxBody  int64
	Verifier Verifier
	Store    Store
	Recorder Recorder
	Logger   *slog.Logger
}

// Webhook takes events over HTTP. It answers once an event is stored, and never
// waits for anything that happens to the event after that.
type Webhook struct {
	options Options
	intake  intake
	memory  *semaphore.Weighted
}

// NewWebhook returns a webhook.
func NewWebhook(options Options) *Webhook {
	return &Webhook{
		options: options,
		intake:  intake{verifier: options.Verifier, store: options.Store, recorder: options.Recorder, logger: options.Logger},
		memory:  semaphore.NewWeighted(bodyMemory),
	}
}

// Register adds the webhook's route.
func (w *Webhook) Register(router *mux.Router) {
	router.Handle(w.options.Path, w).Methods(http.MethodPost)
}

// ServeHTTP takes one event. The sender is told in one sentence what became of
// it, the log has the cause.
func (w *Webhook) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if err := w.receive(request); err != nil {
		w.reject(response, request, err)
		return
	}
	response.Header().Set("Content-Type", "text/plain; charset=utf-8")
	response.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(response, "The event is stored.\n")
}

// receive reads, verifies, parses and stores, in this order.
func (w *Webhook) receive(request *http.Request) error {
	release, err := w.reserve(request)
	if err != nil {
		return err
	}
	defer release()
	body, err := w.readBody(request)
	if err != nil {
		return err
	}
	timestamp := request.Header.Get(changelog.TimestampHeader)
	signature := strings.Join(request.Header.Values(changelog.SignatureHeader), " ")
	taken, err := w.intake.open(signature, timestamp, body)
	if err != nil {
		return err
	}
	return w.intake.keep(request.Context(), taken)
}

// reserve takes the memory that the body may need.
func (w *Webhook) reserve(request *http.Request) (release func(), err error) {
	share := w.options.MaxBody + 1
	if request.ContentLength >= 0 {
		share = min(share, request.ContentLength+1)
	}
	ctx, cancel := context.WithTimeout(request.Context(), memoryWait)
	defer cancel()
	if err := w.memory.Acquire(ctx, share); err != nil {
		return nil, &refusal{metrics.ResultUnavailable, http.StatusServiceUnavailable, busyText, errors.New("too many events arrive at a time")}
	}
	return func() { w.memory.Release(share) }, nil
}

func (w *Webhook) readBody(request *http.Request) ([]byte, error) {
	encoding := strings.Join(request.Header.Values("Content-Encoding"), ",")
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, &refusal{
			metrics.ResultUnsupported, http.StatusUnsupportedMediaType, "The body must be sent without a content encoding.",
			errors.New("the body has a content encoding"),
		}
	}
	if request.ContentLength > w.options.MaxBody {
		return nil, w.tooLarge(request)
	}
	body, err := io.ReadAll(io.LimitReader(request.Body, w.options.MaxBody+1))
	if err != nil {
		return nil, &refusal{metrics.ResultInvalid, http.StatusBadRequest, "The body could not be read.", err}
	}
	if int64(len(body)) > w.options.MaxBody {
		return nil, w.tooLarge(request)
	}
	return body, nil
}

// tooLarge reads on for a while without keeping anything: a sender that is still
// writing would find its connection reset, and never see the answer.
func (w *Webhook) tooLarge(request *http.Request) error {
	_, _ = io.CopyN(io.Discard, request.Body, drainLimit)
	return &refusal{
		metrics.ResultTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", w.options.MaxBody),
		errors.New("the body is too large"),
	}
}

func (w *Webhook) reject(response http.ResponseWriter, request *http.Request, err error) {
	answer := w.intake.refuse(err)
	level := slog.LevelWarn
	if answer.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if answer.status == http.StatusServiceUnavailable {
		response.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	w.options.Logger.Log(request.Context(), level, "event rejected", "status", answer.status, "cause", answer.cause, "from", request.RemoteAddr)
	http.Error(response, answer.sentence, answer.status)
}
