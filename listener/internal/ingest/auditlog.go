package ingest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/arrivals"
	"github.com/port-changelog/terraform-provider-port/listener/internal/budget"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

const (
	// recent is the period that every read repeats, and late the period that one read per catch-up
	// interval repeats, because entries can appear late.
	recent = time.Minute
	late   = 15 * time.Minute
	// maxWindow is the longest period of one request: requests for long periods fail with 504.
	// minWindow is the period that is no longer halved, and outageWindow the shortest one after
	// failures.
	maxWindow    = time.Hour
	minWindow    = time.Millisecond
	outageWindow = time.Minute
	// pageLimit is the maximum number of entries in a response.
	pageLimit = 1000
	// batchEntries and batchBytes limit what is stored in one transaction.
	batchEntries = 64
	batchBytes   = 4 << 20
	// maxBackoff is the longest pause after failures, unless Port asks for a longer one.
	maxBackoff = 5 * time.Minute
	// idlePause is how often to check for a client while none is configured.
	idlePause = time.Minute
	// refusedPause is the time between refusing an event and reading the log.
	refusedPause = 5 * time.Second
)

// Plan is what to read from the audit log, and how often.
type Plan struct {
	Queries []Query
	// Interval is the time between two reads.
	Interval time.Duration
	// CatchUp is the time between two reads that repeat the last fifteen minutes.
	CatchUp time.Duration
	// MaxAge is the maximum age of a change to be delivered.
	MaxAge time.Duration
}

// AuditLogRecorder records metrics about reading the audit log.
type AuditLogRecorder interface {
	// Sure records the time, by our clock, up to which everything has been read.
	Sure(until time.Time)
	// Leave records that this process does not read the log.
	Leave()
	Failed(reason metrics.PollFailure)
	Skipped(reason metrics.Skipped)
}

// AuditLogOptions configure an AuditLog.
type AuditLogOptions struct {
	// Client returns the client of Port's API, or nil if the log should not be read. Plan returns
	// what to read. Both are called for each read.
	Client func() *port.Client
	Plan   func() Plan
	// MaxBody is the maximum size of an event in bytes.
	MaxBody  int64
	Memory   *budget.Memory
	Recorder Recorder
	CatchUp  AuditLogRecorder
	Arrivals *arrivals.Log
	Logger   *slog.Logger
	Now      func() time.Time
	// Jitter returns a random number in [0, 1).
	Jitter func() float64
}

// AuditLog stores changes from Port's audit log: those that did not arrive by another source, or
// all of them.
type AuditLog struct {
	options AuditLogOptions
	intake  *intake
	// wake requests a read at once, refused a read soon.
	wake, refused chan struct{}
}

// NewAuditLog returns a source that reads nothing until Follow is called.
func NewAuditLog(options AuditLogOptions) *AuditLog {
	options.Logger = options.Logger.With("source", SourceAuditLog)
	return &AuditLog{options: options, wake: make(chan struct{}, 1), refused: make(chan struct{}, 1), intake: &intake{
		source: SourceAuditLog, memory: options.Memory, recorder: options.Recorder, logger: options.Logger, arrivals: options.Arrivals,
	}}
}

// Wake makes it read at once, because the configuration has changed.
func (a *AuditLog) Wake() { send(a.wake) }

// Refused makes it read soon, because an event was refused, and Port may not send it again. It has
// no effect while reads fail.
func (a *AuditLog) Refused() { send(a.refused) }

func send(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// Follow implements queue.Follower.
func (a *AuditLog) Follow(ctx context.Context, journal queue.Journal) error {
	defer a.options.CatchUp.Leave()
	reading := a.newReader(journal)
	for ctx.Err() == nil {
		pause, err := reading.step(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		reading.sleep(ctx, pause)
	}
	return nil
}

func (a *AuditLog) newReader(journal queue.Journal) *reader {
	return &reader{AuditLog: a, journal: journal, planned: make(map[string]time.Time), widths: make(map[string]*windowWidth)}
}

// sleep waits until the pause is over, a read is requested, or ctx ends.
func (r *reader) sleep(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	refused := r.refused
	if r.failures > 0 {
		refused = nil
	}
	for {
		select {
		case <-refused:
			// One read covers everything that is refused until then.
			timer.Reset(min(refusedPause, pause))
			refused = nil
			continue
		case <-timer.C:
		case <-r.wake:
		case <-ctx.Done():
		}
		return
	}
}

// reader is the state of one call of Follow.
type reader struct {
	*AuditLog
	journal queue.Journal
	clock   clock
	// planned are the times, by our clock, at which queries without a position were first to be
	// read.
	planned map[string]time.Time
	// widths are keyed by the name of the query.
	widths map[string]*windowWidth
	seen   seen
	// failures counts consecutive failed reads.
	failures int
	// reported means that the operator's page shows that the log is being read.
	reported bool
	// began is the time of the first read.
	began time.Time
	// caughtUp is the time of the latest read that repeated the last fifteen minutes.
	caughtUp time.Time
}

// clock estimates Port's clock from the Date header of its responses. It is never ahead of Port's.
type clock struct {
	known  bool
	offset time.Duration
}

func (c *clock) learn(portTime, now time.Time) {
	if !portTime.IsZero() {
		c.known, c.offset = true, portTime.Sub(now)
	}
}

// step reads everything once, and returns how long to wait before the next read. It returns only
// errors of the store.
func (r *reader) step(ctx context.Context) (time.Duration, error) {
	client, plan := r.options.Client(), r.options.Plan()
	if client == nil {
		r.options.CatchUp.Leave()
		return idlePause, nil
	}
	err := r.readAll(ctx, client, plan)
	failed, isPort := errors.AsType[*pollError](err)
	switch {
	case err == nil:
		if r.failures > 0 {
			r.options.Logger.InfoContext(ctx, "reading the audit log succeeded again", "failures", r.failures)
		}
		if r.failures > 0 || !r.reported {
			r.options.Arrivals.Report(SourceAuditLog, "reading", "every "+plan.Interval.String())
			r.reported = true
		}
		r.failures = 0
		return plan.Interval, nil
	case isPort:
		return r.backOff(ctx, plan, failed), nil
	case errors.Is(err, queue.ErrUnavailable) && !errors.Is(err, queue.ErrLaneLost):
		return r.backOff(ctx, plan, &pollError{reason: metrics.PollStore, err: err}), nil
	}
	return 0, err
}

// backOff counts and logs a failure, and returns how long to wait before the next read.
func (r *reader) backOff(ctx context.Context, plan Plan, failed *pollError) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	r.failures++
	r.options.CatchUp.Failed(failed.reason)
	r.options.Arrivals.Report(SourceAuditLog, "failing", string(failed.reason)+"; retrying")
	const doublings = 10
	pause := min(plan.Interval<<min(r.failures-1, doublings), max(maxBackoff, plan.Interval))
	pause = max(pause/2+time.Duration(r.options.Jitter()*float64(pause)/2), failed.retryAfter)
	r.options.Logger.WarnContext(ctx, "reading the audit log failed; retrying, no change is lost",
		"cause", failed.err, "reason", failed.reason, "query", failed.query, "failures", r.failures, "again_in", pause.Round(time.Millisecond))
	return pause
}

// readAll reads every query from its position. A query that the plan no longer contains is read up
// to now once, so that no change is lost between it and the queries that replace it.
func (r *reader) readAll(ctx context.Context, client *port.Client, plan Plan) error {
	positions, err := r.journal.Positions(ctx)
	if err != nil {
		return err
	}
	started := r.options.Now()
	if r.began.IsZero() {
		r.began = started
	}
	r.noteLag(positions)
	r.plan(plan, positions, started)
	if err := r.learnTime(ctx, client); err != nil {
		return err
	}
	overlap := recent
	if r.caughtUp.IsZero() || started.Sub(r.caughtUp) >= plan.CatchUp {
		overlap = late
	}
	if err := r.begin(ctx, plan, positions); err != nil {
		return err
	}
	if err := r.retire(ctx, client, plan, positions); err != nil {
		return err
	}
	var refused error
	for _, query := range plan.Queries {
		position := positions[query.name()]
		until, err := r.read(ctx, client, plan, query, position, overlap)
		if failed, ok := errors.AsType[*pollError](err); ok && failed.reason == metrics.PollRefused {
			// Port may accept the other queries.
			refused = failed
			continue
		}
		if err != nil {
			return err
		}
		positions[query.name()] = queue.Position{Since: position.Since, Until: until}
	}
	if overlap == late {
		r.caughtUp = started
	}
	r.noteLag(positions)
	return refused
}

// learnTime makes a minimal request to learn Port's clock, which all other requests depend on.
func (r *reader) learnTime(ctx context.Context, client *port.Client) error {
	if r.clock.known {
		return nil
	}
	page, err := client.AuditLog.Read(ctx, port.AuditLogOptions{From: r.options.Now().Add(-recent), Limit: 1})
	if err != nil {
		return newPollError("", err)
	}
	r.clock.learn(page.At, r.options.Now())
	r.clock.known = true
	return nil
}

// portNow returns the current time by Port's clock.
func (r *reader) portNow() time.Time { return r.options.Now().Add(r.clock.offset) }

// noteLag records the oldest position.
func (r *reader) noteLag(positions map[string]queue.Position) {
	sure := r.began
	if len(positions) > 0 {
		sure = slices.MinFunc(slices.Collect(maps.Values(positions)), func(a, b queue.Position) int { return a.Until.Compare(b.Until) }).Until.Add(-r.clock.offset)
	}
	r.options.CatchUp.Sure(sure)
}

// plan records when each new query was first to be read.
func (r *reader) plan(plan Plan, positions map[string]queue.Position, now time.Time) {
	isNew := make(map[string]time.Time)
	for _, query := range plan.Queries {
		name := query.name()
		if _, exists := positions[name]; exists {
			continue
		}
		isNew[name] = now
		if planned, ok := r.planned[name]; ok {
			isNew[name] = planned
		}
	}
	r.planned = isNew
}

// begin starts new queries at the time at which they were first to be read, which is earlier than
// now if Port was unavailable since, and before the ones that they replace are read for the last
// time, so that their periods overlap. Port's clock is only known to the second; they start up to
// two seconds early, because starting late would lose changes.
func (r *reader) begin(ctx context.Context, plan Plan, positions map[string]queue.Position) error {
	now := r.options.Now()
	for _, query := range plan.Queries {
		if _, exists := positions[query.name()]; exists {
			continue
		}
		// The time since then is correct even if our clock was set in between.
		from := now.Add(r.clock.offset - now.Sub(r.planned[query.name()])).Truncate(time.Second)
		if err := r.journal.Begin(ctx, query.name(), from); err != nil {
			return err
		}
		positions[query.name()] = queue.Position{Since: from, Until: from}
		r.options.Logger.InfoContext(ctx, "following the audit log; earlier changes are not delivered", "query", query.String(), "from", from.UTC())
	}
	return nil
}

// retire reads the rest of the queries that the plan no longer contains, and removes them.
func (r *reader) retire(ctx context.Context, client *port.Client, plan Plan, positions map[string]queue.Position) error {
	for name, position := range positions {
		if slices.ContainsFunc(plan.Queries, func(query Query) bool { return query.name() == name }) {
			continue
		}
		if err := r.readRest(ctx, client, plan, name, position); err != nil {
			return err
		}
		if err := r.journal.Forget(ctx, name); err != nil {
			return err
		}
		delete(positions, name)
		delete(r.widths, name)
	}
	return nil
}

// readRest reads a query for the last time. It is not an error if Port refuses the query: its
// blueprint may have been deleted, and the other queries must go on.
func (r *reader) readRest(ctx context.Context, client *port.Client, plan Plan, name string, position queue.Position) error {
	query, ok := parseQuery(name)
	if !ok {
		return nil
	}
	_, err := r.read(ctx, client, plan, query, position, recent)
	failed, isPort := errors.AsType[*pollError](err)
	switch {
	case isPort && failed.reason == metrics.PollRefused:
		r.options.CatchUp.Failed(failed.reason)
		r.options.Logger.WarnContext(ctx, "the rules no longer need a query of the audit log, and Port refuses to return the rest of it", "query", name, "cause", failed)
	case err != nil:
		return err
	default:
		r.options.Logger.InfoContext(ctx, "the rules no longer need a query of the audit log; it was read up to now", "query", name)
	}
	return nil
}
