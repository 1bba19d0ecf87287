package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

const (
	// requestTimeout is the timeout for responses of the listener and Slack.
	requestTimeout = 15 * time.Second
	// responseLimit is ample for a response.
	responseLimit = 4 << 10
)

// checkWebhook posts a test event to the public address, as Port would post one.
func (e *examination) checkWebhook(ctx context.Context) {
	if e.Address == "" {
		e.find(Skipped, "webhook", "the public address of the listener is unknown", "pass it with -url; with port.poll none is needed")
		return
	}
	e.warnOfAddress()
	for i, secret := range e.Config.ClientSecrets {
		subject := "webhook"
		if len(e.Config.ClientSecrets) > 1 {
			subject = fmt.Sprintf("webhook, secret %d", i+1)
		}
		e.postTest(ctx, subject, secret)
	}
}

// warnOfAddress warns of an address that Port cannot reach, even if this machine can.
func (e *examination) warnOfAddress() {
	parsed, err := url.Parse(e.Address)
	if err != nil {
		return
	}
	ip := net.ParseIP(parsed.Hostname())
	switch {
	case parsed.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()):
		e.find(Warning, "webhook", parsed.Hostname()+" is not reachable from Port", "pass the public address with -url")
	case parsed.Scheme == "http":
		e.find(Warning, "webhook", "the address is not https", "anybody on the network path can read what Port posts; put a proxy with TLS in front, or set webhook.tls")
	}
}

// postTest sends an event that no rule matches, and checks for the response that only a listener
// with the same secret gives.
func (e *examination) postTest(ctx context.Context, subject string, secret config.Secret) {
	identifier := strings.ToLower(rand.Text())
	status, text, err := e.post(ctx, identifier, secret)
	switch {
	case err != nil:
		e.find(Failed, subject, e.Address+" does not respond: "+err.Error(), "check that the listener is running, and the DNS, firewall, ingress and certificate in front of it")
	case status == http.StatusAccepted && text == ingest.TestResponse(identifier):
		e.find(OK, subject, "the listener at "+e.Address+" stored a test event", "")
	case status == http.StatusAccepted:
		e.find(Failed, subject, e.Address+" accepts the test event, but does not respond like a listener of this version", "check that the address leads to the listener, and update the listener")
	case status == http.StatusUnauthorized:
		e.find(Failed, subject, e.Address+" refuses the signature (401)", "configure the same client secret for the listener as here; if it is the same, synchronise the clocks, and check that no proxy changes the body")
	case status == http.StatusServiceUnavailable:
		e.find(Failed, subject, "the listener at "+e.Address+" cannot store events now (503)", "see its log: the disk may be full, or the database down")
	default:
		e.find(Failed, subject, fmt.Sprintf("%s responds with %d %s", e.Address, status, http.StatusText(status)), "check the path (webhook.path) and the proxy in front of the listener")
	}
}

func (e *examination) post(ctx context.Context, identifier string, secret config.Secret) (status int, text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	now := e.Now()
	body, err := changelog.Stringify(map[string]any{
		"action": "TEST", "resourceType": changelog.ResourceTest,
		"trigger": map[string]any{"at": now.UTC().Format(time.RFC3339Nano), "by": map[string]any{"byPort": false}, "origin": "listener doctor"},
		"context": map[string]any{"entity": identifier},
	})
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Address, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	timestamp := strconv.FormatInt(now.UnixMilli(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", e.UserAgent)
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(secret.Reveal(), timestamp, body))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	return response.StatusCode, string(content), err
}

// checkDestinations tests every Slack webhook without posting anything.
func (e *examination) checkDestinations(ctx context.Context) {
	for _, described := range e.Config.Destinations {
		subject := "Slack, " + described.Name
		outlet, err := slack.New(slack.Options{WebhookURL: described.WebhookURL.Reveal(), UserAgent: e.UserAgent, Now: e.Now})
		if err != nil {
			e.find(Failed, subject, err.Error(), "correct the webhook's URL")
			continue
		}
		err = outlet.Probe(ctx)
		outlet.Close()
		failure, failed := errors.AsType[*slack.Failure](err)
		if !failed {
			e.find(OK, subject, "the webhook responds; nothing was posted", "")
			continue
		}
		e.find(Failed, subject, failure.Error(), adviceFor(failure.Reason))
	}
}

func adviceFor(reason slack.Reason) string {
	switch reason {
	case slack.ReasonDestination:
		return "create a new incoming webhook in Slack and configure its URL, or unarchive its channel"
	case slack.ReasonIntercepted:
		return "check the URL, and the proxy in front of hooks.slack.com"
	case slack.ReasonRateLimited:
		return "the webhook is valid: try again later"
	case slack.ReasonUnavailable, slack.ReasonRefused:
	}
	return "check DNS, the firewall and the proxy in front of hooks.slack.com; for Slack's own status see slack-status.com"
}
