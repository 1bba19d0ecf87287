package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// errDiskFull says that there is no space for another event.
var errDiskFull = errors.New("the disk is full")

// spaceToOpen is ample for the files that SQLite makes beside a database when it opens one.
const spaceToOpen = 1 << 20

// reserveFile takes up the space that is kept for what waits already.
const reserveFile = "reserve"

// disk keeps a part of the disk for the store's own use: without a free byte nothing could be noted
// as sent, not even be deleted. While there is little space no event is taken; when there is none
// the reserve is released, so that what waits is delivered and noted. The reserve comes back by
// itself.
type disk struct {
	dir     string
	reserve int64
	logger  *slog.Logger

	mu       sync.Mutex
	released bool
	isFull   bool
}

// newDisk returns what keeps a reserve in a directory; with 0 none is kept.
func newDisk(dir string, reserve int64, logger *slog.Logger) *disk {
	kept := &disk{dir: dir, reserve: reserve, logger: logger}
	if reserve == 0 {
		return kept
	}
	kept.released = !kept.isTaken()
	if free, err := freeSpace(dir); err == nil && free < spaceToOpen {
		kept.release()
	}
	_ = kept.check() // Which takes the reserve where there is space.
	return kept
}

// check returns an error while there is no space for another event.
func (d *disk) check() error {
	if d.reserve == 0 {
		return nil
	}
	free, err := freeSpace(d.dir)
	if err != nil {
		return fmt.Errorf("reading the free disk space: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	wasFull := d.isFull
	if d.released && free >= 2*d.reserve && d.take() == nil {
		d.released, free = false, free-d.reserve
	}
	if d.isFull = d.released || free < d.reserve; d.isFull != wasFull {
		if d.isFull {
			d.logger.Warn("event store: the disk is full; events are refused with 503 until there is space", "free", free)
		} else {
			d.logger.Info("event store: the disk has free space again", "free", free)
		}
	}
	if d.isFull {
		return fmt.Errorf("%w: %d bytes are free in %s, and %d are reserved for pending alerts", errDiskFull, free, d.dir, 2*d.reserve)
	}
	return nil
}

func (d *disk) isTaken() bool {
	info, err := os.Stat(filepath.Join(d.dir, reserveFile))
	return err == nil && info.Size() == d.reserve
}

// take writes the reserve.
func (d *disk) take() error {
	path := filepath.Join(d.dir, reserveFile)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // A file of the data directory.
	if err != nil {
		return err
	}
	if err := errors.Join(fill(file, d.reserve), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// fill writes zeros, so that the space is really taken.
func fill(file *os.File, size int64) error {
	zeros := make([]byte, min(size, 1<<20))
	for written := int64(0); written < size; {
		count, err := file.Write(zeros[:min(int64(len(zeros)), size-written)])
		if err != nil {
			return err
		}
		written += int64(count)
	}
	return file.Sync()
}

// release gives the reserve up. It reports false when that has happened already.
func (d *disk) release() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.released || d.reserve == 0 {
		return false
	}
	d.released = true
	d.logger.Warn("event store: no space left; releasing the reserve for pending alerts")
	return os.Remove(filepath.Join(d.dir, reserveFile)) == nil
}
