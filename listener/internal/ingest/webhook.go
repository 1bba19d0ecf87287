// Package ingest receives Port's events and stores them. It holds the sources,
// of which the webhook is the first; the application serves it.
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
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
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

// Store keeps events. It is the part of the queue that sources need.
type Store interface {
	// Store returns once the event is on disk, and reports whether it was there
	// already.
	Store(ctx context.Context, event queue.Event) (duplicate bool, err error)
}

// Verifier decides whether an event comes from Port, as changelog.Verifier does.
type Verifier interface {
	Verify(signature, timestamp string, body []byte) ([]byte, error)
}

// Recorder counts what arrives.
type Recorder interface {
	Received(result metrics.Result)
	SignatureFailed(reason changelog.Rejection)
}

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
	memory  *semaphore.Weighted
}

// NewWebhook returns a webhook.
func NewWebhook(options Options) *Webhook {
	return &Webhook{options: options, memory: semaphore.NewWeighted(bodyMemory)}
}

// Register adds the webhook's route.
func (w *Webhook) Register(router *mux.Router) {
	router.Handle(w.options.Path, w).Methods(http.MethodPost)
}

// ServeHTTP takes one event. The sender is told in one sentence what became of
// it, the log has the cause.
func (w *Webhook) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	result, err := w.receive(request)
	if err != nil {
		w.reject(response, request, err)
		return
	}
	w.options.Recorder.Received(result)
	response.Header().Set("Content-Type", "text/plain; charset=utf-8")
	response.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(response, "The event is stored.\n")
}

// receive reads, verifies, parses and stores, in this order.
func (w *Webhook) receive(request *http.Request) (metrics.Result, error) {
	release, err := w.reserve(request)
	if err != nil {
		return "", err
	}
	defer release()
	body, err := w.readBody(request)
	if err != nil {
		return "", err
	}
	timestamp := request.Header.Get(changelog.TimestampHeader)
	signature := strings.Join(request.Header.Values(changelog.SignatureHeader), " ")
	verified, err := w.options.Verifier.Verify(signature, timestamp, body)
	if err != nil {
		return "", w.unauthorized(err)
	}
	event, err := changelog.Parse(verified)
	if err != nil {
		return "", &refusal{metrics.ResultInvalid, http.StatusBadRequest, "The body is not a JSON object.", err}
	}
	return w.store(request.Context(), event, timestamp, verified)
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

func (w *Webhook) unauthorized(err error) error {
	if reason, ok := errors.AsType[changelog.Rejection](err); ok {
		w.options.Recorder.SignatureFailed(reason)
	}
	return &refusal{
		metrics.ResultUnauthorized, http.StatusUnauthorized,
		"The signature or its timestamp is missing, malformed, wrong or stale.", err,
	}
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

// store keeps the normalised event under its identity.
func (w *Webhook) store(ctx context.Context, event *changelog.Event, timestamp string, verified []byte) (metrics.Result, error) {
	identity, err := event.Identity(timestamp, verified)
	if err != nil {
		return "", err
	}
	document, err := changelog.Stringify(event.Document())
	if err != nil {
		return "", fmt.Errorf("serialising the event: %w", err)
	}
	stored := queue.Event{Identity: identity, Body: document}
	duplicate, err := w.options.Store.Store(ctx, stored)
	if errors.Is(err, queue.ErrTooLarge) {
		return "", &refusal{metrics.ResultTooLarge, http.StatusRequestEntityTooLarge, "The event is too large.", err}
	}
	if err != nil {
		return "", &refusal{metrics.ResultUnavailable, http.StatusServiceUnavailable, busyText, err}
	}
	w.options.Logger.InfoContext(ctx, "event received", "event", stored.ShortIdentity(), "duplicate", duplicate,
		"action", event.Action, "resource", event.ResourceType, "blueprint", event.Context.Blueprint, "entity", event.Context.Entity)
	if duplicate {
		return metrics.ResultDuplicate, nil
	}
	return metrics.ResultStored, nil
}

// busyText is the answer to an event that should be sent again.
const busyText = "The event cannot be stored now. Send it again later."

// refusal is an error with the answer to it.
type refusal struct {
	result metrics.Result
	status int
	// sentence is safe to be sent to anybody.
	sentence string
	cause    error
}

func (r *refusal) Error() string { return r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }

func (w *Webhook) reject(response http.ResponseWriter, request *http.Request, err error) {
	answer, ok := errors.AsType[*refusal](err)
	if !ok {
		answer = &refusal{metrics.ResultFailed, http.StatusInternalServerError, "The event could not be taken.", err}
	}
	w.options.Recorder.Received(answer.result)
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
