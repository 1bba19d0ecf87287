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

// take opens and stores the event in a server-sent event.
func (s *Smee) take(ctx context.Context, event sse.Event) {
	if !holdsDelivery(event) {
		return
	}
	delivery, err := s.readDelivery([]byte(event.Data))
	if err != nil {
		s.reject(ctx, err)
		return
	}
	verified, err := s.intake.open(ctx, delivery.signature, delivery.timestamp, delivery.forms...)
	if err != nil {
		s.reject(ctx, err)
		return
	}
	s.save(ctx, verified)
}

// holdsDelivery distinguishes requests posted to the channel from messages of the server itself:
// smee.io sends the types ready and ping, gosmee a greeting without a type.
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

// delivery is a request that was posted to the channel.
type delivery struct {
	signature, timestamp string
	// forms are the body in each form that the server relays, most exact first. There is at least
	// one.
	forms [][]byte
}

// readDelivery decodes the JSON of a relayed request: an object with the headers, the body and
// more. Its own timestamp is not the one that Port signs. The errors do not quote the content.
func (s *Smee) readDelivery(data []byte) (*delivery, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, malformed("the data of the server-sent event is not a JSON object")
	}
	read := &delivery{
		// Node joins the values of a repeated header with ", ", which appears in no signature.
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

// forms returns the body as it was posted, which some servers send in base64, and as JSON that the
// server has parsed and serialised again. The latter equals the bytes that Port signed only because
// both Port and the server serialise JSON with JavaScript.
func forms(fields map[string]json.RawMessage) [][]byte {
	var bodies [][]byte
	var encoded string
	if json.Unmarshal(fields["bodyB"], &encoded) == nil && encoded != "" {
		if exact, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			bodies = append(bodies, exact)
		}
	}
	if body, ok := fields["body"]; ok {
		bodies = append(bodies, body)
	}
	return bodies
}

// header returns the value of a header, or "" if it is absent or not a string. Most servers write
// the names in lower case.
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

// headerText decodes a value, or the list of values that a server may send for a repeated header.
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
