package port

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sentinels to be used with [errors.Is] on any error that a method of this package returns.
var (
	// ErrUnauthorized is a 401: the credentials or the token are wrong, or the token has expired.
	ErrUnauthorized = errors.New("port: unauthorized")
	// ErrForbidden is a 403: the credentials are right but may not do this.
	ErrForbidden = errors.New("port: forbidden")
	// ErrNotFound is a 404 in which Port says that the blueprint, the entity or whatever was named does not exist. A 404
	// of anybody else, such as a proxy or a server that is not Port, does not match: it says nothing about the thing.
	ErrNotFound = errors.New("port: not found")
	// ErrConflict is a 409.
	ErrConflict = errors.New("port: conflict")
	// ErrTooLarge is a 413: Port takes bodies of at most 1 MiB.
	ErrTooLarge = errors.New("port: request too large")
	// ErrInvalid is a 400 or 422: Port understood the request and refused its content.
	ErrInvalid = errors.New("port: invalid")
	// ErrRateLimited is a 429 that remained after all retries.
	ErrRateLimited = errors.New("port: rate limited")
	// ErrExists means that the identifier of a create, or the new one of a rename, is taken.
	ErrExists = errors.New("port: already exists")
	// ErrFormatChange means that Port does not change the format of a property that exists.
	ErrFormatChange = errors.New("port: the format of a property cannot change")
	// ErrHasDependents means that a thing cannot be deleted because others depend on it.
	ErrHasDependents = errors.New("port: has dependents")
	// ErrOutcomeUnknown means that a request which is not safe to repeat was sent, but its answer was lost, and that
	// reading afterwards did not tell what became of it.
	ErrOutcomeUnknown = errors.New("port: outcome unknown")
	// ErrInvalidIdentifier means that an identifier cannot stand in a path, so that nothing was sent.
	ErrInvalidIdentifier = errors.New("port: invalid identifier")
	// ErrMalformedAnswer means that the answer was not what the API documents, for example HTML.
	ErrMalformedAnswer = errors.New("port: malformed answer")
)

// Codes of the API's error field that callers branch on.
const (
	codeHasDependents = "has_dependents"
	codeFormatChange  = "forbidden_format_change"
	codeRouteNotFound = "route_not_found"
)

// codesExists are the codes known for a taken identifier. Neither its code nor its status is documented, so a create
// also looks for the thing itself.
func codesExists() []string { return []string{"identifier_taken", "already_exists"} }

// Error is an answer of the API that reports a failure. It matches the sentinels of this package by its status and
// code.
type Error struct {
	// StatusCode is the HTTP status. It is 200 where an answer said "ok": false in spite of its status.
	StatusCode int
	// Code is the error field of the answer, such as "not_found", or "" if it had none.
	Code string
	// Message is Port's sentence for people, or ours if there was none.
	Message string
	// Details is the details field of the answer, if any.
	Details json.RawMessage
	// TraceID identifies the request to Port's support; often empty.
	TraceID string
	// Method and Route say which request failed: the HTTP method and the path, without query.
	Method string
	Route  string
	// RetryAfter is how long Port asked to wait, if it did.
	RetryAfter time.Duration
	// Hint says what to do about it, where this client knows; often empty.
	Hint string

	exists    bool
	malformed bool
	// elsewhere says that the address is not one of Port's API, or that nobody got as far as to look for the thing.
	elsewhere bool
}

// Error describes the failure on one line: request, status, code, Port's message, hint and trace id.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Method + " " + e.Route + ": ")
	text.WriteString(strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)))
	if e.Code != "" {
		text.WriteString(" (" + e.Code + ")")
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	if e.Hint != "" {
		text.WriteString("; " + e.Hint)
	}
	if e.TraceID != "" {
		text.WriteString(" [trace id " + e.TraceID + "]")
	}
	return text.String()
}

// Is reports whether the error is of the kind that a sentinel of this package stands for.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound && !e.malformed && !e.elsewhere
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrTooLarge:
		return e.StatusCode == http.StatusRequestEntityTooLarge
	case ErrInvalid:
		return e.StatusCode == http.StatusUnprocessableEntity || e.StatusCode == http.StatusBadRequest
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrFormatChange:
		return e.Code == codeFormatChange
	case ErrHasDependents:
		return e.Code == codeHasDependents
	case ErrExists:
		return e.exists || slices.Contains(codesExists(), e.Code)
	case ErrMalformedAnswer:
		return e.malformed
	}
	return false
}

// TransportError is a request without a usable answer: the connection failed, the answer broke off, or none came in
// time. It unwraps to the cause.
type TransportError struct {
	// Method and Route say which request failed: the HTTP method and the path, without query.
	Method string
	Route  string
	// Attempts counts how often the request was sent, or tried to be.
	Attempts int
	// Sent says that the request may have reached Port, and so may have taken effect.
	Sent bool

	cause  error
	reason string
}

// Error describes the failure on one line.
func (e *TransportError) Error() string {
	text := e.Method + " " + e.Route + ": " + e.reason
	if e.Attempts > 1 {
		text += " (after " + strconv.Itoa(e.Attempts) + " attempts)"
	}
	return text
}

// Unwrap returns the cause, unless that shows a secret.
func (e *TransportError) Unwrap() error { return e.cause }
