package pause_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/pause"
)

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := pause.Wait(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("waited for %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := pause.Wait(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("waited for %s: %v", time.Since(began), err)
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	backoff := pause.Backoff{First: time.Second, Longest: 15 * time.Second}
	for failures, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 15 * time.Second, 6: 15 * time.Second, 1 << 40: 15 * time.Second,
	} {
		if got := backoff.After(failures, 1); got != want {
			t.Errorf("pause after %d failures = %s, want %s", failures, got, want)
		}
		if got := backoff.After(failures, 0.5); got != want/2 {
			t.Errorf("pause after %d failures with half the jitter = %s, want %s", failures, got, want/2)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 15, 16, 44, 56, 0, time.UTC)
	for name, test := range map[string]struct {
		retryAfter, date string
		want             time.Duration
		ok               bool
	}{
		"nothing":                {"", "", 0, false},
		"seconds":                {"30", "", 30 * time.Second, true},
		"a fraction of a second": {" 0.25 ", "", 250 * time.Millisecond, true},
		"zero":                   {"0", "", 0, true},
		"before":                 {"-1", "", 0, false},
		"not a number":           {"NaN", "", 0, false},
		"infinity":               {"Inf", "", 365 * 24 * time.Hour, true},
		"a date":                 {"Mon, 15 Jun 2026 16:45:56 GMT", "", time.Minute, true},
		"a date in the past":     {"Mon, 15 Jun 2026 16:43:56 GMT", "", 0, true},
		"by the server's clock":  {"Mon, 15 Jun 2026 15:00:10 GMT", "Mon, 15 Jun 2026 15:00:00 GMT", 10 * time.Second, true},
		"invalid":                {"soon", "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Retry-After": {test.retryAfter}, "Date": {test.date}}
			if got, ok := pause.RetryAfter(header, now); got != test.want || ok != test.ok {
				t.Errorf("got %s, %t; want %s, %t", got, ok, test.want, test.ok)
			}
		})
	}
}
