package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// receiver behaves like a Slack incoming webhook and stores the messages. With the URL of a real
// webhook it also forwards each message.
type receiver struct {
	url      string
	relayTo  string
	client   *http.Client
	server   *http.Server
	served   chan error
	messages chan slack.WebhookMessage
	problems chan error
}

func startReceiver(ctx context.Context, relayTo string) (*receiver, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{
		url:      "http://" + listener.Addr().String() + "/services/demo",
		relayTo:  relayTo,
		client:   &http.Client{Timeout: 10 * time.Second},
		served:   make(chan error, 1),
		messages: make(chan slack.WebhookMessage, 16),
		problems: make(chan error, 16),
	}
	r.server = &http.Server{Handler: http.HandlerFunc(r.receive), ReadHeaderTimeout: 5 * time.Second}
	go func() { r.served <- r.server.Serve(listener) }()
	return r, nil
}

func (r *receiver) description() string {
	if r.relayTo == "" {
		return r.url
	}
	return r.url + ", forwarded to SLACK_WEBHOOK_URL"
}

func (r *receiver) receive(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<20))
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	var message slack.WebhookMessage
	if err := json.Unmarshal(body, &message); err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	if err := r.relay(req.Context(), body); err != nil {
		r.problems <- err
	}
	r.messages <- message
	_, _ = io.WriteString(w, "ok")
}

func (r *receiver) relay(ctx context.Context, body []byte) error {
	if r.relayTo == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.relayTo, bytes.NewReader(body))
	if err != nil {
		return errors.New("SLACK_WEBHOOK_URL is not a URL")
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := r.client.Do(req)
	if err != nil {
		// The client's error would contain the URL, which is a credential.
		return errors.New("the webhook of SLACK_WEBHOOK_URL could not be reached")
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook of SLACK_WEBHOOK_URL returned %s: %s", response.Status, text)
	}
	return nil
}

// next waits for a message, and returns an error if one could not be forwarded.
func (r *receiver) next(ctx context.Context) (slack.WebhookMessage, error) {
	select {
	case message := <-r.messages:
		select {
		case err := <-r.problems:
			return message, err
		default:
			return message, nil
		}
	case <-ctx.Done():
		return slack.WebhookMessage{}, fmt.Errorf("no Slack message arrived: %w", ctx.Err())
	}
}

func (r *receiver) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
