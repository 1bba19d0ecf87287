package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNoStore reports that there is no event store to open.
var ErrNoStore = errors.New("there is no event store")

// ErrDamaged reports that the listener must open the store first: it sets the damaged data aside
// and reports what is lost.
var ErrDamaged = errors.New("the event store is damaged")

// Location is where a store is.
type Location struct {
	// Dir is the data directory of an embedded store.
	Dir string
	// PostgresURL is the URL of the database that is used instead, or "".
	PostgresURL string
	// ReadOnly opens a store only for reading, which is possible while a listener uses it.
	ReadOnly bool
	Logger   *slog.Logger
}

// OpenExisting opens a store that a listener has created, and does not create, migrate or repair
// anything.
//
// Its error wraps ErrNoStore if there is no store, ErrLocked if another process uses the data
// directory and location is not read-only, and ErrDamaged if the listener must repair the store
// first.
func OpenExisting(ctx context.Context, location Location) (Inspector, error) {
	queue := &SQL{
		options: Options{
			Dir: location.Dir, PostgresURL: location.PostgresURL, MaxEvent: largestEvent, MaxBytes: DefaultMaxBytes, Lease: defaultLease, Logger: location.Logger,
		},
		signals: newSignals(), tasks: newTasks(),
	}
	var err error
	if queue.options.embedded() {
		queue.engine, err = openExistingSQLite(ctx, queue.options, location.ReadOnly)
	} else {
		queue.engine, err = openExistingPostgres(ctx, location, queue.signals)
	}
	if err != nil {
		return nil, err
	}
	return queue, nil
}

func openExistingSQLite(ctx context.Context, options Options, readOnly bool) (engine, error) {
	path := filepath.Join(options.Dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w in %s", ErrNoStore, options.Dir)
		}
		return nil, fmt.Errorf("reading the data directory: %w", err)
	}
	lock, err := lockDirectory(options.Dir)
	if err != nil && !readOnly {
		return nil, err
	}
	engine := &sqliteEngine{path: path, options: options, lock: lock, disk: newDisk(options.Dir, 0, options.Logger)}
	if err := engine.openExisting(ctx, readOnly); err != nil {
		return nil, errors.Join(err, engine.close()) //nolint:contextcheck // Closing must not be canceled.
	}
	return engine, nil
}

// openExisting opens the necessary connections, and checks that the tables exist.
func (e *sqliteEngine) openExisting(ctx context.Context, readOnly bool) error {
	options := readOptions()
	if readOnly && e.lock != nil && !hasContent(e.path+"-wal") {
		// Nobody writes, and there is no log to recover: SQLite need not create files, so the
		// directory may be read-only.
		options = url.Values{"immutable": {"1"}, "mode": {"ro"}}
	}
	var err error
	if e.read, err = sql.Open("sqlite", dataSource(e.path, options)); err != nil {
		return err
	}
	e.read.SetMaxOpenConns(readers)
	err = checkSchema(ctx, e.read)
	switch {
	case isDamage(err):
		return fmt.Errorf("%w (%s): start the listener once: it sets the damaged store aside and reports what is lost", ErrDamaged, e.path)
	case err != nil:
		return fmt.Errorf("%s: %w", filepath.Dir(e.path), err)
	case readOnly:
		return nil
	}
	e.writer, err = openWriter(ctx, e.path, e.options, e.disk, nil)
	return err
}

// checkSchema returns an error unless the database is the store of a listener of this version.
func checkSchema(ctx context.Context, database querier) error {
	var version int
	if err := database.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version); err != nil {
		return fmt.Errorf("%w of a listener here: %w", ErrNoStore, err)
	}
	if version != len(schemaVersions()) {
		return fmt.Errorf("the event store was created by another version of the listener: its schema version is %d, and this listener supports %d", version, len(schemaVersions()))
	}
	return nil
}

func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
