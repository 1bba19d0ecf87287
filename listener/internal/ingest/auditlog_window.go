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

// read reads a query from shortly before its position up to now, window by window, and returns how
// far it has come.
func (r *reader) read(ctx context.Context, client *port.Client, plan Plan, query Query, position queue.Position, overlap time.Duration) (time.Time, error) {
	from := position.Until.Add(-overlap)
	if from.Before(position.Since) {
		from = position.Since
	}
	target := r.portNow()
	width := r.width(query)
	for from.Before(target) {
		to := width.end(from, target)
		page, err := r.ask(ctx, client, query, from, to)
		switch {
		case errors.Is(err, errTooMuch):
			width.halve(from, to)
			continue
		case err != nil:
			width.afterFailure(from, to)
			return from, newPollError(query.String(), err)
		}
		width.afterAnswer(from, to, len(page.Events))
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

// width returns the width of the windows of a query, which it keeps between readings: what was
// crowded is read again soon.
func (r *reader) width(query Query) *windowWidth {
	kept, ok := r.widths[query.name()]
	if !ok {
		kept = &windowWidth{current: longestWindow}
		r.widths[query.name()] = kept
	}
	return kept
}

// windowWidth is how much of the log a query asks for at a time.
type windowWidth struct {
	current time.Duration
	// crowdedUntil is the end of the last window that held more than an answer. Up to there no
	// window reaches beyond it, so that what follows is not searched with it.
	crowdedUntil time.Time
}

// end returns where a window ends that begins at a time and reaches no further than target.
func (w *windowWidth) end(from, target time.Time) time.Time {
	to := earlier(from.Add(w.current), target)
	if from.Before(w.crowdedUntil) {
		to = earlier(to, w.crowdedUntil)
	}
	return to
}

// halve follows a window that held more than an answer.
func (w *windowWidth) halve(from, to time.Time) {
	w.current, w.crowdedUntil = max(to.Sub(from)/2, shortestWindow), to
}

// afterAnswer widens the windows after one of the full width of which twice as much would be at
// most half an answer.
func (w *windowWidth) afterAnswer(from, to time.Time, entries int) {
	if to.Sub(from) == w.current && entries <= pageLimit/4 {
		w.current = min(2*w.current, longestWindow)
	}
}

// afterFailure narrows the windows, as broad ones end in 504, but no further than outageWindow.
func (w *windowWidth) afterFailure(from, to time.Time) {
	w.current = max(to.Sub(from)/2, min(w.current, outageWindow))
}

// errTooMuch says that a window holds more than fits into an answer.
var errTooMuch = errors.New("the window contains more entries than one answer can")

// ask reads one window. An answer as long as its limit may lack entries, whatever its order; one of
// a window that cannot be halved is taken as it is.
func (r *reader) ask(ctx context.Context, client *port.Client, query Query, from, to time.Time) (port.AuditLogPage, error) {
	isShortest := to.Sub(from) <= shortestWindow
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
			r.options.Logger.ErrorContext(ctx, "more changes share a millisecond than one answer of Port can contain; the others are lost",
				"query", query.String(), "at", from.UTC(), "taken", len(page.Events))
			return page, nil
		}
		return page, nil
	}
}

// take stores the entries of a window that were not seen before, the oldest first, and moves the
// position of the query with them.
func (r *reader) take(ctx context.Context, plan Plan, query Query, events []port.AuditEvent, until time.Time) error {
	var news []timedEvent
	for i := range events {
		if !r.seen.has(events[i].Identifier) {
			news = append(news, timedEvent{&events[i], timeOf(&events[i])})
		}
	}
	if len(news) > 0 && !news[0].at.Before(news[len(news)-1].at) {
		// Newest first: of entries of one millisecond those that come last are the oldest.
		slices.Reverse(news)
	}
	slices.SortStableFunc(news, func(a, b timedEvent) int { return a.at.Compare(b.at) })
	var batch batch
	for i, event := range news {
		if entry, ok := r.open(ctx, plan, event); ok {
			batch.add(event.Identifier, entry)
		}
		if last := i == len(news)-1; !last && batch.isFull() {
			// Everything of the window up to this one is in.
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

// timedEvent is an entry with the time at which it happened.
type timedEvent struct {
	*port.AuditEvent
	at time.Time
}

func timeOf(event *port.AuditEvent) time.Time {
	var trigger struct {
		At time.Time `json:"at"`
	}
	_ = json.Unmarshal(event.Trigger, &trigger) // One without a time sorts first.
	return trigger.At
}

// open makes what is stored of an entry. What cannot be stored is logged and counted.
func (r *reader) open(ctx context.Context, plan Plan, event timedEvent) (queue.Entry, bool) {
	body, err := json.Marshal(event.AuditEvent)
	if err == nil && int64(len(body)) > r.options.MaxBody {
		err = queue.ErrTooLarge
	}
	var taken *opened
	if err == nil {
		taken, err = r.decode(ctx, event.Identifier, body)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.options.CatchUp.Skipped(metrics.SkippedInvalid)
			r.options.Logger.WarnContext(ctx, "an entry of the audit log was skipped", "entry", event.Identifier, "cause", err)
		}
		return queue.Entry{}, false
	}
	expired := !event.at.IsZero() && r.portNow().Sub(event.at) > plan.MaxAge
	return queue.Entry{Event: taken.stored, At: event.at, Expired: expired}, true
}

func (r *reader) decode(ctx context.Context, identifier string, body []byte) (*opened, error) {
	release, err := r.options.Memory.Decode(ctx, body)
	if err != nil {
		return nil, err
	}
	defer release()
	event, err := changelog.Parse(body)
	if err != nil {
		return nil, err
	}
	return r.intake.newOpened(event, changelog.SourceAuditLog, identifier, body)
}

// batch is what is stored in one transaction.
type batch struct {
	entries     []queue.Entry
	identifiers []string
	bytes       int
}

func (b *batch) add(identifier string, entry queue.Entry) {
	b.entries, b.identifiers, b.bytes = append(b.entries, entry), append(b.identifiers, identifier), b.bytes+len(entry.Body)
}

func (b *batch) isFull() bool { return len(b.entries) >= batchEntries || b.bytes >= batchBytes }

// store stores a batch, and empties it.
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

// received counts an entry that was not seen before.
func (r *reader) received(entry queue.Entry, result metrics.Result) {
	r.options.Recorder.Received(SourceAuditLog, result)
	r.options.Arrivals.Stored(SourceAuditLog, entry.Origin.Blueprint, entry.ShortIdentity(), result == metrics.ResultDuplicate)
}

// mostSeen is how many entries each half of the memory of what was seen holds.
const maxSeen = 50_000

// seen remembers the entries that were stored last, so that those which are read again cost no more
// than their reading. It forgets in two halves.
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
