package queue

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// requestTimeout bounds every request to the store.
	requestTimeout = 10 * time.Second
	// reconnectWait is short because an embedded server comes back at once, and
	// an event that waits for it keeps its sender waiting.
	reconnectWait = 250 * time.Millisecond
)

// connect connects to the embedded server, or to the cluster.
func (q *JetStream) connect(ctx context.Context) error {
	options := []nats.Option{
		nats.Name("port-listener"), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
		nats.ErrorHandler(q.logAsyncError), nats.DisconnectErrHandler(q.logDisconnect), nats.ReconnectHandler(q.logReconnect),
	}
	address := q.options.External.URL
	if q.embedded != nil {
		options = append(options, nats.InProcessServer(q.embedded))
	} else {
		options = append(options, q.externalOptions()...)
	}
	conn, err := nats.Connect(address, options...)
	if _, quoted := errors.AsType[*url.Error](err); quoted {
		// Its text holds the URL, and with it a password.
		err = errors.New("the address is not a NATS URL")
	}
	if err != nil {
		return fmt.Errorf("connecting to the event store: %w", err)
	}
	q.conn = conn
	if q.js, err = jetstream.New(conn, jetstream.WithPublishAsyncTimeout(requestTimeout)); err != nil {
		return fmt.Errorf("connecting to the event store: %w", err)
	}
	return q.checkJetStream(ctx)
}

func (q *JetStream) externalOptions() []nats.Option {
	var options []nats.Option
	if path := q.options.External.CredentialsFile; path != "" {
		options = append(options, nats.UserCredentials(path))
	}
	if path := q.options.External.CAFile; path != "" {
		options = append(options, nats.RootCAs(path))
	}
	return options
}

// checkPayload refuses a server that would refuse the largest event later.
func (q *JetStream) checkPayload() error {
	if limit, needed := q.conn.MaxPayload(), q.options.maxPayload(); limit < needed {
		return fmt.Errorf("the NATS server takes messages of %d bytes and the listener needs %d: raise max_payload there, or lower webhook.max_body here", limit, needed)
	}
	return nil
}

// checkJetStream refuses a server that stores nothing.
func (q *JetStream) checkJetStream(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err := q.js.AccountInfo(ctx); err != nil {
		if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
			return errors.New("the NATS server has no JetStream for this account; enable it there")
		}
		return fmt.Errorf("asking the NATS server for JetStream: %w", err)
	}
	return nil
}

// explainOpening says more about what keeps the streams from being made.
func (q *JetStream) explainOpening(err error) error {
	const (
		replicasNotSupported jetstream.ErrorCode = 10074
		noSuitablePeers      jetstream.ErrorCode = 10005
	)
	api, ok := errors.AsType[*jetstream.APIError](err)
	if ok && (api.ErrorCode == replicasNotSupported || api.ErrorCode == noSuitablePeers) {
		return fmt.Errorf("the NATS server cannot keep %d replicas; set store.nats.replicas to at most the number of its servers: %w", q.options.External.Replicas, err)
	}
	return err
}

func (q *JetStream) logAsyncError(_ *nats.Conn, _ *nats.Subscription, err error) {
	q.options.Logger.Warn("event store: connection", "error", err)
}

func (q *JetStream) logDisconnect(_ *nats.Conn, err error) {
	if err != nil {
		q.options.Logger.Warn("event store: disconnected", "error", err)
	}
}

func (q *JetStream) logReconnect(conn *nats.Conn) {
	q.options.Logger.Info("event store: connected again", "server", conn.ConnectedServerName())
}
