package event_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/document"
	"github.com/port-changelog/terraform-provider-port/internal/emulator/internal/event"
)

// stuck is a network without responses.
type stuck struct{ requests atomic.Int64 }

// RoundTrip implements http.RoundTripper.
func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func newSender(transport http.RoundTripper) *event.Sender {
	return event.NewSender(event.Config{Secret: "s", Now: time.Now, Transport: transport})
}

func TestCloseCancelsSlowDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := &stuck{}
		sender := newSender(network)
		for range 100 {
			sender.Post("same", "https://example.com", document.New())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := sender.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
		for i, d := range sender.Deliveries() {
			if !d.Done || d.Error == "" {
				t.Errorf("delivery %d: %+v", i, d)
			}
		}
	})
}

func TestNothingIsPostedAfterClose(t *testing.T) {
	t.Parallel()
	network := &stuck{}
	sender := newSender(network)
	if err := sender.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	sender.Post("key", "https://example.com", document.New())
	if d := sender.Deliveries()[0]; !d.Done || d.Attempts != 0 || !strings.Contains(d.Error, "shutting down") || network.requests.Load() != 0 {
		t.Errorf("%+v", d)
	}
}

func TestQueuesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender := newSender(&stuck{})
		for range 25_000 {
			sender.Post("same", "https://example.com", document.New())
		}
		deliveries := sender.Deliveries()
		if len(deliveries) != 10_000 {
			t.Errorf("%d deliveries in the log", len(deliveries))
		}
		if last := deliveries[len(deliveries)-1]; !last.Done || !strings.Contains(last.Error, "too many") {
			t.Errorf("the last one: %+v", last)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := sender.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestInvalidURL(t *testing.T) {
	t.Parallel()
	sender := newSender(nil)
	sender.Post("key", "http://[::1", document.New())
	if err := sender.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := sender.Deliveries()[0]; !d.Done || d.Status != 0 || d.Error == "" {
		t.Errorf("%+v", d)
	}
}
