package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
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
	// firstPause is the pause before the first retry; it doubles.
	firstPause = time.Second
	longest    = 5 * time.Minute
)

// errFull is recorded for an event for which there was no room.
var errFull = errors.New("dropped: too many events are waiting")

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
	// Transport, if set, takes the place of the default one.
	Transport http.RoundTripper
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

// job is one event on its way.
type job struct {
	event    *document.Object
	header   http.Header
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

// Post sends an event to url some time soon. Events with the same key arrive in
// the order of the calls. It never blocks.
func (s *Sender) Post(key, url string, header http.Header, event *document.Object) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	j := job{event: event, header: header, delivery: s.log.add(url)}
	l := &s.lanes[maphash.String(s.seed, key)%lanes]
	switch {
	case s.closed:
		s.log.finish(j.delivery, 0, errClosed)
	case len(l.waiting) >= laneCapacity:
		s.log.finish(j.delivery, 0, errFull)
	default:
		l.waiting = append(l.waiting, j)
		s.work(l)
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

// deliver posts one event, and again if that is switched on.
func (s *Sender) deliver(j job) {
	body, err := changelog.Stringify(j.event)
	if err != nil {
		s.log.finish(j.delivery, 0, err)
		return
	}
	pause := firstPause
	for attempt := 0; ; attempt++ {
		status, err := s.attempt(j, body)
		s.log.attempted(j.delivery, status, err)
		if attempt == s.config.Retries || !isTemporary(status, err) || !s.pause(pause) {
			s.log.finish(j.delivery, status, err)
			return
		}
		pause = min(2*pause, longest)
	}
}

// attempt posts the body, signed as of now, and returns the status of the
// answer.
func (s *Sender) attempt(j job, body []byte) (int, error) {
	request, err := http.NewRequestWithContext(s.context, http.MethodPost, j.delivery.URL, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("preparing the request: %w", err)
	}
	maps.Copy(request.Header, j.header)
	timestamp := s.timestamp()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "port-emulator")
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(s.config.Secret, timestamp, body))
	response, err := s.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("posting the event: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)) // What is read leaves the connection reusable.
	return response.StatusCode, nil
}

func (s *Sender) timestamp() string {
	if s.config.Seconds {
		return strconv.FormatInt(s.config.Now().Unix(), 10)
	}
	return strconv.FormatInt(s.config.Now().UnixMilli(), 10)
}

// isTemporary reports whether another attempt may end differently.
func isTemporary(status int, err error) bool {
	return err != nil || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// pause waits, or returns false when the sender is told to give up.
func (s *Sender) pause(length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.context.Done():
		return false
	}
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
