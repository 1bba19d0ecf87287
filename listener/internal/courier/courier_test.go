package courier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/courier"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/slack"
)

// memoryLane is a lane in memory, with what a real one keeps on disk.
type memoryLane struct {
	held context.Context

	mu      sync.Mutex
	items   []queue.Item
	next    uint64
	sent    map[string]bool
	buried  map[string]queue.Reason
	state   []byte
	signals uint64
	rung    chan struct{}
	// failFinish makes Finish fail, as when the process dies before it.
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

func (l *memoryLane) ring() {
	select {
	case l.rung <- struct{}{}:
	default:
	}
}

func (l *memoryLane) Held() context.Context { return l.held }

func (l *memoryLane) Peek(_ context.Context, after uint64) (queue.Item, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, item := range l.items {
		if item.Sequence > after {
			return item, true, nil
		}
	}
	return queue.Item{}, false, nil
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

func (l *memoryLane) Sent(_ context.Context, delivery queue.Delivery) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent[delivery.ID()], nil
}

func (l *memoryLane) Finish(_ context.Context, items []queue.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failFinish != nil {
		return l.failFinish
	}
	for _, item := range items {
		l.sent[item.ID()] = true
		l.remove(item)
	}
	return nil
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
	l.buried[item.Identity] = reason
	l.remove(item)
	return nil
}

func (l *memoryLane) Load(context.Context) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, nil
}

func (l *memoryLane) Save(_ context.Context, state []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = slices.Clone(state)
	return nil
}

func (l *memoryLane) Signals(context.Context) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signals, nil
}

func (l *memoryLane) signal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signals++
	l.ring()
}

func (l *memoryLane) graves() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.buried)
}

func (l *memoryLane) left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items)
}

// plainNames renders alerts as their names.
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

func (plainNames) Line(delivery queue.Delivery) (string, error) { return string(delivery.Body), nil }

func (plainNames) About(queue.Delivery) string { return "" }

// request is what the outlet was sent, and when.
type request struct {
	text  string
	plain bool
	at    time.Duration
}

// outlet answers as it is told to.
type outlet struct {
	began  time.Time
	answer func(text string, plain bool) *slack.Failure
	takes  time.Duration

	mu       sync.Mutex
	requests []request
}

func (o *outlet) Send(_ context.Context, content message.Message) error {
	o.mu.Lock()
	plain := len(content.Blocks) == 0
	o.requests = append(o.requests, request{content.Text, plain, time.Since(o.began)})
	answer := o.answer
	o.mu.Unlock()
	time.Sleep(o.takes)
	if failure := answer(content.Text, plain); failure != nil {
		return failure
	}
	return nil
}

func (o *outlet) answerWith(answer func(text string, plain bool) *slack.Failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
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

// noRecorder counts nothing; the metrics have tests of their own.
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

// scene is a courier at work in a bubble of fake time.
type scene struct {
	lane   *memoryLane
	outlet *outlet
	log    *bytes.Buffer
	stop   func()
}

func newScene(t *testing.T) *scene {
	t.Helper()
	return &scene{
		lane: newLane(t.Context()), log: &bytes.Buffer{},
		outlet: &outlet{began: time.Now(), answer: takesAll},
	}
}

// start sets a courier to work on the lane, as a new process would.
func (s *scene) start(t *testing.T) {
	t.Helper()
	working := courier.New(courier.Options{
		Destination: "d", Interval: time.Second, DigestAfter: time.Minute, MaxAge: 24 * time.Hour,
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

// after lets fake time pass and everything come to rest.
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

func TestAlertsKeepOrderAndRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.takes = 300 * time.Millisecond
		s.start(t)
		after(10 * time.Second)
		s.lane.add("a", "b", "c", "d")
		after(time.Millisecond)
		s.expect(t, "a")
		after(10 * time.Second)
		s.expect(t, "a b c d")
		for i := 1; i < 4; i++ {
			// The interval is counted from the answer.
			if gap := s.outlet.requests[i].at - s.outlet.requests[i-1].at; gap != 1300*time.Millisecond {
				t.Errorf("request %d followed after %s", i, gap)
			}
		}
		if s.lane.left() != 0 || len(s.lane.sent) != 4 {
			t.Errorf("%d are left, %d are noted as sent", s.lane.left(), len(s.lane.sent))
		}
		s.stop()
	})
}

func TestWhoTakesOverWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a")
		s.start(t)
		after(999 * time.Millisecond)
		s.expect(t, "")
		after(time.Millisecond)
		s.expect(t, "a")
		s.stop()
	})
}

func TestAPauseIsForTheDestination(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = func(string, bool) *slack.Failure {
			return &slack.Failure{Reason: slack.ReasonRateLimited, Status: 429, Pause: 30 * time.Second}
		}
		s.lane.add("a", "b")
		s.start(t)
		after(2 * time.Second)
		s.stop()
		// The pause outlives the process, and is no attempt.
		s.start(t)
		after(20 * time.Second)
		s.expect(t, "a")
		s.outlet.answerWith(takesAll)
		after(20 * time.Second)
		s.expect(t, "a a b")
		s.stop()
	})
}

func TestAnOutageKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = down
		s.lane.add("a", "b")
		s.start(t)
		after(time.Hour)
		s.outlet.answerWith(takesAll)
		before := s.outlet.count()
		after(10 * time.Minute)
		if got := s.outlet.story(); !strings.HasSuffix(got, " a? b?") || s.outlet.count() != before+2 {
			t.Errorf("sent %s", got)
		}
		// The other one was tried now and then, and did not count as a failure.
		if tried := strings.Count(s.outlet.story(), "b"); tried < 2 || tried > before/4 {
			t.Errorf("of %d attempts, b had %d", before, tried)
		}
		s.stop()
	})
}

func TestAnOutageIsRetriedWithBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = unreachable
		s.lane.add("a")
		s.start(t)
		after(30 * time.Minute)
		want := []time.Duration{0, 1, 1, 2, 4, 8, 16, 32, 64, 128, 150, 150}
		for i := 1; i < len(want); i++ {
			if gap := s.outlet.requests[i].at - s.outlet.requests[i-1].at; gap != want[i]*time.Second {
				t.Errorf("attempt %d came after %s, want %ds", i+1, gap, want[i])
			}
		}
		// What never reached anybody was certainly not delivered.
		if got := s.outlet.story(); strings.Contains(got, "?") {
			t.Errorf("sent %s", got)
		}
		s.stop()
	})
}

func TestWhatFailsForTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(string, bool) *slack.Failure{
		"an outage": down,
		"a limit": func(string, bool) *slack.Failure {
			return &slack.Failure{Reason: slack.ReasonRateLimited, Status: 429, Pause: time.Minute}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.outlet.answer = answer
				s.lane.add("a")
				s.start(t)
				after(23 * time.Hour)
				if s.lane.graves() != "map[]" {
					t.Error("it was given up early")
				}
				after(2 * time.Hour)
				if got := s.lane.graves(); got != "map[a:expired]" {
					t.Errorf("given up: %s", got)
				}
				s.stop()
			})
		})
	}
}

func TestARefusedMessageGoesAsPlainTextThenToTheDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = func(text string, plain bool) *slack.Failure {
			if text == "a" && plain || text == "c" {
				return nil
			}
			return &slack.Failure{Reason: slack.ReasonRefused, Status: 400}
		}
		s.lane.add("a", "b", "c", "unreadable")
		s.start(t)
		after(time.Minute)
		s.expect(t, "a a(plain) b b(plain) c")
		if got := s.lane.graves(); got != "map[b:refused unreadable:unreadable]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

func TestABrokenDestinationIsParkedAndProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = gone
		s.lane.add("a", "b")
		s.start(t)
		after(10 * time.Minute)
		s.expect(t, "a")
		if status, err := courier.ReadStatus(s.lane.state); err != nil || !status.Parked || !strings.Contains(status.Cause, "takes no message") || status.Since.IsZero() {
			t.Errorf("the status is %+v (%v)", status, err)
		}
		// It survives a restart, and is probed every quarter of an hour.
		s.stop()
		s.start(t)
		after(21 * time.Minute)
		s.expect(t, "a a a")
		// A probe that meets an outage tells nothing.
		s.outlet.answerWith(down)
		after(15 * time.Minute)
		s.expect(t, "a a a a")
		// Messages in a parked lane do not age.
		s.outlet.answerWith(gone)
		after(48 * time.Hour)
		s.outlet.answerWith(takesAll)
		after(15 * time.Minute)
		if got := s.outlet.story(); !strings.HasSuffix(got, " a? b") || s.lane.graves() != "map[]" {
			t.Errorf("sent %s, given up %s", got, s.lane.graves())
		}
		if status, err := courier.ReadStatus(s.lane.state); err != nil || status.Parked {
			t.Errorf("the status is %+v (%v)", status, err)
		}
		s.stop()
	})
}

func TestAlertsAgeFromTheEndOfTheParking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = gone
		s.lane.add("a")
		s.start(t)
		after(48 * time.Hour)
		s.lane.signal()
		s.outlet.answerWith(down)
		after(23 * time.Hour)
		if got := s.lane.graves(); got != "map[]" {
			t.Errorf("given up: %s", got)
		}
		after(2 * time.Hour)
		if got := s.lane.graves(); got != "map[a:expired]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

func TestTheOperatorUnparks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		// A signal from before the parking says nothing about it.
		s.lane.signal()
		s.outlet.answer = gone
		s.lane.add("a")
		s.start(t)
		after(time.Minute)
		s.expect(t, "a")
		s.outlet.answerWith(takesAll)
		s.lane.signal()
		after(time.Second)
		s.expect(t, "a a")
		s.stop()
	})
}

func TestAPoisonousMessageMovesAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.outlet.answer = func(text string, _ bool) *slack.Failure {
			if strings.HasPrefix(text, "poison") {
				return down(text, false)
			}
			return nil
		}
		s.lane.add("poison", "b", "c")
		s.start(t)
		after(time.Minute)
		if got := s.outlet.story(); !strings.HasPrefix(got, "poison poison? poison? poison? poison? b ") || !strings.Contains(got, " c") {
			t.Errorf("sent %s", got)
		}
		if !strings.Contains(s.log.String(), "moved aside") {
			t.Errorf("the log reads\n%s", s.log)
		}
		// It is tried on, also by the next process, and nobody waits for it.
		s.stop()
		s.start(t)
		s.lane.add("d")
		after(2 * time.Second)
		if got := s.outlet.story(); !strings.Contains(got, " d") {
			t.Errorf("sent %s", got)
		}
		after(25 * time.Hour)
		if got := s.lane.graves(); got != "map[poison:expired]" {
			t.Errorf("given up: %s", got)
		}
		s.stop()
	})
}

func TestABacklogIsToldInDigests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.start(t)
		after(10 * time.Second)
		var names []string
		for i := range 1000 {
			names = append(names, fmt.Sprintf("alert-%04d-%s", i, strings.Repeat("x", 60)))
		}
		s.lane.add(names[0])
		after(time.Millisecond)
		// The first goes at once, by itself.
		s.expect(t, names[0])
		s.lane.add(names[1:]...)
		after(time.Minute)
		if requests := s.outlet.count(); requests > 12 {
			t.Errorf("%d messages", requests)
		}
		story := s.outlet.story()
		for _, name := range names {
			if strings.Count(story, name) != 1 {
				t.Errorf("%s is told %d times", name, strings.Count(story, name))
			}
		}
		if s.lane.left() != 0 || len(s.lane.sent) != 1000 {
			t.Errorf("%d are left, %d are noted as sent", s.lane.left(), len(s.lane.sent))
		}
		s.stop()
	})
}

func TestAShortBacklogIsToldOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for i := range 60 {
			s.lane.add(strconv.Itoa(i))
		}
		s.start(t)
		after(2 * time.Minute)
		if requests := s.outlet.count(); requests != 60 {
			t.Errorf("%d messages", requests)
		}
		s.stop()
	})
}

func TestARefusedDigestIsTakenApart(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]func(string, bool) *slack.Failure{
		"refused": func(string, bool) *slack.Failure { return &slack.Failure{Reason: slack.ReasonRefused, Status: 400} },
		"failing": down,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.outlet.answer = func(text string, plain bool) *slack.Failure {
					if strings.Contains(text, "\n") {
						return failure(text, plain)
					}
					return nil
				}
				for i := range 70 {
					s.lane.add(fmt.Sprintf("alert-%02d", i))
				}
				s.start(t)
				after(5 * time.Minute)
				var told []string
				for _, sent := range s.outlet.requests {
					if !strings.Contains(sent.text, "\n") {
						told = append(told, strings.TrimSuffix(sent.text, "?"))
					}
				}
				if len(told) != 70 || !slices.IsSorted(told) || s.lane.graves() != "map[]" {
					t.Errorf("told %v, given up %s", told, s.lane.graves())
				}
				s.stop()
			})
		})
	}
}

// TestACrashRepeatsOnlyWhatWasOnItsWay ends the courier at the two moments in
// which a process can die around a message.
func TestACrashRepeatsOnlyWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	t.Run("while it was sent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			s.lane.add("a", "b")
			var noted []byte
			s.outlet.answer = func(text string, _ bool) *slack.Failure {
				if text == "a" {
					noted = slices.Clone(s.lane.state)
				}
				return nil
			}
			s.start(t)
			after(1500 * time.Millisecond)
			s.stop()
			// The process died before it noted the answer.
			s.lane.state = noted
			s.lane.items = slices.Insert(s.lane.items, 0, queue.Item{
				Delivery: queue.Delivery{Event: queue.Event{Identity: "a", Body: []byte("a")}, Destination: "d", Rule: "health"}, Sequence: 1, StoredAt: time.Now(),
			})
			delete(s.lane.sent, "d.health.a")
			s.start(t)
			after(time.Minute)
			s.expect(t, "a a? b")
			s.stop()
		})
	})
	t.Run("after the answer was noted", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			s.lane.add("a", "b")
			s.lane.failFinish = errors.New("the process is gone")
			s.start(t)
			after(5 * time.Second)
			s.expect(t, "a")
			s.lane.failFinish = nil
			s.start(t)
			after(time.Minute)
			s.expect(t, "a b")
			s.stop()
		})
	})
}

func TestWhatWasSentBeforeIsNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.add("a", "b")
		s.lane.sent["d.health.a"] = true
		s.start(t)
		after(time.Minute)
		s.expect(t, "b")
		if s.lane.left() != 0 {
			t.Error("it stays in the lane")
		}
		s.stop()
	})
}

func TestAStateThatCannotBeReadIsBegunAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.lane.state = []byte(`{"attempts":[null,{"items":[]}],"parked":7}`)
		s.lane.add("a")
		s.start(t)
		after(time.Minute)
		s.expect(t, "a")
		s.stop()
	})
}
