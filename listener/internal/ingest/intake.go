package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// Verifier decides whether Port has signed an event.
type Verifier interface {
	// Verify returns the bytes that the signature is of, which are the body or
	// its compact form. Its error is a changelog.Rejection.
	Verify(signature, timestamp string, body []byte) ([]byte, error)
}

// Store keeps events. It is the part of the queue that sources need.
type Store interface {
	// Store returns once the event is on disk, and reports whether it was there
	// already.
	Store(ctx context.Context, event queue.Event) (duplicate bool, err error)
}

// Recorder counts what arrives.
type Recorder interface {
	Received(result metrics.Result)
	SignatureFailed(reason changelog.Rejection)
}

// intake is what becomes of an event once a source has its bytes. The sources
// share it, so that an event is worth the same whichever way it came.
type intake struct {
	verifier Verifier
	store    Store
	recorder Recorder
	logger   *slog.Logger
}

// opened is an event that has been verified and read, and has still to be stored.
type opened struct {
	event  *changelog.Event
	stored queue.Event
}

// open verifies and parses, in this order. The forms are one body in the ways it
// may have travelled, the most faithful first; the first that verifies counts.
func (i *intake) open(signature, timestamp string, forms ...[]byte) (*opened, error) {
	verified, err := i.verify(signature, timestamp, forms)
	if err != nil {
		return nil, err
	}
	event, err := changelog.Parse(verified)
	if err != nil {
		return nil, &refusal{metrics.ResultInvalid, http.StatusBadRequest, "The body is not a JSON object.", err}
	}
	identity, err := event.Identity(timestamp, verified)
	if err != nil {
		return nil, err
	}
	document, err := changelog.Stringify(event.Document())
	if err != nil {
		return nil, fmt.Errorf("serialising the event: %w", err)
	}
	return &opened{event: event, stored: queue.Event{Identity: identity, Body: document}}, nil
}

// verify returns the bytes that verify. When none do, the reason is that of the
// first form.
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
	if reason, ok := errors.AsType[changelog.Rejection](failure); ok {
		i.recorder.SignatureFailed(reason)
	}
	return nil, &refusal{
		metrics.ResultUnauthorized, http.StatusUnauthorized,
		"The signature or its timestamp is missing, malformed, wrong or stale.", failure,
	}
}

// keep stores the normalised event under its identity, and counts it.
func (i *intake) keep(ctx context.Context, taken *opened) error {
	duplicate, err := i.store.Store(ctx, taken.stored)
	if errors.Is(err, queue.ErrTooLarge) {
		return &refusal{metrics.ResultTooLarge, http.StatusRequestEntityTooLarge, "The event is too large.", err}
	}
	if err != nil {
		return &refusal{metrics.ResultUnavailable, http.StatusServiceUnavailable, busyText, err}
	}
	event := taken.event
	i.logger.InfoContext(ctx, "event received", "event", taken.stored.ShortIdentity(), "duplicate", duplicate,
		"action", event.Action, "resource", event.ResourceType, "blueprint", event.Context.Blueprint, "entity", event.Context.Entity)
	result := metrics.ResultStored
	if duplicate {
		result = metrics.ResultDuplicate
	}
	i.recorder.Received(result)
	return nil
}

// refuse counts an event that was not taken, and returns why it was not.
func (i *intake) refuse(err error) *refusal {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{metrics.ResultFailed, http.StatusInternalServerError, "The event could not be taken.", err}
	}
	i.recorder.Received(refused.result)
	return refused
}

// busyText is the answer to an event that should be sent again.
const busyText = "The event cannot be stored now. Send it again later."

// refusal is an error with the answer to it, for a source that can answer.
type refusal struct {
	result metrics.Result
	status int
	// sentence is safe to be sent to anybody.
	sentence string
	cause    error
}

func (r *refusal) Error() string { return r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }
