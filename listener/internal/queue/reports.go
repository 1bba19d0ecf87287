package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/changelog"
)

// Report says how the copies of an event are recognised that other sources report. The zero value
// is that of an event of which there are none.
type Report struct {
	// Source names the source. Of one source, two events are two changes.
	Source string
	// Change is shared by the copies, and seldom by other events.
	Change string
	// Properties tell those apart.
	Properties changelog.Fingerprint
}

// change returns what the copies share. An event without copies has it for itself.
func (e Event) change() string {
	if e.Report.Change == "" {
		return e.Identity
	}
	return e.Report.Change
}

// Receipt says how an event was taken.
type Receipt int

// The ways in which events are taken.
const (
	// ReceiptStored is that of an event that is new.
	ReceiptStored Receipt = iota
	// ReceiptAgain is that of an event that its source has reported before.
	ReceiptAgain
	// ReceiptCopy is that of one that another source has reported before.
	ReceiptCopy
	// ReceiptExpired is that of one that is new, and too old to be stored.
	ReceiptExpired
)

// reportRow is a row of the table of reports.
type reportRow struct {
	number           uint64
	identity, source string
	// copyOf is the number of the first report of the change; 0 for that itself.
	copyOf     uint64
	properties changelog.Fingerprint
}

func (r reportRow) change() uint64 {
	if r.copyOf == 0 {
		return r.number
	}
	return r.copyOf
}

// recognise says whether an event was reported before, and of which report it is a copy: the first
// of a change that its source has not reported, and whose properties do not contradict. So the n-th
// event of one source is the copy of the n-th of another.
func recognise(event Event, reports []reportRow) (receipt Receipt, copyOf uint64) {
	taken := make(map[uint64]bool)
	for _, known := range reports {
		if known.identity == event.Identity {
			return ReceiptAgain, known.change()
		}
		if known.source == event.Report.Source || known.properties.Contradicts(event.Report.Properties) {
			taken[known.change()] = true
		}
	}
	for _, known := range reports {
		if !taken[known.change()] {
			return ReceiptCopy, known.change()
		}
	}
	return ReceiptStored, 0
}

// reports reads what is known of a change.
func reports(ctx context.Context, tx querier, change string) ([]reportRow, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, identity, source, copy_of, properties FROM reports WHERE change = $1 ORDER BY number`, change)
	if err != nil {
		return nil, fmt.Errorf("reading the reports of a change: %w", err)
	}
	return collect(rows, func(rows *sql.Rows) (read reportRow, size int, err error) {
		err = rows.Scan(&read.number, &read.identity, &read.source, &read.copyOf, &read.properties)
		return read, len(read.properties), err
	})
}

// keep stores an event in a transaction, unless it was reported before: then it returns the
// identity under which the change is stored. One that has expired is only noted.
func (q *SQL) keep(ctx context.Context, tx querier, event Event, expired bool) (receipt Receipt, original string, err error) {
	if err := q.engine.serialize(ctx, tx, event.change()); err != nil {
		return 0, "", err
	}
	known, err := reports(ctx, tx, event.change())
	if err != nil {
		return 0, "", err
	}
	receipt, copyOf := recognise(event, known)
	if i := slices.IndexFunc(known, func(first reportRow) bool { return first.number == copyOf }); i >= 0 {
		original = known[i].identity
	}
	switch {
	case receipt == ReceiptAgain:
		return receipt, original, nil
	case receipt == ReceiptStored && expired:
		receipt = ReceiptExpired
	case receipt == ReceiptStored:
		if inserted, err := q.insert(ctx, tx, event); err != nil {
			return 0, "", err
		} else if !inserted {
			return ReceiptAgain, event.Identity, nil
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO reports (change, identity, source, copy_of, properties, noted_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		event.change(), event.Identity, event.Report.Source, copyOf, append([]byte{}, event.Report.Properties...), timestamp(time.Now()))
	if err != nil {
		return 0, "", fmt.Errorf("recording a report: %w", err)
	}
	return receipt, original, nil
}

// explainCopy adds to the explanation of a stored event that a copy of it has arrived.
func (q *SQL) explainCopy(ctx context.Context, tx querier, original string, arrived Event) error {
	return q.explain(ctx, tx, "identity", original, func(e *Explanation) { e.add(arrived.Origin.Source, precise(time.Now())) })
}

// insert adds an event, unless one of its identity is there.
func (q *SQL) insert(ctx context.Context, tx querier, event Event) (bool, error) {
	if err := q.admit(ctx, tx, len(event.Body)+len(event.Report.Properties)); err != nil {
		return false, err
	}
	storedAt := time.Now().UTC().Format(timeFormat)
	// A copy must not use up a number: SQLite would give one to it even where the conflict is
	// ignored, and a gap among the newest numbers means a loss.
	inserted, err := tx.ExecContext(ctx, `INSERT INTO events (identity, stored_at, explanation, body, checksum, doubtful)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM events WHERE identity = $1) ON CONFLICT DO NOTHING`,
		event.Identity, storedAt, Explanation{Origin: event.Origin}.encode(), event.Body, eventChecksum(event.Identity, storedAt, event.Body), event.Doubtful)
	if err != nil {
		return false, fmt.Errorf("storing an event: %w", err)
	}
	count, err := inserted.RowsAffected()
	return count > 0, err
}

// keptReports is for how long reports are kept, whatever space they take: longer than anything is
// read again that has been read.
const keptReports = time.Hour

// discardReports removes the oldest reports to make room, but none of what may be read again:
// nothing from shortly before the position of a query, and nothing recent.
func discardReports(ctx context.Context, tx querier) (int64, error) {
	before := time.Now()
	var oldest moment
	err := tx.QueryRowContext(ctx, `SELECT min(position) FROM positions`).Scan(&oldest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading the positions: %w", err)
	}
	if !oldest.IsZero() && oldest.Before(before) {
		before = oldest.Time
	}
	return removeReports(ctx, tx, before.Add(-keptReports))
}

// removeReports removes a batch of reports from before a time.
func removeReports(ctx context.Context, tx querier, before time.Time) (int64, error) {
	return remove(ctx, tx, `DELETE FROM reports WHERE number IN (SELECT number FROM reports WHERE noted_at < $1 ORDER BY number LIMIT $2)`,
		timestamp(before), discardBatch)
}
