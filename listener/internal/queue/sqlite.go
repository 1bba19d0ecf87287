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
	// The log is moved into the database when it has grown to a part of what the store may take,
	// but at most to so many pages.
	logPart  = 16
	logPages = 1000
	// readers is how many queries run at a time, beside the one that writes.
	readers = 4
)

// sqliteTypes are those of the columns.
func sqliteTypes() *strings.Replacer {
	return strings.NewReplacer("{number}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{bytes}", "BLOB", "{time}", "TEXT")
}

// sqliteEngine keeps the queue in one file. A lock file of ours lets one listener at a time use the
// directory, so there are no leases; readers, such as sqlite3 or a command of the listener, may
// work beside it.
type sqliteEngine struct {
	path    string
	options Options
	lock    *flock.Flock
	read    *sql.DB
	writer  *writer
	disk    *disk
	marks   *highWater
}

// dataSource is the name of the database for the driver. What the operator calls the directory is a
// path, and nothing in it an option. A relative one would be taken for a host.
func dataSource(path string, options url.Values) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options.Encode()}).String()
}

// writeOptions are those of the connection that writes. With synchronous=FULL a transaction is on
// the disk when it is committed; with NORMAL the log is written to the disk when it is moved into
// the database.
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

// logPages is how many pages the log has at most, but for one large transaction.
func (o Options) logPages() int64 { return max(1, min(o.MaxBytes/logPart/pageSize, logPages)) }

func readOptions() url.Values {
	return url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-2000)"}}
}

// openSQLite opens the store of a listener: what is damaged is put aside before.
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
		return nil, Damage{}, errors.Join(err, engine.writer.close(), marks.close()) //nolint:contextcheck // A transaction is not given up half-way.
	}
	engine.read.SetMaxOpenConns(readers)
	if err := engine.noticeLoss(ctx, marks.previous); err != nil {
		return nil, Damage{}, errors.Join(err, engine.close()) //nolint:contextcheck // What was written is kept, whoever has gone.
	}
	return engine, damage, nil
}

// noticeLoss doubts what is read again when the store has fallen behind what the marks of the run
// before say: an old copy was put back, or its log is gone.
func (e *sqliteEngine) noticeLoss(ctx context.Context, previous *marks) error {
	if previous == nil {
		return nil
	}
	current, err := readMarks(ctx, e.read)
	if err != nil || current.Event >= previous.Event {
		return err
	}
	return e.write(ctx, doubt)
}

// createDatabase makes the tables, if they are missing or old.
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

// errReadOnly says that the store was opened only to look at it.
var errReadOnly = errors.New("the event store is open read-only")

func (e *sqliteEngine) write(ctx context.Context, apply change) error {
	if e.writer == nil {
		return errReadOnly
	}
	return e.writer.write(ctx, apply)
}

// claim always succeeds: nobody else has the directory.
func (e *sqliteEngine) claim(context.Context, string) (bool, error) { return true, nil }

func (e *sqliteEngine) release(context.Context, string) error { return nil }

func (e *sqliteEngine) guard(context.Context, querier, string) error { return nil }

// serialize has nothing to do: one connection writes.
func (e *sqliteEngine) serialize(context.Context, querier, string) error { return nil }

func (e *sqliteEngine) announce(context.Context, querier, string) error { return nil }

// lockRows is nothing: one connection writes.
func (e *sqliteEngine) lockRows() string { return "" }

// used counts the pages that hold something, and the log.
func (e *sqliteEngine) used(ctx context.Context, tx querier) (int64, error) {
	var pages, free int64
	for pragma, into := range map[string]*int64{"page_count": &pages, "freelist_count": &free} {
		if err := tx.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return 0, err
		}
	}
	// A log that has been moved into the database is written over from its beginning, so no more of
	// it counts than is allowed to stay.
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

// isFullDisk reports whether an error is that of a disk without space.
func isFullDisk(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code()&0xff == sqlite3.SQLITE_FULL || failure.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// isDamage reports whether an error says that the file is not what SQLite has written.
func isDamage(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	primary := failure.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}
