package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	databaseFile = "events.db"
	pageSize     = 4096
	// The write-ahead log is checkpointed at 1/logPart of the maximum size of the store, but at
	// most at logPages pages.
	logPart  = 16
	logPages = 1000
	// readers is how many queries run at a time, in addition to the writer.
	readers = 4
)

// sqliteTypes returns the column types.
func sqliteTypes() *strings.Replacer {
	return strings.NewReplacer("{number}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{bytes}", "BLOB", "{time}", "TEXT")
}

// sqliteEngine keeps the queue in one file. Our own lock file ensures that only one listener uses
// the directory, so there are no leases. Others, such as sqlite3 or a command of the listener, can
// read the database at the same time.
type sqliteEngine struct {
	path    string
	options Options
	lock    *flock.Flock
	read    *sql.DB
	writer  *writer
	disk    *disk
	marks   *highWater
}

// dataSource returns the data source name of a database. The path is escaped, so that nothing in it
// is taken for an option. It is absolute, because the first part of a relative path would be taken
// for a host.
func dataSource(path string, options url.Values) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options.Encode()}).String()
}

// writeOptions returns the options of the connection that writes. With synchronous=FULL a
// transaction is on disk when it is committed; with NORMAL the log is synced only at a checkpoint.
func writeOptions(options Options) url.Values {
	mode := "FULL"
	if options.Sync > 0 {
		mode = "NORMAL"
	}
	pages := options.logPages()
	return url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(" + mode + ")", "foreign_keys(1)", "cache_size(-8000)",
		fmt.Sprintf("page_size(%d)", pageSize), fmt.Sprintf("wal_autocheckpoint(%d)", pages), fmt.Sprintf("journal_size_limit(%d)", pages*pageSize),
	}}
}

// logPages is the maximum number of pages in the write-ahead log, except for a single large
// transaction.
func (o Options) logPages() int64 { return max(1, min(o.MaxBytes/logPart/pageSize, logPages)) }

func readOptions() url.Values {
	return url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-2000)"}}
}

// openSQLite opens the store of a listener, after repairing it if necessary.
func openSQLite(ctx context.Context, options Options) (engine, Damage, error) {
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, Damage{}, fmt.Errorf("creating the data directory: %w", err)
	}
	lock, err := lockDirectory(options.Dir)
	if err != nil {
		return nil, Damage{}, err
	}
	opened, damage, err := openLocked(ctx, options)
	if err != nil {
		return nil, Damage{}, errors.Join(fmt.Errorf("opening the event store: %w", err), lock.Unlock())
	}
	opened.lock = lock
	return opened, damage, nil
}

func openLocked(ctx context.Context, options Options) (*sqliteEngine, Damage, error) {
	path := filepath.Join(options.Dir, databaseFile)
	disk := newDisk(options.Dir, options.Reserve, options.Logger)
	marks, err := openHighWater(options.Dir)
	if err != nil {
		return nil, Damage{}, err
	}
	if err := repair(ctx, path, marks.previous, disk, options.Logger); err != nil {
		return nil, Damage{}, errors.Join(err, marks.close())
	}
	damage, err := readReports(options.Dir, options.Logger)
	if err != nil {
		return nil, Damage{}, errors.Join(err, marks.close())
	}
	engine := &sqliteEngine{path: path, options: options, disk: disk, marks: marks}
	if engine.writer, err = openWriter(ctx, path, options, disk, marks); err != nil {
		return nil, Damage{}, errors.Join(err, marks.close())
	}
	if engine.read, err = sql.Open("sqlite", dataSource(path, readOptions())); err != nil {
		return nil, Damage{}, errors.Join(err, engine.writer.close(), marks.close()) //nolint:contextcheck // Pending writes must not be canceled.
	}
	engine.read.SetMaxOpenConns(readers)
	if err := engine.noticeLoss(ctx, marks.previous); err != nil {
		return nil, Damage{}, errors.Join(err, engine.close()) //nolint:contextcheck // Closing must not be canceled.
	}
	return engine, damage, nil
}

// noticeLoss marks what is read again from the audit log as doubtful if the store is behind the
// marks of the previous run, because an old copy was restored or the log was lost.
func (e *sqliteEngine) noticeLoss(ctx context.Context, previous *marks) error {
	if previous == nil {
		return nil
	}
	current, err := readMarks(ctx, e.read)
	if err != nil || current.Event >= previous.Event {
		return err
	}
	return e.write(ctx, markDoubtful)
}

// createDatabase creates or updates the tables.
func createDatabase(ctx context.Context, connection *sql.Conn) error {
	if _, err := connection.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := migrate(ctx, connection, sqliteTypes()); err != nil {
		_, undone := connection.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, undone)
	}
	_, err := connection.ExecContext(ctx, "COMMIT")
	return err
}

func (e *sqliteEngine) reader() querier { return e.read }

// errReadOnly reports that the store was opened only for reading.
var errReadOnly = errors.New("the event store is open read-only")

func (e *sqliteEngine) write(ctx context.Context, apply change) error {
	if e.writer == nil {
		return errReadOnly
	}
	return e.writer.write(ctx, apply)
}

// claim always succeeds: no other listener uses the directory.
func (e *sqliteEngine) claim(context.Context, string) (bool, error) { return true, nil }

func (e *sqliteEngine) release(context.Context, string) error { return nil }

func (e *sqliteEngine) guard(context.Context, querier, string) error { return nil }

// serialize does nothing: only one connection writes.
func (e *sqliteEngine) serialize(context.Context, querier, string) error { return nil }

func (e *sqliteEngine) announce(context.Context, querier, string) error { return nil }

// lockRows is empty: only one connection writes.
func (e *sqliteEngine) lockRows() string { return "" }

// used counts the pages in use and the write-ahead log.
func (e *sqliteEngine) used(ctx context.Context, tx querier) (int64, error) {
	var pages, free int64
	for pragma, into := range map[string]*int64{"page_count": &pages, "freelist_count": &free} {
		if err := tx.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return 0, err
		}
	}
	// After a checkpoint, the log is overwritten from its beginning, so it counts only up to its
	// limit.
	log := int64(0)
	if info, err := os.Stat(e.path + "-wal"); err == nil {
		log = min(info.Size(), e.options.logPages()*pageSize)
	}
	return (pages-free)*pageSize + log, nil
}

func (e *sqliteEngine) check(context.Context) error { return e.disk.check() }

func (e *sqliteEngine) close() error {
	var err error
	if e.read != nil {
		err = e.read.Close()
	}
	if e.writer != nil {
		err = errors.Join(err, e.writer.close())
	}
	err = errors.Join(err, e.marks.close())
	if e.lock != nil {
		err = errors.Join(err, e.lock.Unlock())
	}
	return err
}

// isFullDisk reports whether an error means that the disk is full.
func isFullDisk(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code()&0xff == sqlite3.SQLITE_FULL || failure.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// isDamage reports whether an error means that the database file is damaged.
func isDamage(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	primary := failure.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}
