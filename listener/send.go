package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
)

const (
	// sendTimeout is longer than a listener takes to respond, even if its store is slow.
	sendTimeout = 30 * time.Second
	// eventLimit is the largest event size that can be configured for a listener.
	eventLimit = 16 << 20
	// responseLimit is ample for a response.
	responseLimit = 4 << 10
)

// exampleEvent is the event to send and render if none is given: the example event, whose health
// changes from Healthy to Degraded.
//
//go:embed example-event.json
var exampleEvent []byte

func sendCommand() command {
	return command{
		name:      "send",
		arguments: "[-event file.json] [-url http://…/api/slack]",
		summary:   "send an event to a listener, signed as Port signs it",
		about: `Send an event to a listener, signed as Port signs it.

The command signs with the client secret in PORT_CLIENT_SECRET, or in the file that
PORT_CLIENT_SECRET_FILE names; the listener must have the same one. It sets the
times in the event to now, so that each one counts as a new change. Without -event
it sends the example event: the healthStatus of a service changes from Healthy to
Degraded.`,
		prepare: prepareSend,
	}
}

func prepareSend(flags *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	event := flags.String("event", "", "`file` that contains the event as JSON; - reads it from standard input")
	address := flags.String("url", "http://127.0.0.1:8080"+config.DefaultPath, "`address` of the listener's webhook: a URL, or a host and a port\n(without a path: "+config.DefaultPath+")")
	asIs := flags.Bool("as-is", false, "send the bytes of the file unchanged, with its own timestamps")
	return func(ctx context.Context, operands []string, out io.Writer) error {
		if len(operands) > 0 {
			return &usageError{fmt.Sprintf("unexpected argument %q", operands[0])}
		}
		body, err := readEvent(*event)
		if err != nil {
			return err
		}
		if !*asIs {
			if body, err = renew(body, time.Now()); err != nil {
				return err
			}
		}
		secret, err := config.SigningSecret(os.LookupEnv)
		if err != nil {
			return err
		}
		return send(ctx, webhookURL(*address), secret, body, out)
	}
}

// readEvent returns the event in a file or from standard input, or the example event.
func readEvent(path string) ([]byte, error) {
	source := io.Reader(bytes.NewReader(exampleEvent))
	switch path {
	case "":
	case "-":
		source = os.Stdin
	default:
		file, err := os.Open(path) //nolint:gosec // The user names the file.
		if err != nil {
			return nil, fmt.Errorf("reading the event: %w", err)
		}
		defer func() { _ = file.Close() }()
		source = file
	}
	event, err := io.ReadAll(io.LimitReader(source, eventLimit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the event: %w", err)
	}
	if len(event) > eventLimit {
		return nil, fmt.Errorf("the event is larger than %d bytes", eventLimit)
	}
	return event, nil
}

// renew sets all times of an event to now, whichever of Port's formats it has, and serialises it as
// Port does.
func renew(event []byte, now time.Time) ([]byte, error) {
	event, err := parseable(event)
	if err != nil {
		return nil, fmt.Errorf("the event cannot be sent: %w; send it with -as-is to see how a listener responds", err)
	}
	value, err := jsonvalue.Decode(event)
	if err != nil {
		return nil, err
	}
	document, _ := value.(map[string]any)
	at := now.UTC().Format("2006-01-02T15:04:05.000Z")
	for _, change := range []any{document, document["event"]} {
		setText(change, at, "trigger", "at")
		setText(change, at, "diff", "after", "updatedAt")
	}
	return changelog.Stringify(document)
}

// parseable returns an event without the byte order mark that some editors write.
func parseable(event []byte) ([]byte, error) {
	text, err := config.DecodeText(event)
	if err != nil {
		return nil, fmt.Errorf("the file %w", err)
	}
	if _, err := changelog.Parse(text); err != nil {
		return nil, err
	}
	return text, nil
}

// webhookURL completes an address that is only a host, or a URL without a path.
func webhookURL(address string) string {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	if parsed, err := url.Parse(address); err == nil && (parsed.Path == "" || parsed.Path == "/") {
		parsed.Path = config.DefaultPath
		return parsed.String()
	}
	return address
}

// setText replaces an existing string at a path of keys.
func setText(parent any, value string, keys ...string) {
	object, _ := parent.(map[string]any)
	for _, key := range keys[:len(keys)-1] {
		object, _ = object[key].(map[string]any)
	}
	last := keys[len(keys)-1]
	if _, given := object[last].(string); given {
		object[last] = value
	}
}

// send posts an event and prints the response.
func send(ctx context.Context, address, secret string, body []byte, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return &usageError{fmt.Sprintf("-url: %v", err)}
	}
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(secret, timestamp, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w; is the listener running there?", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	if err != nil {
		return fmt.Errorf("reading the response: %w", err)
	}
	result := fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(text)))
	if response.StatusCode == http.StatusUnauthorized {
		return errors.New("the listener responded with " + result + " This command and the listener must use the same PORT_CLIENT_SECRET.")
	}
	if response.StatusCode/100 != 2 {
		return errors.New("the listener responded with " + result)
	}
	_, err = fmt.Fprintln(out, result)
	return err
}
