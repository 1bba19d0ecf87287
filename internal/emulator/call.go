package emulator

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/catalog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/shape"
)

const (
	// bodyLimit is Port's limit for the body of a request.
	bodyLimit = 1 << 20
	// drainLimit is how much of an oversized body is read and discarded: a client that is still
	// writing would miss the response.
	drainLimit = 16 << 20
)

// call is a request with the accessors that handlers need.
type call struct {
	*http.Request
	emulator *Emulator
	query    url.Values
	// cause is what led to the changes of the call.
	cause catalog.Cause
}

// variable returns a segment of the path, unescaped.
func (c *call) variable(name string) string {
	escaped := mux.Vars(c.Request)[name]
	text, err := url.PathUnescape(escaped)
	if err != nil { // net/url has already refused such a path.
		return escaped
	}
	return text
}

// flag returns an optional query parameter that is true or false.
func (c *call) flag(name string) (bool, error) {
	if !c.query.Has(name) {
		return false, nil
	}
	switch value := c.query.Get(name); value {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, unprocessable(fmt.Sprintf("querystring/%s must be boolean", name))
	}
}

// list returns the values of a query parameter that is a list: a repeated key, or values joined by
// commas. [?list-parameters] Port documents the former; clients send both.
func (c *call) list(name string) []string {
	var values []string
	for _, value := range c.query[name] {
		values = append(values, strings.Split(value, ",")...)
	}
	return values
}

// flags reads several optional flags.
func (c *call) flags(targets map[string]*bool) error {
	for name, target := range targets {
		value, err := c.flag(name)
		if err != nil {
			return err
		}
		*target = value
	}
	return nil
}

// instant returns an optional query parameter in RFC 3339; the zero time when it is missing.
func (c *call) instant(name string) (time.Time, error) {
	if !c.query.Has(name) {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, c.query.Get(name))
	if err != nil {
		return time.Time{}, unprocessable(fmt.Sprintf("querystring/%s must match format \"date-time\"", name))
	}
	return at, nil
}

// count returns an optional query parameter that is a positive number; 0 when it is missing.
func (c *call) count(name string) (int, error) {
	if !c.query.Has(name) {
		return 0, nil
	}
	count, err := strconv.Atoi(c.query.Get(name))
	if err != nil || count < 1 {
		return 0, unprocessable(fmt.Sprintf("querystring/%s must be a positive number", name))
	}
	return count, nil
}

// body reads the body, fills in defaults, and validates it against its documented schema.
func (c *call) body(name shape.Name) (*document.Object, error) {
	text, err := c.readBody()
	if err != nil {
		return nil, err
	}
	value, err := document.Parse(text, c.emulator.number())
	if err != nil {
		return nil, unprocessable("The body is " + err.Error())
	}
	s := name.Schema()
	s.Fill(value)
	if violation := s.Validate("body", value); violation != nil {
		return nil, unprocessable(violation.Error())
	}
	object, ok := value.(*document.Object)
	if !ok {
		return nil, unprocessable("body must be object")
	}
	return object, nil
}

// optionalBody is body for operations whose body is optional.
func (c *call) optionalBody(name shape.Name) (*document.Object, error) {
	if c.ContentLength == 0 {
		return document.New(), nil
	}
	return c.body(name)
}

func (c *call) readBody() ([]byte, error) {
	if mediaType, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return nil, &failure{
			status: http.StatusUnsupportedMediaType, code: "unsupported_media_type",
			message: "The header Content-Type must be application/json",
		}
	}
	text, err := io.ReadAll(io.LimitReader(c.Body, bodyLimit+1))
	if err != nil {
		return nil, &failure{status: http.StatusBadRequest, code: "bad_request", message: "The body is incomplete"}
	}
	if len(text) <= bodyLimit {
		return text, nil
	}
	if _, err := io.CopyN(io.Discard, c.Body, drainLimit); err != nil && !errors.Is(err, io.EOF) {
		return nil, &failure{status: http.StatusBadRequest, code: "bad_request", message: "The body is incomplete"}
	}
	return nil, &failure{
		status: http.StatusRequestEntityTooLarge, code: "payload_too_large",
		message: "Request body is too large (limit is 1MiB)",
	}
}
