package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

// once is a transport that responds to the first request with a stream, and stops the source at the
// second.
type once struct {
	stream io.Reader
	end    func()
}

func (o *once) RoundTrip(request *http.Request) (*http.Response, error) {
	if o.stream == nil {
		o.end()
		return nil, errors.New("there is only one response")
	}
	body := io.NopCloser(o.stream)
	o.stream = nil
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body, Request: request}, nil
}

// zeros is an endless stream.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestAnEndlessEventTakesNoMemory receives an event that never ends.
//
//nolint:paralleltest // Allocations of parallel tests would be counted.
func TestAnEndlessEventTakesNoMemory(t *testing.T) {
	const size = 64 << 20
	running, end := context.WithCancel(t.Context())
	defer end()
	counted := &tally{}
	source, err := ingest.NewSmee(ingest.SmeeOptions{
		URL: "https://smee.io/x", MaxBody: maxBody, Verifier: &witness{}, Store: &memory{}, Memory: budget.NewMemory(), Recorder: counted, Link: &link{},
		Logger: slog.New(slog.DiscardHandler), Jitter: func() float64 { return 0 },
		Transport: &once{stream: io.MultiReader(io.LimitReader(zeros{}, size), strings.NewReader("\n\n")), end: end},
	})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	source.Run(running)
	runtime.ReadMemStats(&after)
	if got := counted.String(); got != "map[too_large:1]" {
		t.Errorf("counted %s", got)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size/8 {
		t.Errorf("an event of %d bytes took %d bytes of memory", size, took)
	}
}

// witness is a verifier that records what verified.
type witness struct {
	*changelog.Verifier
	documents []string
}

func (w *witness) Verify(signature, timestamp string, body []byte) ([]byte, error) {
	verified, err := w.Verifier.Verify(signature, timestamp, body)
	if err == nil {
		if event, err := changelog.Parse(verified); err == nil {
			if document, err := changelog.Stringify(event.Document()); err == nil {
				w.documents = append(w.documents, string(document))
			}
		}
	}
	return verified, err
}

// FuzzSmee reads any stream: the source must reach its end, store nothing that did not verify, and
// log no secrets.
func FuzzSmee(f *testing.F) {
	at := time.UnixMilli(1_760_000_000_000)
	body := numbered(1)
	posted := postAt(body, at)
	for _, seed := range []string{
		"", "\n", "\r\r\n\n", ready + ping, "data\n\n", ":\n\n", "\ufeffdata: {}\n\n", "id: 1\nid\nevent: message\nretry: -1\ndata: {}\n\n",
		"id: 1\n" + posted.frame(),
		ready + posted.frame() + posted.with("bodyB", encoded(body)).frame() + posted.with("body", nil).with("bodyB", "%").frame(),
		strings.ReplaceAll(posted.frame(), "\n", "\r\n"),
		strings.ReplaceAll(posted.frame(), `,"`, ",\rdata:\""),
		posted.with(changelog.SignatureHeader, []string{"v1,x", posted[changelog.SignatureHeader].(string)}).frame(),
		posted.with("body", fields{"other": 1}).frame(),
		postAt(`[]`, at).frame(), postAt(body, at.Add(time.Hour)).frame(),
		"data: null\n\ndata: []\n\ndata: {\"body\":null,\"bodyB\":null}\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		verifier, err := changelog.NewVerifier([]string{secret}, changelog.DefaultTolerance, func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		seen, store, log := &witness{Verifier: verifier}, &memory{}, &testlog.Buffer{}
		running, end := context.WithCancel(t.Context())
		defer end()
		source, err := ingest.NewSmee(ingest.SmeeOptions{
			URL: "https://smee.io/" + channelName, MaxBody: 1 << 10, Verifier: seen, Store: store, Memory: budget.NewMemory(), Recorder: &tally{}, Link: &link{},
			Logger: slog.New(slog.NewTextHandler(log, nil)), Jitter: func() float64 { return 0 },
			Transport: &once{stream: bytes.NewReader(stream), end: end},
		})
		if err != nil {
			t.Fatal(err)
		}
		source.Run(running)
		for _, stored := range store.stored() {
			if !slices.Contains(seen.documents, string(stored.Body)) {
				t.Errorf("stored what has not verified: %s", stored.Body)
			}
		}
		if text := log.String(); strings.Contains(text, channelName) || strings.Contains(text, secret) {
			t.Errorf("the log holds a secret:\n%s", text)
		}
	})
}
