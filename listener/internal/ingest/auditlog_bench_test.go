package ingest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// BenchmarkPoll reads 10,000 entries of the audit log, three of them new, into a store on disk. The
// responses are rendered in advance.
func BenchmarkPoll(b *testing.B) {
	const entries, news, step = 10_000, 3, 5 * time.Millisecond
	now := time.Now().Truncate(time.Second)
	log := &portLog{now: func() time.Time { return now }}
	log.spread(entries, entries*step, now, 400)
	client, err := port.New("https://api.getport.io", port.WithCredentials("id", "a-client-secret"), port.WithTransport(log), port.WithMaxResponseSize(16<<20))
	if err != nil {
		b.Fatal(err)
	}
	opened, err := queue.Open(b.Context(), queue.Options{
		Dir: b.TempDir(), MaxEvent: 1 << 20, MaxBytes: 1 << 30, MaxAge: time.Hour, SentFor: 2 * time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer opened.Close()
	counted := &following{}
	source := ingest.NewAuditLog(ingest.AuditLogOptions{
		Client: func() *port.Client { return client },
		Plan: func() ingest.Plan {
			return ingest.Plan{Queries: []ingest.Query{{Resources: []string{"entity"}}}, Interval: time.Hour, CatchUp: time.Hour, MaxAge: time.Hour}
		},
		MaxBody: 1 << 20, Memory: budget.NewMemory(), Recorder: counted, CatchUp: counted,
		Logger: slog.New(slog.DiscardHandler), Now: log.now, Jitter: func() float64 { return 0 },
	})
	poll := func(ctx context.Context, read func(context.Context) (time.Duration, error)) {
		if _, err := read(ctx); err != nil || counted.failures > 0 || counted.stored != len(log.entries) {
			b.Errorf("%d of %d entries are stored, after %d failures (%v)", counted.stored, len(log.entries), counted.failures, err)
		}
	}
	ctx, stop := context.WithCancel(b.Context())
	opened.Follow(ctx, func(ctx context.Context, journal queue.Journal) error {
		defer stop()
		// The query starts before the entries.
		if err := journal.Begin(ctx, everything, log.entries[0].at); err != nil {
			b.Error(err)
			return nil
		}
		read := source.Reading(journal)
		poll(ctx, read)
		before := log.requests
		b.ReportAllocs()
		for b.Loop() {
			// Each poll reads the last minute, from which as many entries drop out as are added.
			for range news {
				log.add(log.entries[len(log.entries)-1].at.Add(step), 400)
			}
			now = now.Add(news * step)
			poll(ctx, read)
		}
		b.ReportMetric(float64(log.requests-before)/float64(b.N), "requests/op")
		return nil
	})
}
