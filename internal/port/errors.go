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
	// ErrNotFound is a 404 in which Port says that the requested object does not exist. A 404 of a
	// proxy or of a server that is not Port does not match.
	ErrNotFound = errors.New("port: not found")
	// ErrConflict is a 409.
	ErrConflict = errors.New("port: conflict")
	// ErrTooLarge is a 413: Port accepts bodies of at most 1 MiB.
	ErrTooLarge = errors.New("port: request too large")
	// ErrInvalid is a 400 or 422: Port understood the request and refused its content.
	ErrInvalid = errors.New("port: invalid")
	// ErrRateLimited is a 429 that remained after all retries.
	ErrRateLimited = errors.New("port: rate limited")
	// ErrExists means that the identifier of a create, or the new one of a rename, is taken.
	ErrExists = errors.New("port: already exists")
	// ErrFormatChange means that Port does not change the format of an existing property.
	ErrFormatChange = errors.New("port: the format of a property cannot change")
	// ErrHasDependents means that an object cannot be deleted because others depend on it.
	ErrHasDependents = errors.New("port: has dependents")
	// ErrOutcomeUnknown means that a request which is not safe to retry was sent, its response was
	// lost, and a read could not determine its outcome.
	ErrOutcomeUnknown = errors.New("port: outcome unknown")
	// ErrInvalidIdentifier means that an identifier cannot be part of a path; nothing was sent.
	ErrInvalidIdentifier = errors.New("port: invalid identifier")
	// ErrMalformedResponse means that the response does not have the documented form, for example
	// because it is HTML.
	ErrMalformedResponse = errors.New("port: malformed response")
)

// Codes of the API's error field that callers branch on.
const (
	codeHasDependents = "has_dependents"
	codeFormatChange  = "forbidden_format_change"
	codeRouteNotFound = "route_not_found"
)

// codesExists are the known codes for a taken identifier. Neither code nor status is documented, so
// a create also reads the object.
func codesExists() []string { return []string{"identifier_taken", "already_exists"} }

// Error is a response of the API that reports a failure. It matches the sentinels of this package
// by its status and code.
type Error struct {
	// StatusCode is the HTTP status. It may be 200 if the response contained "ok": false.
	StatusCode int
	// Code is the error field of the response, such as "not_found", or "" if there was none.
	Code string
	// Message is Port's error message, or ours if Port sent none.
	Message string
	// Details is the details field of the response, if any.
	Details json.RawMessage
	// TraceID identifies the request for Port's support; often empty.
	TraceID string
	// Method and Route say which request failed: the HTTP method and the path, without query.
	Method string
	Route  string
	// RetryAfter is how long Port asked to wait, if it did.
	RetryAfter time.Duration
	// Hint says how to fix the problem, if this client knows; often empty.
	Hint string

	exists    bool
	malformed bool
	// elsewhere says that the 404 does not mean that the object does not exist: the address is not
	// Port's API, or the request did not reach the object.
	elsewhere bool
}

// Error describes the failure on one line: request, status, code, Port's message, hint and trace
// id.
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

// Is reports whether the error matches a sentinel of this package.
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
	case ErrMalformedResponse:
		return e.malformed
	}
	return false
}

// TransportError is a request without a usable response: the connection failed, the response was
// truncated, or none arrived in time. It unwraps to the cause.
type TransportError struct {
	// Method and Route say which request failed: the HTTP method and the path, without query.
	Method string
	Route  string
	// Attempts is the number of attempts to send the request.
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

// Unwrap returns the cause, unless it contains a secret.
func (e *TransportError) Unwrap() error { return e.cause }
