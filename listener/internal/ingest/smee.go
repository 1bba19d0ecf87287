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
	// A Smee server pings every thirty seconds. After three pings that did not come the connection
	// is held to be dead, whatever TCP thinks of it.
	longestSilence = 90 * time.Second
	// answerTimeout is for the headers of the answer alone.
	answerTimeout = 30 * time.Second
	// A connection that has lasted for this long was none that failed.
	steadyAfter = 10 * time.Second
	// storeTimeout bounds one attempt at storing, also while stopping.
	storeTimeout = 10 * time.Second
)

// smeeBackoff is the pause before the next attempt.
var smeeBackoff = pause.Backoff{First: time.Second, Longest: time.Minute}

// Link is told how the connection of a Smee source fares.
type Link interface {
	Connected()
	Disconnected()
	// Reconnecting is called before each attempt but the first.
	Reconnecting()
}

// SmeeOptions describe a Smee source.
type SmeeOptions struct {
	// URL is that of the channel. Who knows it reads the events, so it is not logged.
	URL string
	// UserAgent names this program and its version.
	UserAgent string
	// MaxBody is the size of the largest body, in bytes.
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
	// Transport sends the requests; nil is for the network.
	Transport http.RoundTripper
}

// Smee takes events from a channel of https://smee.io, or of a server like it, which relays what is
// posted there as server-sent events. It is for development on a machine that Port cannot reach:
// what is posted while nobody is connected is lost, and the sender never learns what became of an
// event.
type Smee struct {
	options SmeeOptions
	intake  *intake
	logger  *slog.Logger
	channel *url.URL
	client  *http.Client
	// lastEventID is where a server that keeps events should go on; Run alone uses it.
	lastEventID string
}

// NewSmee returns a source that receives nothing until it runs. It refuses a URL that CheckChannel
// refuses.
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

// Run receives until ctx ends. Whatever is wrong with the channel is logged, and tried again ever
// more slowly: nothing about it is a reason to stop a listener.
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

// listen connects once and takes what arrives, and returns why it did not go on, and how long the
// connection had lasted.
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
	err = s.read(ctx, &watched{stream: response.Body, longest: longestSilence, silent: func() { hangUp(errSilent) }})
	if cause := context.Cause(listening); cause != nil {
		err = cause
	}
	return time.Since(began), err
}

// keep stores an event. Nobody would send it again, so it is tried until that works; the stream
// waits meanwhile. Each attempt that fails is counted as the request would be that a webhook asks
// to repeat.
func (s *Smee) keep(ctx context.Context, taken *opened) {
	for failures := 1; ; failures++ {
		err := s.store(ctx, taken)
		if err == nil {
			return
		}
		refused := s.intake.refuse(err, "")
		if refused.result != metrics.ResultUnavailable {
			s.logRejected(ctx, refused)
			return
		}
		after := s.delay(failures)
		s.logger.ErrorContext(ctx, "storing an event failed; retrying", "event", taken.stored.ShortIdentity(), "cause", refused.cause, "again_in", after.Round(time.Millisecond))
		if pause.Wait(ctx, after) != nil {
			s.logger.ErrorContext(ctx, "event lost: the listener stopped before storing it; make Port send it again", "event", taken.stored.ShortIdentity())
			return
		}
	}
}

// store makes one attempt, to which an event has a right even when the listener is told to stop
// meanwhile.
func (s *Smee) store(ctx context.Context, taken *opened) error {
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return s.intake.keep(storing, taken)
}

// reject counts and logs an event that was not taken.
func (s *Smee) reject(ctx context.Context, err error) {
	s.logRejected(ctx, s.intake.refuse(err, ""))
}

func (s *Smee) logRejected(ctx context.Context, refused *refusal) {
	s.intake.log(ctx, slog.LevelWarn, refused, "result", refused.result, "cause", refused.cause)
}

// delay returns how long to wait after a number of failures.
func (s *Smee) delay(failures int) time.Duration {
	return smeeBackoff.After(failures, s.options.Jitter())
}
