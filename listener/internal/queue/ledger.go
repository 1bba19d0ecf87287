package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// ledgerSize is more than a ledger's content ever has. It is padded to this size,
// so that each write covers the one before.
const ledgerSize = 128

// counts is what the store must hold at least.
type counts struct {
	// Events is the number of the newest event that was acknowledged.
	Events uint64 `json:"events"`
	// Pending is how many deliveries wait.
	Pending int64 `json:"pending"`
}

// ledger is our own count of what the embedded store holds, in a file beside it:
// a store that has lost something does not know by itself. The count survives the
// end of the process; it is not forced to the disk, so that after a power cut it
// may be a little low. A nil ledger counts nothing.
type ledger struct {
	mu   sync.Mutex
	file *os.File
	counts
	// known is whether the file could be read when it was opened.
	known bool
}

func openLedger(dir string) (*ledger, error) {
	file, err := os.OpenFile(filepath.Join(dir, "ledger"), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The operator says where.
	if err != nil {
		return nil, fmt.Errorf("opening the ledger of the event store: %w", err)
	}
	opened := &ledger{file: file}
	content, err := io.ReadAll(io.LimitReader(file, ledgerSize))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the ledger of the event store: %w", err), file.Close())
	}
	opened.known = json.Unmarshal(content, &opened.counts) == nil
	return opened, nil
}

// stored notes an event that is about to be acknowledged.
func (l *ledger) stored(sequence uint64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if sequence > l.Events {
		l.Events = sequence
		l.write()
	}
}

// enqueued notes that so many more deliveries wait.
func (l *ledger) enqueued(more int64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Pending += more
	l.write()
}

// reset replaces the counts by what was found.
func (l *ledger) reset(found counts) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts = found
	l.write()
}

// write fails only on a full disk, where the file keeps its size; a count that is
// low is no harm.
func (l *ledger) write() {
	content, err := json.Marshal(l.counts)
	if err != nil {
		return
	}
	padded := make([]byte, ledgerSize)
	for i := copy(padded, content); i < ledgerSize; i++ {
		padded[i] = ' '
	}
	_, _ = l.file.WriteAt(padded, 0)
}

func (l *ledger) close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
