package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
	"github.com/port-changelog/terraform-provider-port/internal/port"
	"github.com/port-changelog/terraform-provider-port/listener/internal/metrics"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// read reads a query from shortly before its position up to now, window by window, and returns the
// time up to which it has read.
func (r *reader) read(ctx context.Context, client *port.Client, plan Plan, query Query, position queue.Position, overlap time.Duration) (time.Time, error) {
	from := position.Until.Add(-overlap)
	if from.Before(position.Since) {
		from = position.Since
	}
	target := r.portNow()
	width := r.width(query)
	for from.Before(target) {
		to := width.end(from, target)
		page, err := r.readWindow(ctx, client, query, from, to)
		switch {
		case errors.Is(err, errTooMuch):
			width.halve(from, to)
			continue
		case err != nil:
			width.afterFailure(from, to)
			return from, newPollError(query.String(), err)
		}
		width.afterSuccess(from, to, len(page.Events))
		if !page.At.IsZero() && page.At.Before(to) {
			to, target = page.At, page.At
		}
		if err := r.take(ctx, plan, query, page.Events, to); err != nil {
			return from, err
		}
		if !to.After(from) {
			break
		}
		from = to
	}
	return maxTime(from, position.Until), nil
}

func maxTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// width returns the window width of a query. It is kept between reads, because a crowded period is
// soon read again.
func (r *reader) width(query Query) *windowWidth {
	width, ok := r.widths[query.name()]
	if !ok {
		width = &windowWidth{current: maxWindow}
		r.widths[query.name()] = width
	}
	return width
}

// windowWidth is the period that a query covers with one request.
type windowWidth struct {
	current time.Duration
	// crowdedUntil is the end of the latest window with more entries than fit into a response.
	// Until that time, no window extends beyond it, so that the narrow windows do not include later
	// entries.
	crowdedUntil time.Time
}

// end returns the end of the window that starts at from, at most target.
func (w *windowWidth) end(from, target time.Time) time.Time {
	to := earlier(from.Add(w.current), target)
	if from.Before(w.crowdedUntil) {
		to = earlier(to, w.crowdedUntil)
	}
	return to
}

// halve narrows the windows after one with more entries than fit into a response.
func (w *windowWidth) halve(from, to time.Time) {
	w.current, w.crowdedUntil = max(to.Sub(from)/2, minWindow), to
}

// afterSuccess doubles the width after a window of full width that filled at most a quarter of a
// response.
func (w *windowWidth) afterSuccess(from, to time.Time, entries int) {
	if to.Sub(from) == w.current && entries <= pageLimit/4 {
		w.current = min(2*w.current, maxWindow)
	}
}

// afterFailure narrows the windows, because wide ones fail with 504, but no further than
// outageWindow.
func (w *windowWidth) afterFailure(from, to time.Time) {
	w.current = max(to.Sub(from)/2, min(w.current, outageWindow))
}

// errTooMuch reports that a window has more entries than fit into a response.
var errTooMuch = errors.New("the window contains more entries than fit into one response")

// readWindow reads one window. A response with as many entries as its limit may be incomplete; it
// is accepted only if the window cannot be halved.
func (r *reader) readWindow(ctx context.Context, client *port.Client, query Query, from, to time.Time) (port.AuditLogPage, error) {
	isShortest := to.Sub(from) <= minWindow
	for limit := pageLimit; ; limit /= 2 {
		page, err := client.AuditLog.Read(ctx, query.options(from, to, limit))
		r.clock.learn(page.At, r.options.Now())
		tooLarge := errors.Is(err, port.ErrResponseTooLarge)
		switch {
		case err != nil && !tooLarge:
			return page, err
		case !isShortest && (tooLarge || len(page.Events) >= limit):
			return page, errTooMuch
		case tooLarge && limit > 1:
			continue
		case tooLarge || len(page.Events) >= limit:
			r.options.CatchUp.Skipped(metrics.SkippedTruncated)
			r.options.Logger.ErrorContext(ctx, "more changes share a millisecond than fit into one response of Port; the others are lost",
				"query", query.String(), "at", from.UTC(), "taken", len(page.Events))
			return page, nil
		}
		return page, nil
	}
}

// take stores the new entries of a window, oldest first, and moves the position of the query in the
// same transactions.
func (r *reader) take(ctx context.Context, plan Plan, query Query, events []port.AuditEvent, until time.Time) error {
	var newEvents []timedEvent
	for i := range events {
		if !r.seen.has(events[i].Identifier) {
			newEvents = append(newEvents, timedEvent{&events[i], timeOf(&events[i])})
		}
	}
	if len(newEvents) > 0 && !newEvents[0].at.Before(newEvents[len(newEvents)-1].at) {
		// The response is newest first, also within a millisecond.
		slices.Reverse(newEvents)
	}
	slices.SortStableFunc(newEvents, func(a, b timedEvent) int { return a.at.Compare(b.at) })
	var batch batch
	for i, event := range newEvents {
		if entry, ok := r.open(ctx, plan, event); ok {
			batch.add(event.Identifier, entry)
		}
		if last := i == len(newEvents)-1; !last && batch.isFull() {
			// All entries of the window up to this one are in the batch.
			if err := r.store(ctx, query, &batch, earlier(event.at, until)); err != nil {
				return err
			}
		}
	}
	return r.store(ctx, query, &batch, until)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// timedEvent is an entry with its time.
type timedEvent struct {
	*port.AuditEvent
	at time.Time
}

func timeOf(event *port.AuditEvent) time.Time {
	var trigger struct {
		At time.Time `json:"at"`
	}
	_ = json.Unmarshal(event.Trigger, &trigger) // An entry without a time sorts first.
	return trigger.At
}

// open converts an entry to the form in which it is stored. It logs and counts entries that cannot
// be stored.
func (r *reader) open(ctx context.Context, plan Plan, event timedEvent) (queue.Entry, bool) {
	body, err := json.Marshal(event.AuditEvent)
	if err == nil && int64(len(body)) > r.options.MaxBody {
		err = queue.ErrTooLarge
	}
	var result *parsedEvent
	if err == nil {
		result, err = r.decode(ctx, event.Identifier, body)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.options.CatchUp.Skipped(metrics.SkippedInvalid)
			r.options.Logger.WarnContext(ctx, "an entry of the audit log was skipped", "entry", event.Identifier, "cause", err)
		}
		return queue.Entry{}, false
	}
	expired := !event.at.IsZero() && r.portNow().Sub(event.at) > plan.MaxAge
	return queue.Entry{Event: result.stored, At: event.at, Expired: expired}, true
}

func (r *reader) decode(ctx context.Context, identifier string, body []byte) (*parsedEvent, error) {
	release, err := r.options.Memory.Decode(ctx, body)
	if err != nil {
		return nil, err
	}
	defer release()
	event, err := changelog.Parse(body)
	if err != nil {
		return nil, err
	}
	return r.intake.newParsedEvent(event, changelog.SourceAuditLog, identifier, body)
}

// batch is the entries to store in one transaction.
type batch struct {
	entries     []queue.Entry
	identifiers []string
	bytes       int
}

func (b *batch) add(identifier string, entry queue.Entry) {
	b.entries, b.identifiers, b.bytes = append(b.entries, entry), append(b.identifiers, identifier), b.bytes+len(entry.Body)
}

func (b *batch) isFull() bool { return len(b.entries) >= batchEntries || b.bytes >= batchBytes }

// store stores a batch and empties it.
func (r *reader) store(ctx context.Context, query Query, full *batch, until time.Time) error {
	receipts, err := r.journal.Advance(ctx, query.name(), full.entries, until)
	if err != nil {
		return err
	}
	for i, receipt := range receipts {
		entry := full.entries[i]
		r.seen.add(full.identifiers[i])
		switch receipt {
		case queue.ReceiptStored:
			r.intake.logReceived(ctx, entry.Event, false)
			r.received(entry, metrics.ResultStored)
		case queue.ReceiptCopy:
			r.received(entry, metrics.ResultDuplicate)
		case queue.ReceiptExpired:
			r.options.CatchUp.Skipped(metrics.SkippedExpired)
			r.options.Logger.WarnContext(ctx, "a change is older than catch_up.max_age and is not delivered", "event", entry.ShortIdentity(), "at", entry.At.UTC())
		case queue.ReceiptAgain:
		}
	}
	*full = batch{}
	return nil
}

// received counts a new entry.
func (r *reader) received(entry queue.Entry, result metrics.Result) {
	r.options.Recorder.Received(SourceAuditLog, result)
	r.options.Arrivals.Stored(SourceAuditLog, entry.Origin.Blueprint, entry.ShortIdentity(), result == metrics.ResultDuplicate)
}

// maxSeen is the maximum number of entries in each half of seen.
const maxSeen = 50_000

// seen remembers the latest stored entries, so that entries that are read again are not processed
// again. When current is full, it replaces before.
type seen struct {
	seed            maphash.Seed
	current, before map[uint64]struct{}
}

func (s *seen) has(identifier string) bool {
	if identifier == "" || s.current == nil {
		return false
	}
	key := maphash.String(s.seed, identifier)
	_, inCurrent := s.current[key]
	_, inBefore := s.before[key]
	return inCurrent || inBefore
}

func (s *seen) add(identifier string) {
	if s.current == nil {
		s.seed, s.current = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	if len(s.current) >= maxSeen {
		s.current, s.before = make(map[uint64]struct{}), s.current
	}
	s.current[maphash.String(s.seed, identifier)] = struct{}{}
}
