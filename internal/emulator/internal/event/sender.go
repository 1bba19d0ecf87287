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
	// lanes is how many deliveries are under way at most. All events of one key go
	// through one lane, which keeps them in order.
	lanes = 8
	// laneCapacity bounds what waits in a lane; what does not fit is dropped, and
	// the list of deliveries says so.
	laneCapacity = 20_000
	// answerLimit is how much of an answer is read.
	answerLimit = 1 << 20
)

// backoff is the pause before a retry.
var backoff = pause.Backoff{First: time.Second, Longest: 5 * time.Minute}

// ErrFull is recorded for an event for which there was no room.
var ErrFull = errors.New("dropped: too many events are waiting")

// errClosed is recorded for an event that came after Close.
var errClosed = errors.New("dropped: the emulator is shutting down")

// Config is what a sender needs to know.
type Config struct {
	// Secret keys the signature.
	Secret string
	// Seconds makes the timestamp header seconds instead of milliseconds.
	Seconds bool
	// Retries is how often a delivery is repeated that ended without an answer or
	// with 429 or 5xx.
	Retries int
	// Now is the clock that stamps deliveries.
	Now func() time.Time
	// Transport, if set, is used instead of the default one.
	Transport http.RoundTripper
	// Inward, if set, takes the requests that go to Port's own API.
	Inward Inward
}

// Inward answers requests to Port's own API, for which Port adds the credentials of
// the organization itself.
type Inward interface {
	// Includes reports whether a URL is one of Port's own API.
	Includes(target *url.URL) bool
	// Do answers a request that a number of automations led to.
	Do(request *http.Request, chain int) (*http.Response, error)
}

// Sender posts events to webhooks: asynchronously, and in order for each key. It
// owns its goroutines, at most one for each lane with something to do; Close
// waits for them.
type Sender struct {
	config Config
	client *http.Client
	seed   maphash.Seed
	log    deliveryLog

	mutex   sync.Mutex
	lanes   [lanes]lane
	closed  bool
	workers sync.WaitGroup
	// context is the life of the workers, which outlive every request.
	context context.Context
	cancel  context.CancelFunc
}

// lane is a queue with at most one worker.
type lane struct {
	waiting []job
	working bool
}

// Message is what is to be sent.
type Message struct {
	// Key says in which order messages are sent: those with the same key arrive in
	// the order of the calls.
	Key string
	// Delivery says what it is, and the URL.
	Delivery Delivery
	// Method is POST if it is empty.
	Method string
	Header http.Header
	Body   []byte
	// Chain is how many automations led to the message.
	Chain int
	// Done, if set, is called once there will be no other attempt.
	Done func(Outcome)
}

// Outcome is how a message ended.
type Outcome struct {
	// Status is that of the last answer, 0 without one.
	Status int
	// Body is the beginning of that answer.
	Body []byte
	Err  error
}

// job is one message on its way.
type job struct {
	Message
	delivery *Delivery
}

// NewSender returns a sender, which does nothing until something is posted.
func NewSender(config Config) *Sender {
	transport := config.Transport
	if transport == nil {
		// A transport of its own, whose idle connections Close can close.
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

// Post sends an event to url some time soon. It never blocks.
func (s *Sender) Post(key, url string, event *document.Object) {
	s.Send(Message{Key: key, Delivery: Delivery{Kind: ChangelogKind, URL: url}, Body: document.Append(nil, event)})
}

// Send sends a message some time soon. It never blocks.
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

// Record enters a delivery that is not sent. The error, if any, says why.
func (s *Sender) Record(d Delivery, err error) { s.log.finish(s.log.add(d), 0, err) }

func (s *Sender) finish(j job, outcome Outcome) {
	s.log.finish(j.delivery, outcome.Status, outcome.Err)
	if j.Done != nil {
		j.Done(outcome)
	}
}

// work makes sure that somebody empties the lane.
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
	l.waiting[0] = job{} // The queue keeps its array: let go of the event.
	l.waiting = l.waiting[1:]
	return j, true
}

// deliver sends one message, and again if that is switched on.
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

// attempt sends the body, signed as of now.
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
	// What is read leaves the connection reusable; the status counts without the rest.
	answer, _ := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	return Outcome{Status: response.StatusCode, Body: answer}
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

// isTemporary reports whether another attempt may end differently.
func (o Outcome) isTemporary() bool {
	return o.Err != nil || o.Status == http.StatusTooManyRequests || o.Status >= http.StatusInternalServerError
}

// Close takes no more events and waits for those that are waiting. When ctx ends
// first, the deliveries under way are cut off and the rest is dropped; the error
// is that of ctx.
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
		return fmt.Errorf("waiting for the deliveries under way: %w", ctx.Err())
	}
}

// Deliveries returns a copy of the list of deliveries, oldest first.
func (s *Sender) Deliveries() []Delivery { return s.log.all() }

// Forget empties that list.
func (s *Sender) Forget() { s.log.clear() }
