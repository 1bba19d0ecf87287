package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// asideDir is where a damaged store is put, below the data directory.
	asideDir = "damaged"
	// reportFile says beside it what was lost.
	reportFile = "report.json"
)

// report is what reportFile holds.
type report struct {
	Lost        int `json:"lost"`
	DamagedRows int `json:"damaged_rows"`
}

// databaseFiles are those of a database, the log with it.
func databaseFiles(path string) []string { return []string{path, path + "-wal", path + "-shm"} }

// repair looks at the whole store before it is used. Rows that are not what was
// written are removed from it; a file that SQLite cannot read is replaced by one
// with all rows that can be read. Before either, the store is copied as it is.
// previous are the marks of the run before, nil when there are none.
func repair(ctx context.Context, path string, previous *marks, disk *disk, logger *slog.Logger) error {
	if previous == nil {
		previous = &marks{}
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if previous.Waiting == 0 {
			return nil
		}
		return writeReport(ctx, newAside(filepath.Dir(path)), report{Lost: previous.Waiting}, logger)
	}
	found, err := inspect(ctx, path)
	if isFullDisk(err) && disk.release() {
		found, err = inspect(ctx, path)
	}
	switch {
	case err != nil && !isDamage(err) && !errors.Is(err, errNotSound):
		return err
	case err != nil:
		return salvage(ctx, path, previous, logger, err)
	case len(found.damaged) > 0:
		return removeDamaged(ctx, path, found, logger)
	case found.lastEvent < previous.Event:
		lost := int(previous.Event - found.lastEvent) //nolint:gosec // A store holds far fewer events.
		logger.ErrorContext(ctx, "event store: events are missing that were stored: its log is gone or cut off, or an old copy was put back", "lost", lost)
		return writeReport(ctx, newAside(filepath.Dir(path)), report{Lost: lost}, logger)
	}
	return nil
}

// errNotSound says that SQLite's own check has found something.
var errNotSound = errors.New("the structure of the database is damaged")

// inspection is what was found in a store that SQLite can read.
type inspection struct {
	lastEvent uint64
	damaged   []damagedRow
}

// damagedRow is a row whose checksum does not fit.
type damagedRow struct {
	table  string
	number uint64
}

// storedTable is a table whose rows have checksums.
type storedTable struct {
	name    string
	columns string
	// isSound reads a row. One that has values of other types is damaged, too.
	isSound func(rows *sql.Rows) (number uint64, sound bool)
}

// storedTables are in the order in which their rows refer to one another.
func storedTables() []storedTable {
	return []storedTable{
		{name: "events", columns: "number, identity, stored_at, body, checksum", isSound: func(rows *sql.Rows) (uint64, bool) {
			var event storedEvent
			err := rows.Scan(&event.number, &event.Identity, &event.storedAt, &event.Body, &event.sum)
			return event.number, err == nil && event.isSound()
		}},
		{name: "deliveries", columns: "number, event, destination, rule, stored_at, checksum", isSound: isSoundDelivery},
		{name: "dead_letters", columns: "number, event, destination, rule, stored_at, checksum", isSound: isSoundDelivery},
	}
}

func isSoundDelivery(rows *sql.Rows) (uint64, bool) {
	var number, event uint64
	var destination, rule, storedAt string
	var sum int64
	err := rows.Scan(&number, &event, &destination, &rule, &storedAt, &sum)
	return number, err == nil && sum == deliveryChecksum(event, destination, rule, storedAt)
}

// inspect reads every row.
func inspect(ctx context.Context, path string) (found inspection, err error) {
	database, err := sql.Open("sqlite", dataSource(path, writeOptions(Options{MaxBytes: DefaultMaxBytes})))
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	var verdict string
	if err := database.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return found, err
	}
	if verdict != "ok" {
		return found, fmt.Errorf("%w: %s", errNotSound, verdict)
	}
	var tables int
	if err := database.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'events'`).Scan(&tables); err != nil || tables == 0 {
		return found, err
	}
	read, err := readMarks(ctx, database)
	if err != nil {
		return found, err
	}
	found.lastEvent = read.Event
	for _, table := range storedTables() {
		numbers, err := unsound(ctx, database, table)
		if err != nil {
			return found, err
		}
		for _, number := range numbers {
			found.damaged = append(found.damaged, damagedRow{table: table.name, number: number})
		}
	}
	return found, nil
}

// unsound lists the rows of a table whose checksums do not fit.
func unsound(ctx context.Context, database *sql.DB, table storedTable) ([]uint64, error) {
	rows, err := database.QueryContext(ctx, `SELECT `+table.columns+` FROM `+table.name) //nolint:gosec // The names are ours.
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var numbers []uint64
	for rows.Next() {
		if number, sound := table.isSound(rows); !sound {
			numbers = append(numbers, number)
		}
	}
	return numbers, rows.Err()
}

// removeDamaged puts a copy of the store aside and removes the damaged rows from
// it. Alerts whose event is damaged go with it.
func removeDamaged(ctx context.Context, path string, found inspection, logger *slog.Logger) (err error) {
	aside := newAside(filepath.Dir(path))
	if err := copyAside(path, aside); err != nil {
		return err
	}
	database, err := sql.Open("sqlite", dataSource(path, writeOptions(Options{MaxBytes: DefaultMaxBytes})))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // After the commit it does nothing.
	lost := 0
	for _, row := range found.damaged {
		count, err := removeRow(ctx, tx, row)
		if err != nil {
			return err
		}
		lost += count
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return writeReport(ctx, aside, report{Lost: lost, DamagedRows: len(found.damaged)}, logger)
}

// removeRow removes a damaged row with what refers to it, and returns how many
// events and alerts are lost by that: an event that was evaluated is none.
func removeRow(ctx context.Context, tx querier, row damagedRow) (lost int, err error) {
	statements := []string{`DELETE FROM ` + row.table + ` WHERE number = $1`}
	if row.table == "events" {
		statements = []string{
			`DELETE FROM deliveries WHERE event = $1`, `DELETE FROM dead_letters WHERE event = $1`,
			`DELETE FROM events WHERE number = $1 AND evaluated_at IS NULL`,
		}
	}
	for _, statement := range statements {
		count, err := remove(ctx, tx, statement, row.number)
		if err != nil {
			return 0, err
		}
		lost += int(count)
	}
	if row.table == "events" {
		_, err = remove(ctx, tx, `DELETE FROM events WHERE number = $1`, row.number)
	}
	return lost, err
}

// salvage puts the whole store aside, and begins a new one with the rows that can
// be read: row by row, because a scan ends at the first page that is damaged.
func salvage(ctx context.Context, path string, previous *marks, logger *slog.Logger, cause error) error {
	aside := newAside(filepath.Dir(path))
	logger.ErrorContext(ctx, "event store: it is damaged; a copy is put aside, and what can be read is kept", "copy", aside, "cause", cause)
	if err := copyAside(path, aside); err != nil {
		return err
	}
	fresh := path + ".salvaged"
	if err := removeFiles(databaseFiles(fresh)); err != nil {
		return err
	}
	kept, err := copyRows(ctx, path, fresh, previous.Event)
	if err != nil {
		return fmt.Errorf("salvaging the event store: %w", err)
	}
	if err := removeFiles(databaseFiles(path)); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	lost := max(0, previous.Waiting-kept.Waiting)
	if kept.Event < previous.Event {
		lost = max(lost, int(previous.Event-kept.Event)) //nolint:gosec // A store holds far fewer events.
	}
	return writeReport(ctx, aside, report{Lost: lost}, logger)
}

// copyRows copies what can be read of one database into another one, and returns
// what that holds.
func copyRows(ctx context.Context, from, to string, lastEvent uint64) (kept marks, err error) {
	target, err := sql.Open("sqlite", dataSource(to, writeOptions(Options{MaxBytes: DefaultMaxBytes})))
	if err != nil {
		return kept, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	target.SetMaxOpenConns(1)
	connection, err := target.Conn(ctx)
	if err != nil {
		return kept, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	if err := createDatabase(ctx, connection); err != nil {
		return kept, err
	}
	source, err := sql.Open("sqlite", dataSource(from, readOptions()))
	if err != nil {
		return kept, err
	}
	defer func() { _ = source.Close() }() // It is damaged.
	for _, table := range salvagedTables() {
		if err := table.copy(ctx, source, connection, lastEvent); err != nil {
			return kept, err
		}
	}
	return readMarks(ctx, connection)
}

// salvagedTable says how a table is copied.
type salvagedTable struct {
	name, key, columns string
	width              int
	isSound            func(values []any) bool
}

func salvagedTables() []salvagedTable {
	always := func([]any) bool { return true }
	delivery := func(number int) func([]any) bool {
		return func(values []any) bool {
			return integer(values[number]) == deliveryChecksum(uint64(integer(values[3])), text(values[1]), text(values[2]), text(values[4])) //nolint:gosec // Numbers of rows are above 0.
		}
	}
	return []salvagedTable{
		{name: "events", key: "number", columns: "number, identity, stored_at, evaluated_at, body, checksum", width: 6, isSound: func(values []any) bool {
			body, _ := values[4].([]byte)
			return integer(values[5]) == eventChecksum(text(values[1]), text(values[2]), body)
		}},
		{name: "deliveries", key: "number", columns: "number, destination, rule, event, stored_at, overtaken, replayed, checksum, failures, retry_at, uncertain, plain, single, aside", width: 14, isSound: delivery(7)},
		{name: "dead_letters", key: "number", columns: "number, destination, rule, event, stored_at, overtaken, reason, buried_at, checksum", width: 9, isSound: delivery(8)},
		{name: "sent", key: "rowid", columns: "rowid, destination, rule, identity, sent_at", width: 5, isSound: always},
		{name: "lanes", key: "rowid", columns: "rowid, destination, parked_since, failing_since, cause, retry_at, paused, resumed_at, webhook", width: 9, isSound: always},
	}
}

func integer(value any) int64 {
	number, _ := value.(int64)
	return number
}

func text(value any) string {
	content, _ := value.(string)
	return content
}

// copy copies rows in the order of their keys. Where the next row cannot be read,
// the keys after it are tried one by one.
func (t salvagedTable) copy(ctx context.Context, source, target querier, lastEvent uint64) error {
	last := int64(lastEvent) //nolint:gosec // A store holds far fewer events.
	var greatest sql.NullInt64
	if err := source.QueryRowContext(ctx, `SELECT max(`+t.key+`) FROM `+t.name).Scan(&greatest); err == nil {
		last = max(last, greatest.Int64)
	}
	for key := int64(0); key < last; {
		values, err := t.row(ctx, source, key)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			key++
			continue
		}
		key = integer(values[0])
		if !t.isSound(values) {
			continue
		}
		if err := t.insert(ctx, target, values); err != nil {
			return err
		}
	}
	return nil
}

// row reads the first row after a key.
func (t salvagedTable) row(ctx context.Context, source querier, after int64) ([]any, error) {
	values, into := make([]any, t.width), make([]any, t.width)
	for i := range values {
		into[i] = &values[i]
	}
	err := source.QueryRowContext(ctx, `SELECT `+t.columns+` FROM `+t.name+` WHERE `+t.key+` > $1 ORDER BY `+t.key+` LIMIT 1`, after).Scan(into...)
	return values, err
}

// insert writes a row into the copy. One that refers to an event which could not be
// read is left out.
func (t salvagedTable) insert(ctx context.Context, target querier, values []any) error {
	placeholders := make([]string, len(values))
	for i := range values {
		placeholders[i] = fmt.Sprintf("$%d", i+1)
	}
	_, err := target.ExecContext(ctx, `INSERT OR IGNORE INTO `+t.name+` (`+t.columns+`) SELECT `+strings.Join(placeholders, ", ")+t.condition(), values...)
	return err
}

func (t salvagedTable) condition() string {
	if t.name == "deliveries" || t.name == "dead_letters" {
		return ` WHERE EXISTS (SELECT 1 FROM events WHERE number = $4)`
	}
	return ""
}

// newAside returns a new directory for what is found now.
func newAside(dir string) string {
	return filepath.Join(dir, asideDir, time.Now().UTC().Format("20060102T150405.000"))
}

// copyAside copies a database as it is.
func copyAside(path, aside string) error {
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("putting the damaged store aside: %w", err)
	}
	for _, file := range databaseFiles(path) {
		if err := copyFile(file, filepath.Join(aside, filepath.Base(file))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("putting the damaged store aside: %w", err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from) //nolint:gosec // A file of the data directory.
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // A file of the data directory.
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

func removeFiles(paths []string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// writeReport says for the operator what was lost.
func writeReport(ctx context.Context, aside string, found report, logger *slog.Logger) error {
	content, err := json.Marshal(found)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("reporting damage: %w", err)
	}
	if err := os.WriteFile(filepath.Join(aside, reportFile), content, 0o600); err != nil {
		return fmt.Errorf("reporting damage: %w", err)
	}
	logger.ErrorContext(ctx, "event store: it was damaged", "lost", found.Lost, "aside", aside)
	return nil
}

// readReports adds up every report that the operator has not removed yet.
func readReports(dir string, logger *slog.Logger) (Damage, error) {
	reports, err := filepath.Glob(filepath.Join(dir, asideDir, "*", reportFile))
	if err != nil {
		return Damage{}, err
	}
	var damage Damage
	for _, path := range reports {
		content, err := os.ReadFile(path) //nolint:gosec // A file of the data directory.
		if err != nil {
			return Damage{}, fmt.Errorf("reading a report of damage: %w", err)
		}
		var read report
		if err := json.Unmarshal(content, &read); err != nil {
			logger.Warn("event store: a report of damage cannot be read", "file", path, "cause", err)
		}
		damage.Lost += read.Lost
		damage.Aside = filepath.Join(dir, asideDir)
	}
	return damage, nil
}
