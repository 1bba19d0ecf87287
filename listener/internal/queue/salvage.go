package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// storedTable is a table of the embedded store that is checked and salvaged.
type storedTable struct {
	name string
	// isSound reports whether the checksum of a row is correct; nil if rows have no checksum.
	isSound func(row storedRow) bool
	// ofEvents means that rows refer to an event, and are useless without it.
	ofEvents bool
}

// storedTables returns the tables, each after those that its rows refer to.
func storedTables() []storedTable {
	isSoundDelivery := func(row storedRow) bool {
		event := uint64(row.integer("event")) //nolint:gosec // A damaged number fails the checksum.
		return row.integer("checksum") == deliveryChecksum(event, row.text("destination"), row.text("rule"), row.text("stored_at"))
	}
	return []storedTable{
		{name: "events", isSound: func(row storedRow) bool {
			body, _ := row.value("body").([]byte)
			return row.integer("checksum") == eventChecksum(row.text("identity"), row.text("stored_at"), body)
		}},
		{name: "deliveries", isSound: isSoundDelivery, ofEvents: true},
		{name: "dead_letters", isSound: isSoundDelivery, ofEvents: true},
		{name: "reports"},
		{name: "positions"},
		{name: "sent"},
		{name: "lanes"},
	}
}

// storedRow is a row of any table.
type storedRow struct {
	id      int64
	columns []string
	values  []any
}

func scanStoredRow(rows *sql.Rows) (storedRow, error) {
	columns, err := rows.Columns()
	if err != nil {
		return storedRow{}, err
	}
	row := storedRow{columns: columns[1:], values: make([]any, len(columns)-1)}
	into := []any{&row.id}
	for i := range row.values {
		into = append(into, &row.values[i])
	}
	return row, rows.Scan(into...)
}

// value returns the value of a column, or nil if there is no such column. Damage may have changed
// its type.
func (r storedRow) value(column string) any {
	if i := slices.Index(r.columns, column); i >= 0 {
		return r.values[i]
	}
	return nil
}

func (r storedRow) integer(column string) int64 {
	number, _ := r.value(column).(int64)
	return number
}

func (r storedRow) text(column string) string {
	content, _ := r.value(column).(string)
	return content
}

// isWaiting reports whether the loss of the row loses an alert. An evaluated event is represented
// by its deliveries.
func (r storedRow) isWaiting(table storedTable) bool {
	return table.ofEvents || table.name == "events" && r.value("evaluated_at") == nil
}

// inspect returns an error that wraps errNotSound for the first row whose checksum is wrong.
func (t storedTable) inspect(ctx context.Context, database querier) error {
	if t.isSound == nil {
		return nil
	}
	rows, err := database.QueryContext(ctx, `SELECT rowid, * FROM `+t.name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := scanStoredRow(rows)
		if err != nil {
			return err
		}
		if !t.isSound(row) {
			return fmt.Errorf("%w: row %d of %s has changed", errNotSound, row.id, t.name)
		}
	}
	return rows.Err()
}

// copy copies rows in the order of their numbers, and adds losses to lost. If the next row cannot
// be read, it tries the following numbers one by one, because a scan ends at the first damaged
// page. In that case, it returns false: the copy may be incomplete.
func (t storedTable) copy(ctx context.Context, source, target querier, lastEvent uint64, lost *report) (complete bool, err error) {
	last := int64(lastEvent) //nolint:gosec // A store holds far fewer events.
	var greatest sql.NullInt64
	if err := source.QueryRowContext(ctx, `SELECT max(rowid) FROM `+t.name).Scan(&greatest); err == nil {
		last = max(last, greatest.Int64)
	}
	complete = true
	for id := int64(0); id < last; {
		row, err := t.next(ctx, source, id)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return complete, nil
		case err != nil && ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil:
			complete, id = false, id+1
			continue
		}
		id = row.id
		inserted := false
		if t.isSound == nil || t.isSound(row) {
			if inserted, err = t.insert(ctx, target, row); err != nil {
				return false, err
			}
		} else {
			lost.DamagedRows++
		}
		if !inserted && row.isWaiting(t) {
			lost.Lost++
		}
	}
	return complete, nil
}

// next reads the first row whose number is greater than after.
func (t storedTable) next(ctx context.Context, source querier, after int64) (storedRow, error) {
	rows, err := source.QueryContext(ctx, `SELECT rowid, * FROM `+t.name+` WHERE rowid > $1 ORDER BY rowid LIMIT 1`, after)
	if err != nil {
		return storedRow{}, err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		return scanStoredRow(rows)
	}
	if err := rows.Err(); err != nil {
		return storedRow{}, err
	}
	return storedRow{}, sql.ErrNoRows
}

// insert writes a row to the copy, and reports whether it did: rows whose event could not be read
// are left out.
func (t storedTable) insert(ctx context.Context, target querier, row storedRow) (bool, error) {
	condition := ""
	if t.ofEvents {
		condition = fmt.Sprintf(` WHERE EXISTS (SELECT 1 FROM events WHERE number = $%d)`, slices.Index(row.columns, "event")+1)
	}
	placeholders := make([]string, len(row.values))
	for i := range row.values {
		placeholders[i] = fmt.Sprintf("$%d", i+1)
	}
	statement := fmt.Sprintf(`INSERT OR IGNORE INTO %s (%s) SELECT %s%s`, t.name, strings.Join(row.columns, ", "), strings.Join(placeholders, ", "), condition)
	inserted, err := target.ExecContext(ctx, statement, row.values...)
	if err != nil {
		return false, err
	}
	count, err := inserted.RowsAffected()
	return count > 0, err
}
