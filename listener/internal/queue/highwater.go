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
	// highWaterSize is larger than any content. The content is padded to this size, so that each
	// write overwrites the previous one.
	highWaterSize = 128
	// noteInterval is the minimum time between two writes.
	noteInterval = time.Second
)

// marks are a lower bound for what the store must contain.
type marks struct {
	// Event is the number of the newest event.
	Event uint64 `json:"event"`
	// Waiting is the number of unevaluated events and pending deliveries.
	Waiting int `json:"waiting"`
}

// missing returns how many events were stored after lastEvent, the newest one that exists.
func (m marks) missing(lastEvent uint64) int {
	if lastEvent >= m.Event {
		return 0
	}
	return int(m.Event - lastEvent) //nolint:gosec // A store holds far fewer events.
}

// highWater is a small file next to the database. A write-ahead log that was deleted or truncated,
// or an old copy of the store that was restored, looks intact to SQLite; the file reveals it. It is
// written at most once a second, so the loss of events stored in the last second is not detected. A
// nil highWater writes nothing.
type highWater struct {
	file *os.File
	// previous is the content of the file when it was opened; nil if it could not be read.
	previous *marks
	written  time.Time
	current  marks
}

func openHighWater(dir string) (*highWater, error) {
	file, err := os.OpenFile(filepath.Join(dir, highWaterFile), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The path is configured by the operator.
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

// note writes the marks, unless they were written less than noteInterval ago.
func (h *highWater) note(ctx context.Context, from querier) {
	if h != nil && time.Since(h.written) >= noteInterval {
		h.write(ctx, from)
	}
}

// write writes the current marks. It ignores errors: marks that are too low do no harm.
func (h *highWater) write(ctx context.Context, from querier) {
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
		h.written, h.current = time.Now(), current
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
