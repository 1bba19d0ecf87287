package event

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

const (
	// timeout is how long Port waits for a webhook.
	timeout = 10 * time.Second
	// lanes is the maximum number of concurrent deliveries. All events of one key go through one
	// lane, which preserves their order.
	lanes = 8
	// laneCapacity is the maximum number of waiting events in a lane; the rest is dropped and
	// recorded in the list of deliveries.
	laneCapacity = 20_000
	// responseLimit is how much of a response is read.
	responseLimit = 1 << 20
)

// backoff is the pause before a retry.
var backoff = pause.Backoff{First: time.Second, Longest: 5 * time.Minute}

// ErrFull is recorded for an event that did not fit into its lane.
var ErrFull = errors.New("dropped: too many events are waiting")

// errClosed is recorded for an event sent after Close.
var errClosed = errors.New("dropped: the emulator is shutting down")

// Config configures a sender.
type Config struct {
	// Secret is the key of the signature.
	Secret string
	// Seconds sends the timestamp header in seconds instead of milliseconds.
	Seconds bool
	// Retries is how often a delivery is retried after a failed connection, 429 or 5xx.
	Retries int
	// Now is the clock that stamps deliveries.
	Now func() time.Time
	// Transport, if set, is used instead of the default one.
	Transport http.RoundTripper
	// Inward, if set, handles requests to Port's own API.
	Inward Inward
}

// Inward handles requests to Port's own API, to which Port adds the credentials of the
// organization.
type Inward interface {
	// Includes reports whether a URL is one of Port's own API.
	Includes(target *url.URL) bool
	// Do handles a request triggered by a chain of automations.
	Do(request *http.Request, chain int) (*http.Response, error)
}

// Sender posts events to webhooks: asynchronously, and in order for each key. It has at most one
// goroutine for each non-empty lane; Close waits for them.
type Sender struct {
	config Config
	client *http.Client
	seed   maphash.Seed
	log    deliveryLog

	mutex   sync.Mutex
	lanes   [lanes]lane
	closed  bool
	workers sync.WaitGroup
	// context is the lifetime of the workers, which outlive requests.
	context context.Context
	cancel  context.CancelFunc
}

// lane is a queue with at most one worker.
type lane struct {
	waiting []job
	working bool
}

// Message is a request to send.
type Message struct {
	// Key defines the order: messages with the same key arrive in the order of the calls.
	Key string
	// Delivery contains the kind and the URL.
	Delivery Delivery
	// Method is POST if it is empty.
	Method string
	Header http.Header
	Body   []byte
	// Chain is the number of automations that led to the message.
	Chain int
	// Done, if set, is called after the last attempt.
	Done func(Outcome)
}

// Outcome is the result of a message.
type Outcome struct {
	// Status is the status of the last response, 0 if there was none.
	Status int
	// Body is the beginning of that response.
	Body []byte
	Err  error
}

// job is one queued message.
type job struct {
	Message
	delivery *Delivery
}

// NewSender returns a sender, which is idle until something is posted.
func NewSender(config Config) *Sender {
	transport := config.Transport
	if transport == nil {
		// A separate transport, whose idle connections Close can close.
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: lanes, ForceAttemptHTTP2: true}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Sender{
		config: config,
		client: &http.Client{
			Transport:     transport,
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		seed:    maphash.MakeSeed(),
		context: ctx,
		cancel:  cancel,
	}
}

// Post sends an event to url asynchronously. It never blocks.
func (s *Sender) Post(key, url string, event *document.Object) {
	s.Send(Message{Key: key, Delivery: Delivery{Kind: ChangelogKind, URL: url}, Body: document.Append(nil, event)})
}

// Send sends a message asynchronously. It never blocks.
func (s *Sender) Send(message Message) {
	j := job{Message: message, delivery: s.log.add(message.Delivery)}
	if err := s.enqueue(j); err != nil {
		s.finish(j, Outcome{Err: err})
	}
}

func (s *Sender) enqueue(j job) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	l := &s.lanes[maphash.String(s.seed, j.Key)%lanes]
	switch {
	case s.closed:
		return errClosed
	case len(l.waiting) >= laneCapacity:
		return ErrFull
	default:
		l.waiting = append(l.waiting, j)
		s.work(l)
		return nil
	}
}

// Record adds a delivery that is not sent. The error, if any, says why.
func (s *Sender) Record(d Delivery, err error) { s.log.finish(s.log.add(d), 0, err) }

func (s *Sender) finish(j job, outcome Outcome) {
	s.log.finish(j.delivery, outcome.Status, outcome.Err)
	if j.Done != nil {
		j.Done(outcome)
	}
}

// work starts a worker for the lane unless it has one.
func (s *Sender) work(l *lane) {
	if l.working {
		return
	}
	l.working = true
	s.workers.Go(func() {
		for {
			j, ok := s.take(l)
			if !ok {
				return
			}
			s.deliver(j)
		}
	})
}

// take removes the first job of a lane, or ends its worker.
func (s *Sender) take(l *lane) (job, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(l.waiting) == 0 {
		l.waiting, l.working = nil, false
		return job{}, false
	}
	j := l.waiting[0]
	l.waiting[0] = job{} // The queue keeps its array: release the event.
	l.waiting = l.waiting[1:]
	return j, true
}

// deliver sends one message, with retries if configured.
func (s *Sender) deliver(j job) {
	for attempt := 0; ; attempt++ {
		outcome := s.attempt(j)
		s.log.attempted(j.delivery, outcome.Status, outcome.Err)
		if attempt == s.config.Retries || !outcome.isTemporary() || pause.Wait(s.context, backoff.After(attempt+1, 1)) != nil {
			s.finish(j, outcome)
			return
		}
	}
}

// attempt signs the body with the current time and sends it.
func (s *Sender) attempt(j job) Outcome {
	request, err := http.NewRequestWithContext(s.context, cmp.Or(j.Method, http.MethodPost), j.delivery.URL, bytes.NewReader(j.Body))
	if err != nil {
		return Outcome{Err: fmt.Errorf("preparing the request: %w", err)}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "port-emulator")
	maps.Copy(request.Header, j.Header)
	timestamp := s.timestamp()
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(s.config.Secret, timestamp, j.Body))
	response, err := s.do(request, j.Chain)
	if err != nil {
		return Outcome{Err: fmt.Errorf("sending the request: %w", err)}
	}
	defer func() { _ = response.Body.Close() }()
	// Reading makes the connection reusable; an error does not change the status.
	body, _ := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	return Outcome{Status: response.StatusCode, Body: body}
}

func (s *Sender) do(request *http.Request, chain int) (*http.Response, error) {
	if inward := s.config.Inward; inward != nil && inward.Includes(request.URL) {
		return inward.Do(request, chain)
	}
	return s.client.Do(request)
}

func (s *Sender) timestamp() string {
	if s.config.Seconds {
		return strconv.FormatInt(s.config.Now().Unix(), 10)
	}
	return strconv.FormatInt(s.config.Now().UnixMilli(), 10)
}

// isTemporary reports whether a retry may succeed.
func (o Outcome) isTemporary() bool {
	return o.Err != nil || o.Status == http.StatusTooManyRequests || o.Status >= http.StatusInternalServerError
}

// Close refuses new events and waits for queued ones. If ctx ends first, deliveries in flight are
// cancelled and the rest is dropped; the error is that of ctx.
func (s *Sender) Close(ctx context.Context) error {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	done := make(chan struct{})
	go func() {
		s.workers.Wait()
		close(done)
	}()
	defer s.client.CloseIdleConnections()
	select {
	case <-done:
		s.cancel()
		return nil
	case <-ctx.Done():
		s.cancel()
		<-done
		return fmt.Errorf("waiting for deliveries in flight: %w", ctx.Err())
	}
}

// Deliveries returns a copy of the list of deliveries, oldest first.
func (s *Sender) Deliveries() []Delivery { return s.log.all() }

// Forget empties that list.
func (s *Sender) Forget() { s.log.clear() }
