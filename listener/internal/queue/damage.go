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
	"time"
)

const (
	// asideDir is the subdirectory of the data directory that holds damaged stores.
	asideDir = "damaged"
	// reportFile, next to the copy of a damaged store, says what was lost.
	reportFile = "report.json"
)

// report is the content of reportFile.
type report struct {
	Lost        int `json:"lost"`
	DamagedRows int `json:"damaged_rows"`
}

// databaseFiles returns the files of a database, including its write-ahead log.
func databaseFiles(path string) []string { return []string{path, path + "-wal", path + "-shm"} }

// repair checks the whole store before it is used. It sets a damaged store aside and replaces it
// with a new one that has every row that is readable and whose checksum is correct. previous holds
// the marks of the previous run, or nil if there are none.
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
	lastEvent, err := inspect(ctx, path)
	if isFullDisk(err) && disk.release() {
		lastEvent, err = inspect(ctx, path)
	}
	switch {
	case isDamage(err) || errors.Is(err, errNotSound):
		return salvage(ctx, path, previous, logger, err)
	case err != nil:
		return err
	case lastEvent < previous.Event:
		logger.ErrorContext(ctx, "event store: stored events are missing: the write-ahead log was deleted or truncated, or an old copy was restored")
		return writeReport(ctx, newAside(filepath.Dir(path)), report{Lost: previous.missing(lastEvent)}, logger)
	}
	return nil
}

// errNotSound reports that SQLite's own check or a checksum failed.
var errNotSound = errors.New("the database is damaged")

// inspect reads every row, and returns the number of the newest event.
func inspect(ctx context.Context, path string) (lastEvent uint64, err error) {
	database, err := sql.Open("sqlite", dataSource(path, writeOptions(Options{MaxBytes: DefaultMaxBytes})))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	var verdict string
	if err := database.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return 0, err
	}
	if verdict != "ok" {
		return 0, fmt.Errorf("%w: %s", errNotSound, verdict)
	}
	var tables int
	if err := database.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'events'`).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	for _, table := range storedTables() {
		if err := table.inspect(ctx, database); err != nil {
			return 0, err
		}
	}
	read, err := readMarks(ctx, database)
	return read.Event, err
}

// salvage sets the whole store aside, and replaces it with one that has the readable rows.
func salvage(ctx context.Context, path string, previous *marks, logger *slog.Logger, cause error) error {
	aside := newAside(filepath.Dir(path))
	logger.ErrorContext(ctx, "event store: damaged; a copy is set aside, and every readable row is kept", "copy", aside, "cause", cause)
	if err := copyAside(path, aside); err != nil {
		return err
	}
	fresh := path + ".salvaged"
	if err := removeFiles(databaseFiles(fresh)); err != nil {
		return err
	}
	copied, err := copyRows(ctx, path, fresh, previous)
	if err != nil {
		return fmt.Errorf("salvaging the event store: %w", err)
	}
	if err := removeFiles(databaseFiles(path)); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return writeReport(ctx, aside, copied, logger)
}

// copyRows copies the readable rows of one database into another, and returns what is lost.
func copyRows(ctx context.Context, from, to string, previous *marks) (copied report, err error) {
	target, err := sql.Open("sqlite", dataSource(to, writeOptions(Options{MaxBytes: DefaultMaxBytes})))
	if err != nil {
		return copied, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	target.SetMaxOpenConns(1)
	connection, err := target.Conn(ctx)
	if err != nil {
		return copied, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	if err := createDatabase(ctx, connection); err != nil {
		return copied, err
	}
	source, err := sql.Open("sqlite", dataSource(from, readOptions()))
	if err != nil {
		return copied, err
	}
	defer func() { _ = source.Close() }() // The source is damaged; its error adds nothing.
	complete := true
	for _, table := range storedTables() {
		tableComplete, err := table.copy(ctx, source, connection, previous.Event, &copied)
		if err != nil {
			return copied, err
		}
		complete = complete && tableComplete
	}
	salvaged, err := readMarks(ctx, connection)
	if newest, err := readMarks(ctx, source); err == nil {
		salvaged.Event = max(salvaged.Event, newest.Event)
	}
	if missing := previous.missing(salvaged.Event); complete {
		copied.Lost += missing
	} else {
		copied.Lost = max(copied.Lost, previous.Waiting-salvaged.Waiting, missing)
	}
	return copied, err
}

// newAside returns the path of a new directory for the damage found now.
func newAside(dir string) string {
	return filepath.Join(dir, asideDir, time.Now().UTC().Format("20060102T150405.000"))
}

// copyAside copies the files of a database unchanged.
func copyAside(path, aside string) error {
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("setting the damaged store aside: %w", err)
	}
	for _, file := range databaseFiles(path) {
		if err := copyFile(file, filepath.Join(aside, filepath.Base(file))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("setting the damaged store aside: %w", err)
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

// writeReport tells the operator what was lost.
func writeReport(ctx context.Context, aside string, lost report, logger *slog.Logger) error {
	content, err := json.Marshal(lost)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("reporting damage: %w", err)
	}
	if err := os.WriteFile(filepath.Join(aside, reportFile), content, 0o600); err != nil {
		return fmt.Errorf("reporting damage: %w", err)
	}
	logger.ErrorContext(ctx, "event store: it was damaged", "lost", lost.Lost, "aside", aside)
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
