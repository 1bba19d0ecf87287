package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// groupSize is the maximum number of changes in one transaction.
const groupSize = 64

// writer owns the only connection that writes. Changes that arrive while a transaction is being
// committed form the next transaction together. So there is one disk sync for each transaction, and
// no change waits for a group to fill.
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

// request is a change that is waiting for its commit.
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
	// Any loss has been reported by now: a crash after this does not report it again.
	marks.write(ctx, connection)
	opened.ended.Go(func() { opened.run(options.Sync) }) //nolint:contextcheck // It outlives ctx.
	return opened, nil
}

// write applies a change with the next transaction. Once the change is accepted, it waits for the
// result even if ctx ends, because the change may be committed.
func (w *writer) write(ctx context.Context, apply change) error {
	req := &request{apply: apply, done: make(chan struct{})}
	select {
	case w.requests <- req:
	case <-w.stop:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-req.done
	return req.err
}

// run commits transactions until the writer is closed, and then the remaining requests.
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

// gather adds the requests that are already waiting.
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

// flush syncs the log to disk, if that is not done at each commit.
func (w *writer) flush() { _ = w.exec("PRAGMA wal_checkpoint(PASSIVE)") }

func (w *writer) exec(statement string) error {
	_, err := w.statements.ExecContext(context.Background(), statement)
	return err
}

// commit commits a group and completes its requests. If the disk is full, it releases the reserve
// and tries once more.
func (w *writer) commit(group []*request) {
	err := w.try(group)
	if err != nil && isFullDisk(err) && w.disk.release() {
		err = w.try(group)
	}
	for _, req := range group {
		if err != nil {
			req.err = err
		}
		close(req.done)
	}
	if err == nil {
		w.marks.note(context.Background(), w.statements)
	}
}

// try writes a group as one transaction. An error that concerns only one request is stored in that
// request; the returned error concerns the whole group.
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
		// If SQLite has already rolled back by itself, this fails, which is harmless.
		_ = w.exec("ROLLBACK")
		return fmt.Errorf("writing to the event store: %w", err)
	}
	return nil
}

// applyOne applies the only change of a transaction. If the change fails, the transaction is rolled
// back.
func (w *writer) applyOne(req *request) error {
	req.err = req.apply(context.Background(), w.statements)
	if req.err == nil || isFullDisk(req.err) || isDamage(req.err) {
		return req.err
	}
	// The following commit is empty.
	return errors.Join(w.exec("ROLLBACK"), w.exec("BEGIN"))
}

// applyAll applies the changes of a group, each with its own savepoint, so that a failed change
// does not affect the others.
func (w *writer) applyAll(group []*request) error {
	for _, req := range group {
		if err := w.exec("SAVEPOINT change"); err != nil {
			return err
		}
		req.err = req.apply(context.Background(), w.statements)
		if req.err != nil {
			if isFullDisk(req.err) || isDamage(req.err) {
				return req.err
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

// close commits the remaining requests, and closes the database.
func (w *writer) close() error {
	close(w.stop)
	w.ended.Wait()
	w.marks.write(context.Background(), w.statements)
	return errors.Join(w.statements.close(), w.connection.Close(), w.database.Close())
}
