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

// ErrNoStore says that there is no event store where one was to be opened.
var ErrNoStore = errors.New("there is no event store")

// ErrDamaged says that a store must be opened by the listener first, which puts what is damaged
// aside and says what is lost.
var ErrDamaged = errors.New("the event store is damaged")

// Location says where a store is.
type Location struct {
	// Dir is the data directory of an embedded store.
	Dir string
	// PostgresURL is that of the database which is used instead; "" is none.
	PostgresURL string
	// ReadOnly opens a store only to look at it, which is possible beside a running listener.
	ReadOnly bool
	Logger   *slog.Logger
}

// OpenExisting opens the desk of a store that a listener has made, and leaves its tables as they
// are: nothing is made, migrated or repaired.
//
// Its error wraps ErrNoStore where there is none, ErrLocked when a process has the data directory
// open and something is to be changed, and ErrDamaged where the listener has to repair the store
// first.
func OpenExisting(ctx context.Context, location Location) (Desk, error) {
	queue := &SQL{
		options: Options{
			Dir: location.Dir, PostgresURL: location.PostgresURL, MaxEvent: largestEvent, MaxBytes: DefaultMaxBytes, Lease: defaultLease, Logger: location.Logger,
		},
		bells: newBells(), tasks: newTasks(),
	}
	var err error
	if queue.options.embedded() {
		queue.engine, err = openExistingSQLite(ctx, queue.options, location.ReadOnly)
	} else {
		queue.engine, err = openExistingPostgres(ctx, location, queue.bells)
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
		return nil, errors.Join(err, engine.close()) //nolint:contextcheck // What was written is kept, whoever has gone.
	}
	return engine, nil
}

// openExisting opens the connections that are needed, and looks whether the tables are there.
func (e *sqliteEngine) openExisting(ctx context.Context, readOnly bool) error {
	options := readOptions()
	if readOnly && e.lock != nil && !hasContent(e.path+"-wal") {
		// Nobody writes, and nothing is to be recovered: no file needs to be made, so that a
		// directory can be looked at that cannot be written to.
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

// checkSchema looks whether a database is the store of a listener of this version.
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
