package port

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// completable is a response that can check itself for missing parts.
type completable interface{ complete() error }

// partialResponse is a response that reports failures per item, so that ok: false does not mean
// that the request failed.
type partialResponse interface{ partial() bool }

// envelope is the part that all responses share. Only strings are used as texts; an error in
// another form is still an error.
type envelope struct {
	OK      json.RawMessage `json:"ok"`
	Code    json.RawMessage `json:"error"`
	Message json.RawMessage `json:"message"`
	Details json.RawMessage `json:"details"`
}

// deniesSuccess reports whether the response contains ok: false, whatever its status.
func (e envelope) deniesSuccess() bool { return string(e.OK) == "false" }

// readResponse decodes a response, whose body has already been read into memory, into target or an
// [*Error].
func (c *Client) readResponse(r request, response *http.Response, target any) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return r.malformed(response.StatusCode, err)
	}
	success := response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices
	if success && len(body) == 0 && target == nil {
		return nil
	}
	var head envelope
	if err := decodeInto(body, &head); err != nil {
		if success && kindOf(body) == "a list" && target != nil {
			return r.decode(response.StatusCode, body, target)
		}
		return c.foreignResponse(r, response, len(body))
	}
	if !success || (head.deniesSuccess() && !isPartial(body, target)) {
		return c.failure(r, response, head)
	}
	return r.decode(response.StatusCode, body, target)
}

// isPartial decodes a response with ok: false and reports whether it lists failures per item.
func isPartial(body []byte, target any) bool {
	partial, ok := target.(partialResponse)
	return ok && decodeInto(body, target) == nil && partial.partial()
}

// decode fills target from the body of a successful response.
func (r request) decode(status int, body []byte, target any) error {
	if target == nil {
		return nil
	}
	err := decodeInto(body, target)
	if err == nil {
		if whole, ok := target.(completable); ok {
			err = whole.complete()
		}
	}
	if err != nil {
		return r.malformed(status, err)
	}
	return nil
}

// decodeInto is json.Unmarshal with exact numbers and with the path of the mismatch in its error.
func decodeInto(data []byte, target any) error {
	if !json.Valid(data) {
		return &shapeError{want: "JSON", got: "something else"}
	}
	if model, ok := target.(json.Unmarshaler); ok {
		return model.UnmarshalJSON(data)
	}
	return decodeValue(data, reflect.ValueOf(target).Elem())
}

// malformed is the error for a response that does not have the documented form.
func (r request) malformed(status int, err error) *Error {
	return &Error{
		StatusCode: status, Method: r.method, Route: r.route(),
		Message: "cannot decode the response: " + err.Error(), malformed: true,
	}
}

// failure is the error that Port reported.
func (c *Client) failure(r request, response *http.Response, head envelope) *Error {
	failure := &Error{
		StatusCode: response.StatusCode,
		Code:       c.auth.redact(textOf(head.Code)),
		Message:    c.auth.redact(textOf(head.Message)),
		Details:    json.RawMessage(c.auth.redact(string(head.Details))),
		TraceID:    response.Header.Get(headerTraceID),
		Method:     r.method,
		Route:      r.route(),
	}
	if failure.StatusCode == http.StatusNotFound && !meansNotFound(r, head, failure.Code) {
		failure.elsewhere = true
		failure.Hint = hintBaseURL
	}
	c.explain(failure, response)
	return failure
}

// meansNotFound reports whether a 404 means that the requested object does not exist. It does not
// if the response lacks the form of Port's errors, if the route is unknown, or if it was the
// request for a token.
func meansNotFound(r request, head envelope, code string) bool {
	return head.deniesSuccess() && code != codeRouteNotFound && r.path[0] != tokenPath[0]
}

// hintBaseURL is the hint for responses that did not come from Port's API.
const hintBaseURL = "check the base URL and any proxy in between"

// maxErrorText is the maximum number of bytes of Port's text that an error repeats.
const maxErrorText = 4096

// textOf is the content of a JSON string, on one line and of bounded length; "" for any other
// value.
func textOf(raw json.RawMessage) string {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	return strings.Join(strings.FieldsFunc(text, unicode.IsControl), " ")
}

// foreignResponse is the error for a response that did not come from Port: a proxy's error page, a
// network's login page, a redirect. The error omits its text, which may contain anything.
func (c *Client) foreignResponse(r request, response *http.Response, length int) *Error {
	failure := &Error{
		StatusCode: response.StatusCode,
		TraceID:    response.Header.Get(headerTraceID),
		Method:     r.method,
		Route:      r.route(),
		malformed:  true,
	}
	switch mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); {
	case length == 0:
		failure.Message = "the response is empty"
	case mediaType == "text/html":
		failure.Message = "the response is an HTML page, not JSON"
	default:
		failure.Message = "the response is not JSON"
	}
	failure.Hint = hintBaseURL
	c.explain(failure, response)
	return failure
}

const headerTraceID = "X-Trace-Id"

// explain adds the wait that Port asked for and a hint to a failure.
func (c *Client) explain(failure *Error, response *http.Response) {
	now := time.Now()
	if wait, ok := requestedWait(response.StatusCode, response.Header, now); ok {
		failure.RetryAfter = wait
	}
	switch {
	case failure.StatusCode == http.StatusUnauthorized:
		failure.Hint = c.auth.hint(failure.Route, now)
	case failure.RetryAfter > maxWait:
		failure.Hint = fmt.Sprintf("Port asks to wait %s before the next request, and this client waits at most %s",
			failure.RetryAfter.Round(time.Second), maxWait)
	}
}
