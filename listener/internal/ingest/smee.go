package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
)

const (
	// A Smee server pings every thirty seconds. After three missing pings the connection is
	// considered dead, whatever its TCP state.
	maxSilence = 90 * time.Second
	// headerTimeout is the timeout for the response headers.
	headerTimeout = 30 * time.Second
	// A connection that lasted this long does not count as a failure.
	steadyAfter = 10 * time.Second
	// storeTimeout limits one attempt to store an event, also while stopping.
	storeTimeout = 10 * time.Second
)

// smeeBackoff is the pause before the next attempt.
var smeeBackoff = pause.Backoff{First: time.Second, Longest: time.Minute}

// Link is notified of the connection state of a Smee source.
type Link interface {
	Connected()
	Disconnected()
	// Reconnecting is called before each attempt except the first.
	Reconnecting()
}

// SmeeOptions configure a Smee source.
type SmeeOptions struct {
	// URL is the URL of the channel. Anyone who knows it can read the events, so it is not logged.
	URL string
	// UserAgent is the name and version of this program.
	UserAgent string
	// MaxBody is the maximum size of a body in bytes.
	MaxBody  int
	Verifier Verifier
	Store    Store
	Memory   *budget.Memory
	Recorder Recorder
	// Arrivals may be nil.
	Arrivals *arrivals.Log
	Link     Link
	Logger   *slog.Logger
	// Jitter returns a random number from 0 to below 1.
	Jitter func() float64
	// Transport sends the requests; nil means the default transport.
	Transport http.RoundTripper
}

// Smee receives events from a channel of https://smee.io, or of a compatible server, which relays
// posted requests as server-sent events. It is for development on a machine that Port cannot reach:
// events that are posted while nobody is connected are lost, and the sender never learns whether an
// event was stored.
type Smee struct {
	options SmeeOptions
	intake  *intake
	logger  *slog.Logger
	channel *url.URL
	client  *http.Client
	// lastEventID tells a server that keeps events where to resume. Only Run uses it.
	lastEventID string
}

// NewSmee returns a source that receives nothing until Run is called. It returns an error if
// CheckChannel does.
func NewSmee(options SmeeOptions) (*Smee, error) {
	if err := CheckChannel(options.URL); err != nil {
		return nil, err
	}
	channel, err := url.Parse(options.URL)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	logger := options.Logger.With("source", "smee", "host", channel.Host)
	return &Smee{
		options: options,
		intake:  &intake{source: SourceSmee, verifier: options.Verifier, store: options.Store, memory: options.Memory, recorder: options.Recorder, arrivals: options.Arrivals, logger: logger},
		logger:  logger,
		channel: channel,
		client:  newChannelClient(options.Transport),
	}, nil
}

// Run receives events until ctx ends. It logs every failure of the channel and retries with
// increasing delays: no failure stops the listener.
func (s *Smee) Run(ctx context.Context) {
	defer s.client.CloseIdleConnections()
	s.logger.WarnContext(ctx, "receiving events through Smee, which is for development only: it loses events that are posted while no listener is connected")
	failures := 0
	for {
		lasted, err := s.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		if lasted >= steadyAfter {
			failures = 0
		}
		failures++
		after := s.delay(failures)
		s.logger.WarnContext(ctx, "the Smee channel is disconnected; retrying", "cause", err, "failures", failures, "again_in", after.Round(time.Millisecond))
		if pause.Wait(ctx, after) != nil {
			return
		}
		s.options.Link.Reconnecting()
	}
}

// listen connects once and receives events until the connection ends. It returns how long the
// connection lasted and why it ended.
func (s *Smee) listen(ctx context.Context) (lasted time.Duration, err error) {
	listening, hangUp := context.WithCancelCause(ctx)
	defer hangUp(nil)
	response, err := s.connect(listening)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	s.options.Link.Connected()
	defer s.options.Link.Disconnected()
	s.logger.InfoContext(ctx, "connected to the Smee channel")
	began := time.Now()
	err = s.read(ctx, &watched{stream: response.Body, longest: maxSilence, silent: func() { hangUp(errSilent) }})
	if cause := context.Cause(listening); cause != nil {
		err = cause
	}
	return time.Since(began), err
}

// save stores an event. Nobody would send it again, so it retries until that succeeds, while the
// stream waits. Each failed attempt is counted like a refused request to the webhook.
func (s *Smee) save(ctx context.Context, verified *parsedEvent) {
	for failures := 1; ; failures++ {
		err := s.store(ctx, verified)
		if err == nil {
			return
		}
		failure := s.intake.refuse(err, "")
		if failure.result != metrics.ResultUnavailable {
			s.logRejected(ctx, failure)
			return
		}
		after := s.delay(failures)
		s.logger.ErrorContext(ctx, "storing an event failed; retrying", "event", verified.stored.ShortIdentity(), "cause", failure.cause, "again_in", after.Round(time.Millisecond))
		if pause.Wait(ctx, after) != nil {
			s.logger.ErrorContext(ctx, "event lost: the listener stopped before storing it; make Port send it again", "event", verified.stored.ShortIdentity())
			return
		}
	}
}

// store makes one attempt, which is completed even if the listener is being stopped.
func (s *Smee) store(ctx context.Context, verified *parsedEvent) error {
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return s.intake.save(storing, verified)
}

// reject counts and logs a refused event.
func (s *Smee) reject(ctx context.Context, err error) {
	s.logRejected(ctx, s.intake.refuse(err, ""))
}

func (s *Smee) logRejected(ctx context.Context, failure *refusal) {
	s.intake.log(ctx, slog.LevelWarn, failure, "result", failure.result, "cause", failure.cause)
}

// delay returns the pause after a number of failures.
func (s *Smee) delay(failures int) time.Duration {
	return smeeBackoff.After(failures, s.options.Jitter())
}
