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
	// recent is what each reading reads again, and late what one in each catch-up does, for entries
	// that appear after others of the same time.
	recent = time.Minute
	late   = 15 * time.Minute
	// longestWindow is how much of the log is asked for at a time: broad windows end in 504.
	// shortestWindow is that in which it cannot be halved any more, and outageWindow the shortest
	// that failures make it.
	longestWindow  = time.Hour
	shortestWindow = time.Millisecond
	outageWindow   = time.Minute
	// pageLimit is how many entries an answer has at most.
	pageLimit = 1000
	// batchEntries and batchBytes bound what is stored in one transaction.
	batchEntries = 64
	batchBytes   = 4 << 20
	// longestBackoff is between two readings of which the first has failed, unless Port asks for
	// more.
	longestBackoff = 5 * time.Minute
	// idlePause is how long a listener that has nothing to ask looks for that.
	idlePause = time.Minute
	// refusedPause is how long after an event was refused the log is read.
	refusedPause = 5 * time.Second
)

// Plan says what is read of the audit log, and how often.
type Plan struct {
	Queries []Query
	// Interval is between two readings.
	Interval time.Duration
	// CatchUp is between two that read the last quarter of an hour again.
	CatchUp time.Duration
	// MaxAge is how old a change may be to be delivered.
	MaxAge time.Duration
}

// AuditLogRecorder counts what is read of the audit log.
type AuditLogRecorder interface {
	// Sure notes up to when everything has been read, by our clock.
	Sure(until time.Time)
	// Leave notes that nothing is read.
	Leave()
	Failed(reason metrics.PollFailure)
	Skipped(reason metrics.Skipped)
}

// AuditLogOptions describe the reading of the audit log.
type AuditLogOptions struct {
	// Client returns the client of Port's API, nil if Port is not to be asked. Plan says what to
	// ask. Both are called for each reading.
	Client func() *port.Client
	Plan   func() Plan
	// MaxBody is the size of the largest event, in bytes.
	MaxBody  int64
	Memory   *budget.Memory
	Recorder Recorder
	CatchUp  AuditLogRecorder
	Arrivals *arrivals.Log
	Logger   *slog.Logger
	Now      func() time.Time
	// Jitter returns a random number from 0 to below 1.
	Jitter func() float64
}

// AuditLog reads Port's audit log into the store: what did not arrive by itself, or everything if
// nothing does.
type AuditLog struct {
	options AuditLogOptions
	intake  *intake
	// wake and refused are filled when it should read: at once, or soon.
	wake, refused chan struct{}
}

// NewAuditLog returns a source that reads nothing until it follows the log.
func NewAuditLog(options AuditLogOptions) *AuditLog {
	options.Logger = options.Logger.With("source", SourceAuditLog)
	return &AuditLog{options: options, wake: make(chan struct{}, 1), refused: make(chan struct{}, 1), intake: &intake{
		source: SourceAuditLog, memory: options.Memory, recorder: options.Recorder, logger: options.Logger, arrivals: options.Arrivals,
	}}
}

// Wake makes it read at once: the configuration has changed.
func (a *AuditLog) Wake() { ring(a.wake) }

// Refused makes it read soon: an event was refused, and Port is not known to send it again. While
// readings fail it makes no difference.
func (a *AuditLog) Refused() { ring(a.refused) }

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// Follow is a queue.Follower.
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
	return &reader{AuditLog: a, journal: journal, widths: make(map[string]*windowWidth)}
}

// sleep waits until the pause is over, something asks for a reading, or ctx ends.
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
			// Whatever is refused until then is read with it.
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

// reader is one time of following the log.
type reader struct {
	*AuditLog
	journal queue.Journal
	clock   clock
	// widths are by the name of the query.
	widths map[string]*windowWidth
	seen   seen
	// failures counts the readings since the last one that has not failed.
	failures int
	// reported says that the operator's page knows that the log is read.
	reported bool
	// began is when it was first to read.
	began time.Time
	// caughtUp is when the last quarter of an hour was read.
	caughtUp time.Time
}

// clock is Port's, by the Date of its answers. It is never ahead of Port's.
type clock struct {
	known  bool
	offset time.Duration
}

func (c *clock) learn(answeredAt, now time.Time) {
	if !answeredAt.IsZero() {
		c.known, c.offset = true, answeredAt.Sub(now)
	}
}

// step reads everything once, and returns how long to wait for the next time. Its error is one of
// the store.
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

// backOff counts and logs a failure, and returns how long to leave Port alone.
func (r *reader) backOff(ctx context.Context, plan Plan, failed *pollError) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	r.failures++
	r.options.CatchUp.Failed(failed.reason)
	r.options.Arrivals.Report(SourceAuditLog, "failing", string(failed.reason)+"; retrying")
	const doublings = 10
	pause := min(plan.Interval<<min(r.failures-1, doublings), max(longestBackoff, plan.Interval))
	pause = max(pause/2+time.Duration(r.options.Jitter()*float64(pause)/2), failed.retryAfter)
	r.options.Logger.WarnContext(ctx, "reading the audit log failed; retrying, no change is lost",
		"cause", failed.err, "reason", failed.reason, "query", failed.query, "failures", r.failures, "again_in", pause.Round(time.Millisecond))
	return pause
}

// readAll reads every query from where it was left. One that is not asked any more is read to its
// end once, so that nothing falls between it and those that follow it.
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
			// The others may be answered.
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

// learnTime asks for next to nothing, to know Port's clock before anything is asked by it.
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

// portNow is the time by Port's clock.
func (r *reader) portNow() time.Time { return r.options.Now().Add(r.clock.offset) }

// noteLag notes the oldest position.
func (r *reader) noteLag(positions map[string]queue.Position) {
	sure := r.began
	if len(positions) > 0 {
		sure = slices.MinFunc(slices.Collect(maps.Values(positions)), func(a, b queue.Position) int { return a.Until.Compare(b.Until) }).Until.Add(-r.clock.offset)
	}
	r.options.CatchUp.Sure(sure)
}

// begin begins the queries that are new now, before those that they follow are read to their end:
// what happens in between is in both. Port's clock is known to the second, and what counts as now
// is up to two seconds early, as one that is late would lose changes.
func (r *reader) begin(ctx context.Context, plan Plan, positions map[string]queue.Position) error {
	now := r.portNow().Truncate(time.Second)
	for _, query := range plan.Queries {
		if _, known := positions[query.name()]; known {
			continue
		}
		if err := r.journal.Begin(ctx, query.name(), now); err != nil {
			return err
		}
		positions[query.name()] = queue.Position{Since: now, Until: now}
		r.options.Logger.InfoContext(ctx, "following the audit log from now; earlier changes are not delivered", "query", query.String(), "from", now.UTC())
	}
	return nil
}

// retire reads what is left of queries that are not asked any more, and forgets them.
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

// readRest reads a query for the last time. That Port refuses it is no error: its blueprint may be
// gone, and the other queries must go on.
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
		r.options.Logger.WarnContext(ctx, "the rules no longer need a part of the audit log, and Port refuses to show the rest of it", "query", name, "cause", failed)
	case err != nil:
		return err
	default:
		r.options.Logger.InfoContext(ctx, "the rules no longer need a part of the audit log; it was read up to now", "query", name)
	}
	return nil
}
