package ingest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tmaxmax/go-sse"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

// take opens and stores what a server-sent event holds.
func (s *Smee) take(ctx context.Context, event sse.Event) {
	if !holdsDelivery(event) {
		return
	}
	delivery, err := s.readDelivery([]byte(event.Data))
	if err != nil {
		s.reject(ctx, err)
		return
	}
	taken, err := s.intake.open(ctx, delivery.signature, delivery.timestamp, delivery.forms...)
	if err != nil {
		s.reject(ctx, err)
		return
	}
	s.keep(ctx, taken)
}

// holdsDelivery tells what was posted to the channel from what the server says itself: smee.io
// names the types ready and ping, gosmee greets without a type.
func holdsDelivery(event sse.Event) bool {
	if event.Type != "" && event.Type != "message" {
		return false
	}
	switch event.Data {
	case "", "ready", `{"message":"connected"}`, `{"message":"ready"}`:
		return false
	}
	return true
}

// delivery is what was posted to the channel.
type delivery struct {
	signature, timestamp string
	// forms are the body in each way that the server has kept it, the most faithful first. There is
	// at least one.
	forms [][]byte
}

// readDelivery reads the JSON that a server makes of a request: an object with the headers, the
// body and more. It has a timestamp of its own, which is not the one that Port signs. The errors
// quote nothing of it.
func (s *Smee) readDelivery(data []byte) (*delivery, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, malformed("the data of the server-sent event is not a JSON object")
	}
	read := &delivery{
		// Node joins the values of a repeated header by commas, which appear in no signature but
		// after the version.
		signature: strings.ReplaceAll(header(fields, changelog.SignatureHeader), ", ", " "),
		timestamp: header(fields, changelog.TimestampHeader),
		forms:     forms(fields),
	}
	if len(read.forms) == 0 {
		return nil, malformed("the server-sent event has no body: neither bodyB (base64) nor body")
	}
	for _, form := range read.forms {
		if len(form) > s.options.MaxBody {
			return nil, tooLarge("the body", s.options.MaxBody)
		}
	}
	return read, nil
}

func malformed(problem string) error {
	return unsigned(metrics.ResultInvalid, http.StatusBadRequest, "The body could not be read.", errors.New(problem))
}

// forms returns the body as the bytes that were posted, which some servers send in base64, and as
// the JSON that the server has read and written again. The latter are the bytes that Port signed
// only because Port, like the server, writes JSON as JavaScript does.
func forms(fields map[string]json.RawMessage) [][]byte {
	var found [][]byte
	var encoded string
	if json.Unmarshal(fields["bodyB"], &encoded) == nil && encoded != "" {
		if exact, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			found = append(found, exact)
		}
	}
	if body, ok := fields["body"]; ok {
		found = append(found, body)
	}
	return found
}

// header returns the value of a header, whose name most servers write in lower case; "" when it is
// absent or no text.
func header(fields map[string]json.RawMessage, name string) string {
	if value, ok := fields[name]; ok {
		return headerText(value)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if strings.EqualFold(key, name) {
			return headerText(fields[key])
		}
	}
	return ""
}

// headerText reads a value, or the list of them that a server may make of a header that is there
// several times.
func headerText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var texts []string
	if json.Unmarshal(value, &texts) == nil {
		return strings.Join(texts, " ")
	}
	return ""
}
