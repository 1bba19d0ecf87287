package ingest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// wire is a transport without a network, for tests with fake time. It records when it is used, and
// keeps every stream open until the client disconnects.
type wire struct {
	began time.Time
	// down makes every request fail.
	down bool
	// frames are sent on every stream.
	frames chan string

	mu       sync.Mutex
	requests []time.Duration
}

func newWire() *wire { return &wire{began: time.Now(), frames: make(chan string)} }

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.requests = append(w.requests, time.Since(w.began))
	frames := w.frames
	w.mu.Unlock()
	if w.down {
		return nil, errors.New("there is no network")
	}
	body, stream := io.Pipe()
	go func() {
		for {
			select {
			case frame, more := <-frames:
				if !more {
					_ = stream.Close()
					return
				}
				_, _ = io.WriteString(stream, frame)
			case <-request.Context().Done():
				_ = stream.CloseWithError(request.Context().Err())
				return
			}
		}
	}()
	header := http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: body, Request: request}, nil
}

func (w *wire) times() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// steady makes new streams last until they are closed.
func (w *wire) steady() (frames chan string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames = make(chan string)
	return w.frames
}

// after lets time pass, and waits until everything is idle.
func after(duration time.Duration) {
	time.Sleep(duration)
	synctest.Wait()
}

// receiveOver runs a source with a jitter of one half.
func receiveOver(t *testing.T, w *wire) receiver {
	t.Helper()
	return receiveThrough(t, ingest.SmeeOptions{URL: "https://smee.io/" + channelName, Transport: w, Jitter: func() float64 { return 0.5 }})
}

func TestSmeeHangsUpWhenNothingArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		r := receiveOver(t, w)
		after(89 * time.Second)
		// A ping or a comment keeps the connection alive.
		w.frames <- ping
		after(89 * time.Second)
		w.frames <- ":"
		after(89 * time.Second)
		if got := w.times(); len(got) != 1 {
			t.Fatalf("it has connected at %v", got)
		}
		after(1500 * time.Millisecond)
		if want := []time.Duration{0, 3*89*time.Second + 1500*time.Millisecond}; !slices.Equal(w.times(), want) {
			t.Fatalf("it has connected at %v in place of %v", w.times(), want)
		}
		w.frames <- signedPost(numbered(1)).frame()
		synctest.Wait()
		r.stop()
		r.store.expect(t, numbered(1))
		r.assertLog(t, "nothing arrived for 1m30s, not even a ping")
		if got := r.link.String(); got != "map[connected:2 disconnected:2 reconnecting:1]" {
			t.Errorf("the connection fared as %s", got)
		}
	})
}

func TestSmeeTriesEverMoreSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		w.down = true
		r := receiveOver(t, w)
		after(2 * time.Minute)
		r.stop()
		var gaps []time.Duration
		for i, at := range w.times()[1:] {
			gaps = append(gaps, at-w.times()[i])
		}
		want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
		if !slices.Equal(gaps, want) {
			t.Errorf("it paused for %v in place of %v", gaps, want)
		}
		r.assertLog(t, "there is no network", "host=smee.io", "failures=9")
	})
}

// TestSmeeForgetsFailures ends connections at once, and then one after a while.
func TestSmeeForgetsFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		close(w.frames)
		r := receiveOver(t, w)
		after(8 * time.Second)
		lasting := w.steady()
		after(8 * time.Second)
		if want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond, 7500 * time.Millisecond, 15500 * time.Millisecond}; !slices.Equal(w.times(), want) {
			t.Fatalf("it has connected at %v in place of %v", w.times(), want)
		}
		after(20 * time.Second)
		close(lasting)
		after(500 * time.Millisecond)
		if got := w.times(); len(got) != 7 || got[6] != 36500*time.Millisecond {
			t.Errorf("it has connected at %v", got)
		}
		r.stop()
	})
}

// slow is a slow store.
type slow struct{ *recordingStore }

func (s slow) Store(ctx context.Context, event queue.Event) (bool, error) {
	time.Sleep(9 * time.Second)
	return s.recordingStore.Store(ctx, event)
}

// TestStoringDoesNotCountAsSilence stores twenty events, the last of which waits for three minutes.
func TestStoringDoesNotCountAsSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, store := newWire(), slow{newRecordingStore()}
		r := receiveThrough(t, ingest.SmeeOptions{URL: "https://smee.io/x", Transport: w, Store: store, Jitter: func() float64 { return 0 }})
		var all strings.Builder
		for number := range 20 {
			all.WriteString(signedPost(numbered(number)).frame())
		}
		w.frames <- all.String()
		after(3*time.Minute + time.Second)
		r.stop()
		if got := r.tally.String(); got != "map[stored:20]" {
			t.Errorf("counted %s", got)
		}
		if got := w.times(); len(got) != 1 {
			t.Errorf("it has connected at %v", got)
		}
	})
}

// TestAnEventMayWaitBeyondItsTolerance stores an event after waiting longer than the tolerance: it
// is verified only once.
func TestAnEventMayWaitBeyondItsTolerance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		r := receiveOver(t, w)
		r.store.fail(queue.ErrUnavailable)
		w.frames <- signedPost(numbered(1)).frame()
		after(10 * time.Minute)
		r.store.fail(nil)
		after(time.Minute)
		r.stop()
		if stored := r.store.stored(); len(stored) != 1 {
			t.Errorf("%d events are stored", len(stored))
		}
		if got := r.tally.String(); !strings.HasPrefix(got, "map[stored:1 unavailable:") {
			t.Errorf("counted %s", got)
		}
	})
}
