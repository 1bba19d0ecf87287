package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/ingest"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// portLog is a fake audit log behind a transport. Entries are rendered when they are added, so that
// responses are cheap.
type portLog struct {
	now func() time.Time
	// order reorders a response, which is newest first; the limit cuts off the last entries.
	order func(entries [][]byte)
	// fail returns a response to use instead of the log, or nil.
	fail func(request int) *http.Response

	entries []logEntry
	// requests counts requests, and crowded those whose responses have as many entries as the
	// limit.
	requests, crowded int
}

type logEntry struct {
	at         time.Time
	identifier string
	// body begins with the comma that separates it from the previous entry.
	body []byte
}

// add adds an entry.
func (l *portLog) add(at time.Time, size int) {
	identifier := fmt.Sprint("event_", len(l.entries))
	entry := logEntry{at, identifier, fmt.Appendf(nil, `,{"identifier":%q,"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":%q,"origin":"API","by":{"orgId":"o","userId":"u"}},
		"context":{"blueprint":"service","entity":%[1]q},"diff":{"before":{"identifier":%[1]q,"blueprint":"service","properties":{"healthStatus":"Healthy","text":%[3]q},"updatedAt":%[2]q},
		"after":{"identifier":%[1]q,"blueprint":"service","properties":{"healthStatus":"Crashed"},"updatedAt":%[2]q}}}`, identifier, at.UTC().Format(time.RFC3339Nano), strings.Repeat("x", size))}
	i := len(l.entries)
	for i > 0 && l.entries[i-1].at.After(at) {
		i--
	}
	l.entries = slices.Insert(l.entries, i, entry)
}

// spread adds entries, evenly spread over a period.
func (l *portLog) spread(count int, over time.Duration, end time.Time, size int) {
	for i := range count {
		l.add(end.Add(-over+over/time.Duration(count)*time.Duration(i)), size)
	}
}

// RoundTrip implements http.RoundTripper.
func (l *portLog) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if strings.HasSuffix(r.URL.Path, "/access_token") {
		return l.respond(r, http.StatusOK, []byte(`{"ok":true,"accessToken":"a.b.c","expiresIn":10800,"tokenType":"Bearer"}`)), nil
	}
	l.requests++
	if l.fail != nil {
		if failure := l.fail(l.requests); failure != nil {
			failure.Request = r
			return failure, nil
		}
	}
	query := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339Nano, query.Get("from"))
	limit := 0
	_, errLimit := fmt.Sscan(query.Get("limit"), &limit)
	to := l.now()
	var errTo error
	if query.Has("to") {
		to, errTo = time.Parse(time.RFC3339Nano, query.Get("to"))
	}
	if err := errors.Join(errFrom, errTo, errLimit); err != nil {
		return nil, err
	}
	shown := l.find(from, to)
	if l.order != nil {
		l.order(shown)
	}
	if len(shown) >= limit {
		l.crowded++
		shown = shown[:limit]
	}
	if len(shown) > 0 {
		shown[0] = shown[0][1:]
	}
	return l.respond(r, http.StatusOK, append(append([][]byte{[]byte(`{"ok":true,"audits":[`)}, shown...), []byte(`]}`))...), nil
}

// find returns the entries of a period, newest first.
func (l *portLog) find(from, to time.Time) [][]byte {
	var shown [][]byte
	for i := len(l.entries) - 1; i >= 0 && !l.entries[i].at.Before(from); i-- {
		if !l.entries[i].at.After(to) {
			shown = append(shown, l.entries[i].body)
		}
	}
	return shown
}

func (l *portLog) respond(r *http.Request, status int, parts ...[]byte) *http.Response {
	body := net.Buffers(parts)
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(&body), Request: r, ContentLength: -1,
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {l.now().UTC().Format(http.TimeFormat)}},
	}
}

// memoryJournal is a journal in memory that checks the positions.
type memoryJournal struct {
	t         *testing.T
	log       *portLog
	positions map[string]queue.Position
	// stored are the identifiers of the stored entries.
	stored map[string]bool
	// times are the times of the entries, in the order in which they were stored.
	times []time.Time
	// fail is called before each Advance.
	fail func(advance int) error
	// advances counts calls of Advance.
	advances int
	// lossy means that entries may be missing.
	lossy bool
}

var _ queue.Journal = (*memoryJournal)(nil)

func (j *memoryJournal) Positions(context.Context) (map[string]queue.Position, error) {
	return maps.Clone(j.positions), nil
}

func (j *memoryJournal) Begin(_ context.Context, query string, at time.Time) error {
	j.positions[query] = queue.Position{Since: at, Until: at}
	return nil
}

func (j *memoryJournal) Forget(_ context.Context, query string) error {
	delete(j.positions, query)
	return nil
}

// Advance stores entries. It fails the test if an entry from before the new position is missing.
func (j *memoryJournal) Advance(_ context.Context, query string, entries []queue.Entry, until time.Time) ([]queue.Receipt, error) {
	j.advances++
	if j.fail != nil {
		if err := j.fail(j.advances); err != nil {
			return nil, err
		}
	}
	receipts := make([]queue.Receipt, len(entries))
	for i, entry := range entries {
		if j.stored[entry.Origin.Entity] {
			receipts[i] = queue.ReceiptAgain
			continue
		}
		j.stored[entry.Origin.Entity] = true
		j.times = append(j.times, entry.At)
	}
	position := j.positions[query]
	position.Until = slices.MaxFunc([]time.Time{position.Until, until}, time.Time.Compare)
	j.positions[query] = position
	for _, entry := range j.log.entries {
		if isDue := entry.at.Before(position.Until) && !entry.at.Before(position.Since); isDue && !j.stored[entry.identifier] && !j.lossy {
			j.t.Fatalf("the position is %s, and %s of %s is not stored", position.Until, entry.identifier, entry.at)
		}
	}
	return receipts, nil
}

// reading is a source that reads a portLog into a memoryJournal, with its own clock.
type reading struct {
	log      *portLog
	journal  *memoryJournal
	source   *ingest.AuditLog
	now      time.Time
	counted  following
	messages strings.Builder
	// step reads everything once.
	step func(ctx context.Context) (time.Duration, error)
}

const everything = "resources=entity"

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// newReading returns a reading at noon whose position is some time before.
func newReading(t *testing.T, behind time.Duration, options ...port.Option) *reading {
	t.Helper()
	r := &reading{now: noon}
	r.log = &portLog{now: func() time.Time { return r.now }}
	begin := noon.Add(-behind)
	r.journal = &memoryJournal{
		t: t, log: r.log, stored: make(map[string]bool), positions: map[string]queue.Position{everything: {Since: begin, Until: begin}},
	}
	options = append([]port.Option{port.WithCredentials("id", "a-client-secret"), port.WithTransport(r.log), port.WithMaxRetries(0)}, options...)
	client, err := port.New("https://api.getport.io", options...)
	if err != nil {
		t.Fatal(err)
	}
	r.source = ingest.NewAuditLog(ingest.AuditLogOptions{
		Client: func() *port.Client { return client },
		Plan: func() ingest.Plan {
			return ingest.Plan{Queries: []ingest.Query{{Resources: []string{"entity"}}}, Interval: 15 * time.Second, CatchUp: 5 * time.Minute, MaxAge: 24 * time.Hour}
		},
		MaxBody: 1 << 20, Memory: budget.NewMemory(), Recorder: &r.counted, CatchUp: &r.counted,
		Logger: slog.New(slog.NewTextHandler(&r.messages, nil)), Now: r.log.now, Jitter: func() float64 { return 0 },
	})
	r.restart()
	return r
}

// restart discards all state except the journal, as a crash does.
func (r *reading) restart() { r.step = r.source.Reading(r.journal) }

// mustRead reads once, and fails the test on an error.
func (r *reading) mustRead(t *testing.T) {
	t.Helper()
	failures := r.counted.failures
	if _, err := r.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.counted.failures != failures {
		t.Fatalf("the reading failed:\n%s", r.messages.String())
	}
}

// expectAll checks that every entry was stored, oldest first.
func (r *reading) expectAll(t *testing.T) {
	t.Helper()
	if len(r.journal.times) != len(r.log.entries) {
		t.Errorf("%d of %d entries are stored", len(r.journal.times), len(r.log.entries))
	}
	if !slices.IsSortedFunc(r.journal.times, time.Time.Compare) {
		t.Error("they are not stored in the order of their times")
	}
}

// following counts what a reading reports.
type following struct {
	stored, failures int
	skipped          map[metrics.Skipped]int
}

func (f *following) Received(_ string, result metrics.Result) {
	if result == metrics.ResultStored {
		f.stored++
	}
}

func (f *following) SignatureFailed(changelog.Rejection) {}
func (f *following) Sure(time.Time)                      {}
func (f *following) Leave()                              {}

func (f *following) Failed(metrics.PollFailure) { f.failures++ }

func (f *following) Skipped(reason metrics.Skipped) {
	if f.skipped == nil {
		f.skipped = make(map[metrics.Skipped]int)
	}
	f.skipped[reason]++
}
