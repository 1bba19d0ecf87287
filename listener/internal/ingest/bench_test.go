package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// nowhere is a store that discards every event.
type nowhere struct{}

func (nowhere) Store(context.Context, queue.Event) (duplicate bool, err error) { return false, nil }

// BenchmarkReceive measures the cost of an acknowledgement, layer by layer: the handler without a
// store, with a store that does not wait for the disk, and with one that syncs before each
// response. Compare results only within one run; store=raw is the cost of the disk alone.
func BenchmarkReceive(b *testing.B) {
	b.Run("senders=1/store=raw", writeRaw)
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprintf("senders=%d/store=none", senders), func(b *testing.B) { receive(b, senders, nowhere{}) })
		b.Run(fmt.Sprintf("senders=%d/store=lazy", senders), func(b *testing.B) { receive(b, senders, openStore(b, time.Minute)) })
		b.Run(fmt.Sprintf("senders=%d/store=always", senders), func(b *testing.B) { receive(b, senders, openStore(b, 0)) })
	}
}

// writeRaw appends the event to a file and syncs it each time.
func writeRaw(b *testing.B) {
	body, err := os.ReadFile("testdata/changelog-event.json")
	if err != nil {
		b.Fatal(err)
	}
	file, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for b.Loop() {
		if _, err := file.Write(body); err != nil {
			b.Fatal(err)
		}
		if err := syncData(file); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func openStore(b *testing.B, sync time.Duration) ingest.Store {
	b.Helper()
	opened, err := queue.Open(b.Context(), queue.Options{
		Dir: b.TempDir(), Sync: sync, MaxEvent: 4 << 20, MaxBytes: 4 << 30, MaxAge: time.Hour, SentFor: 2 * time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = opened.Close() })
	return opened
}

// receive posts b.N different events from a number of senders.
func receive(b *testing.B, senders int, store ingest.Store) {
	b.Helper()
	body, err := os.ReadFile("testdata/changelog-event.json")
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := changelog.NewVerifier([]string{secret}, changelog.DefaultTolerance, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	handler := ingest.NewWebhook(ingest.Options{
		Path: "/api/slack", MaxBody: 4 << 20, Verifier: verifier, Store: store, Memory: budget.NewMemory(), Recorder: &tally{}, Logger: slog.New(slog.DiscardHandler),
	})
	var next atomic.Int64
	took := make([][]time.Duration, senders)
	var sending sync.WaitGroup
	b.ResetTimer()
	for sender := range senders {
		sending.Go(func() {
			for number := next.Add(1); number <= int64(b.N); number = next.Add(1) {
				event := bytes.ReplaceAll(body, []byte("notification-service-prod"), []byte("service-"+strconv.FormatInt(number, 10)))
				took[sender] = append(took[sender], post(b, handler, event))
			}
		})
	}
	sending.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

// post returns how long the handler took to respond.
func post(b *testing.B, handler http.Handler, event []byte) time.Duration {
	b.Helper()
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	request := httptest.NewRequest(http.MethodPost, "/api/slack", bytes.NewReader(event))
	request.Header.Set(changelog.TimestampHeader, timestamp)
	request.Header.Set(changelog.SignatureHeader, changelog.Sign(secret, timestamp, event))
	response := httptest.NewRecorder()
	began := time.Now()
	handler.ServeHTTP(response, request)
	took := time.Since(began)
	if response.Code != http.StatusAccepted {
		b.Errorf("the status is %d", response.Code)
	}
	return took
}
