package port

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

type transportFunc func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestResponseSizeLimit(t *testing.T) {
	t.Parallel()
	for length, tooLong := range map[int]bool{0: false, 9: false, 10: false, 11: true, 1000: true} {
		attempt := &attemptTransport{timeout: time.Minute, maxResponseSize: 10, base: transportFunc(
			func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(strings.Repeat("x", length)))}, nil
			})}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://port.test", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := attempt.RoundTrip(request)
		if errors.Is(err, ErrResponseTooLarge) != tooLong {
			t.Errorf("%d bytes: error = %v, want too large: %t", length, err, tooLong)
		}
		if tooLong {
			var failed *attemptError
			if !errors.As(err, &failed) || !failed.permanent {
				t.Errorf("%d bytes: error = %#v, want one that is not retried", length, err)
			}
			continue
		}
		if content, err := io.ReadAll(response.Body); err != nil || len(content) != length {
			t.Errorf("read %d bytes, error %v; want %d", len(content), err, length)
		}
		_ = response.Body.Close()
	}
}
