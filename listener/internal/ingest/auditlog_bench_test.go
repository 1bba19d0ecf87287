package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// fullLog is an audit log with many entries, spread evenly over 50 seconds, and
// some more at each reading. Like Port it answers newest first, up to the limit.
type fullLog struct {
	*httptest.Server
	begin time.Time
	count atomic.Int64
	// requests counts the answers.
	requests atomic.Int64
}

const logStep = 5 * time.Millisecond

func newFullLog(entries int64) *fullLog {
	l := &fullLog{begin: time.Now().Add(-time.Duration(entries)*logStep - time.Minute).UTC()}
	l.count.Store(entries)
	l.Server = httptest.NewServer(l)
	return l
}

func (l *fullLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/access_token") {
		_, _ = fmt.Fprint(w, `{"ok":true,"accessToken":"a.b.c","expiresIn":10800,"tokenType":"Bearer"}`)
		return
	}
	l.requests.Add(1)
	from, _ := time.Parse(time.RFC3339Nano, r.URL.Query().Get("from"))
	to, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("to"))
	if err != nil {
		to = time.Now()
	}
	limit := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
	_, _ = fmt.Fprint(w, `{"ok":true,"audits":[`)
	shown := 0
	for i := l.count.Load() - 1; i >= 0 && shown < limit; i-- {
		at := l.begin.Add(time.Duration(i) * logStep)
		if at.Before(from) || at.After(to) {
			continue
		}
		if shown > 0 {
			_, _ = fmt.Fprint(w, ",")
		}
		shown++
		_, _ = fmt.Fprintf(w, `{"identifier":"event_%d","action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":%q,"origin":"API","by":{"orgId":"o","userId":"u"}},
			"context":{"blueprint":"service","entity":"e-%[1]d"},"diff":{"before":{"identifier":"e-%[1]d","blueprint":"service","properties":{"healthStatus":"Healthy","text":%[3]q},"updatedAt":%[2]q},
			"after":{"identifier":"e-%[1]d","blueprint":"service","properties":{"healthStatus":"Crashed","text":%[3]q},"updatedAt":%[2]q}}}`, i, at.Format(time.RFC3339Nano), strings.Repeat("x", 400))
	}
	_, _ = fmt.Fprint(w, `]}`)
}

// following counts the readings by their last step, and stored entries.
type following struct {
	stored  atomic.Int64
	read    chan struct{}
	failure atomic.Pointer[metrics.PollFailure]
}

func (f *following) Received(_ string, result metrics.Result) {
	if result == metrics.ResultStored {
		f.stored.Add(1)
	}
}
func (f *following) SignatureFailed(changelog.Rejection) {}
func (f *following) Sure(time.Time)                      { ring(f.read) }
func (f *following) Leave()                              {}
func (f *following) Failed(reason metrics.PollFailure)   { f.failure.Store(&reason) }
func (f *following) Skipped(metrics.Skipped)             {}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// BenchmarkPoll reads 10,000 entries of the audit log, of which three are new.
func BenchmarkPoll(b *testing.B) {
	const entries, news = 10_000, 3
	log := newFullLog(entries)
	defer log.Close()
	client, err := port.New(log.URL, port.WithCredentials("id", "a-client-secret"), port.WithMaxAnswer(16<<20))
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
	seen := &following{read: make(chan struct{}, 1)}
	source := ingest.NewAuditLog(ingest.AuditLogOptions{
		Client: func() *port.Client { return client },
		Plan: func() ingest.Plan {
			return ingest.Plan{Queries: []ingest.Query{{Resources: []string{"entity"}}}, Interval: time.Hour, CatchUp: time.Nanosecond, MaxAge: time.Hour}
		},
		MaxBody: 1 << 20, Memory: budget.NewMemory(), Recorder: seen, CatchUp: seen,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Jitter: func() float64 { return 0 },
	})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	ended := make(chan struct{})
	begun := make(chan struct{})
	go func() {
		defer close(ended)
		opened.Follow(ctx, func(ctx context.Context, journal queue.Journal) error {
			// The query begins before the entries.
			if err := journal.Begin(ctx, "resources=entity", log.begin.Add(-time.Second)); err != nil {
				return err
			}
			close(begun)
			return source.Follow(ctx, journal)
		})
	}()
	<-begun
	awaitStored := func(want int64) {
		for seen.stored.Load() < want {
			source.Wake()
			<-seen.read
			if failure := seen.failure.Load(); failure != nil {
				b.Fatalf("a reading failed: %s", *failure)
			}
		}
	}
	awaitStored(entries)
	before := log.requests.Load()
	b.ReportAllocs()
	for b.Loop() {
		awaitStored(log.count.Add(news))
	}
	b.ReportMetric(float64(log.requests.Load()-before)/float64(b.N), "requests/op")
	stop()
	<-ended
}
