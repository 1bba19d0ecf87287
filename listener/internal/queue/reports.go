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

// Report identifies copies of an event from other sources. The zero value means that there are
// none.
type Report struct {
	// Source is the name of the source. Two events of the same source are two changes.
	Source string
	// Change is equal for all copies, and rarely for other events.
	Change string
	// Properties distinguish those other events.
	Properties changelog.Fingerprint
}

// change returns the key that copies share. For an event without copies, it is unique.
func (e Event) change() string {
	if e.Report.Change == "" {
		return e.Identity
	}
	return e.Report.Change
}

// Receipt is the result of reporting an event.
type Receipt int

// The results of reporting an event.
const (
	// ReceiptStored means that the event is new and was stored.
	ReceiptStored Receipt = iota
	// ReceiptAgain means that the same source reported the event before.
	ReceiptAgain
	// ReceiptCopy means that another source reported the change before.
	ReceiptCopy
	// ReceiptExpired means that the event is new, but too old to be delivered.
	ReceiptExpired
)

// reportRow is a row of the table of reports.
type reportRow struct {
	number           uint64
	identity, source string
	// copyOf is the number of the first report of the change; 0 in that first report.
	copyOf     uint64
	properties changelog.Fingerprint
}

func (r reportRow) change() uint64 {
	if r.copyOf == 0 {
		return r.number
	}
	return r.copyOf
}

// recognise determines whether an event was reported before, and of which report it is a copy: the
// first report of a change that its source has not reported yet, and whose properties do not
// contradict its own. So the n-th event of one source is a copy of the n-th event of another.
func recognise(event Event, reportsOf []reportRow) (receipt Receipt, copyOf uint64) {
	taken := make(map[uint64]bool)
	for _, report := range reportsOf {
		if report.identity == event.Identity {
			return ReceiptAgain, report.change()
		}
		if report.source == event.Report.Source || report.properties.Contradicts(event.Report.Properties) {
			taken[report.change()] = true
		}
	}
	for _, report := range reportsOf {
		if !taken[report.change()] {
			return ReceiptCopy, report.change()
		}
	}
	return ReceiptStored, 0
}

// reportsOf reads the reports with a change key.
func reportsOf(ctx context.Context, tx querier, change string) ([]reportRow, error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, identity, source, copy_of, properties FROM reports WHERE change = $1 ORDER BY number`, change)
	if err != nil {
		return nil, fmt.Errorf("reading the reports of a change: %w", err)
	}
	return collect(rows, func(rows *sql.Rows) (read reportRow, size int, err error) {
		err = rows.Scan(&read.number, &read.identity, &read.source, &read.copyOf, &read.properties)
		return read, len(read.properties), err
	})
}

// storeOnce stores an event unless it was reported before. In that case it returns the identity
// under which the change is stored. An expired event is only recorded as reported.
func (q *SQL) storeOnce(ctx context.Context, tx querier, event Event, expired bool) (receipt Receipt, original string, err error) {
	if err := q.engine.serialize(ctx, tx, event.change()); err != nil {
		return 0, "", err
	}
	prior, err := reportsOf(ctx, tx, event.change())
	if err != nil {
		return 0, "", err
	}
	receipt, copyOf := recognise(event, prior)
	if i := slices.IndexFunc(prior, func(first reportRow) bool { return first.number == copyOf }); i >= 0 {
		original = prior[i].identity
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

// explainCopy records in the explanation of a stored event that a copy has arrived.
func (q *SQL) explainCopy(ctx context.Context, tx querier, original string, arrived Event) error {
	return q.explain(ctx, tx, "identity", original, func(e *Explanation) { e.add(arrived.Origin.Source, precise(time.Now())) })
}

// insert adds an event, unless one with its identity exists.
func (q *SQL) insert(ctx context.Context, tx querier, event Event) (bool, error) {
	if err := q.admit(ctx, tx, len(event.Body)+len(event.Report.Properties)); err != nil {
		return false, err
	}
	storedAt := time.Now().UTC().Format(timeFormat)
	// A copy must not use up a number, because a gap after the newest event means a loss. With ON
	// CONFLICT alone, SQLite would assign a number even if the conflict is ignored.
	inserted, err := tx.ExecContext(ctx, `INSERT INTO events (identity, stored_at, explanation, body, checksum, doubtful)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM events WHERE identity = $1) ON CONFLICT DO NOTHING`,
		event.Identity, storedAt, Explanation{Origin: event.Origin}.encode(), event.Body, eventChecksum(event.Identity, storedAt, event.Body), event.Doubtful)
	if err != nil {
		return false, fmt.Errorf("storing an event: %w", err)
	}
	count, err := inserted.RowsAffected()
	return count > 0, err
}

// reportRetention is how long reports are kept even if space is short: longer than the period for
// which entries of the audit log are read again.
const reportRetention = time.Hour

// discardReports removes the oldest reports to free space, but none of entries that may be read
// again: it keeps reports from shortly before the position of each query, and recent ones.
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
	return removeReports(ctx, tx, before.Add(-reportRetention))
}

// removeReports removes a batch of reports that are older than a time.
func removeReports(ctx context.Context, tx querier, before time.Time) (int64, error) {
	return remove(ctx, tx, `DELETE FROM reports WHERE number IN (SELECT number FROM reports WHERE noted_at < $1 ORDER BY number LIMIT $2)`,
		timestamp(before), discardBatch)
}
