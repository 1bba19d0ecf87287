package emulator

import (
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
)

// response is a buffered response, so that a fault can still alter it.
type response struct {
	status int
	header http.Header
	body   []byte
}

// reply returns a response with a document.
func reply(status int, body *document.Object) response {
	return response{
		status: status,
		header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		body:   document.Append(nil, body),
	}
}

// success begins the document of a successful response.
func success() *document.Object { return document.New().With("ok", true) }

// errorResponse returns a response in the form of Port's errors.
func errorResponse(status int, code, message string) response {
	return detailedResponse(status, code, message, nil)
}

// detailedResponse is errorResponse with details, if any.
func detailedResponse(status int, code, message string, details *document.Object) response {
	body := document.New().With("ok", false).With("error", code).With("message", message)
	if details != nil {
		body.Set("details", details)
	}
	return reply(status, body)
}

// write sends the response.
func (r response) write(w http.ResponseWriter) {
	r.writeHeader(w)
	_, _ = w.Write(r.body) // The client may have disconnected.
}

func (r response) writeHeader(w http.ResponseWriter) {
	header := w.Header()
	maps.Copy(header, r.header)
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
}

// failure is an error with its response.
type failure struct {
	status        int
	code, message string
}

// Error returns the message of the response.
func (f *failure) Error() string { return f.message }

func unprocessable(message string) *failure {
	return &failure{status: http.StatusUnprocessableEntity, code: string(catalog.Invalid), message: message}
}

// failed turns an error of a handler into a response.
func (e *Emulator) failed(err error) response {
	if own, ok := errors.AsType[*failure](err); ok {
		return errorResponse(own.status, own.code, own.message)
	}
	if refused, ok := errors.AsType[*catalog.Error](err); ok {
		return detailedResponse(e.statusOf(refused.Reason), string(refused.Reason), refused.Message, refused.Details)
	}
	return errorResponse(http.StatusInternalServerError, "internal_error", "The emulator failed")
}

// statusOf returns the status for a reason. [?taken-identifier] Port's statuses for a taken
// identifier and for dependents are unknown, hence the option.
func (e *Emulator) statusOf(reason catalog.Reason) int {
	switch reason {
	case catalog.NotFound:
		return http.StatusNotFound
	case catalog.Conflict:
		return http.StatusConflict
	case catalog.Taken, catalog.HasDependents:
		return e.options.ConflictStatus
	case catalog.Invalid, catalog.FormatChange:
		return http.StatusUnprocessableEntity
	default:
		return http.StatusInternalServerError
	}
}
