package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	highWaterFile = "high-water"
	// highWaterSize is more than its content ever has. It is padded to this size, so that each
	// write covers the one before.
	highWaterSize = 128
	// noteInterval is between two notes.
	noteInterval = time.Second
)

// marks are what the store must have reached at least.
type marks struct {
	// Event is the number of the newest event.
	Event uint64 `json:"event"`
	// Waiting is how many events and deliveries wait.
	Waiting int `json:"waiting"`
}

// missing is how many events were stored after the newest one that is there.
func (m marks) missing(lastEvent uint64) int {
	if lastEvent >= m.Event {
		return 0
	}
	return int(m.Event - lastEvent) //nolint:gosec // A store holds far fewer events.
}

// highWater is a small file beside the database: a log that was deleted or cut off, and an old copy
// of the store that was put back, look whole to SQLite. The file is written at most once a second,
// so what is stored within a second of the loss is not noticed. A nil highWater notes nothing.
type highWater struct {
	file *os.File
	// previous is what the file held when it was opened; nil when it could not be read.
	previous *marks
	noted    time.Time
	current  marks
}

func openHighWater(dir string) (*highWater, error) {
	file, err := os.OpenFile(filepath.Join(dir, highWaterFile), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The operator says where.
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", highWaterFile, err)
	}
	content, err := io.ReadAll(io.LimitReader(file, highWaterSize))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading %s: %w", highWaterFile, err), file.Close())
	}
	opened := &highWater{file: file}
	var read marks
	if json.Unmarshal(content, &read) == nil {
		opened.previous = &read
	}
	return opened, nil
}

// note writes the marks, unless that was done less than a second ago.
func (h *highWater) note(ctx context.Context, from querier) {
	if h != nil && time.Since(h.noted) >= noteInterval {
		h.last(ctx, from)
	}
}

// last writes the marks as they are now. It fails only on a full disk, where the file keeps its
// size; marks that are low do no harm.
func (h *highWater) last(ctx context.Context, from querier) {
	if h == nil {
		return
	}
	current, err := readMarks(ctx, from)
	if err != nil || current == h.current {
		return
	}
	content, err := json.Marshal(current)
	if err != nil {
		return
	}
	padded := make([]byte, highWaterSize)
	for i := copy(padded, content); i < highWaterSize; i++ {
		padded[i] = ' '
	}
	if _, err := h.file.WriteAt(padded, 0); err == nil {
		h.noted, h.current = time.Now(), current
	}
}

func readMarks(ctx context.Context, from querier) (marks, error) {
	var read marks
	err := from.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0),
		(SELECT count(*) FROM events WHERE evaluated_at IS NULL) + (SELECT count(*) FROM deliveries)`).Scan(&read.Event, &read.Waiting)
	return read, err
}

func (h *highWater) close() error {
	if h == nil {
		return nil
	}
	return h.file.Close()
}
