package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// errDiskFull reports that there is no space for another event.
var errDiskFull = errors.New("the disk is full")

// spaceToOpen is ample for the files that SQLite creates next to a database when opening it.
const spaceToOpen = 1 << 20

// reserveFile occupies the space reserved for pending alerts.
const reserveFile = "reserve"

// disk reserves disk space for the store's own use: without free space, a delivery could not be
// recorded, and rows could not even be deleted. While space is short, no event is accepted. When
// there is none left, the reserve is released, so that pending alerts can be delivered and
// recorded. The reserve is taken again once there is space.
type disk struct {
	dir     string
	reserve int64
	logger  *slog.Logger

	mu       sync.Mutex
	released bool
	isFull   bool
}

// newDisk reserves space in a directory; with a reserve of 0 it does nothing.
func newDisk(dir string, reserve int64, logger *slog.Logger) *disk {
	d := &disk{dir: dir, reserve: reserve, logger: logger}
	if reserve == 0 {
		return d
	}
	d.released = !d.isTaken()
	if free, err := freeSpace(dir); err == nil && free < spaceToOpen {
		d.release()
	}
	_ = d.check() // Takes the reserve if there is space.
	return d
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
		needed := d.reserve
		if d.released {
			needed = 2 * d.reserve
		}
		return fmt.Errorf("%w: %d bytes are free in %s; events are accepted again once %d are", errDiskFull, free, d.dir, needed)
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

// fill writes zeros, so that the space is really allocated.
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

// release deletes the reserve. It returns false if that was done before.
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
