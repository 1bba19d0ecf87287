package notifier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/notifier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// memoryLane is a lane in memory.
type memoryLane struct {
	held context.Context

	mu     sync.Mutex
	items  []queue.Item
	next   uint64
	sent   map[string]bool
	buried map[string]queue.Reason
	// attempts are the recorded attempts, in order.
	attempts []string
	status   queue.Status
	rung     chan struct{}
	// failFinish makes Finish fail, as when the disk is full or the process dies.
	failFinish error
}

func newLane(ctx context.Context) *memoryLane {
	return &memoryLane{held: ctx, next: 1, sent: map[string]bool{}, buried: map[string]queue.Reason{}, rung: make(chan struct{}, 1)}
}

// add puts alerts into the lane, stored now.
func (l *memoryLane) add(names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		l.items = append(l.items, queue.Item{
			Delivery: queue.Delivery{Event: queue.Event{Identity: name, Body: []byte(name)}, Destination: "d", Rule: "health"},
			Sequence: l.next, StoredAt: time.Now(),
		})
		l.next++
	}
	l.ring()
}

// keep records the attempts of alerts.
func (l *memoryLane) keep(items ...queue.Item) {
	for _, item := range items {
		if attempt := item.Attempt; attempt.Outcome != "" {
			text := item.Identity + ":" + attempt.Outcome
			if attempt.Plain {
				text += "(plain)"
			}
			if attempt.Alerts > 0 {
				text += fmt.Sprintf("(%d)", attempt.Alerts)
			}
			l.attempts = append(l.attempts, text)
		}
	}
}

func (l *memoryLane) ring() {
	select {
	case l.rung <- struct{}{}:
	default:
	}
}

func (l *memoryLane) Held() context.Context { return l.held }

func (l *memoryLane) Items(_ context.Context, after uint64, limit int) ([]queue.Item, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var items []queue.Item
	for _, item := range l.items {
		if item.Sequence > after && len(items) < limit {
			item.WasSent = l.sent[item.Identity]
			items = append(items, item)
		}
	}
	return items, nil
}

func (l *memoryLane) Wait(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-l.rung:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (l *memoryLane) Pending(context.Context) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items), nil
}

func (l *memoryLane) Note(_ context.Context, items ...queue.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(items...)
	for _, noted := range items {
		for i := range l.items {
			if l.items[i].Sequence == noted.Sequence {
				l.items[i].Progress = noted.Progress
			}
		}
	}
	return nil
}

func (l *memoryLane) Finish(_ context.Context, items ...queue.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failFinish != nil {
		return l.failFinish
	}
	l.keep(items...)
	for _, item := range items {
		l.sent[item.Identity] = true
		l.remove(item)
	}
	return nil
}

func (l *memoryLane) setFailFinish(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failFinish = err
}

func (l *memoryLane) remove(gone queue.Item) {
	l.items = slices.DeleteFunc(l.items, func(item queue.Item) bool { return item.Sequence == gone.Sequence })
}

func (l *memoryLane) Discard(_ context.Context, item queue.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(item)
	return nil
}

func (l *memoryLane) Bury(_ context.Context, item queue.Item, reason queue.Reason) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(item)
	l.buried[item.Identity] = reason
	l.remove(item)
	return nil
}

func (l *memoryLane) Status(context.Context) (queue.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status, nil
}

func (l *memoryLane) SetStatus(_ context.Context, status queue.Status) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = status
	return nil
}

// known returns the current status.
func (l *memoryLane) known() queue.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// unpark unparks the lane, as an operator would.
func (l *memoryLane) unpark() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.status.ParkedSince.IsZero() {
		l.status = queue.Status{ResumedAt: time.Now()}
	}
	l.ring()
}

func (l *memoryLane) graves() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.buried)
}

// sentCount returns how many alerts are recorded as sent.
func (l *memoryLane) sentCount() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sent)
}

func (l *memoryLane) left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items)
}

// plainNames renders an alert as its name.
type plainNames struct{}

func (plainNames) Alert(delivery queue.Delivery, notes message.Notes) (message.Message, error) {
	if delivery.Identity == "unreadable" {
		return message.Message{}, errors.New("it cannot be read")
	}
	text := string(delivery.Body)
	if notes.PossiblySent {
		text += "?"
	}
	return message.Message{Text: text, Blocks: (&message.Digest{}).Message(notes).Blocks}, nil
}

func (plainNames) Line(delivery queue.Delivery) (message.Line, error) {
	return message.Line{Text: string(delivery.Body)}, nil
}

func (plainNames) About(queue.Delivery) string { return "" }

// request is a message that the outlet received, and when.
type request struct {
	text  string
	plain bool
	at    time.Duration
}

// outlet gives configurable responses.
type outlet struct {
	began   time.Time
	respond func(text string, plain bool) *slack.Failure
	takes   time.Duration

	mu       sync.Mutex
	requests []request
}

func (o *outlet) Send(_ context.Context, content message.Message) error {
	o.mu.Lock()
	plain := len(content.Blocks) == 0
	o.requests = append(o.requests, request{content.Text, plain, time.Since(o.began)})
	respond := o.respond
	o.mu.Unlock()
	time.Sleep(o.takes)
	if failure := respond(content.Text, plain); failure != nil {
		return failure
	}
	return nil
}

func (o *outlet) respondWith(respond func(text string, plain bool) *slack.Failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.respond = respond
}

// story returns the texts that were sent, in order.
func (o *outlet) story() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	texts := make([]string, len(o.requests))
	for i, sent := range o.requests {
		texts[i] = sent.text
		if sent.plain {
			texts[i] += "(plain)"
		}
	}
	return strings.Join(texts, " ")
}

func (o *outlet) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.requests)
}

// noRecorder counts nothing; the metrics have their own tests.
type noRecorder struct{}

func (noRecorder) Delivered(string, time.Duration) {}
func (noRecorder) Failed(string, string)           {}
func (noRecorder) Suppressed(string)               {}
func (noRecorder) Buried(string, queue.Reason)     {}
func (noRecorder) Digested(string)                 {}
func (noRecorder) SentPlain(string)                {}

func takesAll(string, bool) *slack.Failure { return nil }

func down(string, bool) *slack.Failure {
	return &slack.Failure{Reason: slack.ReasonUnavailable, Status: 503, Ambiguous: true}
}

func unreachable(string, bool) *slack.Failure { return &slack.Failure{Reason: slack.ReasonUnavailable} }

func gone(string, bool) *slack.Failure {
	return &slack.Failure{Reason: slack.ReasonDestination, Status: 404}
}

func intercepted(string, bool) *slack.Failure {
	return &slack.Failure{Reason: slack.ReasonIntercepted, Status: 407}
}

// scene is a running notifier with fake time.
type scene struct {
	lane   *memoryLane
	outlet *outlet
	log    *bytes.Buffer
	// webhook is the webhook of the next notifier.
	webhook string
	stop    func()
}

func newScene(t *testing.T) *scene {
	t.Helper()
	return &scene{
		lane: newLane(t.Context()), log: &bytes.Buffer{},
		outlet: &outlet{began: time.Now(), respond: takesAll},
	}
}

// start starts a notifier for the lane, as a new process would.
func (s *scene) start(t *testing.T) {
	t.Helper()
	working := notifier.New(notifier.Options{
		Destination: "d", Webhook: s.webhook, Interval: time.Second, DigestAfter: time.Minute, MaxAge: 24 * time.Hour,
		Outlet: s.outlet, Renderer: plainNames{}, Recorder: noRecorder{}, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
		Now: time.Now, Jitter: func() float64 { return 0.5 },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = working.Serve(ctx, s.lane)
	}()
	s.stop = func() {
		cancel()
		<-ended
	}
}

// after lets fake time pass, and waits until everything is idle.
func after(length time.Duration) {
	time.Sleep(length)
	synctest.Wait()
}

func (s *scene) expect(t *testing.T, story string) {
	t.Helper()
	if got := s.outlet.story(); got != story {
		t.Errorf("sent %q, want %q", got, story)
	}
}
