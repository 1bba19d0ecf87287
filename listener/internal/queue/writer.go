package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// groupSize is how many changes share a transaction at most.
const groupSize = 64

// writer has the one connection that writes. Changes that arrive while a transaction is written to
// the disk make the next one together, so that the disk is waited for once per transaction and
// nobody waits for a group to fill.
type writer struct {
	database   *sql.DB
	connection *sql.Conn
	// statements prepares each statement once.
	statements *statements
	disk       *disk
	marks      *highWater
	requests   chan *request
	stop       chan struct{}
	ended      sync.WaitGroup
}

// request is a change that waits for its commit.
type request struct {
	apply change
	err   error
	done  chan struct{}
}

func openWriter(ctx context.Context, path string, options Options, disk *disk, marks *highWater) (*writer, error) {
	database, err := sql.Open("sqlite", dataSource(path, writeOptions(options)))
	if err != nil {
		return nil, err
	}
	connection, err := database.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, database.Close())
	}
	if err := createDatabase(ctx, connection); err != nil {
		return nil, errors.Join(err, connection.Close(), database.Close())
	}
	opened := &writer{
		database: database, connection: connection, statements: newStatements(connection), disk: disk, marks: marks,
		requests: make(chan *request, groupSize), stop: make(chan struct{}),
	}
	// What was missing has been reported: a crash from here on does not report it again.
	marks.last(ctx, connection)
	opened.ended.Go(func() { opened.run(options.Sync) }) //nolint:contextcheck // It writes for many callers.
	return opened, nil
}

// write applies a change with the next transaction. Once the change has been taken up its outcome
// is waited for, also when ctx ends: nobody else could tell it.
func (w *writer) write(ctx context.Context, apply change) error {
	asked := &request{apply: apply, done: make(chan struct{})}
	select {
	case w.requests <- asked:
	case <-w.stop:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-asked.done
	return asked.err
}

// run writes transactions until the writer is closed, and then what waits still.
func (w *writer) run(every time.Duration) {
	ticker := &time.Ticker{}
	if every > 0 {
		ticker = time.NewTicker(every)
		defer ticker.Stop()
	}
	for {
		select {
		case first := <-w.requests:
			w.commit(w.gather(first))
		case <-ticker.C:
			w.flush()
		case <-w.stop:
			for {
				select {
				case first := <-w.requests:
					w.commit(w.gather(first))
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits already.
func (w *writer) gather(first *request) []*request {
	group := []*request{first}
	for len(group) < groupSize {
		select {
		case next := <-w.requests:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// flush writes the log to the disk, where that is not done at each commit.
func (w *writer) flush() { _ = w.exec("PRAGMA wal_checkpoint(PASSIVE)") }

func (w *writer) exec(statement string) error {
	_, err := w.statements.ExecContext(context.Background(), statement)
	return err
}

// commit answers every request of a group. When the disk is full the space that is kept for this is
// released, and the group is tried once more.
func (w *writer) commit(group []*request) {
	err := w.try(group)
	if err != nil && isFullDisk(err) && w.disk.release() {
		err = w.try(group)
	}
	for _, asked := range group {
		if err != nil {
			asked.err = err
		}
		close(asked.done)
	}
	if err == nil {
		w.marks.note(context.Background(), w.statements)
	}
}

// try writes a group as one transaction. Its error concerns all of the group; one that concerns a
// single request is noted there.
func (w *writer) try(group []*request) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	var err error
	if len(group) == 1 {
		err = w.applyOne(group[0])
	} else {
		err = w.applyAll(group)
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		// SQLite may have rolled back by itself; then this fails, and all is well.
		_ = w.exec("ROLLBACK")
		return fmt.Errorf("writing to the event store: %w", err)
	}
	return nil
}

// applyOne applies a change that has the transaction to itself: if it is rejected, all of that is
// rolled back.
func (w *writer) applyOne(asked *request) error {
	asked.err = asked.apply(context.Background(), w.statements)
	if asked.err == nil || isFullDisk(asked.err) || isDamage(asked.err) {
		return asked.err
	}
	// The commit that follows has nothing left to write.
	return errors.Join(w.exec("ROLLBACK"), w.exec("BEGIN"))
}

// applyAll applies the changes of a group, each by itself: one that is rejected leaves the others
// alone.
func (w *writer) applyAll(group []*request) error {
	for _, asked := range group {
		if err := w.exec("SAVEPOINT change"); err != nil {
			return err
		}
		asked.err = asked.apply(context.Background(), w.statements)
		if asked.err != nil {
			if isFullDisk(asked.err) || isDamage(asked.err) {
				return asked.err
			}
			if err := w.exec("ROLLBACK TO change"); err != nil {
				return err
			}
		}
		if err := w.exec("RELEASE change"); err != nil {
			return err
		}
	}
	return nil
}

// close writes what waits, and moves the log into the database.
func (w *writer) close() error {
	close(w.stop)
	w.ended.Wait()
	w.marks.last(context.Background(), w.statements)
	return errors.Join(w.statements.close(), w.connection.Close(), w.database.Close())
}
