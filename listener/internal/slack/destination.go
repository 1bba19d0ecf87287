// Package slack sends messages to one destination, an incoming webhook of Slack or a compatible
// service, and classifies the response. Package notifier limits the rate and handles failures.
package slack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"

	"github.com/port-changelog/terraform-provider-port/listener/internal/weburl"
)

const (
	// requestTimeout limits one request, from connecting to the end of the response.
	requestTimeout = 10 * time.Second
	// responseLimit is how much of a response is read; Slack's is one word.
	responseLimit = 4 << 10
)

// Options configure a Destination.
type Options struct {
	// WebhookURL is an http or https URL, and a credential.
	WebhookURL string
	// UserAgent names this program and its version.
	UserAgent string
	Now       func() time.Time
}

// Destination is one incoming webhook. It is safe for concurrent use.
type Destination struct {
	options Options
	client  *http.Client
	redact  *strings.Replacer
}

// New returns a destination. It returns an error if CheckURL does.
func New(options Options) (*Destination, error) {
	if err := CheckURL(options.WebhookURL); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // The standard library documents its type.
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
		if response.StatusCode != http.StatusOK {
			return proxyRefusal(response.StatusCode)
		}
		return nil
	}
	return &Destination{
		options: options,
		client: &http.Client{
			Transport: transport,
			Timeout:   requestTimeout,
			// A webhook never redirects; whatever does is not Slack.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		redact: newRedactor(options.WebhookURL),
	}, nil
}

// CheckURL returns an error if a URL cannot be that of a webhook. The error does not quote the URL,
// which is a credential.
func CheckURL(webhook string) error {
	_, err := weburl.Parse(webhook)
	return err
}

// Send delivers a message with one request. A message without blocks is plain text. The error is a
// *Failure.
func (d *Destination) Send(ctx context.Context, content message.Message) error {
	payload := slackapi.WebhookMessage{Text: content.Text, UnfurlLinks: new(false)}
	if len(content.Blocks) > 0 {
		payload.Blocks = &slackapi.Blocks{BlockSet: content.Blocks}
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return &Failure{Reason: ReasonRefused, detail: "it cannot be serialised"}
	}
	connected := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	received, err := d.request(traced, body)
	if refusal, ok := errors.AsType[proxyRefusal](err); ok {
		return &Failure{Reason: ReasonIntercepted, Status: int(refusal), detail: refusal.Error()}
	}
	if err != nil {
		// Without a connection, the message was certainly not delivered.
		return &Failure{Reason: ReasonUnavailable, Ambiguous: connected, detail: d.describe(err)}
	}
	if failure := received.classify(d.options.Now()); failure != nil {
		return failure
	}
	return nil
}

// Probe tests the webhook without posting anything: it sends a message without text, which Slack
// refuses with no_text if the webhook exists. The error is a *Failure.
func (d *Destination) Probe(ctx context.Context) error {
	received, err := d.request(ctx, []byte("{}"))
	if refusal, ok := errors.AsType[proxyRefusal](err); ok {
		return &Failure{Reason: ReasonIntercepted, Status: int(refusal), detail: refusal.Error()}
	}
	if err != nil {
		return &Failure{Reason: ReasonUnavailable, detail: d.describe(err)}
	}
	if failure := received.classify(d.options.Now()); failure != nil && failure.Reason != ReasonRefused {
		return failure
	}
	return nil
}

// Fingerprint identifies the webhook without revealing its URL.
func (d *Destination) Fingerprint() string {
	sum := sha256.Sum256([]byte(d.options.WebhookURL))
	return hex.EncodeToString(sum[:8])
}

// Close closes idle connections.
func (d *Destination) Close() {
	d.client.CloseIdleConnections()
}

func (d *Destination) request(ctx context.Context, body []byte) (response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.options.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return response{}, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", d.options.UserAgent)
	received, err := d.client.Do(request)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = received.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(received.Body, responseLimit))
	if err != nil {
		return response{}, fmt.Errorf("reading the response: %w", err)
	}
	return response{status: received.StatusCode, header: received.Header, body: text}, nil
}

// proxyRefusal is the status with which a proxy refuses to connect to the destination.
type proxyRefusal int

// Error implements error.
func (r proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refuses to connect: %d %s", int(r), http.StatusText(int(r)))
}

// describe returns the text of a transport error without the URL, which net/http includes in every
// error.
func (d *Destination) describe(err error) string {
	if transport, ok := errors.AsType[*url.Error](err); ok {
		if transport.Timeout() {
			return fmt.Sprintf("no response within %s", requestTimeout)
		}
		err = transport.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before the end of a response"
	}
	return d.redact.Replace(err.Error())
}

// newRedactor hides the URL of a webhook, and its path, because an unknown server may echo the
// request.
func newRedactor(webhook string) *strings.Replacer {
	hidden := []string{webhook, "<secret>"}
	if parsed, err := url.Parse(webhook); err == nil && len(parsed.EscapedPath()) > 1 {
		hidden = append(hidden, parsed.RequestURI(), "<secret>", parsed.EscapedPath(), "<secret>")
	}
	return strings.NewReplacer(hidden...)
}
