package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Verifier verifies the signature of an event.
type Verifier interface {
	// Verify returns the bytes that were signed: the body or its compact form. Its error is a
	// changelog.Rejection.
	Verify(signature, timestamp string, body []byte) ([]byte, error)
	// CheckHeaders returns an error if no body could verify with these headers. Its error is a
	// changelog.Rejection.
	CheckHeaders(signature, timestamp string) error
}

// Store is the part of the queue that sources need.
type Store interface {
	// Store returns once the event is on disk, and reports whether it was stored before.
	Store(ctx context.Context, event queue.Event) (duplicate bool, err error)
}

// Recorder counts received events.
type Recorder interface {
	Received(source string, result metrics.Result)
	SignatureFailed(reason changelog.Rejection)
}

// intake verifies, parses and stores the bytes of an event. All sources share it, so that they
// treat events the same.
type intake struct {
	// source is the name of the source.
	source     string
	verifier   Verifier
	store      Store
	memory     *budget.Memory
	recorder   Recorder
	arrivals   *arrivals.Log
	logger     *slog.Logger
	complaints complaints
}

// The names of the sources, which are stored with each event.
const (
	SourceWebhook  = metrics.SourceWebhook
	SourceSmee     = metrics.SourceSmee
	SourceAuditLog = metrics.SourceAuditLog
)

// parsedEvent is a verified and parsed event that is not stored yet.
type parsedEvent struct{ stored queue.Event }

// open verifies and then parses an event. forms are possible forms of the same body, most exact
// first; the first that verifies is used. It waits for memory until ctx ends.
func (i *intake) open(ctx context.Context, signature, timestamp string, forms ...[]byte) (*parsedEvent, error) {
	verified, err := i.verify(signature, timestamp, forms)
	if err != nil {
		return nil, err
	}
	release, err := i.memory.Decode(ctx, verified)
	if err != nil {
		return nil, errTooMany()
	}
	defer release()
	return i.decode(timestamp, verified)
}

func (i *intake) decode(timestamp string, verified []byte) (*parsedEvent, error) {
	event, err := changelog.Parse(verified)
	if err != nil {
		return nil, &refusal{result: metrics.ResultInvalid, status: http.StatusBadRequest, sentence: "The body is not a JSON object.", cause: err}
	}
	return i.newParsedEvent(event, event.Source(), timestamp, verified)
}

// newParsedEvent converts an event to the form in which it is stored.
func (i *intake) newParsedEvent(event *changelog.Event, source changelog.Source, timestamp string, body []byte) (*parsedEvent, error) {
	identity, err := event.Identify(source, timestamp, body)
	if err != nil {
		return nil, err
	}
	document, err := changelog.Stringify(event.Document())
	if err != nil {
		return nil, fmt.Errorf("serialising the event: %w", err)
	}
	return &parsedEvent{queue.Event{
		Identity: identity.Report, Body: document,
		Report: queue.Report{Source: string(identity.Source), Change: identity.Change, Properties: identity.Properties},
		Origin: queue.Origin{
			Source: i.source,
			Action: strings.Clone(event.Action), Resource: strings.Clone(event.ResourceType),
			Blueprint: strings.Clone(event.Context.Blueprint), Entity: strings.Clone(event.Context.Entity),
		},
	}}, nil
}

// checkHeaders refuses headers with which no body could verify.
func (i *intake) checkHeaders(signature, timestamp string) error {
	if err := i.verifier.CheckHeaders(signature, timestamp); err != nil {
		return i.unauthorized(err)
	}
	return nil
}

// verify returns the first form that verifies. If none does, the error is that of the first form.
func (i *intake) verify(signature, timestamp string, forms [][]byte) ([]byte, error) {
	var failure error
	for _, form := range forms {
		verified, err := i.verifier.Verify(signature, timestamp, form)
		if err == nil {
			return verified, nil
		}
		if failure == nil {
			failure = err
		}
	}
	return nil, i.unauthorized(failure)
}

func (i *intake) unauthorized(cause error) error {
	if reason, ok := errors.AsType[changelog.Rejection](cause); ok {
		i.recorder.SignatureFailed(reason)
	}
	return unsigned(metrics.ResultUnauthorized, http.StatusUnauthorized, "The signature or its timestamp is missing, malformed, wrong or stale.", cause)
}

// save stores and counts an event.
func (i *intake) save(ctx context.Context, verified *parsedEvent) error {
	duplicate, err := i.store.Store(ctx, verified.stored)
	if errors.Is(err, queue.ErrTooLarge) {
		return &refusal{result: metrics.ResultTooLarge, status: http.StatusRequestEntityTooLarge, sentence: "The event is too large.", cause: err}
	}
	if err != nil {
		return &refusal{result: metrics.ResultUnavailable, status: http.StatusServiceUnavailable, sentence: busyText, cause: err}
	}
	i.logReceived(ctx, verified.stored, duplicate)
	result := metrics.ResultStored
	switch {
	case duplicate:
		result = metrics.ResultDuplicate
	case verified.stored.Origin.Resource == changelog.ResourceTest:
		result = metrics.ResultTest
	}
	i.recorder.Received(i.source, result)
	i.arrivals.Stored(i.source, verified.stored.Origin.Blueprint, verified.stored.ShortIdentity(), duplicate)
	return nil
}

func (i *intake) logReceived(ctx context.Context, event queue.Event, duplicate bool) {
	origin := event.Origin
	i.logger.InfoContext(ctx, "event received", "event", event.ShortIdentity(), "duplicate", duplicate,
		"action", origin.Action, "resource", origin.Resource, "blueprint", origin.Blueprint, "entity", origin.Entity)
}

// refuse counts a refused event, and returns the refusal. from is the address of its sender, or ""
// if unknown.
func (i *intake) refuse(err error, from string) *refusal {
	failure, ok := errors.AsType[*refusal](err)
	if !ok {
		failure = &refusal{result: metrics.ResultFailed, status: http.StatusInternalServerError, sentence: "The event could not be accepted.", cause: err}
	}
	i.recorder.Received(i.source, failure.result)
	reason := string(failure.result)
	if rejection, ok := errors.AsType[changelog.Rejection](err); ok {
		reason = string(rejection)
	}
	i.arrivals.Refused(i.source, failure.status, reason, from)
	return failure
}

// busyText is the response to an event that should be sent again.
const busyText = "The event cannot be stored now. Send it again later."

// refusal is an error with its HTTP response.
type refusal struct {
	result metrics.Result
	status int
	// sentence is safe to send to anybody.
	sentence string
	cause    error
	// unsigned means that the request was not signed, so anybody can cause this refusal any number
	// of times.
	unsigned bool
}

// unsigned returns the refusal of an unsigned request.
func unsigned(result metrics.Result, status int, sentence string, cause error) *refusal {
	return &refusal{result: result, status: status, sentence: sentence, cause: cause, unsigned: true}
}

// errTooMany returns the refusal of an event for which there is no memory.
func errTooMany() *refusal {
	return unsigned(metrics.ResultUnavailable, http.StatusServiceUnavailable, busyText, errors.New("too many large events arrive at the same time"))
}

func (r *refusal) Error() string { return r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }

// complaintInterval is the minimum time between two log lines about unsigned requests with the same
// result.
const complaintInterval = time.Minute

// complaints prevents unsigned requests from filling the log. The metrics count all of them.
type complaints struct {
	mu    sync.Mutex
	kinds map[metrics.Result]*complaint
}

type complaint struct {
	sometimes rate.Sometimes
	// omitted counts the refusals since the last line.
	omitted int
}

// log logs a rejected event. For unsigned requests it logs at most one line per result and minute,
// with the number of omitted lines.
func (i *intake) log(ctx context.Context, level slog.Level, failure *refusal, about ...any) {
	if !failure.unsigned {
		i.logger.Log(ctx, level, "event rejected", about...)
		return
	}
	i.complaints.mu.Lock()
	defer i.complaints.mu.Unlock()
	kind := i.complaints.kinds[failure.result]
	if kind == nil {
		if i.complaints.kinds == nil {
			i.complaints.kinds = make(map[metrics.Result]*complaint)
		}
		kind = &complaint{sometimes: rate.Sometimes{Interval: complaintInterval}}
		i.complaints.kinds[failure.result] = kind
	}
	kind.omitted++
	kind.sometimes.Do(func() {
		if kind.omitted > 1 {
			about = append(about, "more_since_last", kind.omitted-1)
		}
		i.logger.Log(ctx, level, "event rejected", about...)
		kind.omitted = 0
	})
}
